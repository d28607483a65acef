package dev.wsss.core.metrics;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import java.util.Arrays;

/**
 * The quality of score maps at every background threshold, in one pass over each image.
 *
 * <p>At threshold {@code t} a pixel is of the label with its highest score, the lowest on a tie, if that exceeds {@code
 * t}, and background if not; {@code t} is compared in float32. Whether a pixel is foreground depends on {@code t} only
 * through the number of thresholds below its highest score, so pixels are counted by that number, and the confusion
 * matrix of each threshold is a partial sum.
 *
 * <p>Not thread-safe: sweep in one per thread and {@link #merge}.
 */
public final class ThresholdSweep {
    private final int labels;
    private final float[] thresholds;
    /** {@code [truth][best label][number of thresholds below the score]}; pixels without any map have label 0, 0. */
    private final long[] counts;

    /**
     * A sweep without images.
     *
     * @param catalog must have a background
     * @param thresholds ascending, 0 or more, distinct in float32
     * @throws IllegalArgumentException if the catalog has no background or the thresholds are not as said
     */
    public ThresholdSweep(ClassCatalog catalog, double... thresholds) {
        if (!catalog.hasBackground()) {
            throw new IllegalArgumentException(
                    "a threshold separates foreground from background, but the catalog has none: " + catalog);
        }
        if (thresholds.length == 0) {
            throw new IllegalArgumentException("expected at least one threshold");
        }
        this.labels = catalog.labelCount();
        this.thresholds = new float[thresholds.length];
        for (int i = 0; i < thresholds.length; i++) {
            this.thresholds[i] = (float) thresholds[i];
            if (!(thresholds[i] >= 0) || i > 0 && this.thresholds[i] <= this.thresholds[i - 1]) {
                throw new IllegalArgumentException(
                        "thresholds must ascend from 0 or more, got " + Arrays.toString(thresholds));
            }
        }
        this.counts = new long[labels * labels * (thresholds.length + 1)];
    }

    /** The thresholds {@code start, start + step, ...}; the reference's curve is {@code range(0, 0.01, 60)}. */
    public static double[] range(double start, double step, int count) {
        double[] t = new double[count];
        Arrays.setAll(t, i -> start + i * step);
        return t;
    }

    /** The thresholds, as compared. */
    public float[] thresholds() {
        return thresholds.clone();
    }

    /**
     * Counts an image.
     *
     * @param scores maps of foreground labels, of the truth's size
     * @throws InvalidDataException if the sizes differ, a map is of the background or of a label the catalog has not, a
     *     score is NaN, or the truth holds a value that is neither a label nor {@link LabelMap#IGNORE}; then nothing is
     *     counted
     */
    public void add(ScoreMaps scores, LabelMap truth) {
        if (scores.height() != truth.height() || scores.width() != truth.width()) {
            throw new InvalidDataException("scores are " + scores.height() + "x" + scores.width() + " and truth is "
                    + truth.height() + "x" + truth.width());
        }
        int[] maps = scores.labels();
        for (int label : maps) {
            if (label == 0 || label >= labels) {
                throw new InvalidDataException("score map of label " + label
                        + (label == 0
                                ? ", the background, which the threshold stands for"
                                : ", expected 1.." + (labels - 1)));
            }
        }
        float[] values = scores.toArray();
        for (int i = 0; i < values.length; i++) {
            if (Float.isNaN(values[i])) {
                int n = truth.height() * truth.width();
                throw new InvalidDataException("score of label " + maps[i / n] + " at row " + i % n / truth.width()
                        + ", column " + i % n % truth.width() + " is NaN");
            }
        }
        ConfusionMatrix.requireLabels("truth", truth, labels);
        byte[] t = truth.toArray();
        for (int i = 0; i < t.length; i++) {
            int trueLabel = t[i] & 255;
            if (trueLabel == LabelMap.IGNORE) {
                continue;
            }
            int best = 0;
            float max = 0;
            for (int k = 0; k < maps.length; k++) {
                float v = values[k * t.length + i];
                if (best == 0 || v > max) {
                    best = maps[k];
                    max = v;
                }
            }
            counts[(trueLabel * labels + best) * (thresholds.length + 1) + below(max)]++;
        }
    }

    /** Number of thresholds that a score exceeds. */
    private int below(float score) {
        int from = 0;
        int to = thresholds.length;
        while (from < to) {
            int middle = from + to >>> 1;
            if (thresholds[middle] < score) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }

    /**
     * Adds another sweep's counts.
     *
     * @throws IllegalArgumentException if it is of other labels or thresholds
     */
    public void merge(ThresholdSweep other) {
        if (other.labels != labels || !Arrays.equals(other.thresholds, thresholds)) {
            throw new IllegalArgumentException("cannot merge a sweep of " + other.labels + " labels over "
                    + other.thresholds.length + " thresholds into one of " + labels + " over " + thresholds.length
                    + " or of other thresholds");
        }
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
    }

    /** The confusion at threshold number {@code index}. */
    public ConfusionMatrix at(int index) {
        if (index < 0 || index >= thresholds.length) {
            throw new IllegalArgumentException("no threshold " + index + "; there are " + thresholds.length);
        }
        ConfusionMatrix matrix = new ConfusionMatrix(labels);
        for (int truth = 0; truth < labels; truth++) {
            for (int best = 0; best < labels; best++) {
                int base = (truth * labels + best) * (thresholds.length + 1);
                for (int below = 0; below <= thresholds.length; below++) {
                    if (counts[base + below] > 0) {
                        matrix.add(truth, below > index ? best : 0, counts[base + below]);
                    }
                }
            }
        }
        return matrix;
    }

    /** Mean IoU at each threshold. */
    public double[] curve(IouConvention convention) {
        double[] curve = new double[thresholds.length];
        Arrays.setAll(curve, i -> at(i).meanIou(convention));
        return curve;
    }

    /** Number of the threshold with the highest mean IoU, the lowest such on a tie. */
    public int best(IouConvention convention) {
        double[] curve = curve(convention);
        int best = 0;
        for (int i = 1; i < curve.length; i++) {
            if (curve[i] > curve[best]) {
                best = i;
            }
        }
        return best;
    }
}
