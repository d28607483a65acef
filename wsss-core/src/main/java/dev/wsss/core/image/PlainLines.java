package dev.wsss.core.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Byte resizes in plain Java. Colours lie in planes of integers between the passes: the compiler vectorizes loops over
 * nothing else.
 */
final class PlainLines implements ByteLines {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int SHIFT = 22;
    private static final int HALF = 1 << SHIFT - 1;

    private final ByteArithmetic arithmetic;
    private final FixedAxis rows;
    private final FixedAxis columns;
    private final int low;
    /** Source pixels, two colours in the halves of a long: one product for both. */
    private final long[] redGreen;

    private final int[] blue;
    private final int[][] lines;
    private final int[] sum;
    private final int[] packed;

    PlainLines(ByteArithmetic arithmetic, FixedAxis rows, FixedAxis columns) {
        this.arithmetic = arithmetic;
        this.rows = rows;
        this.columns = columns;
        low = columns.low();
        redGreen = new long[columns.high() - low];
        blue = new int[redGreen.length];
        sum = new int[3 * columns.out];
        lines = new int[rows.taps][sum.length];
        packed = new int[columns.out];
    }

    @Override
    public void across(byte[] in, int at, int slot) {
        int[] line = lines[slot];
        if (arithmetic == ByteArithmetic.CV_LINEAR) {
            unpack(in, at + 3 * low);
            linear(line);
            return;
        }
        unpackPairs(in, at + 3 * low);
        weigh(line);
        if (arithmetic == ByteArithmetic.PIL) {
            round(line);
        }
    }

    /** Three colours 21 bits apart, which hold what OpenCV's weights make of a byte. */
    private void unpack(byte[] in, int at) {
        for (int i = 0, s = at; i < redGreen.length; i++, s += 3) {
            redGreen[i] = in[s] & 255 | (in[s + 1] & 255L) << 21 | (in[s + 2] & 255L) << 42;
        }
    }

    private void linear(int[] line) {
        int n = columns.out;
        int taps = columns.taps;
        for (int i = 0; i < n; i++) {
            int s = columns.start[i] - low;
            long sums = redGreen[s] * columns.weight[i * taps];
            if (taps == 2) {
                sums += redGreen[s + 1] * columns.weight[2 * i + 1];
            }
            line[i] = (int) sums >> 4 & 0x7FFF;
            line[i + n] = (int) (sums >> 25) & 0x7FFF;
            line[i + 2 * n] = (int) (sums >> 46);
        }
    }

    private void unpackPairs(byte[] in, int at) {
        for (int i = 0, s = at; i < blue.length; i++, s += 3) {
            redGreen[i] = in[s] & 255 | (in[s + 1] & 255L) << 32;
            blue[i] = in[s + 2] & 255;
        }
    }

    private void weigh(int[] line) {
        int n = columns.out;
        int taps = columns.taps;
        for (int i = 0; i < n; i++) {
            int s = columns.start[i] - low;
            int w = i * taps;
            long pair = 0;
            int third = 0;
            for (int t = 0; t < taps; t++) {
                int weight = columns.weight[w + t];
                pair += redGreen[s + t] * weight;
                third += blue[s + t] * weight;
            }
            int first = (int) pair;
            line[i] = first;
            line[i + n] = (int) (pair - first >> 32); // what a negative lower half took from the upper one
            line[i + 2 * n] = third;
        }
    }

    private static void round(int[] line) {
        for (int x = 0; x < line.length; x++) {
            line[x] = Math.max(0, Math.min(255, line[x] + HALF >> SHIFT));
        }
    }

    @Override
    public void down(int row, int[] slots, byte[] out, int at) {
        int w = row * rows.taps;
        if (arithmetic == ByteArithmetic.CV_LINEAR) {
            blend(sum, lines[slots[0]], rows.weight[w], lines[slots[1]], rows.weight[w + 1]);
        } else {
            Arrays.fill(sum, HALF);
            for (int t = 0; t < rows.taps; t++) {
                addScaled(sum, lines[slots[t]], rows.weight[w + t]);
            }
            clamp(sum);
        }
        int n = packed.length;
        pack(sum, packed, n);
        // a fourth byte each time, which the next pixel replaces
        for (int x = 0, o = at; x < n - 1; x++, o += 3) {
            INT.set(out, o, packed[x]);
        }
        int end = at + 3 * n;
        out[end - 3] = (byte) packed[n - 1];
        out[end - 2] = (byte) (packed[n - 1] >> 8);
        out[end - 1] = (byte) (packed[n - 1] >> 16);
    }

    private static void blend(int[] sum, int[] a, int weightOfA, int[] b, int weightOfB) {
        for (int x = 0; x < sum.length; x++) {
            sum[x] = (a[x] * weightOfA >> 16) + (b[x] * weightOfB >> 16) + 2 >> 2;
        }
    }

    private static void addScaled(int[] sum, int[] line, int weight) {
        for (int x = 0; x < sum.length; x++) {
            sum[x] += line[x] * weight;
        }
    }

    private static void clamp(int[] sum) {
        for (int x = 0; x < sum.length; x++) {
            sum[x] = Math.max(0, Math.min(255, sum[x] >> SHIFT));
        }
    }

    private static void pack(int[] planes, int[] packed, int n) {
        for (int x = 0; x < n; x++) {
            packed[x] = planes[x] | planes[x + n] << 8 | planes[x + 2 * n] << 16;
        }
    }
}
