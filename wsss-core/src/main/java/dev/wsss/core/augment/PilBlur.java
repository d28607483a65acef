package dev.wsss.core.augment;

import java.util.Arrays;

/**
 * Pillow's {@code GaussianBlur}, to the byte: three box blurs along rows, then three along columns (Gwosdek et al., 2011),
 * whose outermost pixels count by a fraction; borders go on.
 */
final class PilBlur {
    private static final int PASSES = 3;

    private final int radius;
    private final int weight;
    private final int edgeWeight;

    /** @param sigma of the Gaussian, in pixels, positive */
    PilBlur(double sigma) {
        float box = radius((float) sigma);
        radius = (int) box;
        weight = (int) ((1 << 24) / (box * 2 + 1));
        edgeWeight = ((1 << 24) - (radius * 2 + 1) * weight) / 2;
    }

    /** The box of which three passes have the Gaussian's variance. */
    private static float radius(float sigma) {
        float variance = sigma * sigma / PASSES;
        float length = (float) Math.sqrt(12.0 * variance + 1.0);
        float whole = (float) Math.floor((length - 1.0) / 2.0);
        float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
        part /= 6 * (variance - (whole + 1) * (whole + 1));
        return whole + part;
    }

    void apply(byte[] rgb, int height, int width) {
        int stride = 3 * width;
        byte[] line = new byte[stride];
        int[] sums = new int[stride];
        for (int pass = 0; pass < PASSES; pass++) {
            for (int y = 0; y < height; y++) {
                System.arraycopy(rgb, y * stride, line, 0, stride);
                row(line, rgb, y * stride, width);
            }
        }
        byte[] in = new byte[rgb.length];
        for (int pass = 0; pass < PASSES; pass++) {
            System.arraycopy(rgb, 0, in, 0, in.length);
            columns(in, rgb, height, stride, sums);
        }
    }

    private void row(byte[] in, byte[] out, int start, int width) {
        for (int c = 0; c < 3; c++) {
            int sum = 0;
            for (int d = -radius; d <= radius; d++) {
                sum += in[3 * clamp(d, width) + c] & 255;
            }
            for (int x = 0; x < width; x++) {
                int before = in[3 * Math.max(0, x - radius - 1) + c] & 255;
                int after = in[3 * Math.min(width - 1, x + radius + 1) + c] & 255;
                out[start + 3 * x + c] = mix(sum, before + after);
                sum += after - (in[3 * Math.max(0, x - radius) + c] & 255);
            }
        }
    }

    /** All columns at once, row by row, as memory lies. */
    private void columns(byte[] in, byte[] out, int height, int stride, int[] sums) {
        Arrays.fill(sums, 0);
        for (int d = -radius; d <= radius; d++) {
            int at = clamp(d, height) * stride;
            for (int i = 0; i < stride; i++) {
                sums[i] += in[at + i] & 255;
            }
        }
        for (int y = 0; y < height; y++) {
            int before = Math.max(0, y - radius - 1) * stride;
            int first = Math.max(0, y - radius) * stride;
            int after = Math.min(height - 1, y + radius + 1) * stride;
            for (int i = 0, o = y * stride; i < stride; i++, o++) {
                int next = in[after + i] & 255;
                out[o] = mix(sums[i], (in[before + i] & 255) + next);
                sums[i] += next - (in[first + i] & 255);
            }
        }
    }

    private byte mix(int sum, int edges) {
        // up to 255 times 2^24: unsigned
        return (byte) ((sum * weight + edges * edgeWeight + (1 << 23)) >>> 24);
    }

    private static int clamp(int i, int size) {
        return Math.min(size - 1, Math.max(0, i));
    }
}
