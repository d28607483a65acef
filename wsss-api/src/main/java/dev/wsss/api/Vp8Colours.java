package dev.wsss.api;

/** Makes RGB of Y and interpolated U and V, in libwebp's whole numbers. */
final class Vp8Colours {
    private Vp8Colours() {}

    static RgbImage of(int height, int width, Vp8Plane[] planes) {
        byte[] rgb = new byte[Math.multiplyExact(height * width, 3)];
        int chromaRows = height + 1 >> 1;
        int[] u = new int[width];
        int[] v = new int[width];
        for (int y = 0, o = 0; y < height; y++) {
            int near = y >> 1;
            int far = Math.max(0, Math.min(chromaRows - 1, (y & 1) == 0 ? near - 1 : near + 1));
            interpolate(planes[1], near, far, width, u);
            interpolate(planes[2], near, far, width, v);
            int at = planes[0].at(y, 0);
            for (int x = 0; x < width; x++, o += 3) {
                int luma = (planes[0].data[at + x] & 255) * 19077 >> 8;
                rgb[o] = level(luma + (v[x] * 26149 >> 8) - 14234);
                rgb[o + 1] = level(luma - (u[x] * 6419 >> 8) - (v[x] * 13320 >> 8) + 8708);
                rgb[o + 2] = level(luma + (u[x] * 33050 >> 8) - 17685);
            }
        }
        return new RgbImage(height, width, rgb);
    }

    /** Nine parts of the nearest sample, three each of those beside, one of that across, rounded in libwebp's way. */
    private static void interpolate(Vp8Plane plane, int near, int far, int width, int[] out) {
        int n = plane.at(near, 0);
        int f = plane.at(far, 0);
        byte[] data = plane.data;
        out[0] = 3 * (data[n] & 255) + (data[f] & 255) + 2 >> 2;
        int last = width - 1 >> 1;
        for (int x = 1; x <= last; x++) {
            int nearLeft = data[n + x - 1] & 255;
            int nearRight = data[n + x] & 255;
            int farLeft = data[f + x - 1] & 255;
            int farRight = data[f + x] & 255;
            int sum = nearLeft + nearRight + farLeft + farRight + 8;
            int crossing = sum + 2 * (nearRight + farLeft) >> 3;
            int other = sum + 2 * (nearLeft + farRight) >> 3;
            out[2 * x - 1] = crossing + nearLeft >> 1;
            out[2 * x] = other + nearRight >> 1;
        }
        if ((width & 1) == 0) {
            out[width - 1] = 3 * (data[n + last] & 255) + (data[f + last] & 255) + 2 >> 2;
        }
    }

    private static byte level(int value) {
        return (byte) Vp8Plane.clamp(value >> 6);
    }
}
