package dev.wsss.core.image;

import java.util.Arrays;

/** Separable resampling of interleaved bytes in the fixed-point arithmetic of Pillow or OpenCV. */
enum ByteResampler {
    /** 22 fractional bits, rounded to a byte after each pass; an axis of unchanged length is not touched. */
    PIL {
        @Override
        byte[] resample(byte[] data, int channels, ResampleAxis rows, ResampleAxis columns) {
            byte[] across = columns.in == columns.out ? data : pilHorizontal(data, channels, rows.in, columns);
            if (rows.in == rows.out) {
                return across == data ? data.clone() : across;
            }
            return pilVertical(across, columns.out * channels, rows);
        }
    },
    /** 11 fractional bits in each direction; the second pass drops 4 bits before it multiplies. */
    CV_LINEAR {
        @Override
        byte[] resample(byte[] data, int channels, ResampleAxis rows, ResampleAxis columns) {
            return cv(data, channels, rows, columns, (lines, weight, first, sum, out, at) -> {
                // a single-row image has one tap; a second of weight 0 changes nothing
                int last = lines.length - 1;
                blend(sum, lines[0], weight[first], lines[last], last == 0 ? 0 : weight[first + last]);
                for (int x = 0; x < sum.length; x++) {
                    out[at + x] = (byte) (sum[x] + 2 >> 2);
                }
            });
        }
    },
    /** 11 fractional bits in each direction, rounded once. */
    CV_CUBIC {
        @Override
        byte[] resample(byte[] data, int channels, ResampleAxis rows, ResampleAxis columns) {
            return cv(data, channels, rows, columns, (lines, weight, first, sum, out, at) -> {
                Arrays.fill(sum, 1 << 21);
                for (int t = 0; t < lines.length; t++) {
                    addScaled(sum, lines[t], weight[first + t]);
                }
                for (int x = 0; x < sum.length; x++) {
                    out[at + x] = clamp(sum[x] >> 22);
                }
            });
        }
    };

    private static final int PIL_BITS = 22;
    private static final int CV_ONE = 1 << 11;

    /**
     * Resamples.
     *
     * @param data {@code [rows.in][columns.in][channels]}
     * @return {@code [rows.out][columns.out][channels]}, a new array
     */
    abstract byte[] resample(byte[] data, int channels, ResampleAxis rows, ResampleAxis columns);

