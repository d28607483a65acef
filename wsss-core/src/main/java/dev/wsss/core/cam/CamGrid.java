package dev.wsss.core.cam;

/**
 * The size of the resulting maps for an image of {@code H x W}.
 *
 * @param kind the rule
 * @param stride its number; 1 for {@link Kind#IMAGE}
 */
public record CamGrid(Kind kind, int stride) {
    /** The image's own size. */
    public static final CamGrid IMAGE = new CamGrid(Kind.IMAGE, 1);

    /** The rules. */
    public enum Kind {
        /** {@code H x W}. */
        IMAGE,
        /** {@code ceil(H / stride) x ceil(W / stride)}: IRN's small maps, the input of its random walk at stride 4. */
        STRIDED,
        /**
         * Resized to the next multiples of the stride, then cropped to {@code H x W}: IRN's large maps, at stride 16.
         */
        CROPPED
    }

    public CamGrid {
        if (stride < 1 || kind == Kind.IMAGE && stride != 1) {
            throw new IllegalArgumentException("a grid of kind " + kind + " cannot have stride " + stride);
        }
    }

    /** Maps of {@code ceil(H / stride) x ceil(W / stride)}. */
    public static CamGrid strided(int stride) {
        return new CamGrid(Kind.STRIDED, stride);
    }

    /** Maps of {@code H x W}, cropped from the next multiples of the stride. */
    public static CamGrid cropped(int stride) {
        return new CamGrid(Kind.CROPPED, stride);
    }

    int resized(int side) {
        int cells = (side + stride - 1) / stride;
        return kind == Kind.CROPPED ? cells * stride : cells;
    }

    int result(int side) {
        return kind == Kind.STRIDED ? resized(side) : side;
    }
}
