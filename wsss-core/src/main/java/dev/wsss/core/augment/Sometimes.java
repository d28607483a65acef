package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Another transform, by chance; otherwise nothing.
 *
 * @param probability 0 to 1
 * @param transform what then happens
 */
public record Sometimes(double probability, Transform transform) implements Transform {
    public Sometimes {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability is " + probability + "; expected 0..1");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        if (random.chance(probability)) {
            transform.draw(draft, random);
        }
    }

    @Override
    public Description description() {
        return Description.of("Sometimes " + transform.description().kind())
                .putAll(this)
                .build();
    }
}
