package dev.wsss.datasets;

/** Arithmetic of colours, as red, green and blue from 0 to 1. */
final class Paint {
    private Paint() {}

    /** Puts an 0xRRGGBB colour over what is there. */
    static void over(double[] rgb, int colour, double cover, double light) {
        if (cover > 0) {
            for (int c = 0; c < 3; c++) {
                double own = (colour >> (16 - 8 * c) & 255) / 255.0 * light;
                rgb[c] += (own - rgb[c]) * cover;
            }
        }
    }

    static void dim(double[] rgb, double light) {
        rgb[0] *= light;
        rgb[1] *= light;
        rgb[2] *= light;
    }

    /** Writes the bytes of a pixel with a little grain, of a random number in [0, 1). */
    static void store(double[] rgb, double exposure, double random, byte[] data, int offset) {
        double grain = 9 * (random - 0.5);
        for (int c = 0; c < 3; c++) {
            int level = (int) (255 * exposure * rgb[c] + grain + 0.5);
            data[offset + c] = (byte) Math.min(255, Math.max(0, level));
        }
    }

    static double clamp(double v) {
        return v < 0 ? 0 : v > 1 ? 1 : v;
    }
}
