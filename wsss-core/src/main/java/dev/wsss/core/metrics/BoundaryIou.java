package dev.wsss.core.metrics;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;

/**
 * Boundary IoU (Cheng et al., CVPR 2021): the IoU of the pixels along the edges of predicted and true regions, which says how
 * good contours are where plain IoU is ruled by the inside of large objects.
 *
 * <p>A pixel is on the boundary of its label if a pixel of another value, or the outside of the image, is at most {@code d}
 * rows and {@code d} columns away: what {@code d} erosions by a square of 3x3 take off. {@code d} is a share of the image's
 * diagonal, 0.02 unless said otherwise, rounded half to even, and at least 1. Pixels are counted over all images, as for plain
 * IoU.
 *
 * <p>Pixels whose truth is {@link LabelMap#IGNORE} do not count and are a region of their own, in the prediction too, so
 * that a prediction that is right wherever pixels count has 1. A predicted {@code IGNORE} is of no label.
 *
 * <p>Takes a fixed number of steps for a pixel, whatever {@code d} and the number of labels. Not thread-safe: count in one per
 * thread and {@link #merge}.
 */
public final class BoundaryIou {
    /** The share of the diagonal of the paper. */
    public static final double PUBLISHED_RATIO = 0.02;

    private final int labels;
    private final double ratio;
    private final long[] both;
    private final long[] predicted;
    private final long[] truth;

    /** Nothing counted, at {@link #PUBLISHED_RATIO}. */
    public BoundaryIou(int labels) {
        this(labels, PUBLISHED_RATIO);
    }

    /**
     * Nothing counted.
     *
     * @param labels number of labels, 1 to 255, the background included
     * @param ratio width of the boundary as a share of the image's diagonal, above 0 and at most 1
     */
    public BoundaryIou(int labels, double ratio) {
        if (labels < 1 || labels > LabelMap.IGNORE) {
            throw new IllegalArgumentException("labels must be 1 to " + LabelMap.IGNORE + ", got " + labels);
        }
        if (!(ratio > 0 && ratio <= 1)) {
            throw new IllegalArgumentException("ratio must be above 0 and at most 1, got " + ratio);
        }
        this.labels = labels;
        this.ratio = ratio;
        both = new long[labels];
        predicted = new long[labels];
        truth = new long[labels];
    }

    /** Width of the boundary as a share of the image's diagonal. */
    public double ratio() {
        return ratio;
    }

    /** Width of the boundary in an image of this size, in pixels. */
    public int width(int height, int width) {
        return (int) Math.max(1, Math.rint(ratio * Math.sqrt((double) height * height + (double) width * width)));
    }

    /**
     * Counts an image.
     *
     * @throws InvalidDataException if the sizes differ, or either map holds a value that is neither a label nor {@link
     *     LabelMap#IGNORE}; then nothing is counted
     */
    public void add(LabelMap prediction, LabelMap truth) {
        ConfusionMatrix.requireComparable(prediction, truth, labels);
        int height = truth.height();
        int columns = truth.width();
        byte[] t = truth.toArray();
        byte[] p = prediction.toArray();
        for (int i = 0; i < t.length; i++) {
            if ((t[i] & 255) == LabelMap.IGNORE) {
                p[i] = (byte) LabelMap.IGNORE;
            }
        }
        int d = width(height, columns);
        boolean[] insideTruth = inside(t, height, columns, d);
        boolean[] insidePrediction = inside(p, height, columns, d);
        for (int i = 0; i < t.length; i++) {
            int trueLabel = t[i] & 255;
            int label = p[i] & 255;
            boolean edge = !insideTruth[i] && trueLabel != LabelMap.IGNORE;
            boolean predictedEdge = !insidePrediction[i] && label != LabelMap.IGNORE;
            if (edge) {
                this.truth[trueLabel]++;
            }
            if (predictedEdge) {
                predicted[label]++;
            }
            if (edge && predictedEdge && trueLabel == label) {
                both[label]++;
            }
        }
    }

    /** Whether all pixels at most {@code d} rows and columns away are in the image and of the pixel's value. */
    private static boolean[] inside(byte[] values, int height, int width, int d) {
        boolean[] inside = new boolean[values.length];
        if (2L * d + 1 > Math.min(height, width)) {
            return inside;
        }
        // of each column: how many rows up to this one have one value, d columns to both sides
        int[] rows = new int[width];
        for (int y = 0; y < height; y++) {
            int row = y * width;
            int start = 0;
            while (start < width) {
                byte value = values[row + start];
                int end = start + 1;
                while (end < width && values[row + end] == value) {
                    end++;
                }
                for (int x = start; x < end; x++) {
                    if (x - d < start || x + d >= end) {
                        rows[x] = 0;
                    } else if (rows[x] > 0 && values[row - width + x] == value) {
                        rows[x]++;
                    } else {
                        rows[x] = 1;
                    }
                    if (rows[x] > 2 * d) {
                        inside[row - d * width + x] = true;
                    }
                }
                start = end;
            }
        }
        return inside;
    }

    /**
     * Adds another's counts.
     *
     * @throws IllegalArgumentException if it is of another number of labels or another ratio
     */
    public void merge(BoundaryIou other) {
        if (other.labels != labels || other.ratio != ratio) {
            throw new IllegalArgumentException("cannot merge boundaries of " + other.labels + " labels at ratio "
                    + other.ratio + " into those of " + labels + " at " + ratio);
        }
        for (int l = 0; l < labels; l++) {
            both[l] += other.both[l];
            predicted[l] += other.predicted[l];
            truth[l] += other.truth[l];
        }
    }

    /** Boundary IoU of each label, 0 to 1; NaN for one that the convention leaves out. */
    public double[] iou(IouConvention convention) {
        double[] iou = new double[labels];
        for (int l = 0; l < labels; l++) {
            iou[l] = convention.iou(both[l], predicted[l], truth[l]);
        }
        return iou;
    }

    /** Mean boundary IoU. */
    public double meanIou(IouConvention convention) {
        return IouConvention.mean(iou(convention));
    }

    @Override
    public String toString() {
        return "BoundaryIou[" + labels + " labels, " + ratio + " of the diagonal]";
    }
}
