package dev.wsss.core.augment;

/**
 * Pillow's changes of colours, to the byte: {@code ImageEnhance} and {@code ImageOps}. Every step rounds to bytes, as there.
 */
final class PilColours {
    private PilColours() {}

    static PixelOperation brightness(float factor) {
        return Levels.each(v -> blend(0, v, factor));
    }

    /** Away from, or to, the image's mean grey, which Pillow rounds to a level. */
    static PixelOperation contrast(float factor) {
        return (rgb, height, width) -> {
            int mean = meanGrey(rgb);
            Levels.apply(rgb, Levels.table(v -> blend(mean, v, factor)));
        };
    }

    private static int meanGrey(byte[] rgb) {
        long sum = 0;
        for (int i = 0; i < rgb.length; i += 3) {
            sum += grey(rgb, i);
        }
        return (int) ((double) sum / (rgb.length / 3) + 0.5);
    }

    /** Away from, or to, each pixel's own grey. */
    static PixelOperation saturation(float factor) {
        return (rgb, height, width) -> {
            for (int i = 0; i < rgb.length; i += 3) {
                int grey = grey(rgb, i);
                rgb[i] = (byte) blend(grey, rgb[i] & 255, factor);
                rgb[i + 1] = (byte) blend(grey, rgb[i + 1] & 255, factor);
                rgb[i + 2] = (byte) blend(grey, rgb[i + 2] & 255, factor);
            }
        };
    }

    /** Away from, or to, the image smoothed over three by three pixels; the outermost pixels stay. */
    static PixelOperation sharpness(float factor) {
        return (rgb, height, width) -> {
            int stride = 3 * width;
            byte[] in = rgb.clone();
            for (int y = 1; y < height - 1; y++) {
                for (int i = y * stride + 3; i < (y + 1) * stride - 3; i++) {
                    int sum = row(in, i - stride) + row(in, i) + row(in, i + stride) + 4 * (in[i] & 255);
                    // weights 1, and 5 in the middle, of 13
                    rgb[i] = (byte) blend((2 * sum + 13) / 26, in[i] & 255, factor);
                }
            }
        };
    }

    private static int row(byte[] in, int i) {
        return (in[i - 3] & 255) + (in[i] & 255) + (in[i + 3] & 255);
    }

    /** {@code convert("L")} in all three channels. */
    static void toGrey(byte[] rgb) {
        for (int i = 0; i < rgb.length; i += 3) {
            byte grey = (byte) grey(rgb, i);
            rgb[i] = grey;
            rgb[i + 1] = grey;
            rgb[i + 2] = grey;
        }
    }

    /** Keeps the upper bits of each level. */
    static PixelOperation posterize(int bits) {
        int kept = 0xFF & -(1 << (8 - bits));
        return Levels.each(v -> v & kept);
    }

    /** Inverts levels from the threshold on. */
    static PixelOperation solarize(int threshold) {
        return Levels.each(v -> v < threshold ? v : 255 - v);
    }

    /** Spreads the levels of each channel so that all are about as frequent. */
    static void equalize(byte[] rgb) {
        int[][] counts = histograms(rgb);
        byte[][] tables = new byte[3][];
        for (int c = 0; c < 3; c++) {
            tables[c] = equalizing(counts[c], rgb.length / 3);
        }
        Levels.apply(rgb, tables);
    }

    private static byte[] equalizing(int[] count, int pixels) {
        int last = 255;
        while (count[last] == 0) {
            last--;
        }
        int step = (pixels - count[last]) / 255;
        if (step == 0) {
            return Levels.table(v -> v);
        }
        byte[] table = new byte[256];
        int n = step / 2;
        for (int v = 0; v < 256; v++) {
            table[v] = Levels.clip(n / step);
            n += count[v];
        }
        return table;
    }

    /** Stretches each channel to the full range. */
    static void autocontrast(byte[] rgb) {
        int[][] counts = histograms(rgb);
        byte[][] tables = new byte[3][];
        for (int c = 0; c < 3; c++) {
            tables[c] = stretching(counts[c]);
        }
        Levels.apply(rgb, tables);
    }

    private static byte[] stretching(int[] count) {
        int low = 0;
        int high = 255;
        while (count[low] == 0) {
            low++;
        }
        while (count[high] == 0) {
            high--;
        }
        if (high == low) {
            return Levels.table(v -> v);
        }
        double scale = 255.0 / (high - low);
        double offset = -low * scale;
        return Levels.table(v -> (int) (v * scale + offset));
    }

    private static int[][] histograms(byte[] rgb) {
        int[][] counts = new int[3][256];
        for (int i = 0; i < rgb.length; i += 3) {
            counts[0][rgb[i] & 255]++;
            counts[1][rgb[i + 1] & 255]++;
            counts[2][rgb[i + 2] & 255]++;
        }
        return counts;
    }

    /** {@code Image.blend}: beyond 0..1 it goes on past the second level; truncated. */
    static int blend(int from, int to, float factor) {
        float v = from + factor * (to - from);
        return v <= 0 ? 0 : v >= 255 ? 255 : (int) v;
    }

    static int grey(byte[] rgb, int i) {
        return (19595 * (rgb[i] & 255) + 38470 * (rgb[i + 1] & 255) + 7471 * (rgb[i + 2] & 255) + 0x8000) >> 16;
    }
}
