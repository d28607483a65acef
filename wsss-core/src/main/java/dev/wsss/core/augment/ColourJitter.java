package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Multiplies brightness, contrast (the distance from the image's mean grey) and saturation (that from the pixel's own grey)
 * each by a factor drawn from {@code 1 - x .. 1 + x}.
 *
 * @param brightness 0 to 1
 * @param contrast 0 to 1
 * @param saturation 0 to 1
 */
public record ColourJitter(double brightness, double contrast, double saturation) implements Transform {
    public ColourJitter {
        fraction("brightness", brightness);
        fraction("contrast", contrast);
        fraction("saturation", saturation);
    }

    static void fraction(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " is " + value + "; expected 0..1");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        float light = (float) random.range(1 - brightness, 1 + brightness);
        float spread = (float) random.range(1 - contrast, 1 + contrast);
        float colour = (float) random.range(1 - saturation, 1 + saturation);
        if (brightness != 0 || contrast != 0 || saturation != 0) {
            draft.add((rgb, height, width, inside) -> jitter(rgb, inside, light, spread, colour));
        }
    }

    private static void jitter(byte[] pixels, long inside, float light, float spread, float colour) {
        double sum = 0;
        for (int i = 0; i < pixels.length; i += 3) {
            sum += grey(pixels[i] & 255, pixels[i + 1] & 255, pixels[i + 2] & 255);
        }
        float mean = (float) (sum / Math.max(1, inside)) * light; // padding is still black and adds nothing
        for (int i = 0; i < pixels.length; i += 3) {
            float r = mean + ((pixels[i] & 255) * light - mean) * spread;
            float g = mean + ((pixels[i + 1] & 255) * light - mean) * spread;
            float b = mean + ((pixels[i + 2] & 255) * light - mean) * spread;
            float own = grey(r, g, b);
            pixels[i] = Views.level(own + (r - own) * colour);
            pixels[i + 1] = Views.level(own + (g - own) * colour);
            pixels[i + 2] = Views.level(own + (b - own) * colour);
        }
    }

    private static float grey(float r, float g, float b) {
        return 0.299f * r + 0.587f * g + 0.114f * b;
    }

    @Override
    public Description description() {
        return Description.of("ColourJitter").putAll(this).build();
    }
}