    static byte[] pick(byte[] data, int channels, int width, int[] rows, int[] columns) {
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(rows.length, columns.length), channels)];
        int o = 0;
        for (int row : rows) {
            for (int column : columns) {
                int s = (row * width + column) * channels;
                for (int c = 0; c < channels; c++) {
                    out[o++] = data[s + c];
                }
            }
        }
        return out;
    }

    private static byte[] pilHorizontal(byte[] data, int channels, int lines, ResampleAxis axis) {
        int[] weight = axis.fixedAwayFromZero(PIL_BITS);
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(lines, axis.out), channels)];
        for (int line = 0; line < lines; line++) {
            int base = line * axis.in * channels;
            int o = line * axis.out * channels;
            for (int i = 0; i < axis.out; i++) {
                int s = base + axis.start[i] * channels;
                int w = i * axis.taps;
                if (channels == 3) {
                    // a weight read once for the three, in sums that need no loop
                    int red = 1 << PIL_BITS - 1;
                    int green = red;
                    int blue = red;
                    for (int t = 0; t < axis.taps; t++, s += 3) {
                        int v = weight[w + t];
                        red += (data[s] & 255) * v;
                        green += (data[s + 1] & 255) * v;
                        blue += (data[s + 2] & 255) * v;
                    }
                    out[o] = clamp(red >> PIL_BITS);
                    out[o + 1] = clamp(green >> PIL_BITS);
                    out[o + 2] = clamp(blue >> PIL_BITS);
                    o += 3;
                    continue;
                }
                for (int c = 0; c < channels; c++) {
                    int sum = 1 << PIL_BITS - 1;
                    for (int t = 0; t < axis.taps; t++) {
                        sum += (data[s + t * channels + c] & 255) * weight[w + t];
                    }
                    out[o++] = clamp(sum >> PIL_BITS);
                }
            }
        }
        return out;
    }

    private static byte[] pilVertical(byte[] data, int stride, ResampleAxis axis) {
        int[] weight = axis.fixedAwayFromZero(PIL_BITS);
        byte[] out = new byte[Math.multiplyExact(axis.out, stride)];
        int[] sum = new int[stride];
        // the lines in use as integers, in arrays of their own: the compiler vectorizes sums of nothing else
        int[][] lines = new int[axis.taps][stride];
        int[] lineOfSlot = new int[axis.taps];
        Arrays.fill(lineOfSlot, -1);
        for (int i = 0; i < axis.out; i++) {
            Arrays.fill(sum, 1 << PIL_BITS - 1);
            for (int t = 0; t < axis.taps; t++) {
                int line = axis.start[i] + t;
                int slot = line % axis.taps;
                int w = weight[i * axis.taps + t];
                if (w == 0) {
                    continue;
                }
                if (lineOfSlot[slot] != line) {
                    lineOfSlot[slot] = line;
                    widen(data, line * stride, lines[slot]);
                }
                addScaled(sum, lines[slot], w);
            }
            for (int x = 0; x < stride; x++) {
                out[i * stride + x] = clamp(sum[x] >> PIL_BITS);
            }
        }
        return out;
    }

    private static void widen(byte[] data, int from, int[] line) {
        for (int x = 0; x < line.length; x++) {
            line[x] = data[from + x] & 255;
        }
    }

    private static void addScaled(int[] sum, int[] line, int weight) {
        for (int x = 0; x < sum.length; x++) {
            sum[x] += line[x] * weight;
        }
    }

    /** The second pass of OpenCV's, for one line: from lines that were resampled across, and their weights. */
    private interface Vertical {
        /**
         * @param first of the weights in use
         * @param sum room for a line
         * @param at where to write in the output
         */
        void apply(int[][] lines, short[] weight, int first, int[] sum, byte[] out, int at);
    }

    private static byte[] cv(byte[] data, int channels, ResampleAxis rows, ResampleAxis columns, Vertical vertical) {
        if (rows.in == rows.out && columns.in == columns.out) {
            return data.clone();
        }
        int stride = columns.out * channels;
        byte[] out = new byte[Math.multiplyExact(rows.out, stride)];
        short[] across = cvWeights(columns);
        short[] down = cvWeights(rows);
        int[] sum = new int[stride];
        int[][] slots = new int[rows.taps][stride];
        int[] lineOfSlot = new int[rows.taps];
        Arrays.fill(lineOfSlot, -1);
        int[][] lines = new int[rows.taps][];
        for (int i = 0; i < rows.out; i++) {
            for (int t = 0; t < rows.taps; t++) {
                int line = rows.start[i] + t;
                int slot = line % rows.taps;
                if (lineOfSlot[slot] != line) {
                    lineOfSlot[slot] = line;
                    cvLine(data, line * columns.in * channels, channels, columns, across, slots[slot]);
                }
                lines[t] = slots[slot];
            }
            vertical.apply(lines, down, i * rows.taps, sum, out, i * stride);
        }
        return out;
    }

    private static void cvLine(byte[] data, int base, int channels, ResampleAxis axis, short[] weight, int[] out) {
        int o = 0;
        for (int i = 0; i < axis.out; i++) {
            int s = base + axis.start[i] * channels;
            int w = i * axis.taps;
            if (channels == 3 && axis.taps == 2) {
                int w0 = weight[w];
                int w1 = weight[w + 1];
                out[o] = (data[s] & 255) * w0 + (data[s + 3] & 255) * w1;
                out[o + 1] = (data[s + 1] & 255) * w0 + (data[s + 4] & 255) * w1;
                out[o + 2] = (data[s + 2] & 255) * w0 + (data[s + 5] & 255) * w1;
                o += 3;
                continue;
            }
            for (int c = 0; c < channels; c++) {
                int sum = 0;
                for (int t = 0; t < axis.taps; t++) {
                    sum += (data[s + t * channels + c] & 255) * weight[w + t];
                }
                out[o++] = sum;
            }
        }
    }

    private static void blend(int[] sum, int[] a, int weightOfA, int[] b, int weightOfB) {
        for (int x = 0; x < sum.length; x++) {
            sum[x] = (weightOfA * (a[x] >> 4) >> 16) + (weightOfB * (b[x] >> 4) >> 16);
        }
    }

    /** Weights with 11 fractional bits, halves to even. */
    private static short[] cvWeights(ResampleAxis axis) {
        short[] weight = new short[axis.weight.length];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (short) Math.rint((float) axis.weight[i] * CV_ONE);
        }
        return weight;
    }

    private static byte clamp(int v) {
        return (byte) Math.max(0, Math.min(255, v));
    }
}
