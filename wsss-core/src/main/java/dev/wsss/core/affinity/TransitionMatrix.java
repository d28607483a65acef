package dev.wsss.core.affinity;

import dev.wsss.core.runtime.Torch;
import dev.wsss.core.vector.VectorApi;
import java.util.Arrays;

/**
 * The column-normalized transition matrix {@code T} of a random walk on a grid, as a stencil: a weight for each pair of a
 * node and an offset. {@code x T^n} is computed as {@code n} products of scores and stencil, for all classes at once, in
 * memory and time proportional to nodes times offsets; with vector instructions from Java where the JVM was started with
 * {@code --add-modules jdk.incubator.vector}, which takes less than half of the time.
 *
 * <p>Sums are float64: over hundreds of steps the rounding of float32 would add up to the fifth decimal.
 *
 * <p>Immutable; may be used by several threads. Results do not depend on how many threads compute them.
 */
public final class TransitionMatrix {
    /** Multiplications of one step below which handing over to a second thread takes longer than what it could do. */
    private static final long SEQUENTIAL = 1 << 17;

    private final GridLine line;
    /** Affinities of a node and that at each offset, to the power of beta. */
    private final double[] weights;
    /** One divided by the sum of all affinities of a node, its own of 1 included; zero between the rows. */
    private final double[] scale;
    /** 0 for Torch's. */
    private final int threads;

    private TransitionMatrix(GridLine line, double[] weights, double[] scale, int threads) {
        this.line = line;
        this.weights = weights;
        this.scale = scale;
        this.threads = threads;
    }

    TransitionMatrix(int height, int width, int[][] offsets, float[][] planes, double beta) {
        if (!(beta > 0) || Double.isInfinite(beta)) {
            throw new IllegalArgumentException("beta must be positive, got " + beta);
        }
        threads = 0;
        line = new GridLine(height, width, offsets);
        weights = new double[line.weightSize()];
        scale = new double[line.size()];
        for (int y = 0; y < height; y++) {
            Arrays.fill(scale, line.row(y), line.row(y) + width, 1); // the affinity of a node and itself
        }
        for (int o = 0; o < offsets.length; o++) {
            int shift = line.shift(o);
            for (int y = 0; y < height; y++) {
                int row = line.row(y);
                int weightRow = line.weightRow(y) + line.after(o);
                for (int x = 0; x < width; x++) {
                    float affinity = planes[o][y * width + x];
                    if (affinity > 0) {
                        double weight = power(affinity, beta);
                        weights[weightRow + x] = weight;
                        scale[row + x] += weight;
                        scale[row + x + shift] += weight;
                    }
                }
            }
        }
        for (int i = 0; i < scale.length; i++) {
            scale[i] = scale[i] > 0 ? 1 / scale[i] : 0;
        }
    }

    /** As {@link Math#pow}, many times faster for the small whole powers that are in use. */
    private static double power(double base, double exponent) {
        if (exponent != Math.rint(exponent) || exponent > 64) {
            return Math.pow(base, exponent);
        }
        double result = 1;
        for (int rest = (int) exponent; rest > 0; rest >>= 1) {
            if ((rest & 1) == 1) {
                result *= base;
            }
            base *= base;
        }
        return result;
    }

