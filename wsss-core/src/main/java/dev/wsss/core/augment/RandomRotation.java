package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Turns about the middle by an angle drawn uniformly from a range, counter-clockwise. The size stays; what comes
 * in at the corners is of the image, if a crop left some there, else padding. It has to be the last change of geometry but
 * for {@link RandomFlip}.
 *
 * @param minDegrees least angle, at least -360
 * @param maxDegrees greatest angle, at most 360
 */
public record RandomRotation(double minDegrees, double maxDegrees) implements Transform {
    public RandomRotation {
        if (!(minDegrees >= -360 && maxDegrees >= minDegrees && maxDegrees <= 360)) {
            throw new IllegalArgumentException(
                    "angle is " + minDegrees + ".." + maxDegrees + "; expected -360 <= min <= max <= 360");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        draft.rotate(random.range(minDegrees, maxDegrees));
    }

    @Override
    public Description description() {
        return Description.of("RandomRotation").putAll(this).build();
    }
}
