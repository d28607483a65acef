package dev.wsss.core.affinity;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The column-normalised transition matrix {@code T} of a random walk on a grid, as a stencil: a weight for each node and
 * offset. {@code x T^n} is computed as {@code n} products of scores and stencil, for all classes at once, in memory and
 * time proportional to nodes times offsets.
 *
 * <p>Sums are float64: over hundreds of steps the rounding of float32 would add up to the fifth decimal.
 *
 * <p>Immutable; may be used by several threads. Results do not depend on how many threads compute them.
 */
public final class TransitionMatrix {
    /** Nodes that one inner loop works on: its operands stay in the nearest cache. */
    private static final int BLOCK = 512;

    /** Multiplications of one step below which a second thread costs more than it brings. */
    private static final long SEQUENTIAL = 1 << 18;

    private final int height;
    private final int width;
    // Rows lie `stride` apart with columns of zeros between them, and zeros before the first and after the last, so
    // that
    // a neighbour outside the grid is read as zero without a test. The laid-out nodes are cut into blocks, and each
    // operand of the inner loop is an array of its own indexed by the loop variable alone: the compiler vectorises no
    // other form of it.
    private final int stride;
    private final int first;
    private final int size;
    private final int[] shifts;
    private final double[][] diagonal; // [block][BLOCK]
    private final double[][][] forward; // [block][offset][BLOCK]: weight of the neighbour at +offset
    private final double[][][] backward; // likewise at -offset

