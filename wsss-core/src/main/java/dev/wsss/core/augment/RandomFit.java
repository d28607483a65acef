package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Scales to the largest size that fits a box, whose size is multiplied by a ratio drawn uniformly from a range: mmseg's
 * {@code Resize} with {@code img_scale}, {@code ratio_range} and {@code keep_ratio}. Of the box's sides the longer bounds
 * the image's longer side, whichever that is, as in {@code mmcv.imrescale}; sides are rounded half up.
 *
 * @param longSide of the box, before the ratio
 * @param shortSide of the box, at most the long side
 * @param minRatio smallest ratio, at least 0.01
 * @param maxRatio largest ratio, at most 100
 */
public record RandomFit(int longSide, int shortSide, double minRatio, double maxRatio) implements Transform {
    public RandomFit {
        if (shortSide < 1 || longSide < shortSide) {
            throw new IllegalArgumentException(
                    "box is " + longSide + " by " + shortSide + "; expected 1 <= short side <= long side");
        }
        if (!(minRatio >= 0.01 && maxRatio >= minRatio && maxRatio <= 100)) {
            throw new IllegalArgumentException(
                    "ratio is " + minRatio + ".." + maxRatio + "; expected 0.01 <= min <= max <= 100");
        }
    }

    /** The box as it is, without a ratio. */
    public RandomFit(int longSide, int shortSide) {
        this(longSide, shortSide, 1, 1);
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        double ratio = random.range(minRatio, maxRatio);
        int boxLong = SideRounding.FLOOR.apply(longSide * ratio);
        int boxShort = SideRounding.FLOOR.apply(shortSide * ratio);
        double factor = Math.min(
                (double) boxLong / Math.max(draft.height(), draft.width()),
                (double) boxShort / Math.min(draft.height(), draft.width()));
        RandomScale.scale(draft, factor, SideRounding.HALF_UP);
    }

    @Override
    public Description description() {
        return Description.of("RandomFit").putAll(this).build();
    }
}
