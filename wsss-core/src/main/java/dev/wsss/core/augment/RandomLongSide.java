package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Scales so that the longer side has a number of pixels drawn uniformly from a range, both ends included; the other side is
 * rounded half to even.
 *
 * @param min fewest pixels, at least 1
 * @param max most pixels
 */
public record RandomLongSide(int min, int max) implements Transform {
    public RandomLongSide {
        if (min < 1 || max < min) {
            throw new IllegalArgumentException("long side is " + min + ".." + max + "; expected 1 <= min <= max");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        int longSide = min + random.below(max - min + 1);
        ViewGeometry g = draft.geometry();
        RandomScale.scale(draft, (double) longSide / Math.max(g.height(), g.width()));
    }

    @Override
    public Description description() {
        return Description.of("RandomLongSide").putAll(this).build();
    }
}
