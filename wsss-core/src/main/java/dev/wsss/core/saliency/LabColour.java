package dev.wsss.core.saliency;

/** sRGB to CIE L*a*b* (D65), whose distances are about those that an eye sees. */
final class LabColour {
    /** Of sRGB's primaries, each row divided by the white point's X, Y, Z. */
    private static final float[][] TO_WHITE = {
        {0.4124564f / 0.950456f, 0.3575761f / 0.950456f, 0.1804375f / 0.950456f},
        {0.2126729f, 0.7151522f, 0.0721750f},
        {0.0193339f / 1.088754f, 0.1191920f / 1.088754f, 0.9503041f / 1.088754f}
    };

    private static final float[] LINEAR = new float[256];

    /** The cube root and its straight part near black, tabulated over [0, 1]. */
    private static final int STEPS = 4096;

    private static final float[] ROOT = new float[STEPS + 2];

    static {
        for (int v = 0; v < 256; v++) {
            double s = v / 255.0;
            LINEAR[v] = (float) (s <= 0.04045 ? s / 12.92 : StrictMath.pow((s + 0.055) / 1.055, 2.4));
        }
        for (int i = 0; i < ROOT.length; i++) {
            double t = i / (double) STEPS;
            ROOT[i] = (float) (t > 216.0 / 24389 ? StrictMath.cbrt(t) : (24389.0 / 27 * t + 16) / 116);
        }
    }

    private LabColour() {}

    /**
     * Converts.
     *
     * @param rgb {@code [pixels][3]}
     * @param lab three planes; L in 0 to 100
     */
    static void convert(byte[] rgb, int pixels, float[][] lab) {
        for (int i = 0; i < pixels; i++) {
            float r = LINEAR[rgb[3 * i] & 255];
            float g = LINEAR[rgb[3 * i + 1] & 255];
            float b = LINEAR[rgb[3 * i + 2] & 255];
            float x = root(TO_WHITE[0], r, g, b);
            float y = root(TO_WHITE[1], r, g, b);
            float z = root(TO_WHITE[2], r, g, b);
            lab[0][i] = 116 * y - 16;
            lab[1][i] = 500 * (x - y);
            lab[2][i] = 200 * (y - z);
        }
    }

    private static float root(float[] row, float r, float g, float b) {
        float at = Math.min(1, row[0] * r + row[1] * g + row[2] * b) * STEPS;
        int i = (int) at;
        return ROOT[i] + (at - i) * (ROOT[i + 1] - ROOT[i]);
    }
}
