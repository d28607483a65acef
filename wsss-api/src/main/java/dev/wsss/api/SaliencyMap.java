package dev.wsss.api;

import java.util.Arrays;

/**
 * How much each pixel of an image stands out, whatever it shows.
 *
 * @param height rows of the image, at least 1
 * @param width columns of the image, at least 1
 * @param values {@code [height][width]} in [0, 1], 1 where salient; not copied, and not to be changed by the receiver
 */
public record SaliencyMap(int height, int width, float[] values) {
    public SaliencyMap {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("map size must be at least 1x1, got " + height + "x" + width);
        }
        if (values.length != (long) height * width) {
            throw new IllegalArgumentException("a map of " + height + "x" + width + " has " + (long) height * width
                    + " values, got " + values.length);
        }
        for (int i = 0; i < values.length; i++) {
            if (!(values[i] >= 0 && values[i] <= 1)) {
                throw new IllegalArgumentException("saliency at row " + i / width + ", column " + i % width + " is "
                        + values[i] + "; expected 0 to 1");
            }
        }
    }

    /** The saliency of a pixel. */
    public float at(int row, int column) {
        if (row < 0 || row >= height || column < 0 || column >= width) {
            throw new IndexOutOfBoundsException(
                    "row " + row + ", column " + column + " of a map of " + height + "x" + width);
        }
        return values[row * width + column];
    }

    /**
     * This map as the scores of label 1, what is salient: the form in which training takes it with its images and changes
     * it with them.
     */
    public ScoreMaps toScores() {
        return ScoreMaps.of(new int[] {1}, height, width, values);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof SaliencyMap other
                && height == other.height
                && width == other.width
                && Arrays.equals(values, other.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "SaliencyMap[" + height + "x" + width + "]";
    }
}
