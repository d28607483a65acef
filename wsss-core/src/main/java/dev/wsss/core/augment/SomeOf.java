package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;
import java.util.List;

/**
 * Some of several transforms, as RandAugment (Cubuk et al., 2020) takes them: each is drawn from all, and so may come twice.
 *
 * <pre>{@code
 * Transform strong = new SomeOf(2, List.of(
 *         RandomColour.of(ColourOperation.EQUALIZE),
 *         RandomColour.of(ColourOperation.AUTOCONTRAST),
 *         new RandomColour(ColourOperation.POSTERIZE, 4, 8),
 *         new RandomColour(ColourOperation.SOLARIZE, 0, 256),
 *         new RandomColour(ColourOperation.SHARPNESS, 0.1, 1.9)));
 * }</pre>
 *
 * @param count how many are taken, at least 1
 * @param transforms at least one
 */
public record SomeOf(int count, List<Transform> transforms) implements Transform {
    public SomeOf {
        transforms = List.copyOf(transforms);
        if (count < 1 || transforms.isEmpty()) {
            throw new IllegalArgumentException(
                    count + " of " + transforms.size() + " transforms; expected at least 1 of 1");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        for (int i = 0; i < count; i++) {
            transforms.get(random.below(transforms.size())).draw(draft, new SplitMix(random.nextLong()));
        }
    }

    @Override
    public Description description() {
        return Description.of("SomeOf").putAll(this).build();
    }
}
