package dev.wsss.core.affinity;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The column-normalised transition matrix {@code T} of a random walk on a grid, as a stencil: one plane of weights for
 * each offset. {@code x T^n} is computed as {@code n} products of scores and stencil, for all classes at once, in
 * memory and time proportional to nodes times offsets.
 *
 * <p>Immutable; may be used by several threads. Results do not depend on how many threads compute them.
 */
public final class TransitionMatrix {
    /** Elements that one inner loop works on: a block of sums stays in the nearest cache. */
    private static final int BLOCK = 512;

    /** Multiplications below which a second thread costs more than it brings. */
    private static final long SEQUENTIAL = 1 << 18;

    private final int height;
    private final int width;
    // Rows lie `stride` apart with columns of zeros between them, and zeros before the first and after the last, so
    // that
    // a neighbour outside the grid is read as zero without a test.
    private final int stride;
    private final int first;
    private final int size;
    private final int[] shifts;
    private final float[][] weights;
    private final float[] scale;

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
        size = first + height * stride + first;
        shifts = new int[offsets.length];
        weights = new float[offsets.length][size];
        double[] sums = new double[size];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, first + y * stride, first + y * stride + width, 1);
        }
        for (int o = 0; o < offsets.length; o++) {
            shifts[o] = offsets[o][0] * stride + offsets[o][1];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    float affinity = planes[o][y * width + x];
                    if (affinity > 0) {
                        int at = first + y * stride + x;
                        float weight = (float) power(affinity, beta);
                        weights[o][at] = weight;
                        sums[at] += weight;
                        sums[at + shifts[o]] += weight;
                    }
                }
            }
        }
        scale = new float[size];
        for (int i = 0; i < size; i++) {
            scale[i] = sums[i] > 0 ? (float) (1 / sums[i]) : 0;
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
        float[][] from = new float[count][size];
        float[][] to = new float[count][size];
        for (int row = 0; row < count * height; row++) {
            System.arraycopy(scores, row * width, from[row / height], first + row % height * stride, width);
        }
        int end = first + height * stride;
        int blocks = (end - first + BLOCK - 1) / BLOCK;
        boolean parallel = (long) (end - first) * count * (2L * shifts.length + 1) > SEQUENTIAL;
        for (int step = 0; step < steps; step++) {
            float[][] source = from;
            float[][] target = to;
            IntStream work = IntStream.range(0, blocks);
            (parallel ? work.parallel() : work)
                    .forEach(b -> step(source, target, first + b * BLOCK, Math.min(BLOCK, end - first - b * BLOCK)));
            from = target;
            to = source;
        }
        float[] out = new float[scores.length];
        for (int row = 0; row < count * height; row++) {
            System.arraycopy(from[row / height], first + row % height * stride, out, row * width, width);
        }
        return out;
    }

    private void step(float[][] from, float[][] to, int start, int n) {
        float[] sum = new float[n];
        for (int k = 0; k < from.length; k++) {
            float[] x = from[k];
            System.arraycopy(x, start, sum, 0, n); // the diagonal
            for (int o = 0; o < shifts.length; o++) {
                add(sum, weights[o], start, x, start + shifts[o]);
                add(sum, weights[o], start - shifts[o], x, start - shifts[o]);
            }
            float[] y = to[k];
            for (int i = 0; i < n; i++) {
                y[start + i] = sum[i] * scale[start + i];
            }
        }
    }

    /** {@code sum += weights * x}, the two read from a position each: the loop that the walk spends its time in. */
    private static void add(float[] sum, float[] weights, int weightsAt, float[] x, int xAt) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += weights[weightsAt + i] * x[xAt + i];
        }
    }

    @Override
    public String toString() {
        return "TransitionMatrix[" + height + "x" + width + ", " + shifts.length + " offsets]";
    }
}
