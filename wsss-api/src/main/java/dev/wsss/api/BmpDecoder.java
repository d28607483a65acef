package dev.wsss.api;

/**
 * Decodes Windows and OS/2 bitmaps: 1, 4 and 8 bits with a palette, plain or run-length coded, and 16, 24 and 32 bits.
 */
final class BmpDecoder {
    private static final int PLAIN = 0;
    private static final int RUNS_OF_8 = 1;
    private static final int RUNS_OF_4 = 2;
    private static final int MASKS = 3;
    private static final int ALPHA_MASKS = 6;

    private final FileBytes file;
    private final int headerBytes;
    private final int width;
    private final int height;
    private final boolean topDown;
    private final int bits;
    private final int compression;

    BmpDecoder(FileBytes file) {
        this.file = file;
        headerBytes = file.int32Low(14);
        if (file.length() < 26 || headerBytes != 12 && (headerBytes < 40 || headerBytes > 1024)) {
            throw bad(
                    "BMP header of " + Integer.toUnsignedString(headerBytes) + " bytes in a file of " + file.length());
        }
        if (file.length() < 14L + headerBytes) {
            throw bad("truncated within the header, after " + file.length() + " bytes");
        }
        if (headerBytes == 12) {
            width = file.uint16Low(18);
            height = file.uint16Low(20);
            topDown = false;
            bits = file.uint16Low(24);
            compression = PLAIN;
        } else {
            width = file.int32Low(18);
            int rows = file.int32Low(22);
            topDown = rows < 0;
            height = Math.abs(rows);
            bits = file.uint16Low(28);
            compression = file.int32Low(30);
        }
        if (width < 1 || height < 1) {
            throw bad("header says " + height + "x" + width + " pixels");
        }
    }

    ImageFiles.Size size() {
        return new ImageFiles.Size(height, width);
    }

    /**
     * Decodes the pixels.
     *
     * @param bytes the whole file
     */
    RgbImage read(byte[] bytes) {
        boolean runs = compression == RUNS_OF_8 && bits == 8 || compression == RUNS_OF_4 && bits == 4;
        boolean plain =
                compression == PLAIN && (bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32);
        boolean masked = (compression == MASKS || compression == ALPHA_MASKS) && (bits == 16 || bits == 32);
        if (!runs && !plain && !masked) {
            throw new InvalidDataException(file.name + ": is a BMP of " + bits + " bits with compression "
                    + Integer.toUnsignedString(compression)
                    + "; expected 1, 4, 8, 16, 24 or 32 bits, plain or in runs");
        }
        if (runs && topDown) {
            throw bad("runs with the top row first, which BMP does not have");
        }
        long start = Integer.toUnsignedLong(file.int32Low(10));
        if (start < 14 + headerBytes || start >= file.length()) {
            throw bad("pixels begin at byte " + start + " of " + file.length());
        }
        ImageFiles.check(file.name, "BMP", height, width, file.length() - start, runs ? 128 : 8);
        byte[] rgb = new byte[Math.multiplyExact(height * width, 3)];
        if (bits <= 8) {
            byte[] indices = runs ? runs((int) start) : indices(bytes, start);
            int[] palette = palette(start);
            for (int i = 0; i < indices.length; i++) {
                int index = indices[i] & 255;
                if (index >= palette.length) {
                    throw bad("pixel " + i + " has palette index " + index + ", but there are " + palette.length
                            + " colours");
                }
                put(rgb, 3 * i, palette[index]);
            }
        } else {
            colours(bytes, start, rgb);
        }
        return new RgbImage(height, width, rgb);
    }

    private static void put(byte[] rgb, int at, int colour) {
        rgb[at] = (byte) (colour >> 16);
        rgb[at + 1] = (byte) (colour >> 8);
        rgb[at + 2] = (byte) colour;
    }

    /** Position of a row of the image, counted from the top. */
    private long row(long start, int y) {
        long stride = ((long) width * bits + 31) / 32 * 4;
        if (start + stride * (height - 1) + ((long) width * bits + 7) / 8 > file.length()) {
            throw bad("truncated: " + file.length() + " bytes cannot hold " + height + "x" + width + " pixels of "
                    + bits + " bits from byte " + start);
        }
        return start + stride * (topDown ? y : height - 1 - y);
    }

