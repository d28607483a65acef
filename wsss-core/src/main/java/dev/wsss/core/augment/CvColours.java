package dev.wsss.core.augment;

/** Changes of colours by OpenCV's arithmetic on 8 bits. */
final class CvColours {
    private static final byte[] SAME = Levels.table(v -> v);

    private CvColours() {}

    /** mmseg's {@code convert}: float32 product and sum, kept within 0..255, truncated. */
    static byte[] truncated(double factor, double summand) {
        float a = (float) factor;
        float b = (float) summand;
        return Levels.table(v -> (int) (v * a + b));
    }

    /** {@code cv2.convertScaleAbs}: what would be negative folds back; rounded half to even, at most 255. */
    private static byte[] folded(double factor, double summand) {
        float a = (float) factor;
        float b = (float) summand;
        return Levels.table(v -> (int) Math.rint(Math.abs(v * a + b)));
    }

    static PixelOperation levels(byte[] table) {
        return (rgb, height, width) -> Levels.apply(rgb, table);
    }

    static PixelOperation saturation(double factor) {
        byte[] table = truncated(factor, 0);
        return (rgb, height, width) -> CvHsv.HALF.apply(rgb, SAME, table, SAME);
    }

    /** Adds steps of two degrees to the hue, around the circle. */
    static PixelOperation hue(int steps) {
        return shift(steps, 0, 0);
    }

    /** Adds to all three: around the circle for the hue, kept within 0..255 for saturation and value. */
    static PixelOperation shift(int hue, int saturation, int value) {
        byte[] hues = Levels.table(h -> Math.floorMod(h + hue, 180));
        byte[] saturations = Levels.table(s -> s + saturation);
        byte[] values = Levels.table(v -> v + value);
        return (rgb, height, width) -> CvHsv.HALF.apply(rgb, hues, saturations, values);
    }

    static PixelOperation foldedBrightness(double summand) {
        return levels(folded(1, summand));
    }

    static PixelOperation foldedContrast(double factor) {
        return levels(folded(factor, 0));
    }

    static PixelOperation foldedSaturation(double factor) {
        byte[] table = folded(factor, 0);
        return (rgb, height, width) -> CvHsv.FULL.apply(rgb, SAME, table, SAME);
    }

    /** Adds to a hue of 256 steps, which does not go around the circle. */
    static PixelOperation foldedHue(double summand) {
        byte[] table = folded(1, summand);
        return (rgb, height, width) -> CvHsv.FULL.apply(rgb, table, SAME, SAME);
    }
}
