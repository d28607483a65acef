package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Turns the hue by a part of the circle drawn from {@code -hue .. hue}, and adds parts of their full range, drawn likewise,
 * to saturation and value. torchvision's hue jitter of 0.1 is {@code (0.1, 0, 0)}; the ten steps that DeepLab's training in
 * OpenCV shifts by are {@code (10 / 180.0, 10 / 255.0, 10 / 255.0)}.
 *
 * @param hue 0 to 0.5
 * @param saturation 0 to 1
 * @param value 0 to 1
 */
public record HsvShift(double hue, double saturation, double value) implements Transform {
    public HsvShift {
        if (!(hue >= 0 && hue <= 0.5)) {
            throw new IllegalArgumentException("hue is " + hue + "; expected 0..0.5");
        }
        ColourJitter.fraction("saturation", saturation);
        ColourJitter.fraction("value", value);
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        float h = (float) random.range(-hue, hue);
        float s = (float) random.range(-saturation, saturation);
        float v = (float) random.range(-value, value);
        if (hue != 0 || saturation != 0 || value != 0) {
            draft.add((rgb, height, width, inside) -> {
                for (int i = 0; i < rgb.length; i += 3) {
                    Hsv.shift(rgb, i, h, s, v);
                }
            });
        }
    }

    @Override
    public Description description() {
        return Description.of("HsvShift").putAll(this).build();
    }
}
