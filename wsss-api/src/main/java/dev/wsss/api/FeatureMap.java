package dev.wsss.api;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A vector for each cell of a grid that lies over an image, such as a frozen network's output. The grid is coarser than the
 * image: cell {@code (y, x)} belongs to the rows {@code y * imageHeight / height} to {@code (y + 1) * imageHeight / height}
 * and columns alike.
 *
 * <pre>{@code
 * FeatureMap map = FeatureMap.builder().setGrid(90, 28, 28).setImageSize(375, 500).setHalfs(bits).build();
 * }</pre>
 *
 * <p>Values are float32, or float16 as large stores keep them; a map says which, and gives floats either way. All are
 * finite. A cell that shows nothing of the image, as where a crop reaches beyond it, is not valid and counts for nothing.
 * Immutable.
 */
public final class FeatureMap {
    private final int channels;
    private final int height;
    private final int width;
    private final int imageHeight;
    private final int imageWidth;
    /** One of the two holds the values. */
    private final float @Nullable [] floats;

    private final short @Nullable [] halfs;
    /** Null if every cell is valid. */
    private final boolean @Nullable [] valid;

    private FeatureMap(Builder b) {
        if (b.channels == 0) {
            throw new IllegalStateException("setGrid is required");
        }
        if (b.imageHeight == 0) {
            throw new IllegalStateException("setImageSize is required");
        }
        if ((b.floats == null) == (b.halfs == null)) {
            throw new IllegalStateException("one of setFloats and setHalfs is required");
        }
        channels = b.channels;
        height = b.height;
        width = b.width;
        imageHeight = b.imageHeight;
        imageWidth = b.imageWidth;
        floats = b.floats;
        halfs = b.halfs;
        int given = floats != null ? floats.length : halfs().length;
        if (given != channels * height * width) {
            throw new IllegalArgumentException(
                    "features of " + grid() + " have " + channels * height * width + " values, got " + given);
        }
        for (int i = 0; i < given; i++) {
            if (!Float.isFinite(value(i))) {
                int cell = i % (height * width);
                throw new InvalidDataException("feature " + i / (height * width) + " at row " + cell / width
                        + ", column " + cell % width + " is " + value(i) + "; expected a finite number");
            }
        }
        boolean[] cells = b.valid;
        if (cells != null && cells.length != height * width) {
            throw new IllegalArgumentException(
                    "validity of " + cells.length + " cells; expected " + height * width + ", those of " + grid());
        }
        valid = cells == null || allTrue(cells) ? null : cells;
    }

    private static boolean allTrue(boolean[] cells) {
        for (boolean cell : cells) {
            if (!cell) {
                return false;
            }
        }
        return true;
    }

    /** Starts a map. */
    public static Builder builder() {
        return new Builder();
    }

    /** Length of a cell's vector. */
    public int channels() {
        return channels;
    }

    /** Rows of the grid. */
    public int height() {
        return height;
    }

    /** Columns of the grid. */
    public int width() {
        return width;
    }

    /** Rows of the image that the grid covers. */
    public int imageHeight() {
        return imageHeight;
    }

    /** Columns of the image that the grid covers. */
    public int imageWidth() {
        return imageWidth;
    }

    /** Whether the values are float16. */
    public boolean isHalf() {
        return halfs != null;
    }

    /** Whether a cell shows a part of the image. */
    public boolean isValid(int row, int column) {
        int cell = cell(row, column);
        return valid == null || valid[cell];
    }

    /** Whether every cell shows a part of the image. */
    public boolean allValid() {
        return valid == null;
    }

    /** A value. */
    public float at(int channel, int row, int column) {
        if (channel < 0 || channel >= channels) {
            throw new IndexOutOfBoundsException("channel " + channel + " of " + channels);
        }
        return value(channel * height * width + cell(row, column));
    }

    private float value(int i) {
        return floats != null ? floats[i] : Float16.toFloat(halfs()[i]);
    }

    private int cell(int row, int column) {
        if (row < 0 || row >= height || column < 0 || column >= width) {
            throw new IndexOutOfBoundsException(
                    "row " + row + ", column " + column + " of a grid of " + height + "x" + width);
        }
        return row * width + column;
    }

    /** The values, {@code [channels][height][width]} row-major; not to be changed by the receiver. */
    public float[] toFloats() {
        if (floats != null) {
            return floats;
        }
        short[] bits = halfs();
        float[] out = new float[bits.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = Float16.toFloat(bits[i]);
        }
        return out;
    }

