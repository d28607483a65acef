package dev.wsss.core.metrics;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.util.stream.IntStream;

/**
 * Counts of pixels by true and predicted label.
 *
 * <p>Pixels whose truth is {@link LabelMap#IGNORE} do not count. A pixel whose <em>prediction</em> is {@code IGNORE}, as
 * pseudo labels have it, is a miss of its true label and a false alarm of none. Ratios are fractions, 0 to 1, in
 * float64; a class that a ratio says nothing about has NaN.
 *
 * <p>Not thread-safe: count in one per thread and {@link #merge}.
 */
public final class ConfusionMatrix {
    private final int labels;
    /** {@code [truth][prediction]}, with a last column for predictions of IGNORE. */
    private final long[] counts;

    /**
     * An empty matrix.
     *
     * @param labels number of labels, 1 to 255, the background included
     */
    public ConfusionMatrix(int labels) {
        if (labels < 1 || labels > LabelMap.IGNORE) {
            throw new IllegalArgumentException("labels must be 1 to " + LabelMap.IGNORE + ", got " + labels);
        }
        this.labels = labels;
        this.counts = new long[labels * (labels + 1)];
    }

    /** Number of labels. */
    public int labels() {
        return labels;
    }

    /**
     * Counts an image.
     *
     * @throws InvalidDataException if the sizes differ, or either map holds a value that is neither a label nor {@link
     *     LabelMap#IGNORE}; then nothing is counted
     */
    public void add(LabelMap prediction, LabelMap truth) {
        requireComparable(prediction, truth, labels);
        truth.compare(prediction, (trueLabel, predicted, pixels) -> {
            if (trueLabel != LabelMap.IGNORE) {
                add(trueLabel, Math.min(predicted, labels), pixels);
            }
        });
    }

    static void requireComparable(LabelMap prediction, LabelMap truth, int labels) {
        if (prediction.height() != truth.height() || prediction.width() != truth.width()) {
            throw new InvalidDataException("prediction is " + prediction.height() + "x" + prediction.width()
                    + " and truth is " + truth.height() + "x" + truth.width());
        }
        requireLabels("prediction", prediction, labels);
        requireLabels("truth", truth, labels);
    }

    static void requireLabels(String name, LabelMap map, int labels) {
        int[] histogram = map.histogram();
        for (int v = labels; v < LabelMap.IGNORE; v++) {
            if (histogram[v] > 0) {
                throw new InvalidDataException(name + " holds the value " + v + " in " + histogram[v]
                        + " pixels, expected labels 0.." + (labels - 1) + " or " + LabelMap.IGNORE);
            }
        }
    }

    /** The counts that are not 0, and where they are. */
    record Cells(int[] at, long[] pixels) {}

    Cells cells() {
        int[] at = IntStream.range(0, counts.length).filter(i -> counts[i] > 0).toArray();
        return new Cells(at, IntStream.of(at).mapToLong(i -> counts[i]).toArray());
    }

    void add(Cells cells) {
        for (int i = 0; i < cells.at.length; i++) {
            counts[cells.at[i]] += cells.pixels[i];
        }
    }

    /** Adds pixels of one kind. */
    void add(int truth, int prediction, long pixels) {
        counts[truth * (labels + 1) + prediction] += pixels;
    }

    /**
     * Adds another matrix's counts.
     *
     * @throws IllegalArgumentException if it is of another number of labels
     */
    public void merge(ConfusionMatrix other) {
        if (other.labels != labels) {
            throw new IllegalArgumentException(
                    "cannot merge a matrix of " + other.labels + " labels into one of " + labels);
        }
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
    }

    /**
     * The counts of groups of labels: a label that was taken for another of its group is right.
     *
     * @param groups how many
     * @param groupOf the group of each label, from 0
     * @throws IllegalArgumentException if there are not as many as labels, or one is none of the groups
     */
    public ConfusionMatrix grouped(int groups, int... groupOf) {
        if (groupOf.length != labels) {
            throw new IllegalArgumentException(
                    groupOf.length + " groups are given for " + labels + " labels; expected one for each");
        }
        ConfusionMatrix grouped = new ConfusionMatrix(groups);
        for (int t = 0; t < labels; t++) {
            for (int p = 0; p <= labels; p++) {
                grouped.add(
                        group(groups, groupOf[t]),
                        p == labels ? groups : group(groups, groupOf[p]),
                        counts[t * (labels + 1) + p]);
            }
        }
        return grouped;
    }

    private static int group(int groups, int group) {
        if (group < 0 || group >= groups) {
            throw new IllegalArgumentException("group is " + group + "; expected 0.." + (groups - 1));
        }
        return group;
    }

