package dev.wsss.api;

/**
 * Makes RGB of the samples that a JPEG holds, as libjpeg and Pillow make it: no colour profile, ITU-T T.871's conversion
 * of Y, Cb and Cr in 16-bit fixed point, and of inks each times black, in whole numbers.
 */
final class JpegColours {
    private JpegColours() {}

    /**
     * The colours of a decoded image.
     *
     * @param samples {@code [pixels][components]}; where there are three the conversion is done in place. Inks are
     *     inverted, as Adobe's programs write them and Pillow takes for granted.
     * @return {@code [pixels][3]}
     */
    static byte[] toRgb(byte[] samples, JpegHeader.Colours colours) {
        return switch (colours) {
            case RGB -> samples;
            case GREY -> spread(samples);
            case YCC -> {
                for (int i = 0; i < samples.length; i += 3) {
                    toRgb(samples, i, samples, i);
                }
                yield samples;
            }
            case CMYK, YCCK -> inks(samples, colours == JpegHeader.Colours.YCCK);
        };
    }

    private static byte[] spread(byte[] grey) {
        byte[] rgb = new byte[Math.multiplyExact(grey.length, 3)];
        for (int i = 0, o = 0; i < grey.length; i++, o += 3) {
            rgb[o] = rgb[o + 1] = rgb[o + 2] = grey[i];
        }
        return rgb;
    }

    private static byte[] inks(byte[] samples, boolean ycck) {
        byte[] rgb = new byte[samples.length / 4 * 3];
        for (int i = 0, o = 0; i < samples.length; i += 4, o += 3) {
            if (ycck) {
                toRgb(samples, i, rgb, o);
            }
            int white = samples[i + 3] & 255;
            for (int c = 0; c < 3; c++) {
                // of Y, Cb and Cr come red, green and blue, and the inks as stored are what these lack
                int ink = ycck ? rgb[o + c] & 255 : 255 - (samples[i + c] & 255);
                rgb[o + c] = (byte) (white - product(ink, white));
            }
        }
        return rgb;
    }

    private static void toRgb(byte[] ycc, int from, byte[] rgb, int to) {
        int y = ycc[from] & 255;
        int cb = (ycc[from + 1] & 255) - 128;
        int cr = (ycc[from + 2] & 255) - 128;
        rgb[to] = clamped(y + (91881 * cr + 32768 >> 16));
        rgb[to + 1] = clamped(y + (-22554 * cb - 46802 * cr + 32768 >> 16));
        rgb[to + 2] = clamped(y + (116130 * cb + 32768 >> 16));
    }

    private static byte clamped(int value) {
        return (byte) Math.max(0, Math.min(255, value));
    }

    /** {@code a b / 255}, rounded. */
    private static int product(int a, int b) {
        int t = a * b + 128;
        return (t >> 8) + t >> 8;
    }
}
