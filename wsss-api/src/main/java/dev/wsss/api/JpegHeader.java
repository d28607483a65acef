package dev.wsss.api;

import java.nio.charset.StandardCharsets;

/**
 * What the markers of a JPEG file (ITU-T T.81) say of the image.
 *
 * @param height rows
 * @param width columns
 * @param components 1 is grey, 3 is colour, 4 is CMYK or YCCK
 * @param precision bits of a sample
 */
record JpegHeader(int height, int width, int components, int precision) {
    static boolean isJpeg(byte[] file) {
        return file.length >= 3 && (file[0] & 255) == 0xFF && (file[1] & 255) == 0xD8 && (file[2] & 255) == 0xFF;
    }

    /**
     * Walks the markers from the start to the frame header, or to the end of the image.
     *
     * @param toEnd whether to go on and require the end-of-image marker, whose absence means that the file was cut off:
     *     decoders fill the rest with grey and say nothing
     */
    static JpegHeader read(String name, byte[] file, boolean toEnd) {
        JpegHeader header = null;
        int at = 2;
        while (true) {
            at = nextMarker(file, at);
            if (at < 0) {
                throw truncated(name, file);
            }
            int marker = file[at - 1] & 255;
            if (marker == 0xD9) {
                if (header == null) {
                    throw new InvalidDataException(name + ": JPEG without a frame header; expected an intact JPEG");
                }
                return header;
            }
            if (marker == 0x01 || marker >= 0xD0 && marker <= 0xD8) {
                continue;
            }
            int length = at + 2 > file.length ? -1 : uint16(file, at);
            if (length < 2 || length > file.length - at) {
                throw truncated(name, file);
            }
            boolean frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
            if (frame && header == null) {
                if (length < 8) {
                    throw new InvalidDataException(
                            name + ": frame header of " + length + " bytes; expected an intact JPEG");
                }
                header = new JpegHeader(
                        uint16(file, at + 3), uint16(file, at + 5), file[at + 7] & 255, file[at + 2] & 255);
                if (!toEnd) {
                    return header;
                }
            }
            at += length;
        }
    }

    /**
     * Renames the segments that hold a colour profile, in place, so that decoders pass over them: ImageIO would convert
     * to sRGB where other readers of datasets take the pixels as they are.
     */
    static void hideColourProfile(byte[] file) {
        for (int at = nextMarker(file, 2); at > 0 && at + 2 <= file.length; at = nextMarker(file, at)) {
            int marker = file[at - 1] & 255;
            if (marker == 0xDA) {
                return;
            }
            if (marker == 0xE2) {
                file[at - 1] = (byte) 0xEF;
            }
            if (marker != 0x01 && (marker < 0xD0 || marker > 0xD9)) {
                at += uint16(file, at);
            }
        }
    }

    /** Whether an image of four components is YCCK: Adobe's segment says so by the transform 2. */
    static boolean isYcck(byte[] file) {
        for (int at = nextMarker(file, 2); at > 0 && at + 2 <= file.length; at = nextMarker(file, at)) {
            int marker = file[at - 1] & 255;
            if (marker == 0xDA) {
                return false;
            }
            if (marker == 0xEE
                    && at + 14 <= file.length
                    && uint16(file, at) >= 14
                    && new String(file, at + 2, 5, StandardCharsets.ISO_8859_1).equals("Adobe")) {
                return file[at + 13] == 2;
            }
            if (marker != 0x01 && (marker < 0xD0 || marker > 0xD9)) {
                at += uint16(file, at);
            }
        }
        return false;
    }

    /** The position after the next marker, or -1; steps over coded data, in which FF stands with 00 or a restart. */
    private static int nextMarker(byte[] file, int from) {
        for (int at = from; at + 1 < file.length; at++) {
            int code = file[at + 1] & 255;
            if ((file[at] & 255) == 0xFF && code != 0 && code != 0xFF) {
                return at + 2;
            }
        }
        return -1;
    }

    private static int uint16(byte[] file, int at) {
        return (file[at] & 255) << 8 | file[at + 1] & 255;
    }

    private static InvalidDataException truncated(String name, byte[] file) {
        return new InvalidDataException(name + ": JPEG is truncated: " + file.length
                + " bytes without an end-of-image marker; expected an intact JPEG");
    }
}
