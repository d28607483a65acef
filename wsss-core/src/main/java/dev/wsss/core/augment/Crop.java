package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Cuts out a fixed rectangle, padded where it reaches beyond the image: images of one size without anything random.
 *
 * @param top rows to leave out at the top, or, negative, to add
 * @param left columns likewise
 * @param height rows of the view, at least 1
 * @param width columns of the view, at least 1
 */
public record Crop(int top, int left, int height, int width) implements Transform {
    public Crop {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("crop must be at least 1x1, got " + height + "x" + width);
        }
    }

    /** The top left corner, padded right and below. */
    public static Crop topLeft(int height, int width) {
        return new Crop(0, 0, height, width);
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        draft.crop(top, left, height, width);
    }

    @Override
    public Description description() {
        return Description.of("Crop").putAll(this).build();
    }
}