    /** Pixels of label {@code truth} that were predicted {@code prediction}, which may be {@link LabelMap#IGNORE}. */
    public long count(int truth, int prediction) {
        if (truth < 0 || truth >= labels || prediction < 0 || prediction >= labels && prediction != LabelMap.IGNORE) {
            throw new IllegalArgumentException(
                    "no count of truth " + truth + " and prediction " + prediction + "; labels are 0.." + (labels - 1));
        }
        return counts[truth * (labels + 1) + Math.min(prediction, labels)];
    }

    /** Pixels that count. */
    public long total() {
        long sum = 0;
        for (long c : counts) {
            sum += c;
        }
        return sum;
    }

    /** Correct pixels of each label. */
    public long[] truePositives() {
        long[] tp = new long[labels];
        for (int l = 0; l < labels; l++) {
            tp[l] = counts[l * (labels + 1) + l];
        }
        return tp;
    }

    /** Pixels predicted to be of each label. */
    public long[] predicted() {
        long[] p = new long[labels];
        for (int t = 0; t < labels; t++) {
            for (int l = 0; l < labels; l++) {
                p[l] += counts[t * (labels + 1) + l];
            }
        }
        return p;
    }

    /** Pixels truly of each label. */
    public long[] truth() {
        long[] sums = new long[labels];
        for (int t = 0; t < labels; t++) {
            for (int l = 0; l <= labels; l++) {
                sums[t] += counts[t * (labels + 1) + l];
            }
        }
        return sums;
    }

    /** Intersection over union of each label. */
    public double[] iou(IouConvention convention) {
        long[] tp = truePositives();
        long[] p = predicted();
        long[] t = truth();
        double[] iou = new double[labels];
        for (int l = 0; l < labels; l++) {
            iou[l] = convention.iou(tp[l], p[l], t[l]);
        }
        return iou;
    }

    /** Mean IoU. */
    public double meanIou(IouConvention convention) {
        return IouConvention.mean(iou(convention));
    }

    /** Share of pixels that are correct; NaN without pixels. */
    public double pixelAccuracy() {
        long correct = 0;
        for (long tp : truePositives()) {
            correct += tp;
        }
        return (double) correct / total();
    }

    /** Share of each label's true pixels that are found. */
    public double[] recall() {
        return ratio(truePositives(), truth());
    }

    /** Share of each label's predicted pixels that are correct. */
    public double[] precision() {
        return ratio(truePositives(), predicted());
    }

    /** Mean of {@link #recall()} over the labels in the truth, also called mean accuracy. */
    public double meanAccuracy() {
        return IouConvention.mean(recall());
    }

    /**
     * Of each label, its false pixels as a share of the union of predicted and true ones, as DHR has it: IoU, this and {@link
     * #falseNegatives()} are 1 together. NaN for a label that neither side shows. Not the false positive rate of statistics,
     * whose denominator is all pixels of other labels.
     */
    public double[] falsePositives() {
        return ofUnion(predicted());
    }

    /**
     * Of each label, its missed pixels as a share of the union of predicted and true ones, as DHR has it; NaN for a label that
     * neither side shows.
     */
    public double[] falseNegatives() {
        return ofUnion(truth());
    }

    private double[] ofUnion(long[] side) {
        long[] tp = truePositives();
        long[] p = predicted();
        long[] t = truth();
        double[] share = new double[labels];
        for (int l = 0; l < labels; l++) {
            share[l] = (double) (side[l] - tp[l]) / (t[l] + p[l] - tp[l]);
        }
        return share;
    }

    /** DHR's mFPR: the mean of {@link #falsePositives()} over the labels that either side shows. */
    public double meanFalsePositives() {
        return IouConvention.mean(falsePositives());
    }

    /** DHR's mFNR: the mean of {@link #falseNegatives()} over the labels that either side shows. */
    public double meanFalseNegatives() {
        return IouConvention.mean(falseNegatives());
    }

    /** IoU averaged with each label's share of the true pixels as its weight. */
    public double frequencyWeightedIou() {
        double[] iou = iou(IouConvention.OCCURRING);
        long[] t = truth();
        double sum = 0;
        for (int l = 0; l < labels; l++) {
            if (t[l] > 0) {
                sum += t[l] * iou[l];
            }
        }
        return sum / total();
    }

    private static double[] ratio(long[] part, long[] whole) {
        double[] ratio = new double[part.length];
        for (int l = 0; l < ratio.length; l++) {
            ratio[l] = (double) part[l] / whole[l];
        }
        return ratio;
    }

    @Override
    public String toString() {
        return "ConfusionMatrix[" + labels + " labels, " + total() + " pixels]";
    }
}
