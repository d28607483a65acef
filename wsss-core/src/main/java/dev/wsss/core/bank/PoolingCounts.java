package dev.wsss.core.bank;

/**
 * What became of masks when features were pooled under them.
 *
 * @param pooled masks that have a vector
 * @param uneroded of these, those of which an erosion would have left nothing, which were pooled as they are
 * @param tooSmall masks left out for their area, the empty ones among them
 * @param withoutFeature masks left out because the mean under them is the zero vector, or no valid cell lies under them
 */
public record PoolingCounts(int pooled, int uneroded, int tooSmall, int withoutFeature) {
    /** No mask. */
    public static final PoolingCounts NONE = new PoolingCounts(0, 0, 0, 0);

    /** The sums. */
    public PoolingCounts plus(PoolingCounts other) {
        return new PoolingCounts(
                pooled + other.pooled,
                uneroded + other.uneroded,
                tooSmall + other.tooSmall,
                withoutFeature + other.withoutFeature);
    }
}
