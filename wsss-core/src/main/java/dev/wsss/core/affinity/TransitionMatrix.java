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
        if (scores.length != (long) count * height * width) {
            throw new IllegalArgumentException(count + " maps on a grid of " + height + "x" + width + " have "
                    + (long) count * height * width + " scores, got " + scores.length);
        }
        if (steps < 0) {
            throw new IllegalArgumentException("steps must be 0 or more, got " + steps);
        }
        double[][] from = new double[count][size];
        double[][] to = new double[count][size];
        for (int row = 0; row < count * height; row++) {
            int at = first + row % height * stride;
            for (int x = 0; x < width; x++) {
                from[row / height][at + x] = scores[row * width + x];
            }
        }
        int blocks = diagonal.length;
        double[][][] work = new double[blocks][3][BLOCK];
        boolean parallel = (long) blocks * BLOCK * count * (2L * shifts.length + 1) > SEQUENTIAL;
        for (int step = 0; step < steps; step++) {
            double[][] source = from;
            double[][] target = to;
            IntStream range = IntStream.range(0, blocks);
            (parallel ? range.parallel() : range).forEach(b -> step(b, source, target, work[b]));
            from = target;
            to = source;
        }
        float[] out = new float[scores.length];
        for (int row = 0; row < count * height; row++) {
            int at = first + row % height * stride;
            for (int x = 0; x < width; x++) {
                out[row * width + x] = (float) from[row / height][at + x];
            }
        }
        return out;
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

    @Override
    public String toString() {
        return "TransitionMatrix[" + height + "x" + width + ", " + shifts.length + " offsets]";
    }
}
