package dev.wsss.core.augment;

/** Turns the hue in Pillow's {@code HSV} mode, all three of 8 bits, as torchvision does for Pillow's images. */
final class PilHue {
    private PilHue() {}

    /**
     * The operation.
     *
     * @param part of the circle; whole steps of 1 / 255 of it are taken, towards 0
     */
    static PixelOperation turn(double part) {
        int steps = (int) (part * 255) & 255;
        return (rgb, height, width) -> {
            for (int i = 0; i < rgb.length; i += 3) {
                turn(rgb, i, steps);
            }
        };
    }

    private static void turn(byte[] rgb, int i, int steps) {
        int r = rgb[i] & 255;
        int g = rgb[i + 1] & 255;
        int b = rgb[i + 2] & 255;
        int max = Math.max(r, Math.max(g, b));
        int range = max - Math.min(r, Math.min(g, b));
        // grey has no saturation, whatever its hue
        int saturation = range == 0 ? 0 : (int) ((float) range / max * 255.0);
        if (saturation == 0) {
            rgb[i] = rgb[i + 1] = rgb[i + 2] = (byte) max;
            return;
        }
        int hue = hue(r, g, b, max, range) + steps & 255;
        float s = (float) (saturation / 255.0);
        float sixth = (float) (hue * 6.0 / 255.0);
        int sector = (int) Math.floor(sixth);
        float rest = (float) (hue * 6.0 / 255.0 - sector);
        byte p = level(max * (1.0 - s));
        byte q = level(max * (1.0 - s * rest));
        byte t = level(max * (1.0 - s * (1.0 - rest)));
        byte v = (byte) max;
        switch (sector % 6) {
            case 0 -> put(rgb, i, v, t, p);
            case 1 -> put(rgb, i, q, v, p);
            case 2 -> put(rgb, i, p, v, t);
            case 3 -> put(rgb, i, p, q, v);
            case 4 -> put(rgb, i, t, p, v);
            default -> put(rgb, i, v, p, q);
        }
    }

    private static int hue(int r, int g, int b, int max, float range) {
        float fromRed = (max - r) / range;
        float fromGreen = (max - g) / range;
        float fromBlue = (max - b) / range;
        float h;
        if (r == max) {
            h = fromBlue - fromGreen;
        } else if (g == max) {
            h = (float) (2.0 + fromRed - fromBlue);
        } else {
            h = (float) (4.0 + fromGreen - fromRed);
        }
        double turns = h / 6.0 + 1.0;
        h = (float) (turns >= 1 ? turns - 1 : turns);
        return (int) (h * 255.0);
    }

    /** C's round, for what is never negative. */
    private static byte level(double v) {
        return (byte) Math.min(255, (int) (v + 0.5));
    }

    private static void put(byte[] rgb, int i, byte r, byte g, byte b) {
        rgb[i] = r;
        rgb[i + 1] = g;
        rgb[i + 2] = b;
    }
}
