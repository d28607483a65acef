package dev.wsss.core.image;

/** A {@link ResampleAxis} with whole-number weights, of no more taps than any output position needs. */
final class FixedAxis {
    /** Fractional bits of Pillow's weights. */
    static final int PIL_BITS = 22;

    /** Fractional bits of OpenCV's weights. */
    static final int CV_BITS = 11;

    final int in;
    final int out;
    final int taps;
    /** First input position of each output position. */
    final int[] start;
    /** {@code [out][taps]}. */
    final int[] weight;

    private FixedAxis(int in, int[] start, int[] weight) {
        this.in = in;
        this.out = start.length;
        this.taps = weight.length / start.length;
        this.start = start;
        this.weight = weight;
    }

    /** Pillow's: halves are rounded away from zero. */
    static FixedAxis pil(ResampleAxis axis) {
        int[] weight = new int[axis.weight.length];
        for (int i = 0; i < weight.length; i++) {
            double scaled = axis.weight[i] * (1 << PIL_BITS);
            weight[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
        return trimmed(axis, weight);
    }

    /** OpenCV's: of float32, halves to even. */
    static FixedAxis cv(ResampleAxis axis) {
        int[] weight = new int[axis.weight.length];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (int) Math.rint((float) axis.weight[i] * (1 << CV_BITS));
        }
        return trimmed(axis, weight);
    }

    /**
     * The rows of OpenCV's {@code INTER_LINEAR}. Unlike columns, two rows keep their weights where one of them is beyond an
     * edge and the edge row stands for it, so {@code start} may be -1, and {@code start + 1} the number of rows.
     */
    static FixedAxis cvLinearRows(Span span) {
        int[] start = new int[span.count()];
        int[] weight = new int[2 * start.length];
        double scale = ResampleAxis.cvScale(span.in(), span.out());
        for (int k = 0; k < start.length; k++) {
            float x = (float) ((span.at(k) + 0.5) * scale - 0.5);
            start[k] = (int) Math.floor(x);
            float fraction = x - start[k];
            weight[2 * k] = (int) Math.rint((1f - fraction) * (1 << CV_BITS));
            weight[2 * k + 1] = (int) Math.rint(fraction * (1 << CV_BITS));
        }
        return new FixedAxis(span.in(), start, weight);
    }

    /** Leaves out taps that have no weight: a kernel's ends, and what it is cut to at edges. */
    private static FixedAxis trimmed(ResampleAxis axis, int[] weight) {
        int taps = 1;
        int[] first = new int[axis.out];
        for (int i = 0; i < axis.out; i++) {
            int from = 0;
            int to = axis.taps;
            while (from < to - 1 && weight[i * axis.taps + from] == 0) {
                from++;
            }
            while (to > from + 1 && weight[i * axis.taps + to - 1] == 0) {
                to--;
            }
            first[i] = from;
            taps = Math.max(taps, to - from);
        }
        int[] start = new int[axis.out];
        int[] kept = new int[Math.multiplyExact(axis.out, taps)];
        for (int i = 0; i < axis.out; i++) {
            int from = Math.min(first[i], axis.taps - taps);
            start[i] = axis.start[i] + from;
            System.arraycopy(weight, i * axis.taps + from, kept, i * taps, taps);
        }
        return new FixedAxis(axis.in, start, kept);
    }

    /** The first input position that is used. */
    int low() {
        int low = in - 1;
        for (int s : start) {
            low = Math.min(low, s);
        }
        return Math.max(0, low);
    }

    /** The end of the input positions that are used. */
    int high() {
        int high = 0;
        for (int s : start) {
            high = Math.max(high, s + taps);
        }
        return Math.min(in, high);
    }

    /** The input position of a tap. */
    int position(int i, int tap) {
        return Math.max(0, Math.min(in - 1, start[i] + tap));
    }
}
