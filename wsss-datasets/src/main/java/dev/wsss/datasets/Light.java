package dev.wsss.datasets;

import dev.wsss.api.SplitMix;

/**
 * Where the light of a scene comes from.
 *
 * @param x to the right, of a unit vector
 * @param y upwards
 */
record Light(double x, double y) {
    /** From any side. */
    static Light any(SplitMix random) {
        double angle = random.range(0, 2 * StrictMath.PI);
        return new Light(StrictMath.cos(angle), StrictMath.sin(angle));
    }
}
