package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Scales by a factor drawn uniformly from a range; sides are rounded half to even.
 *
 * @param min smallest factor, at least 0.01
 * @param max largest factor, at most 100
 */
public record RandomScale(double min, double max) implements Transform {
    public RandomScale {
        if (!(min >= 0.01 && max >= min && max <= 100)) {
            throw new IllegalArgumentException("scale is " + min + ".." + max + "; expected 0.01 <= min <= max <= 100");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        scale(draft, random.range(min, max));
    }

    static void scale(ViewDraft draft, double factor) {
        ViewGeometry g = draft.geometry();
        draft.geometry(g.resize(scaled(g.height(), factor), scaled(g.width(), factor)));
    }

    private static int scaled(int side, double factor) {
        return Math.max(1, (int) Math.rint(side * factor));
    }

    @Override
    public Description description() {
        return Description.of("RandomScale").putAll(this).build();
    }
}
