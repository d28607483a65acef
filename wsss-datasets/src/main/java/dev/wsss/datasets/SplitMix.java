package dev.wsss.datasets;

/**
 * The SplitMix64 generator (Steele, Lea and Flood 2014), keyed by several numbers. Own code because its output must not
 * change with the Java version: scenes and augmentations are functions of it.
 */
final class SplitMix {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    SplitMix(long... keys) {
        for (long key : keys) {
            state = mix(state + GOLDEN ^ key);
        }
    }

    static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** Uniform in [0, 1) for a point of an integer lattice. */
    static double at(long seed, int x, int y) {
        return (mix(seed ^ x * GOLDEN ^ y * 0xC2B2AE3D27D4EB4FL) >>> 11) * 0x1p-53;
    }

    private long next() {
        state += GOLDEN;
        return mix(state);
    }

    long nextLong() {
        return next();
    }

    /** Uniform in [0, 1). */
    double uniform() {
        return (next() >>> 11) * 0x1p-53;
    }

    double range(double from, double to) {
        return from + (to - from) * uniform();
    }

    /** Uniform in {@code 0..n-1}. */
    int below(int n) {
        return (int) (uniform() * n);
    }

    boolean chance(double p) {
        return uniform() < p;
    }
}
