package dev.wsss.core.fusion;

import dev.wsss.api.LabelMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decides the pixels of an image of which several sources have labels. Immutable.
 *
 * <pre>{@code
 * FusedLabels fused = LabelFuser.vote(1, 1, 2).fuse(List.of(ofCams, ofSaliency, ofSam));
 * }</pre>
 */
public final class LabelFuser {
    /** Shares that differ by less are alike. */
    private static final double ALIKE = 1e-9;

    private final int sources;
    private final BiFunction<int[], int[], double[]> shares;
    private final double minShare;

    private LabelFuser(int sources, BiFunction<int[], int[], double[]> shares, double minShare) {
        this.sources = sources;
        this.shares = shares;
        this.minShare = minShare;
    }

    /**
     * By votes: the label of the largest sum of weights.
     *
     * @param weights of the sources, above 0; equal ones give the majority
     */
    public static LabelFuser vote(double... weights) {
        double[] w = weights.clone();
        for (double weight : w) {
            if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("a source's weight must be above 0, got " + weight);
            }
        }
        return new LabelFuser(w.length, (said, candidates) -> votes(w, said, candidates), 0);
    }

    /** By what is known of the sources' errors: the most probable label. */
    public static LabelFuser of(Credibility credibility) {
        return new LabelFuser(credibility.sources(), credibility::posterior, 0);
    }

    /**
     * As this, where a winner of a smaller share of the votes, or a smaller probability, gives {@link LabelMap#IGNORE}.
     *
     * @param share in [0, 1]
     */
    public LabelFuser withMinShare(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("the winner's least share must be in [0, 1], got " + share);
        }
        return new LabelFuser(sources, shares, share);
    }

    private static double[] votes(double[] weights, int[] said, int[] candidates) {
        double[] votes = new double[candidates.length];
        double all = 0;
        for (int s = 0; s < said.length; s++) {
            for (int c = 0; c < candidates.length; c++) {
                if (said[s] == candidates[c]) {
                    votes[c] += weights[s];
                    all += weights[s];
                }
            }
        }
        for (int c = 0; c < votes.length; c++) {
            votes[c] /= all;
        }
        return votes;
    }

    /**
     * The labels of an image.
     *
     * @param maps the map of each source, of one size; null for a source without one, which has no vote
     * @throws IllegalArgumentException if there is not one for each source, sizes differ, or all are null
     */
    public FusedLabels fuse(List<? extends @Nullable LabelMap> maps) {
        LabelMap size = LabelPatterns.first(maps);
        LabelPatterns patterns = new LabelPatterns(sources);
        long[] tuples = patterns.tuples(maps);
        byte[] labels = new byte[tuples.length];
        byte[] agreement = new byte[tuples.length];
        Map<Long, byte[]> known = new HashMap<>();
        long last = 0;
        byte[] decided = new byte[0];
        for (int i = 0; i < tuples.length; i++) {
            if (i == 0 || tuples[i] != last) {
                last = tuples[i];
                decided = known.computeIfAbsent(last, t -> decide(patterns.labels(t)));
            }
            labels[i] = decided[0];
            agreement[i] = decided[1];
        }
        return new FusedLabels(
                LabelMap.wrap(size.height(), size.width(), labels),
                LabelMap.wrap(size.height(), size.width(), agreement));
    }

    /** Label and agreement of a tuple. */
    private byte[] decide(int[] said) {
        int[] candidates = Credibility.candidates(said);
        if (candidates.length == 0) {
            return new byte[] {(byte) LabelMap.IGNORE, (byte) LabelMap.IGNORE};
        }
        double[] share = shares.apply(said, candidates);
        int best = 0;
        boolean tie = false;
        for (int c = 1; c < share.length; c++) {
            if (share[c] > share[best] + ALIKE) {
                best = c;
                tie = false;
            } else if (share[c] > share[best] - ALIKE) {
                tie = true;
            }
        }
        boolean sure = !tie && share[best] >= minShare - ALIKE;
        return new byte[] {(byte) (sure ? candidates[best] : LabelMap.IGNORE), (byte) Math.round(100 * share[best])};
    }

    @Override
    public String toString() {
        return "LabelFuser[" + sources + " sources, min share " + minShare + "]";
    }
}
