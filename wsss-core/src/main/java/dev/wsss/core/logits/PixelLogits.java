package dev.wsss.core.logits;

import dev.wsss.api.Float16;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.image.Resize;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What a segmentation network says of an image, in little space: logits at the network's own resolution, of the labels alone that
 * are probable anywhere in the image, in half precision.
 *
 * <p>Of VOC's 21 labels an image shows two or three; a network gives the others no probability worth the name anywhere. Labels
 * are left out whose probability stays below {@code dropped / C} at each of the grid's pixels, so that no pixel of it loses more
 * than {@code dropped} in all. The logits are kept less the largest of their pixel, which changes no softmax, not even after a
 * linear resize, since all labels of a pixel are shifted alike; so what is large is near 0, where halves are dense.
 *
 * <p>Both together change a probability of the grid by less than {@code dropped + 0.001}. Immutable.
 */
public final class PixelLogits {
    /** Where the exponential function is 0 in single precision anyway. */
    private static final float LOWEST = -200;

    private final int[] labels;
    private final int classes;
    private final int height;
    private final int width;
    private final int imageHeight;
    private final int imageWidth;
    private final short[] halfs;

    /** @param halfs {@code [labels][height][width]}, taken over */
    private PixelLogits(
            int[] labels, int classes, int height, int width, int imageHeight, int imageWidth, short[] halfs) {
        this.labels = labels;
        this.classes = classes;
        this.height = height;
        this.width = width;
        this.imageHeight = imageHeight;
        this.imageWidth = imageWidth;
        this.halfs = halfs;
    }

