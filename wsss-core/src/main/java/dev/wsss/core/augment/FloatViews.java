package dev.wsss.core.augment;

import java.util.Arrays;

/** The part of an image or of maps that a view shows, resampled in float32: columns first, then rows. Padding stays 0. */
final class FloatViews {
    private FloatViews() {}

    /**
     * An image, rounded once.
     *
     * @param in {@code [rows][width][3]}
     * @return {@code [rows.size()][columns.size()][3]}
     */
    static byte[] bytes(byte[] in, int width, Axis rows, Axis columns) {
        int stride = 3 * columns.size();
        byte[] out = new byte[Math.multiplyExact(rows.size(), stride)];
        image(in, width, rows, columns, (y, sum) -> {
            for (int x = 3 * columns.from(), o = y * stride; x < 3 * columns.to(); x++) {
                out[o + x] = Views.level(sum[x]);
            }
        });
        return out;
    }

    /** As {@link #bytes}, not rounded; a kernel that overshoots is kept within 0 to 255. */
    static float[] levels(byte[] in, int width, Axis rows, Axis columns) {
        int stride = 3 * columns.size();
        float[] out = new float[Math.multiplyExact(rows.size(), stride)];
        image(in, width, rows, columns, (y, sum) -> {
            for (int x = 3 * columns.from(), o = y * stride; x < 3 * columns.to(); x++) {
                out[o + x] = Math.min(255, Math.max(0, sum[x]));
            }
        });
        return out;
    }

    /** Takes a resampled row. */
    private interface Row {
        void take(int y, float[] levels);
    }

    private static void image(byte[] in, int width, Axis rows, Axis columns, Row out) {
        float[] sum = new float[3 * columns.size()];
        Lines lines = new Lines(rows, sum.length, (source, line) -> across(in, 3 * source * width, columns, line));
        for (int y = rows.from(); y < rows.to(); y++) {
            lines.sum(y, sum);
            out.take(y, sum);
        }
    }

    /**
     * Maps, each kept within its own range.
     *
     * @param in {@code [count][height][width]}
     * @return {@code [count][rows.size()][columns.size()]}
     */
    static float[] planes(float[] in, int count, int height, int width, Axis rows, Axis columns) {
        int stride = columns.size();
        int size = Math.multiplyExact(rows.size(), stride);
        float[] out = new float[Math.multiplyExact(count, size)];
        float[] sum = new float[stride];
        for (int k = 0; k < count; k++) {
            int start = k * height * width;
            float low = 0;
            float high = 0;
            for (int i = start; i < start + height * width; i++) {
                low = Math.min(low, in[i]);
                high = Math.max(high, in[i]);
            }
            Lines lines = new Lines(rows, stride, (source, line) -> across(in, start + source * width, columns, line));
            for (int y = rows.from(); y < rows.to(); y++) {
                lines.sum(y, sum);
                int o = k * size + y * stride;
                for (int x = columns.from(); x < columns.to(); x++) {
                    out[o + x] = Math.min(high, Math.max(low, sum[x]));
                }
            }
        }
        return out;
    }

    private static void across(byte[] in, int start, Axis columns, float[] line) {
        int taps = columns.taps();
        for (int x = columns.from(), o = 3 * x; x < columns.to(); x++, o += 3) {
            float red = 0;
            float green = 0;
            float blue = 0;
            int at = start + 3 * columns.first(x);
            for (int t = 0; t < taps; t++, at += 3) {
                float weight = columns.weight(x, t);
                red += (in[at] & 255) * weight;
                green += (in[at + 1] & 255) * weight;
                blue += (in[at + 2] & 255) * weight;
            }
            line[o] = red;
            line[o + 1] = green;
            line[o + 2] = blue;
        }
    }

    private static void across(float[] in, int start, Axis columns, float[] line) {
        int taps = columns.taps();
        for (int x = columns.from(); x < columns.to(); x++) {
            float sum = 0;
            int at = start + columns.first(x);
            for (int t = 0; t < taps; t++) {
                sum += in[at + t] * columns.weight(x, t);
            }
            line[x] = sum;
        }
    }

    /** Source rows that were resampled across: each once, as views go down the rows, and no more of them than taps. */
    private static final class Lines {
        /** Resamples a source row across. */
        interface Across {
            void apply(int source, float[] line);
        }

        private final Axis rows;
        private final Across across;
        private final float[][] lines;
        private final int[] sourceOf;

        Lines(Axis rows, int stride, Across across) {
            this.rows = rows;
            this.across = across;
            lines = new float[rows.taps()][stride];
            sourceOf = new int[rows.taps()];
            Arrays.fill(sourceOf, -1);
        }

        /** The sum of the source rows that row {@code y} of the view is made of. */
        void sum(int y, float[] sum) {
            Arrays.fill(sum, 0);
            for (int t = 0; t < rows.taps(); t++) {
                float weight = rows.weight(y, t);
                if (weight != 0) {
                    add(line(rows.first(y) + t), weight, sum);
                }
            }
        }

        private float[] line(int source) {
            int slot = source % lines.length;
            if (sourceOf[slot] != source) {
                sourceOf[slot] = source;
                across.apply(source, lines[slot]);
            }
            return lines[slot];
        }

        private static void add(float[] line, float weight, float[] sum) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += line[i] * weight;
            }
        }
    }
}
