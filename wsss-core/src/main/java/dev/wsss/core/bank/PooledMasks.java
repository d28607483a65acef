package dev.wsss.core.bank;

/**
 * The vectors of an image's masks. Those masks that have none are left out and counted. Immutable but for {@link #vectors},
 * which is not to be changed by the receiver.
 */
public final class PooledMasks {
    private final float[] vectors;
    private final int[] masks;
    private final PoolingCounts counts;

    PooledMasks(float[] vectors, int[] masks, PoolingCounts counts) {
        this.vectors = vectors;
        this.masks = masks;
        this.counts = counts;
    }

    /** Number of vectors. */
    public int size() {
        return masks.length;
    }

    /** The vectors, {@code [size][channels]} row-major, each of Euclidean length 1; not to be changed by the receiver. */
    public float[] vectors() {
        return vectors;
    }

    /** The number of the mask that a vector belongs to, in the list that was given; ascending. */
    public int mask(int vector) {
        return masks[vector];
    }

    /** How many masks have a vector, and why others have none. */
    public PoolingCounts counts() {
        return counts;
    }

    @Override
    public String toString() {
        return "PooledMasks[" + counts + "]";
    }
}
