package dev.wsss.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/**
 * Decodes PNG (ISO/IEC 15948) to unscaled samples of one byte: every colour type, plain and Adam7.
 *
 * <p>Exists beside ImageIO because masks need the raw index, which ImageIO turns into colours for some files, and
 * because ImageIO lets damaged files pass or fails with arbitrary runtime exceptions. Every chunk's checksum is
 * verified, and no pixel memory is taken before the header and the amount of compressed data make it plausible.
 */
final class PngDecoder {
    static final int GREY = 0;
    static final int RGB = 2;
    static final int PALETTE = 3;
    static final int GREY_ALPHA = 4;
    static final int RGB_ALPHA = 6;

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    /** Deflate cannot expand further: 258 bytes for two bits. */
    private static final long MAX_EXPANSION = 1032;
    /** First column, first row, column step and row step of each Adam7 pass. */
    private static final int[][] ADAM7 = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    private static final int[][] PLAIN = {{0, 0, 1, 1}};

    private final String name;
    private final byte[] file;
    final int width;
    final int height;
    final int bitDepth;
    final int colourType;
    private final boolean interlaced;

    /** Offset and length of the data of each IDAT chunk. */
    private final List<int[]> pixelChunks = new ArrayList<>();

    private int @Nullable [] palette;

    /**
     * Reads the header.
     *
     * @param name names the file in errors
     */
    PngDecoder(String name, byte[] file) {
        this.name = name;
        this.file = file;
        if (!isPng(file)) {
            throw bad("does not begin with the PNG signature");
        }
        if (file.length < 33) {
            throw bad("truncated within the header, after " + file.length + " bytes");
        }
        if (int32(8) != 13 || !type(12).equals("IHDR")) {
            throw bad("first chunk is '" + type(12) + "' of " + int32(8) + " bytes, not IHDR of 13");
        }
        checkCrc(12, 13);
        width = int32(16);
        height = int32(20);
        bitDepth = file[24] & 255;
        colourType = file[25] & 255;
        interlaced = file[28] == 1;
        if (width < 1 || height < 1) {
            throw bad("header says " + Integer.toUnsignedString(height) + "x" + Integer.toUnsignedString(width)
                    + " pixels");
        }
        if (!legalDepth(colourType, bitDepth)) {
            throw bad("header says colour type " + colourType + " with " + bitDepth + " bits, which PNG does not have");
        }
        if (file[26] != 0 || file[27] != 0 || file[28] < 0 || file[28] > 1) {
            throw bad("unknown compression " + (file[26] & 255) + ", filter " + (file[27] & 255) + " or interlace "
                    + (file[28] & 255));
        }
    }

    static boolean isPng(byte[] file) {
        return file.length >= 8 && Arrays.equals(file, 0, 8, SIGNATURE, 0, 8);
    }

    private static boolean legalDepth(int colourType, int depth) {
        return switch (colourType) {
            case GREY -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
            case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
            case RGB, GREY_ALPHA, RGB_ALPHA -> depth == 8 || depth == 16;
            default -> false;
        };
    }

    int channels() {
        return switch (colourType) {
            case RGB -> 3;
            case GREY_ALPHA -> 2;
            case RGB_ALPHA -> 4;
            default -> 1;
        };
    }

    /** What kind of image this is, for messages: {@code 8-bit RGB}. */
    String kind() {
        String colours =
                switch (colourType) {
                    case GREY -> "grey";
                    case RGB -> "RGB";
                    case PALETTE -> "palette";
                    case GREY_ALPHA -> "grey with alpha";
                    default -> "RGB with alpha";
                };
        return bitDepth + "-bit " + colours;
    }

    /** The palette as 0xRRGGBB, known after {@link #samples}; null if the file has none. */
    int @Nullable [] palette() {
        return palette;
    }

