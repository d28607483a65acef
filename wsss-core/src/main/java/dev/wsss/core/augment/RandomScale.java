package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Scales by a factor drawn uniformly from a range.
 *
 * @param min smallest factor, at least 0.01
 * @param max largest factor, at most 100
 * @param rounding of the sides
 */
public record RandomScale(double min, double max, SideRounding rounding) implements Transform {
    public RandomScale {
        if (!(min >= 0.01 && max >= min && max <= 100)) {
            throw new IllegalArgumentException("scale is " + min + ".." + max + "; expected 0.01 <= min <= max <= 100");
        }
    }

    /** Rounds half to even. */
    public RandomScale(double min, double max) {
        this(min, max, SideRounding.HALF_EVEN);
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        scale(draft, random.range(min, max), rounding);
    }

    static void scale(ViewDraft draft, double factor, SideRounding rounding) {
        draft.resize(rounding.apply(draft.height() * factor), rounding.apply(draft.width() * factor));
    }

    @Override
    public Description description() {
        return Description.of("RandomScale").putAll(this).build();
    }
}
