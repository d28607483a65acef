package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Cuts out, or pads to, a number of pixels. Along each axis the image is placed at random, whichever of the two is larger.
 *
 * @param height rows of the result
 * @param width columns of the result
 */
public record RandomCrop(int height, int width) implements Transform {
    public RandomCrop {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("crop is " + height + "x" + width + "; expected at least 1x1");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        ViewGeometry g = draft.geometry();
        int top = offset(random, g.height(), height);
        int left = offset(random, g.width(), width);
        draft.geometry(g.crop(top, left, height, width));
    }

    /** Where the crop begins; negative where it begins before the image. */
    private static int offset(SplitMix random, int size, int crop) {
        int room = size - crop;
        int at = random.below(Math.abs(room) + 1);
        return room < 0 ? -at : at;
    }

    @Override
    public Description description() {
        return Description.of("RandomCrop").putAll(this).build();
    }
}
