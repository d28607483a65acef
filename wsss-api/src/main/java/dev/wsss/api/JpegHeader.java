package dev.wsss.api;

import java.util.Arrays;

/**
 * What the markers of a JPEG file (ITU-T T.81) say of the image.
 *
 * @param height rows
 * @param width columns
 * @param precision bits of a sample
 * @param coding how samples are coded: the low digit of the frame's marker, 0 to 15
 * @param ids the name of each component, 0 to 255
 * @param across horizontal sampling factor of each component
 * @param down vertical sampling factor of each component
 * @param jfif whether JFIF's segment is there
 * @param adobe the colour transform that Adobe's segment names, or -1 without one
 * @param settled whether the scans of a progressive image give the coefficients of low frequency to their last bit; where
 *     they do not, each decoder has its own way to smooth over what is missing
 */
record JpegHeader(
        int height,
        int width,
        int precision,
        int coding,
        int[] ids,
        int[] across,
        int[] down,
        boolean jfif,
        int adobe,
        boolean settled) {
    /** What the components are. */
    enum Colours {
        GREY,
        RGB,
        YCC,
        CMYK,
        YCCK
    }

    private static final int START_OF_SCAN = 0xDA;
    private static final int END = 0xD9;

    /** The coefficients that decoders look at, in zigzag order, to tell whether they should smooth. */
    private static final int SMOOTHED = 10;

    /** Walks the markers from the start to the frame header; what stands behind it is not read. */
    static JpegHeader frame(FileBytes file) {
        return walk(file, false);
    }

    /**
     * Walks the markers to the end of the image and requires its marker, whose absence means that the file was cut off:
     * decoders fill the rest with grey and say nothing.
     */
    static JpegHeader read(String name, byte[] bytes) {
        return walk(FileBytes.of(name, bytes), true);
    }

    private static JpegHeader walk(FileBytes file, boolean toEnd) {
        JpegHeader header = null;
        boolean jfif = false;
        int adobe = -1;
        int[][] bitsLeft = {};
        boolean scan = false;
        long at = 2;
        while (true) {
            at = nextMarker(file, at);
            if (at < 0) {
                throw truncated(file);
            }
            int marker = file.at(at - 1);
            if (marker == END) {
                if (header == null) {
                    throw new InvalidDataException(
                            file.name + ": JPEG without a frame header; expected an intact JPEG");
                }
                boolean settled =
                        Arrays.stream(bitsLeft).flatMapToInt(Arrays::stream).allMatch(n -> n == 0);
                return header.with(jfif, adobe, settled || !header.isProgressive());
            }
            if (isAlone(marker)) {
                continue;
            }
            int length = at + 2 > file.length() ? -1 : file.uint16(at);
            if (length < 2 || length > file.length() - at) {
                throw truncated(file);
            }
            if (isFrame(marker) && header == null) {
                header = frame(file, at, length);
                if (!toEnd) {
                    return header;
                }
                bitsLeft = new int[header.components()][SMOOTHED];
                for (int[] bits : bitsLeft) {
                    Arrays.fill(bits, -1);
                }
            }
            if (marker == START_OF_SCAN) {
                scan = true;
                if (header != null) {
                    noteScan(file, at, length, header.ids, bitsLeft);
                }
            }
            if (!scan && marker == 0xE0 && length >= 16 && file.hasText(at + 2, "JFIF\0")) {
                jfif = true;
            }
            if (!scan && marker == 0xEE && length >= 14 && file.hasText(at + 2, "Adobe")) {
                adobe = file.at(at + 13);
            }
            at += length;
        }
    }

    private static JpegHeader frame(FileBytes file, long at, int length) {
        int components = file.at(at + 7);
        if (length < 8 || length < 8 + 3 * components) {
            throw new InvalidDataException(
                    file.name + ": frame header of " + length + " bytes; expected an intact JPEG");
        }
        int[] ids = new int[components];
        int[] across = new int[components];
        int[] down = new int[components];
        for (int i = 0; i < components; i++) {
            ids[i] = file.at(at + 8 + 3 * i);
            across[i] = file.at(at + 9 + 3 * i) >> 4;
            down[i] = file.at(at + 9 + 3 * i) & 15;
        }
        return new JpegHeader(
                file.uint16(at + 3),
                file.uint16(at + 5),
                file.at(at + 2),
                file.at(at - 1) & 15,
                ids,
                across,
                down,
                false,
                -1,
                true);
    }

    /** Writes down how many bits of each coefficient are still to come after a scan. */
    private static void noteScan(FileBytes file, long at, int length, int[] ids, int[][] bitsLeft) {
        int components = file.at(at + 2);
        if (length < 6 + 2 * components) {
            throw new InvalidDataException(
                    file.name + ": scan header of " + length + " bytes; expected an intact JPEG");
        }
        long spectrum = at + 3 + 2L * components;
        for (int i = 0; i < components; i++) {
            for (int c = 0; c < ids.length; c++) {
                if (ids[c] == file.at(at + 3 + 2 * i)) {
                    for (int k = file.at(spectrum); k <= file.at(spectrum + 1) && k < SMOOTHED; k++) {
                        bitsLeft[c][k] = file.at(spectrum + 2) & 15;
                    }
                }
            }
        }
    }

    private JpegHeader with(boolean hasJfif, int transform, boolean isSettled) {
        return new JpegHeader(height, width, precision, coding, ids, across, down, hasJfif, transform, isSettled);
    }

    int components() {
        return ids.length;
    }

    /** Whether the coefficients are coded in arithmetic instead of Huffman codes. */
    boolean isArithmetic() {
        return coding >= 9;
    }

    /** Whether coefficients are spread over scans. */
    boolean isProgressive() {
        return coding == 2;
    }

    int mostAcross() {
        return Arrays.stream(across).max().orElse(0);
    }

    int mostDown() {
        return Arrays.stream(down).max().orElse(0);
    }

    /** Whether a component has all columns and every second row: chroma of what is called 4:4:0. */
    boolean hasHalfTheRows(int component) {
        return across[component] == mostAcross() && 2 * down[component] == mostDown();
    }

    /** What the components are, by libjpeg's rules, which Pillow follows; the JDK has others of its own. */
    Colours colours() {
        return switch (components()) {
            case 1 -> Colours.GREY;
            case 3 -> {
                if (jfif) {
                    yield Colours.YCC;
                }
                boolean rgb = adobe >= 0 ? adobe == 0 : Arrays.equals(ids, new int[] {'R', 'G', 'B'});
                yield rgb ? Colours.RGB : Colours.YCC;
            }
            default -> adobe > 0 ? Colours.YCCK : Colours.CMYK;
        };
    }

    /**
     * Renames the segments that hold a colour profile, in place, so that decoders pass over them: ImageIO would convert
     * to sRGB where other readers of datasets take the pixels as they are.
     */
    static void hideColourProfile(byte[] bytes) {
        FileBytes file = FileBytes.of("", bytes);
        for (long at = nextMarker(file, 2); at > 0 && at + 2 <= bytes.length; at = nextMarker(file, at)) {
            int marker = file.at(at - 1);
            if (marker == START_OF_SCAN) {
                return;
            }
            if (marker == 0xE2) {
                bytes[(int) at - 1] = (byte) 0xEF;
            }
            if (!isAlone(marker) && marker != END) {
                at += file.uint16(at);
            }
        }
    }

    /** Whether no segment follows the marker. */
    private static boolean isAlone(int marker) {
        return marker == 0x01 || marker >= 0xD0 && marker <= 0xD8;
    }

    private static boolean isFrame(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    /** The position after the next marker, or -1; steps over coded data, in which FF stands with 00 or a restart. */
    private static long nextMarker(FileBytes file, long from) {
        for (long at = from; at + 1 < file.length(); at++) {
            if (file.at(at) == 0xFF) {
                int code = file.at(at + 1);
                if (code != 0 && code != 0xFF) {
                    return at + 2;
                }
            }
        }
        return -1;
    }

    private static InvalidDataException truncated(FileBytes file) {
        return new InvalidDataException(file.name + ": JPEG is truncated: " + file.length()
                + " bytes without an end-of-image marker; expected an intact JPEG");
    }
}
