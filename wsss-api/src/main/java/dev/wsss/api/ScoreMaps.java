package dev.wsss.api;

/**
 * One map of scores for each of a few labels: the CAMs of the classes present in an image, a random walk's or a CRF's
 * output. {@code K} maps of {@code height x width}; only present labels are held, never all of a dataset's.
 *
 * <p>The scores may live on a device; {@link #toArray()} brings them to the host. Close it when done: the host form
 * does nothing then, a tensor-backed one frees its memory.
 */
public interface ScoreMaps extends AutoCloseable {
    /** The label of each map, ascending and distinct; a copy. Label 0 is among them when the background has a map. */
    int[] labels();

    /** Rows of each map. */
    int height();

    /** Columns of each map. */
    int width();

    /** Number of maps, {@code K}. */
    default int count() {
        return labels().length;
    }

    /** The scores, {@code [K][height][width]} row-major; not to be changed by the receiver. */
    float[] toArray();

    /** Frees what the maps hold outside the heap. Idempotent. */
    @Override
    void close();

    /**
     * Score maps in host memory.
     *
     * @param labels label of each map, ascending and distinct, 0 to 254
     * @param values {@code [K][height][width]}; not copied
     * @throws InvalidDataException if a score is NaN or infinite, or a map has no pixel
     */
    static ScoreMaps of(int[] labels, int height, int width, float[] values) {
        return new HostScoreMaps(labels, height, width, values);
    }

    /** No map at all, at a size: what there is to say of an image that shows none of the classes. */
    static ScoreMaps none(int height, int width) {
        return of(new int[0], height, width, new float[0]);
    }
}
