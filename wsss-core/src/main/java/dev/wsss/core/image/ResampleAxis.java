package dev.wsss.core.image;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * One axis of a separable resize: each output position is a weighted sum of {@code taps} neighbouring input positions
 * from {@code start} on. Taps that a kernel puts beyond an edge are added to the edge's own weight.
 */
final class ResampleAxis {
    final int in;
    /** Number of output positions that are computed; {@link Span} says which. */
    final int out;

    final int taps;
    /** First input position of each output position; {@code start + taps <= in}. */
    final int[] start;
    /** {@code [out][taps]}. */
    final double[] weight;

    private ResampleAxis(Span span, int taps) {
        this.in = span.in();
        this.out = span.count();
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
    static ResampleAxis antialiased(Span span, double support, DoubleUnaryOperator kernel) {
        double scale = (double) span.in() / span.out();
        double stretch = Math.max(scale, 1);
        ResampleAxis axis = new ResampleAxis(span, (int) Math.ceil(support * stretch) * 2 + 1);
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            axis.stretched(k, (i + 0.5) * scale, support * stretch, 1 / stretch, kernel);
        }
        return axis;
    }

    /** PyTorch's antialiased resampling: Pillow's, with the coordinates in float32. */
    static ResampleAxis torchAntialiased(Span span, float support, DoubleUnaryOperator kernel) {
        float scale = (float) span.in() / span.out();
        float stretch = Math.max(scale, 1);
        ResampleAxis axis = new ResampleAxis(span, (int) Math.ceil(support * stretch) * 2 + 1);
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            axis.stretched(k, (float) (scale * (i + 0.5)), support * stretch, 1 / stretch, kernel);
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
    static ResampleAxis torchLinear(Span span, boolean alignCorners) {
        ResampleAxis axis = new ResampleAxis(span, 2);
        float scale = torchScale(span.in(), span.out(), alignCorners);
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            float x = alignCorners ? scale * i : Math.max(Math.fma(scale, i + 0.5f, -0.5f), 0f);
            int x0 = Math.min((int) x, span.in() - 1);
            float fraction = Math.min(Math.max(x - x0, 0f), 1f);
            axis.place(k, x0);
            axis.add(k, x0, 1f - fraction);
            axis.add(k, x0 + 1, fraction);
        }
        return axis;
    }

    /** PyTorch's cubic convolution, slope -0.75; coordinates as in {@link #torchLinear}. */
    static ResampleAxis torchCubic(Span span, boolean alignCorners) {
        ResampleAxis axis = new ResampleAxis(span, 4);
        float scale = torchScale(span.in(), span.out(), alignCorners);
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            float x = alignCorners ? scale * i : Math.fma(scale, i + 0.5f, -0.5f);
            int x0 = (int) Math.floor(x);
            axis.cubic(k, x0, cubicCoefficients(x - x0));
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
    static ResampleAxis torchArea(Span span) {
        ResampleAxis axis = new ResampleAxis(span, span.in() / span.out() + 2);
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            int first = (int) ((long) i * span.in() / span.out());
            int end = (int) (((long) (i + 1) * span.in() + span.out() - 1) / span.out());
            axis.place(k, first);
            for (int x = first; x < end; x++) {
                axis.add(k, x, 1.0 / (end - first));
            }
        }
        return axis;
    }

    /** OpenCV's {@code INTER_LINEAR}. */
    static ResampleAxis cvLinear(Span span) {
        ResampleAxis axis = new ResampleAxis(span, 2);
        double scale = cvScale(span.in(), span.out());
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            float x = (float) ((i + 0.5) * scale - 0.5);
            int x0 = (int) Math.floor(x);
            axis.linear(k, x0, x - x0);
        }
        return axis;
    }

    /** The linear interpolation that OpenCV's {@code INTER_AREA} falls back to unless both axes shrink. */
    static ResampleAxis cvAreaLinear(Span span) {
        ResampleAxis axis = new ResampleAxis(span, 2);
        double scale = cvScale(span.in(), span.out());
        double inverse = (double) span.out() / span.in();
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            int x0 = (int) Math.floor(i * scale);
            float fraction = (float) ((i + 1) - (x0 + 1) * inverse);
            axis.linear(k, x0, fraction <= 0 ? 0f : fraction - (float) Math.floor(fraction));
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
    static ResampleAxis cvCubic(Span span) {
        ResampleAxis axis = new ResampleAxis(span, 4);
        double scale = cvScale(span.in(), span.out());
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            double x = (i + 0.5) * scale - 0.5;
            int x0 = (int) Math.floor(x);
            axis.cubic(k, x0, cubicCoefficients((float) (x - x0)));
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
    static ResampleAxis cvArea(Span span) {
        double scale = cvScale(span.in(), span.out());
        ResampleAxis axis = new ResampleAxis(span, (int) Math.ceil(scale) + 2);
        for (int k = 0; k < axis.out; k++) {
            int i = span.at(k);
            double from = i * scale;
            double to = from + scale;
            double cell = Math.min(scale, span.in() - from);
            int first = (int) Math.ceil(from);
            int last = Math.min((int) Math.floor(to), span.in() - 1);
            first = Math.min(first, last);
            axis.place(k, first - 1);
            if (first - from > 1e-3) {
                axis.add(k, first - 1, (float) ((first - from) / cell));
            }
            for (int x = first; x < last; x++) {
                axis.add(k, x, (float) (1 / cell));
            }
            if (to - last > 1e-3) {
                axis.add(k, last, (float) (Math.min(Math.min(to - last, 1.0), cell) / cell));
            }
        }
        return axis;
    }

    static double cvScale(int in, int out) {
        return 1.0 / ((double) out / in);
    }

    /** OpenCV's {@code INTER_NEAREST}: source position of each output position. */
    static int[] cvNearest(Span span) {
        int[] index = new int[span.count()];
        double scale = cvScale(span.in(), span.out());
        Arrays.setAll(index, k -> Math.min((int) Math.floor(span.at(k) * scale), span.in() - 1));
        return index;
    }

    /** PyTorch's {@code nearest}. */
    static int[] torchNearest(Span span) {
        int[] index = new int[span.count()];
        float scale = (float) span.in() / span.out();
        Arrays.setAll(index, k -> Math.min((int) Math.floor(span.at(k) * scale), span.in() - 1));
        return index;
    }

    /** Pillow's {@code NEAREST}: the centre is accumulated step by step in float64, which decides exact ties. */
    static int[] pilNearest(Span span) {
        int[] index = new int[span.count()];
        double step = (double) span.in() / span.out();
        double center = step * 0.5;
        int end = span.first() + span.count();
        for (int i = 0; i < end; i++) {
            if (i >= span.first()) {
                int k = span.mirrored() ? end - 1 - i : i - span.first();
                index[k] = Math.min((int) center, span.in() - 1);
            }
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
