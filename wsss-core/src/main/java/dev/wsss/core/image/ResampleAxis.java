package dev.wsss.core.image;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * One axis of a separable resize: each output position is a weighted sum of {@code taps} neighbouring input positions
 * from {@code start} on. Taps that a kernel puts beyond an edge are added to the edge's own weight.
 */
final class ResampleAxis {
    final int in;
    final int out;
    final int taps;
    /** First input position of each output position; {@code start + taps <= in}. */
    final int[] start;
    /** {@code [out][taps]}. */
    final double[] weight;

    private ResampleAxis(int in, int out, int taps) {
        this.in = in;
        this.out = out;
        this.taps = Math.min(taps, in);
        this.start = new int[out];
        this.weight = new double[Math.multiplyExact(out, this.taps)];
    }

    boolean isIdentity() {
        if (in != out) {
            return false;
        }
        for (int i = 0; i < out; i++) {
            for (int t = 0; t < taps; t++) {
                if (weight[i * taps + t] != (start[i] + t == i ? 1 : 0)) {
                    return false;
                }
            }
        }
        return true;
    }

    float[] floatWeights() {
        float[] w = new float[weight.length];
        for (int i = 0; i < w.length; i++) {
            w[i] = (float) weight[i];
        }
        return w;
    }

    /** Weights as integers with {@code bits} fractional bits, halves rounded away from zero (Pillow). */
    int[] fixedAwayFromZero(int bits) {
        int[] w = new int[weight.length];
        for (int i = 0; i < w.length; i++) {
            double scaled = weight[i] * (1 << bits);
            w[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
        return w;
    }

    /** Sets the window of an output position so that it covers input {@code first..first + taps - 1}, moved inside. */
    private void place(int i, int first) {
        start[i] = Math.max(0, Math.min(first, in - taps));
    }

    private void add(int i, int position, double w) {
        int inside = Math.max(0, Math.min(position, in - 1));
        weight[i * taps + inside - start[i]] += w;
    }

    /**
     * Pillow's antialiased resampling: the kernel is stretched by the scale when shrinking, cut at the edges, and its
     * weights are normalized to sum to one.
     *
     * @param support half-width of the kernel
     */
    static ResampleAxis antialiased(int in, int out, double support, DoubleUnaryOperator kernel) {
        double scale = (double) in / out;
        double stretch = Math.max(scale, 1);
        ResampleAxis axis = new ResampleAxis(in, out, (int) Math.ceil(support * stretch) * 2 + 1);
        for (int i = 0; i < out; i++) {
            axis.stretched(i, (i + 0.5) * scale, support * stretch, 1 / stretch, kernel);
        }
        return axis;
    }

    /** PyTorch's antialiased resampling: Pillow's, with the coordinates in float32. */
    static ResampleAxis torchAntialiased(int in, int out, float support, DoubleUnaryOperator kernel) {
        float scale = (float) in / out;
        float stretch = Math.max(scale, 1);
        ResampleAxis axis = new ResampleAxis(in, out, (int) Math.ceil(support * stretch) * 2 + 1);
        for (int i = 0; i < out; i++) {
            axis.stretched(i, (float) (scale * (i + 0.5)), support * stretch, 1 / stretch, kernel);
        }
        return axis;
    }

    private void stretched(int i, double center, double reach, double inverse, DoubleUnaryOperator kernel) {
        int first = Math.max((int) (center - reach + 0.5), 0);
        int count = Math.min((int) (center + reach + 0.5), in) - first;
        place(i, first);
        int o = i * taps + first - start[i];
        double sum = 0;
        for (int x = 0; x < count; x++) {
            double w = kernel.applyAsDouble((x + first - center + 0.5) * inverse);
            weight[o + x] = w;
            sum += w;
        }
        for (int x = 0; x < count && sum != 0; x++) {
            weight[o + x] /= sum;
        }
    }

    /** PyTorch's linear interpolation. Its builds fuse the coordinate's product and sum into one rounding. */
    static ResampleAxis torchLinear(int in, int out, boolean alignCorners) {
        ResampleAxis axis = new ResampleAxis(in, out, 2);
        float scale = torchScale(in, out, alignCorners);
        for (int i = 0; i < out; i++) {
            float x = alignCorners ? scale * i : Math.max(Math.fma(scale, i + 0.5f, -0.5f), 0f);
            int x0 = Math.min((int) x, in - 1);
            float fraction = Math.min(Math.max(x - x0, 0f), 1f);
            axis.place(i, x0);
            axis.add(i, x0, 1f - fraction);
            axis.add(i, x0 + 1, fraction);
        }
        return axis;
    }

    /** PyTorch's cubic convolution, slope -0.75; coordinates as in {@link #torchLinear}. */
    static ResampleAxis torchCubic(int in, int out, boolean alignCorners) {
        ResampleAxis axis = new ResampleAxis(in, out, 4);
        float scale = torchScale(in, out, alignCorners);
        for (int i = 0; i < out; i++) {
            float x = alignCorners ? scale * i : Math.fma(scale, i + 0.5f, -0.5f);
            int x0 = (int) Math.floor(x);
            axis.cubic(i, x0, cubicCoefficients(x - x0));
        }
        return axis;
    }

    private static float torchScale(int in, int out, boolean alignCorners) {
        if (alignCorners) {
            return out > 1 ? (float) (in - 1) / (out - 1) : 0f;
        }
        return (float) in / out;
    }

    /** PyTorch's area mode, which is adaptive average pooling. */
    static ResampleAxis torchArea(int in, int out) {
        ResampleAxis axis = new ResampleAxis(in, out, in / out + 2);
        for (int i = 0; i < out; i++) {
            int first = (int) ((long) i * in / out);
            int end = (int) (((long) (i + 1) * in + out - 1) / out);
            axis.place(i, first);
            for (int x = first; x < end; x++) {
                axis.add(i, x, 1.0 / (end - first));
            }
        }
        return axis;
    }

    /** OpenCV's {@code INTER_LINEAR}. */
    static ResampleAxis cvLinear(int in, int out) {
        ResampleAxis axis = new ResampleAxis(in, out, 2);
        double scale = cvScale(in, out);
        for (int i = 0; i < out; i++) {
            double x = (i + 0.5) * scale - 0.5;
            int x0 = (int) Math.floor(x);
            axis.linear(i, x0, (float) (x - x0));
        }
        return axis;
    }

    /** The linear interpolation that OpenCV's {@code INTER_AREA} falls back to unless both axes shrink. */
    static ResampleAxis cvAreaLinear(int in, int out) {
        ResampleAxis axis = new ResampleAxis(in, out, 2);
        double scale = cvScale(in, out);
        double inverse = (double) out / in;
        for (int i = 0; i < out; i++) {
            int x0 = (int) Math.floor(i * scale);
            float fraction = (float) ((i + 1) - (x0 + 1) * inverse);
            axis.linear(i, x0, fraction <= 0 ? 0f : fraction - (float) Math.floor(fraction));
        }
        return axis;
    }

    private void linear(int i, int x0, float fraction) {
        boolean outside = x0 < 0 || x0 >= in - 1;
        float f = outside ? 0f : fraction;
        place(i, x0);
        add(i, x0, 1f - f);
        add(i, x0 + 1, f);
    }

    /** OpenCV's {@code INTER_CUBIC}: slope -0.75, no antialiasing. */
    static ResampleAxis cvCubic(int in, int out) {
        ResampleAxis axis = new ResampleAxis(in, out, 4);
        double scale = cvScale(in, out);
        for (int i = 0; i < out; i++) {
            double x = (i + 0.5) * scale - 0.5;
            int x0 = (int) Math.floor(x);
            axis.cubic(i, x0, cubicCoefficients((float) (x - x0)));
        }
        return axis;
    }

    private void cubic(int i, int x0, float[] c) {
        place(i, x0 - 1);
        for (int t = 0; t < 4; t++) {
            add(i, x0 - 1 + t, c[t]);
        }
    }

    private static float[] cubicCoefficients(float f) {
        float a = -0.75f;
        float near = 1f - f;
        float c0 = ((a * (f + 1) - 5 * a) * (f + 1) + 8 * a) * (f + 1) - 4 * a;
        float c1 = ((a + 2) * f - (a + 3)) * f * f + 1;
        float c2 = ((a + 2) * near - (a + 3)) * near * near + 1;
        return new float[] {c0, c1, c2, 1f - c0 - c1 - c2};
    }

    /** OpenCV's {@code INTER_AREA} of a shrinking axis: exact box average over fractional cell borders. */
    static ResampleAxis cvArea(int in, int out) {
        double scale = cvScale(in, out);
        ResampleAxis axis = new ResampleAxis(in, out, (int) Math.ceil(scale) + 2);
        for (int i = 0; i < out; i++) {
            double from = i * scale;
            double to = from + scale;
            double cell = Math.min(scale, in - from);
            int first = (int) Math.ceil(from);
            int last = Math.min((int) Math.floor(to), in - 1);
            first = Math.min(first, last);
            axis.place(i, first - 1);
            if (first - from > 1e-3) {
                axis.add(i, first - 1, (float) ((first - from) / cell));
            }
            for (int x = first; x < last; x++) {
                axis.add(i, x, (float) (1 / cell));
            }
            if (to - last > 1e-3) {
                axis.add(i, last, (float) (Math.min(Math.min(to - last, 1.0), cell) / cell));
            }
        }
        return axis;
    }

    private static double cvScale(int in, int out) {
        return 1.0 / ((double) out / in);
    }

    /** OpenCV's {@code INTER_NEAREST}: source position of each output position. */
    static int[] cvNearest(int in, int out) {
        int[] index = new int[out];
        double scale = cvScale(in, out);
        Arrays.setAll(index, i -> Math.min((int) Math.floor(i * scale), in - 1));
        return index;
    }

    /** PyTorch's {@code nearest}. */
    static int[] torchNearest(int in, int out) {
        int[] index = new int[out];
        float scale = (float) in / out;
        Arrays.setAll(index, i -> Math.min((int) Math.floor(i * scale), in - 1));
        return index;
    }

    /** Pillow's {@code NEAREST}: the centre is accumulated step by step in float64, which decides exact ties. */
    static int[] pilNearest(int in, int out) {
        int[] index = new int[out];
        double step = (double) in / out;
        double center = step * 0.5;
        for (int i = 0; i < out; i++) {
            index[i] = Math.min((int) center, in - 1);
            center += step;
        }
        return index;
    }

    /** The triangle kernel, support 1. */
    static double triangle(double x) {
        return Math.max(0, 1 - Math.abs(x));
    }

    /** Keys' cubic kernel with slope -0.5, support 2. */
    static double cubicHalf(double x) {
        double a = -0.5;
        double z = Math.abs(x);
        if (z < 1) {
            return ((a + 2) * z - (a + 3)) * z * z + 1;
        }
        return z < 2 ? (((z - 5) * z + 8) * z - 4) * a : 0;
    }
}