    TransitionMatrix(int height, int width, int[][] offsets, float[][] planes, double beta) {
        if (!(beta > 0) || Double.isInfinite(beta)) {
            throw new IllegalArgumentException("beta must be positive, got " + beta);
        }
        this.height = height;
        this.width = width;
        int reachY = Arrays.stream(offsets).mapToInt(o -> Math.abs(o[0])).max().orElse(0);
        int reachX = Arrays.stream(offsets).mapToInt(o -> Math.abs(o[1])).max().orElse(0);
        stride = width + reachX;
        first = reachY * stride + reachX;
        shifts = new int[offsets.length];
        int blocks = (height * stride + BLOCK - 1) / BLOCK;
        size = first + blocks * BLOCK + first;
        diagonal = new double[blocks][BLOCK];
        forward = new double[blocks][offsets.length][BLOCK];
        backward = new double[blocks][offsets.length][BLOCK];
        double[] sums = new double[blocks * BLOCK];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, y * stride, y * stride + width, 1); // the affinity of a node and itself
        }
        for (int o = 0; o < offsets.length; o++) {
            shifts[o] = offsets[o][0] * stride + offsets[o][1];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    float affinity = planes[o][y * width + x];
                    if (affinity > 0) {
                        int from = y * stride + x;
                        int to = from + shifts[o];
                        double weight = power(affinity, beta);
                        forward[from / BLOCK][o][from % BLOCK] = weight;
                        backward[to / BLOCK][o][to % BLOCK] = weight;
                        sums[from] += weight;
                        sums[to] += weight;
                    }
                }
            }
        }
        for (int b = 0; b < blocks; b++) {
            for (int i = 0; i < BLOCK; i++) {
                double sum = sums[b * BLOCK + i];
                double scale = sum > 0 ? 1 / sum : 0;
                diagonal[b][i] = scale;
                for (int o = 0; o < offsets.length; o++) {
                    forward[b][o][i] *= scale;
                    backward[b][o][i] *= scale;
                }
            }
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

    /** Rows of the grid. */
    public int height() {
        return height;
    }

    /** Columns of the grid. */
    public int width() {
        return width;
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
        double[][] to = new double[count][size];
        double[][][] work = new double[diagonal.length][3][BLOCK];
        for (int step = 0; step < steps; step++) {
            multiply(from, to, work);
            double[][] swap = from;
            from = to;
            to = swap;
        }
        return gather(from);
    }

    /**
     * As {@link #walk} in float32: in about half the time. Rounding adds up by some 3e-8 of the largest score a step.
     */
    public float[] walkFloat32(float[] scores, int count, int steps) {
        requireFits(scores, count, steps);
        float[][] maps = new float[count][size];
        for (int row = 0; row < count * height; row++) {
            System.arraycopy(scores, row * width, maps[row / height], first + row % height * stride, width);
        }
        float[][] walked =
                new Float32Stencil(diagonal, forward, backward, shifts, first).walk(maps, steps, isLarge(count));
        float[] out = new float[scores.length];
        for (int row = 0; row < count * height; row++) {
            System.arraycopy(walked[row / height], first + row % height * stride, out, row * width, width);
        }
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
        double[][] before = spread(scores, count);
        double[][] now = new double[count][size];
        double[][] next = new double[count][size];
        double[][] sum = new double[count][size];
        double[][][] work = new double[diagonal.length][3][BLOCK];
        multiply(before, now, work);
        for (int k = 0; k < count; k++) {
            addScaled(sum[k], before[k], weights[0]);
            addScaled(sum[k], now[k], weights[1]);
        }
        for (int degree = 2; degree < weights.length; degree++) {
            multiply(now, next, work);
            for (int k = 0; k < count; k++) {
                twiceLess(next[k], before[k]);
                if (weights[degree] != 0) {
                    addScaled(sum[k], next[k], weights[degree]);
                }
            }
            double[][] swap = before;
            before = now;
            now = next;
            next = swap;
        }
        return gather(sum);
    }

    /**
     * Probabilities of the distances 0, 1, ... from the start after {@code n} tosses of a coin, at least two of them and
     * only so many that the others add up to less than {@code rest}.
     */
    static double[] chebyshevWeights(int n, double rest) {
        double[] weights = new double[Math.max(n + 1, 2)];
        double logFactorial = 0; // of n, and of n/2 rounded down and up
        double logHalves = 0;
        for (int i = 1; i <= n; i++) {
            logFactorial += Math.log(i);
            logHalves += (i <= n / 2 ? Math.log(i) : 0) + (i <= n - n / 2 ? Math.log(i) : 0);
        }
        double sides = n % 2 == 0 ? 1 : 2;
        double p = sides * Math.exp(logFactorial - logHalves - n * Math.log(2));
        double missing = 1;
        int distance = n % 2;
        while (true) {
            weights[distance] = p;
            missing -= p;
            if (missing < rest || distance + 2 > n) {
                return Arrays.copyOf(weights, Math.max(distance + 1, 2));
            }
            p *= (distance == 0 ? 2.0 : 1.0) * (n - distance) / (n + distance + 2);
            distance += 2;
        }
    }

    /** The root of the sum of all columns' affinities over the least column's. */
    private double spreadOfColumns() {
        double total = 0;
        double least = Double.POSITIVE_INFINITY;
        for (double[] block : diagonal) {
            for (double scale : block) {
                if (scale > 0) {
                    total += 1 / scale;
                    least = Math.min(least, 1 / scale);
                }
            }
        }
        return Math.sqrt(total / least);
    }

    private void requireFits(float[] scores, int count, int steps) {
        if (scores.length != (long) count * height * width) {
            throw new IllegalArgumentException(count + " maps on a grid of " + height + "x" + width + " have "
                    + (long) count * height * width + " scores, got " + scores.length);
        }
        if (steps < 0) {
            throw new IllegalArgumentException("steps must be 0 or more, got " + steps);
        }
    }

    private double[][] spread(float[] scores, int count) {
        double[][] spread = new double[count][size];
        for (int row = 0; row < count * height; row++) {
            int at = first + row % height * stride;
            for (int x = 0; x < width; x++) {
                spread[row / height][at + x] = scores[row * width + x];
            }
        }
        return spread;
    }

    private float[] gather(double[][] spread) {
        float[] scores = new float[spread.length * height * width];
        for (int row = 0; row < spread.length * height; row++) {
            int at = first + row % height * stride;
            for (int x = 0; x < width; x++) {
                scores[row * width + x] = (float) spread[row / height][at + x];
            }
        }
        return scores;
    }

    /** One step of all maps. */
    private void multiply(double[][] from, double[][] to, double[][][] work) {
        IntStream range = IntStream.range(0, diagonal.length);
        (isLarge(from.length) ? range.parallel() : range).forEach(b -> step(b, from, to, work[b]));
    }

    private boolean isLarge(int maps) {
        return (long) diagonal.length * BLOCK * maps * (2L * shifts.length + 1) > SEQUENTIAL;
    }

    private void step(int block, double[][] from, double[][] to, double[][] work) {
        double[] sum = work[0];
        double[] after = work[1];
        double[] before = work[2];
        int start = first + block * BLOCK;
        for (int k = 0; k < from.length; k++) {
            double[] x = from[k];
            System.arraycopy(x, start, after, 0, BLOCK);
            multiply(sum, diagonal[block], after);
            for (int o = 0; o < shifts.length; o++) {
                System.arraycopy(x, start + shifts[o], after, 0, BLOCK);
                System.arraycopy(x, start - shifts[o], before, 0, BLOCK);
                add(sum, forward[block][o], after, backward[block][o], before);
            }
            System.arraycopy(sum, 0, to[k], start, BLOCK);
        }
    }

    private static void multiply(double[] product, double[] a, double[] x) {
        for (int i = 0; i < product.length; i++) {
            product[i] = a[i] * x[i];
        }
    }

    /** {@code sum += a x + b y}: the loop that the walk spends its time in. */
    private static void add(double[] sum, double[] a, double[] x, double[] b, double[] y) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += a[i] * x[i] + b[i] * y[i];
        }
    }

    private static void addScaled(double[] sum, double[] x, double factor) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * x[i];
        }
    }

    private static void twiceLess(double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) {
            x[i] = 2 * x[i] - y[i];
        }
    }

    @Override
    public String toString() {
        return "TransitionMatrix[" + height + "x" + width + ", " + shifts.length + " offsets]";
    }
}
