package dev.wsss.core.fusion;

import dev.wsss.api.LabelMap;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * How each source errs on each class, told from the sources alone: the expectation maximization of Dawid and Skene, "Maximum
 * Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", Applied Statistics 28(1), 1979, which Warfield, Zou
 * and Wells, "Simultaneous Truth and Performance Level Estimation (STAPLE)", IEEE TMI 23(7), 2004, brought to segmentations.
 *
 * <p>With T<sub>p</sub> the unknown true label of pixel p, l<sub>ps</sub> the label by source s, &pi;<sub>t</sub> the share of
 * class t and &theta;<sub>s</sub>[t][l] the probability that s says l where t is true, each round computes
 *
 * <pre>
 * q_p(t)     = pi_t prod_s theta_s[t][l_ps] / sum_t' ...          what pixel p is          (Dawid and Skene, 2.5)
 * theta_s[t][l] = (sum_p q_p(t) [l_ps = l] + 1) / (sum_p,l' ...)  how s errs               (2.3, with a count of 1 in each cell)
 * pi_t       = sum_p q_p(t) / P                                   how frequent classes are (2.4)
 * </pre>
 *
 * <p>It begins with the shares of votes. A source without a label at a pixel takes no part there. Two things are unlike the
 * papers: a cell of &theta; never gets below a count of one pixel, as the priors of MAP-STAPLE (Commowick and Warfield, 2010)
 * have it, so that no source is infallible; and a pixel is decided among the labels that some source gives to it, so that no
 * class comes from nowhere.
 *
 * <p>The model takes errors of the sources to be independent. Sources that copy each other's errors are believed too much:
 * the label that is chosen suffers little, its probability a lot.
 */
public final class Credibility {
    /** Rounds at most. */
    private static final int ROUNDS = 200;

    /** Largest change of a &theta; in the last round. */
    private static final double STILL = 1e-6;

    private final double[][][] says;
    private final double[][][] logSays;
    private final double[] prior;
    private final int rounds;

    private Credibility(double[][][] says, double[] prior, int rounds) {
        this.says = says;
        logSays = Arrays.stream(says)
                .map(source -> Arrays.stream(source)
                        .map(row -> Arrays.stream(row).map(Math::log).toArray())
                        .toArray(double[][]::new))
                .toArray(double[][][]::new);
        this.prior = prior;
        this.rounds = rounds;
    }

    /**
     * Estimates from the counts of a data set.
     *
     * @param labels number of labels; those of the patterns are below it, or {@link LabelMap#IGNORE}
     * @throws IllegalArgumentException if there are less than 3 sources, of two of which nothing tells which is right where they
     *     differ; if a label is out of range; if no pixel has a label
     */
    public static Credibility estimate(LabelPatterns patterns, int labels) {
        int sources = patterns.sources();
        if (sources < 3) {
            throw new IllegalArgumentException("credibility is known from 3 sources on, got " + sources
                    + ": where two differ, nothing tells which is right");
        }
        int count = patterns.counts().size();
        int[][] said = new int[count][];
        long[] pixels = new long[count];
        int n = 0;
        boolean any = false;
        for (Map.Entry<Long, Long> entry : patterns.counts().entrySet()) {
            said[n] = patterns.labels(entry.getKey());
            pixels[n] = entry.getValue();
            for (int label : candidates(said[n])) {
                any = true;
                if (label >= labels) {
                    throw new IllegalArgumentException("label " + label + " of a pattern is not in 0.." + (labels - 1));
                }
            }
            n++;
        }
        if (!any) {
            throw new IllegalArgumentException("no source has a label at any pixel");
        }
        int[] all = IntStream.range(0, labels).toArray();
        Credibility now = maximize(said, pixels, sources, labels, 0, tuple -> shares(tuple, labels));
        for (int round = 1; round <= ROUNDS; round++) {
            Credibility before = now;
            now = maximize(said, pixels, sources, labels, round, tuple -> before.posterior(tuple, all));
            if (difference(before.says, now.says) < STILL) {
                break;
            }
        }
        return now;
    }

    /** Different labels of a tuple, ascending, without {@link LabelMap#IGNORE}. */
    static int[] candidates(int[] said) {
        return Arrays.stream(said)
                .filter(l -> l != LabelMap.IGNORE)
                .distinct()
                .sorted()
                .toArray();
    }

    /** The share of the votes that each label has. */
    private static double[] shares(int[] said, int labels) {
        double[] shares = new double[labels];
        for (int label : said) {
            if (label != LabelMap.IGNORE) {
                shares[label]++;
            }
        }
        normalize(shares);
        return shares;
    }

    /** The estimate that follows from what pixels are; of tuples without any label nothing does. */
    private static Credibility maximize(
            int[][] said, long[] pixels, int sources, int labels, int round, Function<int[], double[]> is) {
        double[][][] says = new double[sources][labels][labels];
        double[] prior = new double[labels];
        for (double[][] source : says) {
            for (double[] row : source) {
                Arrays.fill(row, 1);
            }
        }
        for (int p = 0; p < said.length; p++) {
            if (candidates(said[p]).length == 0) {
                continue;
            }
            double[] q = is.apply(said[p]);
            for (int truth = 0; truth < labels; truth++) {
                double weight = pixels[p] * q[truth];
                prior[truth] += weight;
                for (int s = 0; s < sources; s++) {
                    if (said[p][s] != LabelMap.IGNORE) {
                        says[s][truth][said[p][s]] += weight;
                    }
                }
            }
        }
        normalize(prior);
        for (double[][] source : says) {
            for (double[] row : source) {
                normalize(row);
            }
        }
        return new Credibility(says, prior, round);
    }

    private static void normalize(double[] values) {
        double sum = Arrays.stream(values).sum();
        for (int i = 0; i < values.length; i++) {
            values[i] /= sum;
        }
    }

    private static double difference(double[][][] a, double[][][] b) {
        double largest = 0;
        for (int s = 0; s < a.length; s++) {
            for (int t = 0; t < a[s].length; t++) {
                for (int l = 0; l < a[s][t].length; l++) {
                    largest = Math.max(largest, Math.abs(a[s][t][l] - b[s][t][l]));
                }
            }
        }
        return largest;
    }

    /**
     * The probability of each candidate at a pixel.
     *
     * @param said the label of each source, or {@link LabelMap#IGNORE}
     * @param candidates labels
     */
    double[] posterior(int[] said, int[] candidates) {
        double[] log = new double[candidates.length];
        double largest = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < log.length; c++) {
            int truth = candidates[c];
            log[c] = Math.log(prior[truth]);
            for (int s = 0; s < said.length; s++) {
                if (said[s] != LabelMap.IGNORE) {
                    log[c] += logSays[s][truth][said[s]];
                }
            }
            largest = Math.max(largest, log[c]);
        }
        for (int c = 0; c < log.length; c++) {
            log[c] = Math.exp(log[c] - largest);
        }
        normalize(log);
        return log;
    }

    /** Number of sources. */
    public int sources() {
        return says.length;
    }

    /** Number of labels. */
    public int labels() {
        return prior.length;
    }

    /** The probability that a source says a label where another, or the same, is true. */
    public double says(int source, int truth, int label) {
        return says[source][truth][label];
    }

    /** The share of a label among the pixels, in [0, 1]. */
    public double prior(int label) {
        return prior[label];
    }

    /** The share of pixels on which a source is right, in [0, 1]. */
    public double accuracy(int source) {
        double sum = 0;
        for (int t = 0; t < prior.length; t++) {
            sum += prior[t] * says[source][t][t];
        }
        return sum;
    }

    /** Rounds it took. */
    public int rounds() {
        return rounds;
    }

    @Override
    public String toString() {
        return "Credibility[" + says.length + " sources, " + prior.length + " labels, " + rounds + " rounds]";
    }
}