    /**
     * Decodes the pixels.
     *
     * @return {@code [height][width][channels]} samples as stored: indices, or levels of the file's bit depth, of 16 bits
     *     the high byte
     */
    byte[] samples(int maxPixels) {
        if ((long) width * height > maxPixels || (long) width * height * channels() > Integer.MAX_VALUE - 8) {
            throw bad("header says " + height + "x" + width + " = " + (long) width * height
                    + " pixels, more than the limit of " + maxPixels);
        }
        long compressed = readChunks();
        int[][] passes = interlaced ? ADAM7 : PLAIN;
        long raw = 0;
        for (int[] pass : passes) {
            int w = passSize(width, pass[0], pass[2]);
            int h = passSize(height, pass[1], pass[3]);
            raw += w == 0 ? 0 : h * (1L + rowBytes(w));
        }
        if (raw > MAX_EXPANSION * compressed) {
            throw bad("truncated: " + compressed + " bytes of compressed pixels cannot hold " + height + "x" + width
                    + " pixels");
        }
        if (raw > Integer.MAX_VALUE - 9) {
            throw bad("header says " + height + "x" + width + " pixels of " + raw
                    + " bytes; more than 2^31 are not read");
        }
        byte[] lines = inflate((int) raw);
        byte[] out = new byte[width * height * channels()];
        int at = 0;
        for (int[] pass : passes) {
            at = decodePass(lines, at, pass, out);
        }
        return out;
    }

    /** All lines of all passes, each behind the number of its filter. */
    private byte[] inflate(int length) {
        byte[] lines = new byte[length + 1]; // one more, to notice what is too much
        int n;
        try {
            int[] only = pixelChunks.get(0);
            if (pixelChunks.size() == 1) {
                n = Zlib.inflate(file, only[0], only[0] + only[1], lines);
            } else {
                byte[] all = together();
                n = Zlib.inflate(all, 0, all.length, lines);
            }
        } catch (DataFormatException e) {
            throw new InvalidDataException(
                    name + ": damaged PNG: compressed pixels are corrupt (" + e.getMessage() + ")", e);
        }
        if (n != length) {
            throw bad(
                    n > length
                            ? "holds more pixels than " + height + "x" + width
                            : "pixels end after " + n + " bytes, too early for " + height + "x" + width);
        }
        return lines;
    }

    private byte[] together() {
        ByteArrayOutputStream all = new ByteArrayOutputStream(file.length);
        pixelChunks.forEach(chunk -> all.write(file, chunk[0], chunk[1]));
        return all.toByteArray();
    }

    /** Finds pixels and palette, and checks order and checksums; returns the number of compressed bytes. */
    private long readChunks() {
        long compressed = 0;
        int previousEnd = -1;
        int at = 33;
        while (true) {
            if (file.length - at < 12) {
                throw bad("truncated after " + file.length + " bytes, before the IEND chunk");
            }
            int length = int32(at);
            String type = type(at + 4);
            if (length < 0 || length > file.length - at - 12) {
                throw bad("truncated: chunk '" + type + "' says " + Integer.toUnsignedString(length) + " bytes, "
                        + (file.length - at - 12) + " follow");
            }
            checkCrc(at + 4, length);
            switch (type) {
                case "IDAT" -> {
                    if (previousEnd >= 0 && previousEnd != at) {
                        throw bad("IDAT chunks are not in a row");
                    }
                    previousEnd = at + 12 + length;
                    pixelChunks.add(new int[] {at + 8, length});
                    compressed += length;
                }
                case "PLTE" -> readPalette(at + 8, length);
                case "IEND" -> {
                    if (pixelChunks.isEmpty()) {
                        throw bad("no pixels (no IDAT chunk)");
                    }
                    if (colourType == PALETTE && palette == null) {
                        throw bad("palette image without a palette (no PLTE chunk)");
                    }
                    return compressed;
                }
                default -> {
                    if ((file[at + 4] & 0x20) == 0) {
                        throw bad("unknown critical chunk '" + type + "'");
                    }
                }
            }
            at += 12 + length;
        }
    }

    private void readPalette(int at, int length) {
        if (palette != null || !pixelChunks.isEmpty() || length == 0 || length % 3 != 0 || length > 768) {
            throw bad("PLTE chunk of " + length + " bytes is misplaced or not 1 to 256 colours");
        }
        int[] colours = new int[length / 3];
        for (int i = 0; i < colours.length; i++) {
            int p = at + 3 * i;
            colours[i] = (file[p] & 255) << 16 | (file[p + 1] & 255) << 8 | file[p + 2] & 255;
        }
        palette = colours;
    }