    /**
     * The bits of float16 values, {@code [channels][height][width]} row-major; not to be changed by the receiver.
     *
     * @throws IllegalStateException if the values are float32: {@link #toHalf} rounds them
     */
    public short[] halfs() {
        if (halfs == null) {
            throw new IllegalStateException("the values are float32; toHalf() rounds them");
        }
        return halfs;
    }

    /**
     * Refuses a map of which a valid cell's vector is zero: it has no direction, so that its cosine with anything is undefined.
     *
     * @param name what the message calls the map, such as its file
     * @throws InvalidDataException naming the map and the first such cell
     */
    public void requireDirections(String name) {
        int cells = height * width;
        for (int cell = 0; cell < cells; cell++) {
            boolean zero = valid == null || valid[cell];
            for (int i = cell; zero && i < channels * cells; i += cells) {
                zero = value(i) == 0;
            }
            if (zero) {
                throw new InvalidDataException(name + ": the features at row " + cell / width + ", column "
                        + cell % width + " are all 0; expected vectors with a direction");
            }
        }
    }

    /**
     * This map with its values rounded to float16; itself if they are.
     *
     * @throws InvalidDataException if a value is beyond float16, which ends at 65504
     */
    public FeatureMap toHalf() {
        if (floats == null) {
            return this;
        }
        short[] bits = new short[floats.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float16.of(floats[i]);
        }
        Builder b = builder().setGrid(channels, height, width).setImageSize(imageHeight, imageWidth);
        return (valid == null ? b : b.optValid(valid)).setHalfs(bits).build();
    }

    private String grid() {
        return channels + "x" + height + "x" + width;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof FeatureMap other
                && channels == other.channels
                && height == other.height
                && width == other.width
                && imageHeight == other.imageHeight
                && imageWidth == other.imageWidth
                && Arrays.equals(floats, other.floats)
                && Arrays.equals(halfs, other.halfs)
                && Arrays.equals(valid, other.valid);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(floats) + Arrays.hashCode(halfs);
    }

    @Override
    public String toString() {
        return "FeatureMap[" + grid() + (halfs == null ? "" : " float16") + " of " + imageHeight + "x" + imageWidth
                + "]";
    }

    /** What a map is made of. */
    public static final class Builder {
        private int channels;
        private int height;
        private int width;
        private int imageHeight;
        private int imageWidth;
        private float @Nullable [] floats;
        private short @Nullable [] halfs;
        private boolean @Nullable [] valid;

        private Builder() {}

        /**
         * The shape. Required.
         *
         * @throws IllegalArgumentException if one is less than 1, or there are 2<sup>31</sup> values or more
         */
        public Builder setGrid(int channels, int height, int width) {
            if (channels < 1 || height < 1 || width < 1 || (double) channels * height * width > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("grid is " + channels + "x" + height + "x" + width
                        + "; expected at least 1x1x1 and fewer than 2^31 values");
            }
            this.channels = channels;
            this.height = height;
            this.width = width;
            return this;
        }

        /**
         * The size of the image that the grid covers. Required.
         *
         * @throws IllegalArgumentException if one is less than 1
         */
        public Builder setImageSize(int height, int width) {
            if (height < 1 || width < 1) {
                throw new IllegalArgumentException("image size must be at least 1x1, got " + height + "x" + width);
            }
            imageHeight = height;
            imageWidth = width;
            return this;
        }

        /** Float32 values, {@code [channels][height][width]} row-major; not copied. Required, or {@link #setHalfs}. */
        public Builder setFloats(float[] values) {
            floats = values;
            return this;
        }

        /** The bits of float16 values, in the same order; not copied. Required, or {@link #setFloats}. */
        public Builder setHalfs(short[] bits) {
            halfs = bits;
            return this;
        }

        /** Whether each cell shows a part of the image, {@code [height][width]}; all do unless set. Copied. */
        public Builder optValid(boolean[] cells) {
            valid = cells.clone();
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if something required is missing, or both kinds of values are set
         * @throws IllegalArgumentException if there are not as many values or cells as the grid has
         * @throws InvalidDataException if a value is NaN or infinite
         */
        public FeatureMap build() {
            return new FeatureMap(this);
        }
    }
}
