package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Adds whole numbers, each drawn uniformly from {@code -x .. x}, both ends included, to hue, saturation and value of
 * OpenCV's 8-bit HSV. The hue, in steps of two degrees, goes around the circle; the others stay within 0..255.
 *
 * @param hue 0 to 90
 * @param saturation 0 to 255
 * @param value 0 to 255
 */
public record HsvShift(int hue, int saturation, int value) implements Transform {
    public HsvShift {
        require("hue", hue, 90);
        require("saturation", saturation, 255);
        require("value", value, 255);
    }

    private static void require(String name, int value, int max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(name + " is " + value + "; expected 0.." + max);
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        draft.add(CvColours.shift(step(hue, random), step(saturation, random), step(value, random)));
    }

    private static int step(int most, SplitMix random) {
        return random.below(2 * most + 1) - most;
    }

    @Override
    public Description description() {
        return Description.of("HsvShift").putAll(this).build();
    }
}
