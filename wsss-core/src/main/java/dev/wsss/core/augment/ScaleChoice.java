package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;
import java.util.List;

/**
 * Scales by one of several factors, each as likely as the others.
 *
 * @param factors at least one, each within 0.01 to 100
 * @param rounding of the sides
 */
public record ScaleChoice(List<Double> factors, SideRounding rounding) implements Transform {
    public ScaleChoice {
        factors = List.copyOf(factors);
        if (factors.isEmpty()) {
            throw new IllegalArgumentException("there are no factors to choose from; expected at least one");
        }
        for (double factor : factors) {
            if (!(factor >= 0.01 && factor <= 100)) {
                throw new IllegalArgumentException("factor is " + factor + "; expected 0.01..100");
            }
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        RandomScale.scale(draft, factors.get(random.below(factors.size())), rounding);
    }

    @Override
    public Description description() {
        return Description.of("ScaleChoice").putAll(this).build();
    }
}