    private static int passSize(int size, int first, int step) {
        return size <= first ? 0 : (size - first - 1) / step + 1;
    }

    private long rowBytes(int pixels) {
        return ((long) pixels * channels() * bitDepth + 7) / 8;
    }

    /** Decodes the lines of a pass in place, and returns where those of the next begin. */
    private int decodePass(byte[] lines, int start, int[] pass, byte[] out) {
        int w = passSize(width, pass[0], pass[2]);
        int h = passSize(height, pass[1], pass[3]);
        if (w == 0 || h == 0) {
            return start;
        }
        int n = (int) rowBytes(w);
        int at = start + 1;
        for (int j = 0; j < h; j++, at += n + 1) {
            unfilter(lines, at, n, j > 0);
            put(lines, at, pass, j, w, out);
        }
        return at - 1;
    }

    /** Writes a row of a pass where it belongs. */
    private void put(byte[] lines, int at, int[] pass, int passRow, int w, byte[] out) {
        int c = channels();
        int row = pass[1] + passRow * pass[3];
        if (bitDepth == 8 && !interlaced) {
            System.arraycopy(lines, at, out, row * w * c, w * c);
            return;
        }
        int mask = (1 << bitDepth) - 1;
        for (int i = 0; i < w; i++) {
            int to = (row * width + pass[0] + i * pass[2]) * c;
            if (bitDepth == 8) {
                System.arraycopy(lines, at + i * c, out, to, c);
            } else if (bitDepth == 16) {
                for (int k = 0; k < c; k++) {
                    out[to + k] = lines[at + 2 * (i * c + k)];
                }
            } else {
                int bit = i * bitDepth;
                out[to] = (byte) ((lines[at + (bit >> 3)] & 255) >> (8 - bitDepth - (bit & 7)) & mask);
            }
        }
    }

    /**
     * Undoes the filter of a line, whose number is the byte before it.
     *
     * @param below whether the line before it is above it; else what is above is 0
     */
    private void unfilter(byte[] lines, int at, int n, boolean below) {
        int bpp = Math.max(1, channels() * bitDepth / 8);
        int end = at + n;
        int up = below ? n + 1 : 0;
        switch (lines[at - 1]) {
            case 0 -> {}
            case 1 -> {
                for (int i = at + bpp; i < end; i++) {
                    lines[i] += lines[i - bpp];
                }
            }
            case 2 -> {
                for (int i = at; i < end && below; i++) {
                    lines[i] += lines[i - up];
                }
            }
            case 3 -> {
                for (int i = at; i < end; i++) {
                    int left = i < at + bpp ? 0 : lines[i - bpp] & 255;
                    int above = below ? lines[i - up] & 255 : 0;
                    lines[i] += (byte) (left + above >> 1);
                }
            }
            case 4 -> {
                for (int i = at; i < end; i++) {
                    boolean first = i < at + bpp;
                    int a = first ? 0 : lines[i - bpp] & 255;
                    int b = below ? lines[i - up] & 255 : 0;
                    int c = below && !first ? lines[i - up - bpp] & 255 : 0;
                    int pa = Math.abs(b - c);
                    int pb = Math.abs(a - c);
                    int pc = Math.abs(a + b - 2 * c);
                    lines[i] += (byte) (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
                }
            }
            default -> throw bad("row filter " + (lines[at - 1] & 255) + ", expected 0 to 4");
        }
    }

    private void checkCrc(int at, int length) {
        CRC32 crc = new CRC32();
        crc.update(file, at, length + 4);
        if ((int) crc.getValue() != int32(at + 4 + length)) {
            throw bad("checksum of chunk '" + type(at) + "' at byte " + (at - 4) + " is wrong");
        }
    }

    private int int32(int at) {
        return file[at] << 24 | (file[at + 1] & 255) << 16 | (file[at + 2] & 255) << 8 | file[at + 3] & 255;
    }

    private String type(int at) {
        return new String(file, at, 4, StandardCharsets.ISO_8859_1).replaceAll("[^A-Za-z0-9]", "?");
    }

    private InvalidDataException bad(String found) {
        return new InvalidDataException(name + ": " + found + "; expected an intact PNG");
    }
}
