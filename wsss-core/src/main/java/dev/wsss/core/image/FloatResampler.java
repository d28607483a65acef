package dev.wsss.core.image;

/** Separable resampling of float maps: rows first, then columns, as the references do. */
final class FloatResampler {
    private FloatResampler() {}

    static float[] pick(float[] maps, int channels, int width, int[] rows, int[] columns) {
        int height = maps.length / Math.max(1, channels * width);
        float[] out = new float[Math.multiplyExact(Math.multiplyExact(channels, rows.length), columns.length)];
        int o = 0;
        for (int c = 0; c < channels; c++) {
            for (int row : rows) {
                int base = (c * height + row) * width;
                for (int column : columns) {
                    out[o++] = maps[base + column];
                }
            }
        }
        return out;
    }

    static float[] resample(float[] maps, int channels, ResampleAxis rows, ResampleAxis columns) {
        boolean sameColumns = columns.isIdentity();
        boolean sameRows = rows.isIdentity();
        if (sameColumns && sameRows) {
            return maps.clone();
        }
        float[] across = sameColumns ? maps : horizontal(maps, Math.multiplyExact(channels, rows.in), columns);
        return sameRows ? across : vertical(across, channels, columns.out, rows);
    }

    private static float[] horizontal(float[] maps, int lines, ResampleAxis axis) {
        float[] out = new float[Math.multiplyExact(lines, axis.out)];
        float[] weight = axis.floatWeights();
        int taps = axis.taps;
        int[] start = axis.start;
        for (int line = 0; line < lines; line++) {
            int base = line * axis.in;
            int o = line * axis.out;
            for (int i = 0; i < axis.out; i++) {
                int s = base + start[i];
                int w = i * taps;
                float sum = maps[s] * weight[w];
                for (int t = 1; t < taps; t++) {
                    sum += maps[s + t] * weight[w + t];
                }
                out[o + i] = sum;
            }
        }
        return out;
    }

    private static float[] vertical(float[] maps, int channels, int width, ResampleAxis axis) {
        float[] out = new float[Math.multiplyExact(Math.multiplyExact(channels, axis.out), width)];
        float[] weight = axis.floatWeights();
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < axis.out; i++) {
                int o = (c * axis.out + i) * width;
                for (int t = 0; t < axis.taps; t++) {
                    float w = weight[i * axis.taps + t];
                    if (w == 0) {
                        continue;
                    }
                    int s = (c * axis.in + axis.start[i] + t) * width;
                    for (int x = 0; x < width; x++) {
                        out[o + x] += maps[s + x] * w;
                    }
                }
            }
        }
        return out;
    }
}
