package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Changes colours by an amount drawn uniformly from a range.
 *
 * @param operation what is changed, and what the amount means
 * @param min least amount
 * @param max greatest amount
 */
public record RandomColour(ColourOperation operation, double min, double max) implements Transform {
    public RandomColour {
        if (!(max >= min)) {
            throw new IllegalArgumentException(operation + " is " + min + ".." + max + "; expected min <= max");
        }
        // refuses amounts out of the operation's range before the first image
        operation.at(min);
        operation.at(max);
    }

    /** An operation that ignores its amount. */
    public static RandomColour of(ColourOperation operation) {
        return new RandomColour(operation, 1, 1);
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        draft.add(operation.at(random.range(min, max)));
    }

    @Override
    public Description description() {
        return Description.of("RandomColour " + operation).putAll(this).build();
    }
}
