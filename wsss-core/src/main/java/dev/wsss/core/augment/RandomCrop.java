package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.api.SplitMix;

/**
 * Cuts out a number of pixels at a place drawn uniformly.
 *
 * @param height rows of the result
 * @param width columns of the result
 * @param smallImage what happens to an image that is smaller
 * @param maxCategoryRatio largest share that one label may have of the crop's labelled pixels, above 0 to 1: mmseg's {@code
 *     cat_max_ratio}. A crop that has more, or fewer than two labels, is drawn again, up to ten times; the last one is taken
 *     as it comes. 1 asks for no labels; below, there must be such
 */
public record RandomCrop(int height, int width, SmallImage smallImage, double maxCategoryRatio) implements Transform {
    private static final int REDRAWS = 10;

    /** What happens to an image that is smaller than the crop, along each axis. */
    public enum SmallImage {
        /** It is put anywhere in the crop, at random. */
        ANYWHERE,
        /** It is put at the top and at the left. */
        TOP_LEFT,
        /** It stays as small as it is. */
        STAYS
    }

    public RandomCrop {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("crop is " + height + "x" + width + "; expected at least 1x1");
        }
        if (!(maxCategoryRatio > 0 && maxCategoryRatio <= 1)) {
            throw new IllegalArgumentException(
                    "maxCategoryRatio is " + maxCategoryRatio + "; expected above 0, at most 1");
        }
    }

    /** Puts smaller images anywhere, and asks for no labels. */
    public RandomCrop(int height, int width) {
        this(height, width, SmallImage.ANYWHERE);
    }

    /** Asks for no labels. */
    public RandomCrop(int height, int width, SmallImage smallImage) {
        this(height, width, smallImage, 1);
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        Placed crop = place(draft, random);
        if (maxCategoryRatio < 1) {
            LabelMap labels = draft.labels()
                    .orElseThrow(() -> new IllegalStateException("a crop of maxCategoryRatio " + maxCategoryRatio
                            + " needs labels; give the batches a channel of labels"));
            for (int i = 0; i < REDRAWS && !isMixed(labels, draft, crop); i++) {
                crop = place(draft, random);
            }
        }
        crop.draw(draft, random);
    }

    /**
     * This crop with its place given instead of drawn.
     *
     * @param top rows of the view to leave out at the top, or, negative, to add
     * @param left columns likewise
     */
    public Transform at(int top, int left) {
        return new Placed(this, top, left);
    }

    private record Placed(RandomCrop crop, int top, int left) implements Transform {
        @Override
        public void draw(ViewDraft draft, SplitMix random) {
            draft.crop(top, left, crop.rows(draft), crop.columns(draft));
        }

        @Override
        public Description description() {
            return Description.of("RandomCrop").putAll(this).build();
        }
    }

    private int rows(ViewDraft draft) {
        return smallImage == SmallImage.STAYS ? Math.min(draft.height(), height) : height;
    }

    private int columns(ViewDraft draft) {
        return smallImage == SmallImage.STAYS ? Math.min(draft.width(), width) : width;
    }

    private Placed place(ViewDraft draft, SplitMix random) {
        int top = offset(draft.height() - rows(draft), random);
        return new Placed(this, top, offset(draft.width() - columns(draft), random));
    }

    /** Where the crop begins; negative where it begins before the image. */
    private int offset(int room, SplitMix random) {
        double at = random.uniform();
        if (room < 0 && smallImage == SmallImage.TOP_LEFT) {
            return 0;
        }
        int offset = (int) (at * (Math.abs(room) + 1));
        return room < 0 ? -offset : offset;
    }

    private boolean isMixed(LabelMap labels, ViewDraft draft, Placed crop) {
        ViewGeometry view = ViewDraft.cropped(draft.geometry(), crop.top, crop.left, rows(draft), columns(draft));
        int[] counts = new int[256];
        for (byte label : Views.labels(labels, view, draft.nearest()).toArray()) {
            counts[label & 255]++;
        }
        counts[LabelMap.IGNORE] = 0;
        int kinds = 0;
        long sum = 0;
        int most = 0;
        for (int count : counts) {
            kinds += count > 0 ? 1 : 0;
            sum += count;
            most = Math.max(most, count);
        }
        return kinds > 1 && (double) most / sum < maxCategoryRatio;
    }

    @Override
    public Description description() {
        return Description.of("RandomCrop").putAll(this).build();
    }
}
