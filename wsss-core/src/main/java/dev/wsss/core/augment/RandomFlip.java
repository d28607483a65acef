package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Mirrors left to right, by chance.
 *
 * @param probability 0 to 1
 */
public record RandomFlip(double probability) implements Transform {
    public RandomFlip {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability is " + probability + "; expected 0..1");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        if (random.chance(probability)) {
            draft.flip();
        }
    }

    @Override
    public Description description() {
        return Description.of("RandomFlip").putAll(this).build();
    }
}
