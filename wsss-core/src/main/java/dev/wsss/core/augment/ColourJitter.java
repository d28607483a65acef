package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * torchvision's {@code ColorJitter} of Pillow images: brightness, contrast and saturation are multiplied by factors drawn
 * from {@code 1 - x .. 1 + x}, the hue is turned by a part of the circle drawn from {@code -hue .. hue}, in an order drawn
 * anew for each image. Each of the four is Pillow's to the byte, rounding included; one of 0 is left out.
 *
 * @param brightness 0 to 1
 * @param contrast 0 to 1
 * @param saturation 0 to 1
 * @param hue 0 to 0.5
 */
public record ColourJitter(double brightness, double contrast, double saturation, double hue) implements Transform {
    private static final ColourOperation[] OPERATIONS = {
        ColourOperation.BRIGHTNESS, ColourOperation.CONTRAST, ColourOperation.SATURATION, ColourOperation.HUE
    };

    public ColourJitter {
        require("brightness", brightness, 1);
        require("contrast", contrast, 1);
        require("saturation", saturation, 1);
        require("hue", hue, 0.5);
    }

    private static void require(String name, double value, double max) {
        if (!(value >= 0 && value <= max)) {
            throw new IllegalArgumentException(name + " is " + value + "; expected 0.." + max);
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        double[] spread = {brightness, contrast, saturation, hue};
        double[] amounts = new double[4];
        for (int i = 0; i < 4; i++) {
            double middle = i == 3 ? 0 : 1;
            amounts[i] = random.range(middle - spread[i], middle + spread[i]);
        }
        for (int i : InRandomOrder.order(4, random)) {
            if (spread[i] > 0) {
                draft.add(OPERATIONS[i].at(amounts[i]));
            }
        }
    }

    @Override
    public Description description() {
        return Description.of("ColourJitter").putAll(this).build();
    }
}
