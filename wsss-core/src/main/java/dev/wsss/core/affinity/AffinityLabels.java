package dev.wsss.core.affinity;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import java.util.Arrays;

/**
 * Labels of a grid's nodes that say "unknown" where scores are not sure; {@link PairLabels} tells from them which pairs are
 * alike or different, the targets that {@link AffinityHead} is trained on.
 */
public final class AffinityLabels {
    private AffinityLabels() {}

    /**
     * The confident labels of AffinityNet, from two sets of scores that differ in how strong they take the background to
     * be: foreground is believed where it wins over the strong background, background where it wins over the weak one.
     *
     * <p>Both sets are averaged over blocks (zeros beyond the border). A block's label is the class that wins in {@code
     * strong}; {@link LabelMap#IGNORE} where the background wins there; 0 where the background wins in {@code weak};
     * {@code IGNORE} where no score of either set reaches {@code zeroEps}, as in padding.
     *
     * @param strong scores with the background strong (low alpha, "la"), label 0 among them
     * @param weak scores with the background weak (high alpha, "ha"), of the same labels and size
     * @param block pixels for one node in each direction, 8 in the paper
     * @param zeroEps 1e-5 in the paper
     * @return labels of the grid, {@code ceil(height / block) x ceil(width / block)}
     * @throws IllegalArgumentException if the two sets differ in labels or size, or lack the background
     */
    public static LabelMap confident(ScoreMaps strong, ScoreMaps weak, int block, double zeroEps) {
        int[] labels = strong.labels();
        if (labels.length == 0 || labels[0] != 0) {
            throw new IllegalArgumentException(
                    "scores need a map of the background, label 0; they have labels " + Arrays.toString(labels));
        }
        if (!Arrays.equals(labels, weak.labels())
                || strong.height() != weak.height()
                || strong.width() != weak.width()) {
            throw new IllegalArgumentException("the two sets of scores differ: " + strong + " and " + weak);
        }
        requireBlock(block);
        int count = labels.length;
        float[] la = BlockMean.of(strong.toArray(), count, strong.height(), strong.width(), block);
        float[] ha = BlockMean.of(weak.toArray(), count, strong.height(), strong.width(), block);
        int nodes = la.length / count;
        byte[] out = new byte[nodes];
        for (int i = 0; i < nodes; i++) {
            int wins = best(la, count, i);
            int winsWeak = best(ha, count, i);
            double top = Math.max(la[wins * nodes + i], ha[winsWeak * nodes + i]);
            int label = wins == 0 ? LabelMap.IGNORE : labels[wins];
            if (winsWeak == 0) {
                label = 0;
            }
            out[i] = (byte) (top < zeroEps ? LabelMap.IGNORE : label);
        }
        int columns = (strong.width() + block - 1) / block;
        return LabelMap.wrap(nodes / columns, columns, out);
    }

    /**
     * Confident labels from one set of scores and two thresholds, as IRN takes them: the class with the highest score
     * where that is above {@code foregroundAbove}, background where it is at most {@code backgroundUpTo}, {@link
     * LabelMap#IGNORE} between.
     *
     * @param scores of the foreground; a map of label 0 is passed over
     * @param backgroundUpTo 0.05 in IRN
     * @param foregroundAbove 0.30 in IRN; at least {@code backgroundUpTo}
     * @param block pixels for one node in each direction; scores are averaged
     * @return labels of the grid, {@code ceil(height / block) x ceil(width / block)}
     */
    public static LabelMap banded(ScoreMaps scores, double backgroundUpTo, double foregroundAbove, int block) {
        if (!(backgroundUpTo <= foregroundAbove)) {
            throw new IllegalArgumentException("the band of doubt is empty: background up to " + backgroundUpTo
                    + ", foreground above " + foregroundAbove);
        }
        requireBlock(block);
        int[] labels = scores.labels();
        int first = labels.length > 0 && labels[0] == 0 ? 1 : 0;
        if (first == labels.length) {
            throw new InvalidDataException(
                    "scores have no map of a foreground class; labels " + Arrays.toString(labels));
        }
        float[] means = BlockMean.of(scores.toArray(), labels.length, scores.height(), scores.width(), block);
        // compared in the scores' own precision: 0.3f is above 0.3
        float low = (float) backgroundUpTo;
        float high = (float) foregroundAbove;
        int nodes = means.length / labels.length;
        byte[] out = new byte[nodes];
        for (int i = 0; i < nodes; i++) {
            int wins = first;
            for (int k = first + 1; k < labels.length; k++) {
                wins = means[k * nodes + i] > means[wins * nodes + i] ? k : wins;
            }
            float top = means[wins * nodes + i];
            int label = top > high ? labels[wins] : top <= low ? 0 : LabelMap.IGNORE;
            out[i] = (byte) label;
        }
        int columns = (scores.width() + block - 1) / block;
        return LabelMap.wrap(nodes / columns, columns, out);
    }

    private static int best(float[] maps, int count, int node) {
        int nodes = maps.length / count;
        int best = 0;
        for (int k = 1; k < count; k++) {
            best = maps[k * nodes + node] > maps[best * nodes + node] ? k : best;
        }
        return best;
    }

    private static void requireBlock(int block) {
        if (block < 1) {
            throw new IllegalArgumentException("block must be at least 1, got " + block);
        }
    }
}