    /**
     * Takes the logits of all labels.
     *
     * @param logits {@code [classes][height][width]}
     * @param classes number of labels, 1 to 255
     * @param height rows of the grid
     * @param width columns of the grid
     * @param imageHeight rows of the image
     * @param imageWidth columns of the image
     * @param dropped how much probability a pixel may lose, in [0, 1); 0 keeps all labels
     * @throws IllegalArgumentException if a number is out of range, or the array's length is not the shape's
     * @throws InvalidDataException if a logit is NaN or infinite; the message names label, row and column
     */
    public static PixelLogits of(
            float[] logits, int classes, int height, int width, int imageHeight, int imageWidth, double dropped) {
        requireShape(classes, height, width, imageHeight, imageWidth);
        if (!(dropped >= 0 && dropped < 1)) {
            throw new IllegalArgumentException("dropped probability must be in [0, 1), got " + dropped);
        }
        int n = height * width;
        if (logits.length != (long) classes * n) {
            throw new IllegalArgumentException("logits of " + classes + " labels at " + height + "x" + width + " are "
                    + (long) classes * n + " values, got " + logits.length);
        }
        float[] shifted = new float[logits.length];
        double[] largest = new double[classes];
        for (int i = 0; i < n; i++) {
            float most = Float.NEGATIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                float z = logits[c * n + i];
                if (!Float.isFinite(z)) {
                    throw new InvalidDataException("logit of label " + c + " at row " + i / width + ", column "
                            + i % width + " is " + z + "; expected a finite number");
                }
                most = Math.max(most, z);
            }
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                shifted[c * n + i] = Math.max(logits[c * n + i] - most, LOWEST);
                sum += Math.exp(shifted[c * n + i]);
            }
            for (int c = 0; c < classes; c++) {
                largest[c] = Math.max(largest[c], Math.exp(shifted[c * n + i]) / sum);
            }
        }
        // the largest of C probabilities is at least 1 / C, so that some label stays
        int[] present = IntStream.range(0, classes)
                .filter(c -> largest[c] >= dropped / classes)
                .toArray();
        short[] halfs = new short[present.length * n];
        for (int k = 0; k < present.length; k++) {
            for (int i = 0; i < n; i++) {
                halfs[k * n + i] = Float16.of(shifted[present[k] * n + i]);
            }
        }
        return new PixelLogits(present, classes, height, width, imageHeight, imageWidth, halfs);
    }

    /**
     * What was kept.
     *
     * @param halfs {@code [labels][height][width]}, the bits of half-precision numbers; copied
     * @throws IllegalArgumentException if labels do not ascend within the classes, there are none, or the array's length is not
     *     the shape's, or a value is above 0, NaN or infinite
     */
    static PixelLogits kept(
            int[] labels, int classes, int height, int width, int imageHeight, int imageWidth, short[] halfs) {
        requireShape(classes, height, width, imageHeight, imageWidth);
        for (int k = 0; k < labels.length; k++) {
            if (labels[k] < 0 || labels[k] >= classes || k > 0 && labels[k] <= labels[k - 1]) {
                throw new IllegalArgumentException(
                        "labels must ascend within 0.." + (classes - 1) + ", got " + Arrays.toString(labels));
            }
        }
        if (labels.length == 0 || halfs.length != (long) labels.length * height * width) {
            throw new IllegalArgumentException("logits of " + labels.length + " labels at " + height + "x" + width
                    + " are " + (long) labels.length * height * width + " values, got " + halfs.length
                    + "; expected at least one label");
        }
        for (short half : halfs) {
            float value = Float16.toFloat(half);
            if (!(value <= 0 && value >= LOWEST)) {
                throw new IllegalArgumentException(
                        "a logit is " + value + "; expected " + LOWEST + " to 0, as less the largest of its pixel");
            }
        }
        return new PixelLogits(labels.clone(), classes, height, width, imageHeight, imageWidth, halfs.clone());
    }

    private static void requireShape(int classes, int height, int width, int imageHeight, int imageWidth) {
        if (classes < 1 || classes > LabelMap.IGNORE) {
            throw new IllegalArgumentException("classes must be in 1..255, got " + classes);
        }
        if (height < 1 || width < 1 || imageHeight < 1 || imageWidth < 1) {
            throw new IllegalArgumentException("grid and image must be at least 1x1, got " + height + "x" + width
                    + " and " + imageHeight + "x" + imageWidth);
        }
    }

    /** The labels that are kept, ascending; a copy. */
    public int[] labels() {
        return labels.clone();
    }

    /** Number of labels of the network. */
    public int classes() {
        return classes;
    }

    /** Rows of the grid. */
    public int height() {
        return height;
    }

    /** Columns of the grid. */
    public int width() {
        return width;
    }

    /** Rows of the image. */
    public int imageHeight() {
        return imageHeight;
    }

    /** Columns of the image. */
    public int imageWidth() {
        return imageWidth;
    }

    /** The bits of the values, {@code [labels][height][width]}; a copy. */
    short[] halfs() {
        return halfs.clone();
    }

    /**
     * The probabilities of the image's pixels: the logits resized bilinearly, without aligned corners, then the softmax over the
     * labels that are kept. One map for each of these.
     */
    public ScoreMaps probabilities() {
        float[] values = new float[halfs.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float16.toFloat(halfs[i]);
        }
        float[] p = Resize.TORCH_BILINEAR.apply(values, labels.length, height, width, imageHeight, imageWidth);
        int n = imageHeight * imageWidth;
        for (int i = 0; i < n; i++) {
            float most = Float.NEGATIVE_INFINITY;
            for (int k = 0; k < labels.length; k++) {
                most = Math.max(most, p[k * n + i]);
            }
            double sum = 0;
            for (int k = 0; k < labels.length; k++) {
                p[k * n + i] = (float) Math.exp(p[k * n + i] - most);
                sum += p[k * n + i];
            }
            for (int k = 0; k < labels.length; k++) {
                p[k * n + i] /= (float) sum;
            }
        }
        return ScoreMaps.of(labels, imageHeight, imageWidth, p);
    }

    @Override
    public String toString() {
        return "PixelLogits" + Arrays.toString(labels) + " of " + classes + "[" + height + "x" + width + "]";
    }
}
