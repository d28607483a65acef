package dev.wsss.core.augment;

/** Changes colours by hue, saturation and value. */
final class Hsv {
    private Hsv() {}

    /**
     * Shifts one pixel in place.
     *
     * @param at index of its red byte
     * @param hue part of the circle to turn by
     * @param saturation added to the saturation, which is kept in 0..1
     * @param value added to the value, likewise
     */
    static void shift(byte[] rgb, int at, float hue, float saturation, float value) {
        float r = (rgb[at] & 255) / 255f;
        float g = (rgb[at + 1] & 255) / 255f;
        float b = (rgb[at + 2] & 255) / 255f;
        float max = Math.max(r, Math.max(g, b));
        float range = max - Math.min(r, Math.min(g, b));
        float h = 0;
        if (range > 0) {
            h = max == r ? (g - b) / range : max == g ? 2 + (b - r) / range : 4 + (r - g) / range;
        }
        h = h / 6 + hue;
        h = (h - (float) Math.floor(h)) * 6;
        float s = unit((max == 0 ? 0 : range / max) + saturation);
        float v = unit(max + value);
        rgb[at] = channel(h, 5, s, v);
        rgb[at + 1] = channel(h, 3, s, v);
        rgb[at + 2] = channel(h, 1, s, v);
    }

    /** One channel of a colour; n is 5 for red, 3 for green, 1 for blue. */
    private static byte channel(float hue, int n, float s, float v) {
        float k = (n + hue) % 6;
        float part = Math.max(0, Math.min(1, Math.min(k, 4 - k)));
        return (byte) Math.round(255 * (v - v * s * part));
    }

    private static float unit(float v) {
        return Math.min(1, Math.max(0, v));
    }
}
