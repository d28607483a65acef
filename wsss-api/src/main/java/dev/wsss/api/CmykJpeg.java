package dev.wsss.api;

import java.awt.image.Raster;

/** CMYK and YCCK JPEGs made RGB as Pillow makes them: no colour profile, each ink times black, in whole numbers. */
final class CmykJpeg {
    private CmykJpeg() {}

    /**
     * The colours of a decoded image.
     *
     * @param raster four bands as stored: inks inverted, as Adobe's programs write them and Pillow takes for granted
     * @param ycck whether the first three are Y, Cb and Cr
     */
    static RgbImage toRgb(Raster raster, boolean ycck) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        int[] row = new int[width * 4];
        for (int y = 0, o = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int i = 0; i < row.length; i += 4, o += 3) {
                if (ycck) {
                    toCmy(row, i);
                }
                int white = row[i + 3];
                for (int c = 0; c < 3; c++) {
                    rgb[o + c] = (byte) (white - product(255 - row[i + c], white));
                }
            }
        }
        return new RgbImage(height, width, rgb);
    }

    /** ITU-T T.871's conversion of Y, Cb, Cr, in 16-bit fixed point as libjpeg computes it, to inks as stored. */
    private static void toCmy(int[] row, int at) {
        int y = row[at];
        int cb = row[at + 1] - 128;
        int cr = row[at + 2] - 128;
        row[at] = 255 - clamp(y + (91881 * cr + 32768 >> 16));
        row[at + 1] = 255 - clamp(y + (-22554 * cb - 46802 * cr + 32768 >> 16));
        row[at + 2] = 255 - clamp(y + (116130 * cb + 32768 >> 16));
    }

    private static int clamp(int value) {
        return Math.max(0, Math.min(255, value));
    }

    /** {@code a b / 255}, rounded. */
    private static int product(int a, int b) {
        int t = a * b + 128;
        return (t >> 8) + t >> 8;
    }
}