    /**
     * The same matrix for walks on so many threads; {@link Torch#setThreads} states the rule.
     *
     * @throws IllegalArgumentException if {@code threads < 1}
     */
    public TransitionMatrix withThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, got " + threads);
        }
        return new TransitionMatrix(line, weights, scale, threads);
    }

    /** Rows of the grid. */
    public int height() {
        return line.height();
    }

    /** Columns of the grid. */
    public int width() {
        return line.width();
    }

    /**
     * Walks: {@code scores T^steps}.
     *
     * @param scores {@code [count][height][width]}; unchanged
     * @param count number of maps
     * @param steps number of steps, 0 or more
     * @return {@code [count][height][width]}, a new array
     * @throws IllegalArgumentException if the scores do not have that size
     */
    public float[] walk(float[] scores, int count, int steps) {
        requireFits(scores, count, steps);
        double[][] from = spread(scores, count);
        double[][] to = new double[count][line.size()];
        return gather(walk(stencil64(count), from, to, steps));
    }

    /**
     * As {@link #walk} in float32: in about half the time. Rounding adds up by at most 1e-7 of the largest score a step.
     */
    public float[] walkFloat32(float[] scores, int count, int steps) {
        requireFits(scores, count, steps);
        float[][] maps = new float[count][line.size()];
        forEachRow(count, (map, at, row) -> System.arraycopy(scores, row * width(), maps[map], at, width()));
        float[][] walked = walk(stencil32(count), maps, new float[count][line.size()], steps);
        float[] out = new float[scores.length];
        forEachRow(count, (map, at, row) -> System.arraycopy(walked[map], at, out, row * width(), width()));
        return out;
    }

    /**
     * As {@link #walk} in fewer products: {@code T^steps} is a sum of Chebyshev polynomials of {@code T}, weighted with the
     * probabilities of the distances that {@code steps} tosses of a coin lead to, and those that are hardly ever reached
     * are left out. Of 256 steps about 100 products remain, of {@code n} steps about {@code sqrt(n)} times a factor.
     *
     * <p>The bound follows from {@code T} being similar to a symmetric matrix with eigenvalues in [-1, 1], where no
     * Chebyshev polynomial exceeds 1: what is left out changes no score by more than its probability, times the largest
     * score, times the root of the sum of all columns' affinities over the least column's.
     *
     * @param tolerance how much a score may differ from the walk's, as a part of the largest score, rounding aside;
     *     positive
     * @see <a href="https://doi.org/10.1561/0400000065">Sachdeva and Vishnoi, Faster Algorithms via Approximation Theory,
     *     theorem 3.3</a>
     */
    public float[] walkWithin(double tolerance, float[] scores, int count, int steps) {
        if (!(tolerance > 0)) {
            throw new IllegalArgumentException("tolerance must be positive, got " + tolerance);
        }
        requireFits(scores, count, steps);
        double[] weights = chebyshevWeights(steps, tolerance / spreadOfColumns());
        if (weights.length > steps) {
            return walk(scores, count, steps);
        }
        // three maps in turn: of the degree, of that before, and of that before that one, whose place the first takes
        double[][][] maps = {spread(scores, count), new double[count][line.size()], new double[count][line.size()]};
        double[][] sum = new double[count][line.size()];
        for (int k = 0; k < count; k++) {
            addScaled(sum[k], maps[0][k], weights[0], 0, line.size());
        }
        Stencil<double[]> stencil = stencil64(count);
        run(stencil, weights.length - 1, count, (step, part) -> {
            int degree = step + 1;
            double[][] now = maps[step % 3];
            double[][] next = maps[degree % 3];
            double[][] before = maps[(degree + 1) % 3];
            stencil.multiply(now, next, part);
            int start = line.row(part * stencil.rows());
            int end = line.row(Math.min((part + 1) * stencil.rows(), line.height()));
            for (int k = 0; k < count; k++) {
                if (degree > 1) {
                    twiceLess(next[k], before[k], start, end);
                }
                if (weights[degree] != 0) {
                    addScaled(sum[k], next[k], weights[degree], start, end);
                }
            }
        });
        return gather(sum);
    }

    /**
     * Probabilities of the distances 0, 1, ... from the start after {@code n} tosses of a coin, at least two of them and
     * only so many that the others add up to less than {@code rest}.
     */
    static double[] chebyshevWeights(int n, double rest) {
        double[] weights = new double[Math.max(n + 1, 2)];
        double total = 0;
        double p = 1; // of the least distance; the others follow from it, and the sum of all is one
        for (int distance = n % 2; distance <= n; distance += 2) {
            weights[distance] = p;
            total += p;
            p *= (distance == 0 ? 2.0 : 1.0) * (n - distance) / (n + distance + 2);
        }
        for (int distance = n % 2; distance <= n; distance += 2) {
            weights[distance] /= total;
        }
        int last = n;
        double missing = 0;
        while (last >= 2 && missing + weights[last] < rest) {
            missing += weights[last];
            last -= 2;
        }
        return Arrays.copyOf(weights, Math.max(last + 1, 2));
    }

    /** The root of the sum of all columns' affinities over the least column's. */
    private double spreadOfColumns() {
        double total = 0;
        double least = Double.POSITIVE_INFINITY;
        for (double factor : scale) {
            if (factor > 0) {
                total += 1 / factor;
                least = Math.min(least, 1 / factor);
            }
        }
        return Math.sqrt(total / least);
    }

    private void requireFits(float[] scores, int count, int steps) {
        if (scores.length != (long) count * height() * width()) {
            throw new IllegalArgumentException(count + " maps on a grid of " + height() + "x" + width() + " have "
                    + (long) count * height() * width() + " scores, got " + scores.length);
        }
        if (steps < 0) {
            throw new IllegalArgumentException("steps must be 0 or more, got " + steps);
        }
    }

    private double[][] spread(float[] scores, int count) {
        double[][] spread = new double[count][line.size()];
        forEachRow(count, (map, at, row) -> {
            for (int x = 0; x < width(); x++) {
                spread[map][at + x] = scores[row * width() + x];
            }
        });
        return spread;
    }

    private float[] gather(double[][] spread) {
        float[] scores = new float[spread.length * height() * width()];
        forEachRow(spread.length, (map, at, row) -> {
            for (int x = 0; x < width(); x++) {
                scores[row * width() + x] = (float) spread[map][at + x];
            }
        });
        return scores;
    }

    /** A row of the grid in a map: where it begins in the line, and its number among the rows of all maps. */
    @FunctionalInterface
    private interface RowTask {
        void run(int map, int at, int row);
    }

    private void forEachRow(int count, RowTask task) {
        for (int row = 0; row < count * height(); row++) {
            task.run(row / height(), line.row(row % height()), row);
        }
    }

    private Stencil<double[]> stencil64(int count) {
        return VectorApi.isPresent()
                ? new VectorStencil64(line, weights, scale)
                : new PlainStencil64(line, weights, scale, count);
    }

    private Stencil<float[]> stencil32(int count) {
        return VectorApi.isPresent()
                ? new VectorStencil32(line, toFloats(weights), toFloats(scale))
                : new PlainStencil32(line, toFloats(weights), toFloats(scale), count);
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            // products with smaller ones may be denormal, which processors take a hundred times as long for
            floats[i] = values[i] < 1e-30 ? 0 : (float) values[i];
        }
        return floats;
    }

    private <A> A[] walk(Stencil<A> stencil, A[] scores, A[] spare, int steps) {
        run(stencil, steps, scores.length, (step, part) -> {
            boolean even = step % 2 == 0;
            stencil.multiply(even ? scores : spare, even ? spare : scores, part);
        });
        return steps % 2 == 0 ? scores : spare;
    }

    private void run(Stencil<?> stencil, int steps, int maps, StepTeam.Work work) {
        boolean large = (long) line.size() * maps * (2L * line.offsets().length + 1) > SEQUENTIAL;
        int most = threads == 0 ? Torch.threads() : threads;
        StepTeam.run(steps, line.parts(stencil.rows()), large ? most : 1, work);
    }

    private static void addScaled(double[] sum, double[] x, double factor, int start, int end) {
        for (int i = start; i < end; i++) {
            sum[i] += factor * x[i];
        }
    }

    private static void twiceLess(double[] x, double[] y, int start, int end) {
        for (int i = start; i < end; i++) {
            x[i] = 2 * x[i] - y[i];
        }
    }

    @Override
    public String toString() {
        return "TransitionMatrix[" + height() + "x" + width() + ", " + line.offsets().length + " offsets]";
    }
}
