package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Scales so that the longer side has a number of pixels drawn uniformly from a range, both ends included; by more where
 * the shorter side would be too short.
 *
 * @param min fewest pixels, at least 1
 * @param max most pixels
 * @param minShortSide fewest pixels of the shorter side; 0 for any number
 * @param rounding of the sides
 */
public record RandomLongSide(int min, int max, int minShortSide, SideRounding rounding) implements Transform {
    public RandomLongSide {
        if (min < 1 || max < min) {
            throw new IllegalArgumentException("long side is " + min + ".." + max + "; expected 1 <= min <= max");
        }
        if (minShortSide < 0) {
            throw new IllegalArgumentException("short side is " + minShortSide + "; expected at least 0");
        }
    }

    /** Whatever the shorter side becomes, rounded half to even. */
    public RandomLongSide(int min, int max) {
        this(min, max, 0, SideRounding.HALF_EVEN);
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        int target = min + random.below(max - min + 1);
        int longSide = Math.max(draft.height(), draft.width());
        int shortSide = Math.min(draft.height(), draft.width());
        if ((double) target / longSide < (double) minShortSide / shortSide) {
            RandomScale.scale(draft, (double) minShortSide / shortSide, rounding);
        } else {
            draft.resize(side(draft.height(), target, longSide), side(draft.width(), target, longSide));
        }
    }

    private int side(int side, int target, int longSide) {
        // a floor must not fall below a whole number by the rounding of a factor
        return rounding == SideRounding.FLOOR
                ? rounding.apply((double) target * side / longSide)
                : rounding.apply(side * ((double) target / longSide));
    }

    @Override
    public Description description() {
        return Description.of("RandomLongSide").putAll(this).build();
    }
}
