package dev.wsss.api;

/**
 * The SplitMix64 generator (Steele, Lea and Flood 2014), keyed by several numbers such as seed, epoch and sample. Own code
 * because what is drawn must not change with the Java version: scenes and augmentations are functions of it. Not safe for
 * use from several threads.
 */
public final class SplitMix {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    /** A generator of its own for each sequence of keys. */
    public SplitMix(long... keys) {
        for (long key : keys) {
            state = mix(state + GOLDEN ^ key);
        }
    }

    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** Uniform in [0, 1) for a point of an integer lattice. */
    public static double at(long seed, int x, int y) {
        return (mix(seed ^ x * GOLDEN ^ y * 0xC2B2AE3D27D4EB4FL) >>> 11) * 0x1p-53;
    }

    /** Any of the 2<sup>64</sup> numbers. */
    public long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    /** Uniform in [0, 1). */
    public double uniform() {
        return (nextLong() >>> 11) * 0x1p-53;
    }

    /** Uniform in {@code [from, to)}. */
    public double range(double from, double to) {
        return from + (to - from) * uniform();
    }

    /** Uniform in {@code 0..n-1}. */
    public int below(int n) {
        return (int) (uniform() * n);
    }

    /** True with probability {@code p}. */
    public boolean chance(double p) {
        return uniform() < p;
    }
}
