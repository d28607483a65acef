package dev.wsss.api;

import java.util.Arrays;

/** One plane of a VP8 frame, of whole blocks, with the border that stands for what is outside. */
final class Vp8Plane {
    final int stride;
    final int width;
    final int height;
    final byte[] data;

    Vp8Plane(int height, int width) {
        this.height = height;
        this.width = width;
        stride = width + 1;
        data = new byte[Math.multiplyExact(height + 1, stride)];
        Arrays.fill(data, 0, stride, (byte) 127);
        for (int y = 0; y < height; y++) {
            data[at(y, -1)] = (byte) 129;
        }
    }

    int at(int y, int x) {
        return (y + 1) * stride + x + 1;
    }

    static int clamp(int value) {
        return Math.max(0, Math.min(255, value));
    }

    /** Adds what the coefficients of a block of 4 x 4 stand for (RFC 6386, section 14.3). */
    void add(int y, int x, int[] c, int from) {
        int[] t = new int[16];
        for (int i = 0; i < 4; i++) {
            int p = from + i;
            int a = c[p] + c[p + 8];
            int b = c[p] - c[p + 8];
            int d = low(c[p + 4]) - high(c[p + 12]);
            int e = high(c[p + 4]) + low(c[p + 12]);
            t[4 * i] = a + e;
            t[4 * i + 1] = b + d;
            t[4 * i + 2] = b - d;
            t[4 * i + 3] = a - e;
        }
        for (int i = 0; i < 4; i++) {
            int a = t[i] + 4 + t[i + 8];
            int b = t[i] + 4 - t[i + 8];
            int d = low(t[i + 4]) - high(t[i + 12]);
            int e = high(t[i + 4]) + low(t[i + 12]);
            int p = at(y + i, x);
            put(p, a + e);
            put(p + 1, b + d);
            put(p + 2, b - d);
            put(p + 3, a - e);
        }
    }

    private void put(int at, int value) {
        data[at] = (byte) clamp((data[at] & 255) + (value >> 3));
    }

    private static int low(int value) {
        return value * 35468 >> 16;
    }

    private static int high(int value) {
        return (value * 20091 >> 16) + value;
    }
}
