package dev.wsss.core.augment;

/**
 * OpenCV's conversions between colours of 8 bits and hue, saturation and value of 8 bits: {@code COLOR_RGB2HSV} and back,
 * whose hue has 180 steps, and {@code COLOR_RGB2HSV_FULL} and back, whose hue has 256.
 */
final class CvHsv {
    /** Hues of 0..179. */
    static final CvHsv HALF = new CvHsv(180, 180);

    /** Hues of 0..255; the way back divides by 255, as in OpenCV. */
    static final CvHsv FULL = new CvHsv(256, 255);

    private static final int SHIFT = 12;
    private static final int HALF_UP = 1 << (SHIFT - 1);

    private static final int[] SATURATIONS = divisions(255);

    private final int hues;
    private final int[] hueDivisions;
    private final float sixth;

    private CvHsv(int hues, int back) {
        this.hues = hues;
        hueDivisions = divisions(hues / 6.0);
        sixth = 6f / back;
    }

    private static int[] divisions(double by) {
        int[] table = new int[256];
        for (int i = 1; i < 256; i++) {
            table[i] = (int) Math.rint(by * (1 << SHIFT) / i);
        }
        return table;
    }

    /** Puts each pixel's hue, saturation and value through tables and goes back. */
    void apply(byte[] rgb, byte[] hueTable, byte[] saturationTable, byte[] valueTable) {
        for (int i = 0; i < rgb.length; i += 3) {
            int r = rgb[i] & 255;
            int g = rgb[i + 1] & 255;
            int b = rgb[i + 2] & 255;
            int v = Math.max(r, Math.max(g, b));
            int range = v - Math.min(r, Math.min(g, b));
            int s = (range * SATURATIONS[v] + HALF_UP) >> SHIFT;
            int turn = v == r ? g - b : v == g ? b - r + 2 * range : r - g + 4 * range;
            int h = (turn * hueDivisions[range] + HALF_UP) >> SHIFT;
            h = Math.min(255, h < 0 ? h + hues : h);
            put(rgb, i, hueTable[h] & 255, saturationTable[s] & 255, valueTable[v] & 255);
        }
    }

    private void put(byte[] rgb, int i, int hue, int saturation, int value) {
        float v = value * (1f / 255);
        float s = saturation * (1f / 255);
        float h = hue * sixth;
        h = h >= 6 ? h - 6 : h;
        int sector = (int) h;
        float rest = h - sector;
        byte top = (byte) value;
        byte low = level(v * (1f - s));
        byte falling = level(v * (1f - s * rest));
        byte rising = level(v * (1f - s * (1f - rest)));
        switch (sector) {
            case 0 -> put(rgb, i, top, rising, low);
            case 1 -> put(rgb, i, falling, top, low);
            case 2 -> put(rgb, i, low, top, rising);
            case 3 -> put(rgb, i, low, falling, top);
            case 4 -> put(rgb, i, rising, low, top);
            default -> put(rgb, i, top, low, falling);
        }
    }

    private static byte level(float v) {
        return (byte) Math.rint(v * 255f);
    }

    private static void put(byte[] rgb, int i, byte r, byte g, byte b) {
        rgb[i] = r;
        rgb[i + 1] = g;
        rgb[i + 2] = b;
    }
}