    private byte[] indices(byte[] bytes, long start) {
        byte[] indices = new byte[height * width];
        int mask = (1 << bits) - 1;
        for (int y = 0, o = 0; y < height; y++) {
            int row = (int) row(start, y);
            for (int x = 0; x < width; x++) {
                int bit = x * bits;
                indices[o++] = (byte) ((bytes[row + (bit >> 3)] & 255) >> (8 - bits - (bit & 7)) & mask);
            }
        }
        return indices;
    }

    private int[] palette(long start) {
        long at = 14L + headerBytes;
        int entry = headerBytes == 12 ? 3 : 4;
        long used = headerBytes == 12 ? 0 : Integer.toUnsignedLong(file.int32Low(46));
        long colours = used == 0 || used > 1 << bits ? 1 << bits : used;
        int[] palette = new int[(int) Math.min(colours, (start - at) / entry)];
        for (int i = 0; i < palette.length; i++, at += entry) {
            palette[i] = file.at(at + 2) << 16 | file.at(at + 1) << 8 | file.at(at);
        }
        return palette;
    }

    /** Runs of equal pixels and of single ones; what they step over has index 0. */
    private byte[] runs(int start) {
        byte[] indices = new byte[height * width];
        long at = start;
        int x = 0;
        int y = height - 1;
        while (y >= 0 && (y > 0 || x < width)) {
            int count = file.at(at++);
            int value = file.at(at++);
            if (count < 0 || value < 0) {
                throw bad("truncated: runs end in row " + y);
            }
            if (count == 0 && value == 0) {
                x = 0;
                y--;
            } else if (count == 0 && value == 1) {
                return indices;
            } else if (count == 0 && value == 2) {
                x += Math.max(0, file.at(at++));
                y -= Math.max(0, file.at(at++));
                if (x > width || y < 0) {
                    throw bad("runs leave the image");
                }
            } else {
                int length = count == 0 ? value : count;
                if (length > width - x) {
                    throw bad("run of " + length + " pixels from column " + x + " of " + width);
                }
                for (int i = 0; i < length; i++) {
                    int pair = count == 0 ? file.at(at + (bits == 8 ? i : i / 2)) : value;
                    if (pair < 0) {
                        throw bad("truncated: runs end in row " + y);
                    }
                    int index = bits == 8 ? pair : i % 2 == 0 ? pair >> 4 : pair & 15;
                    indices[y * width + x++] = (byte) index;
                }
                if (count == 0) {
                    int used = bits == 8 ? length : (length + 1) / 2;
                    at += used + (used & 1);
                }
            }
        }
        return indices;
    }

    private void colours(byte[] bytes, long start, byte[] rgb) {
        int[] masks = masks();
        int[] shifts = new int[3];
        int[] most = new int[3];
        for (int c = 0; c < 3; c++) {
            shifts[c] = Integer.numberOfTrailingZeros(masks[c]);
            most[c] = masks[c] >>> shifts[c];
            if (masks[c] == 0 || most[c] > 255 || (most[c] & most[c] + 1) != 0) {
                throw new InvalidDataException(file.name + ": BMP has the colour mask " + Integer.toHexString(masks[c])
                        + "; expected 1 to 8 bits in a row");
            }
        }
        int step = bits / 8;
        for (int y = 0, o = 0; y < height; y++) {
            int at = (int) row(start, y);
            for (int x = 0; x < width; x++, at += step, o += 3) {
                int pixel = bytes[at] & 255 | (bytes[at + 1] & 255) << 8;
                if (step > 2) {
                    pixel |= (bytes[at + 2] & 255) << 16;
                }
                if (step > 3) {
                    pixel |= bytes[at + 3] << 24;
                }
                for (int c = 0; c < 3; c++) {
                    rgb[o + c] = (byte) ((pixel >>> shifts[c] & most[c]) * 255 / most[c]);
                }
            }
        }
    }

    private int[] masks() {
        if (compression == PLAIN) {
            return bits == 16 ? new int[] {0x7C00, 0x3E0, 0x1F} : new int[] {0xFF0000, 0xFF00, 0xFF};
        }
        // within the longer headers, and behind the short one: at the same place
        return new int[] {file.int32Low(54), file.int32Low(58), file.int32Low(62)};
    }

    private InvalidDataException bad(String found) {
        return new InvalidDataException(file.name + ": " + found + "; expected an intact BMP");
    }
}
