package dev.wsss.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * What this Java runtime's JPEG decoder makes of chroma with half the rows of the image (4:4:0, an upright photograph
 * turned without loss, say). Runtimes that link libjpeg-turbo interpolate as Pillow does; those with the JDK's own copy of
 * libjpeg 6b write each row twice, up to 39 levels off. A tiny image, decoded once, tells; rows that are only repeated
 * are then interpolated here, so that an image does not depend on who built the runtime.
 */
enum ChromaRows {
    INTERPOLATED,
    REPEATED,
    /** Neither of both. */
    UNKNOWN;

    private static final int SIDE = 8;
    private static final int[] STORED = {197, 187, 167, 142, 114, 89, 69, 59};

    private static final class Probe {
        private static final ChromaRows OF_THIS_RUNTIME = probe();

        private static ChromaRows probe() {
            try {
                return of(JpegDecoder.samples("probe", image()));
            } catch (IOException e) {
                throw new IllegalStateException("this Java runtime's JPEG reader fails", e);
            }
        }
    }

    static ChromaRows ofThisRuntime() {
        return Probe.OF_THIS_RUNTIME;
    }

    /** What a decoder does that made these samples of {@link #image()}. */
    static ChromaRows of(byte[] samples) {
        byte[] expected = samples.clone();
        for (int y = 0; y < 2 * SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                expected[(y * SIDE + x) * 3 + 1] = (byte) STORED[y / 2];
            }
        }
        if (Arrays.equals(samples, expected)) {
            return REPEATED;
        }
        interpolate(expected, 2 * SIDE, SIDE, 3, 1);
        return Arrays.equals(samples, expected) ? INTERPOLATED : UNKNOWN;
    }

    /** An image of 16 rows and 8 columns, grey but for Cb, whose eight rows are {@link #STORED}. */
    static byte[] image() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        segment(out, 0xD8);
        int[] ones = new int[65];
        Arrays.fill(ones, 1, 65, 1);
        segment(out, 0xDB, ones);
        segment(out, 0xC0, 8, 0, 2 * SIDE, 0, SIDE, 3, 1, 0x12, 0, 2, 0x11, 0, 3, 0x11, 0);
        // of differences only 0, coded 0; of the others only the end, coded 00, and a value of 9 bits after a zero, 01
        segment(out, 0xC4, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        segment(out, 0xC4, 0x10, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x19);
        segment(out, 0xDA, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0);
        // two blocks of Y (0 00, 0 00), Cb with 400 for its lowest vertical frequency (0 01 110010000 00), Cr (0 00)
        out.writeBytes(new byte[] {0x00, (byte) 0xE4, 0x01});
        segment(out, 0xD9);
        return out.toByteArray();
    }

    private static void segment(ByteArrayOutputStream out, int marker, int... data) {
        out.write(0xFF);
        out.write(marker);
        if (data.length > 0) {
            out.write(0);
            out.write(data.length + 2);
        }
        for (int value : data) {
            out.write(value);
        }
    }

    /**
     * Interpolates, in place, the rows of a component that were each written twice: three parts of the nearer row and
     * one of the farther, as libjpeg-turbo does.
     *
     * @param samples {@code [height][width][channels]}
     */
    static void interpolate(byte[] samples, int height, int width, int channels, int channel) {
        int stride = width * channels;
        byte[] above = new byte[width];
        for (int y = 0; y < height; y += 2) {
            int top = y * stride + channel;
            int below = y + 2 < height ? 2 * stride : 0;
            for (int x = 0, i = top; x < width; x++, i += channels) {
                int here = samples[i] & 255;
                int before = y == 0 ? here : above[x] & 255;
                int after = samples[i + below] & 255;
                above[x] = (byte) here;
                samples[i] = (byte) (3 * here + before + 1 >> 2);
                if (y + 1 < height) {
                    samples[i + stride] = (byte) (3 * here + after + 2 >> 2);
                }
            }
        }
    }
}
