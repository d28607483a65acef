package dev.wsss.api;

/** Decodes the first image of a TIFF: grey, palette or RGB, of whole numbers, in strips or tiles. */
final class TiffDecoder {
    private static final int WHITE_IS_ZERO = 0;
    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int MAX_SAMPLES = 64;
    private static final int PREMULTIPLIED = 1;

    private final TiffHeader header;
    private final byte[] file;
    private final int colours;
    private final int samples;
    private final int bits;
    private final int compression;
    private final boolean planes;
    private final boolean differences;
    private final int alpha;
    private final int[] palette;

    /** Reads what the fields say of the pixels, and refuses what is not read. */
    TiffDecoder(TiffHeader header, byte[] file) {
        this.header = header;
        this.file = file;
        colours = (int) header.value(262, -1);
        samples = (int) header.value(277, 1);
        if (samples < 1 || samples > MAX_SAMPLES) {
            throw header.bad("header says " + samples + " samples of a pixel");
        }
        bits = header.same(258, samples, 1);
        compression = (int) header.value(259, 1);
        planes = header.value(284, 1) == 2 && samples > 1;
        long predictor = header.value(317, 1);
        // what is not compressed by a dictionary has no predictor, whatever the field says
        boolean predicted = TiffUnpacker.isPredicted(compression);
        differences = predictor == 2 && predicted;
        checkColours();
        int kind = header.same(339, samples, 1);
        if (kind != 1) {
            String name = kind == 2 ? "signed" : kind == 3 ? "floating-point" : "undefined (format " + kind + ")";
            throw unread("holds " + name + " samples", "unsigned whole numbers of at most 16 bits");
        }
        boolean several = samples > 1 || colours == RGB || differences;
        if (bits != 8 && bits != 16 && (several || bits != 1 && bits != 2 && bits != 4)
                || bits == 16 && colours == PALETTE) {
            throw unread("holds " + samples + " samples of " + bits + " bits", "8 or 16 bits, or a palette of 1 to 8");
        }
        if (predictor != 1 && predictor != 2 && predicted) {
            throw unread("has the predictor " + predictor, "none or horizontal differences");
        }
        if (!TiffUnpacker.knows(compression)) {
            throw unread("has the compression " + TiffUnpacker.kind(compression), "none, LZW, Deflate or PackBits");
        }
        if (header.value(266, 1) != 1) {
            throw unread("fills its bytes from the low bit", "the usual order");
        }
        if (header.value(274, 1) != 1) {
            throw unread(
                    "says that it is to be turned (orientation " + header.value(274, 1) + ")",
                    "an image that is stored upright, as its mask is");
        }
        int own = colours == RGB ? 3 : 1;
        long[] extra = header.values(338, MAX_SAMPLES);
        alpha = extra != null && samples > own && extra[0] == PREMULTIPLIED ? own : -1;
        if (alpha >= 0 && colours != RGB) {
            throw unread("holds levels multiplied with alpha", "alpha that stands beside the levels");
        }
        palette = colours == PALETTE ? palette() : new int[0];
    }

    private void checkColours() {
        String other =
                switch (colours) {
                    case 0, 1, RGB, PALETTE -> null;
                    case 4 -> "a transparency mask";
                    case 5 -> "inks (CMYK)";
                    case 6 -> "YCbCr";
                    case 8, 9, 10 -> "CIE Lab";
                    default -> "colours of kind " + colours;
                };
        if (other != null) {
            throw unread("holds " + other, "grey, palette or RGB");
        }
        if (colours == RGB && samples < 3) {
            throw header.bad("header says RGB with " + samples + " samples of a pixel");
        }
    }

    private int[] palette() {
        int entries = 1 << bits;
        long[] values = header.required(320, 3L * entries);
        if (values.length != 3 * entries) {
            throw header.bad("palette has " + values.length + " values for " + bits + " bits");
        }
        int[] colour = new int[entries];
        for (int i = 0; i < entries; i++) {
            colour[i] = (int) (values[i] >> 8) << 16
                    | (int) (values[entries + i] >> 8) << 8
                    | (int) (values[2 * entries + i] >> 8);
        }
        return colour;
    }

    RgbImage read() {
        long expansion = Math.max(1, 8 * TiffUnpacker.expansion(compression) / bits);
        ImageFiles.check(header.file.name, "TIFF", header.height, header.width, file.length, expansion);
        byte[] rgb = new byte[Math.multiplyExact(header.height * header.width, 3)];
        boolean tiled = header.values(322, 1) != null;
        long w = tiled ? header.value(322, 0) : header.width;
        long h = tiled ? header.value(323, 0) : Math.min(header.value(278, header.height), header.height);
        if (w < 1 || h < 1 || w * h > ImageFiles.MAX_PIXELS) {
            throw header.bad("header says " + (tiled ? "tiles" : "strips") + " of " + h + "x" + w + " pixels");
        }
        int across = (int) ((header.width + w - 1) / w);
        int down = (int) ((header.height + h - 1) / h);
        int parts = Math.multiplyExact(Math.multiplyExact(across, down), planes ? samples : 1);
        long[] offsets = header.required(tiled ? 324 : 273, parts);
        long[] counts = header.required(tiled ? 325 : 279, parts);
        if (offsets.length != parts || counts.length != parts) {
            throw header.bad("has " + offsets.length + " offsets and " + counts.length + " lengths of " + parts
                    + (tiled ? " tiles" : " strips"));
        }
        int perPlane = across * down;
        for (int part = 0; part < parts; part++) {
            int plane = part / perPlane;
            if (plane > 0 && (plane >= (colours == RGB ? 3 : 1) && plane != alpha)) {
                continue;
            }
            int x = part % perPlane % across * (int) w;
            int y = part % perPlane / across * (int) h;
            // the last strip ends with the image, a tile does not
            int rows = tiled ? (int) h : (int) Math.min(h, header.height - y);
            byte[] raw = unpack(offsets[part], counts[part], rows, (int) w);
            place(raw, rgb, plane, y, x, rows, (int) w);
        }
        return new RgbImage(header.height, header.width, rgb);
    }

    private byte[] unpack(long offset, long length, int rows, int columns) {
        int inRow = planes ? 1 : samples;
        long rowBytes = ((long) columns * inRow * bits + 7) / 8;
        long size = rowBytes * rows;
        if (offset + length > file.length) {
            throw header.bad("truncated: pixels at byte " + offset + " to " + (offset + length) + " of " + file.length);
        }
        if (size > Integer.MAX_VALUE - 8 || size > TiffUnpacker.expansion(compression) * length) {
            throw header.bad(
                    "header says " + rows + "x" + columns + " pixels in " + length + " bytes, which cannot hold them");
        }
        byte[] raw = TiffUnpacker.unpack(header, compression, file, (int) offset, (int) length, (int) size);
        if (differences) {
            for (int y = 0; y < rows; y++) {
                sum(raw, y * (int) rowBytes, (int) rowBytes, inRow);
            }
        }
        return raw;
    }

    /** Each sample of a row is stored as what it adds to the one before. */
    private void sum(byte[] raw, int start, int length, int inRow) {
        if (bits == 8) {
            for (int i = start + inRow; i < start + length; i++) {
                raw[i] += raw[i - inRow];
            }
            return;
        }
        int high = header.bigEndian ? 0 : 1;
        for (int i = start + 2 * inRow; i < start + length; i += 2) {
            int before = i - 2 * inRow;
            int sum = ((raw[i + high] & 255) << 8 | raw[i + 1 - high] & 255)
                    + ((raw[before + high] & 255) << 8 | raw[before + 1 - high] & 255);
            raw[i + high] = (byte) (sum >> 8);
            raw[i + 1 - high] = (byte) sum;
        }
    }

    private void place(byte[] raw, byte[] rgb, int plane, int top, int left, int rows, int columns) {
        int inRow = planes ? 1 : samples;
        int rowBytes = (int) (((long) columns * inRow * bits + 7) / 8);
        int wide = Math.min(columns, header.width - left);
        for (int y = 0; y < Math.min(rows, header.height - top); y++) {
            int to = ((top + y) * header.width + left) * 3;
            for (int x = 0; x < wide; x++, to += 3) {
                if (planes && colours == RGB) {
                    if (plane == alpha) {
                        divide(rgb, to, sample(raw, y * rowBytes, x));
                    } else {
                        rgb[to + plane] = (byte) sample(raw, y * rowBytes, x);
                    }
                } else if (colours == RGB) {
                    for (int c = 0; c < 3; c++) {
                        rgb[to + c] = (byte) sample(raw, y * rowBytes, x * inRow + c);
                    }
                    if (alpha >= 0) {
                        divide(rgb, to, sample(raw, y * rowBytes, x * inRow + alpha));
                    }
                } else {
                    int value = sample(raw, y * rowBytes, x * inRow);
                    int colour = colours == PALETTE ? palette[value] : grey(value) * 0x010101;
                    rgb[to] = (byte) (colour >> 16);
                    rgb[to + 1] = (byte) (colour >> 8);
                    rgb[to + 2] = (byte) colour;
                }
            }
        }
    }

    /** A sample's value, of 16 bits the high byte. */
    private int sample(byte[] raw, int row, int index) {
        if (bits == 8) {
            return raw[row + index] & 255;
        }
        if (bits == 16) {
            return raw[row + 2 * index + (header.bigEndian ? 0 : 1)] & 255;
        }
        int bit = index * bits;
        return (raw[row + (bit >> 3)] & 255) >> (8 - bits - (bit & 7)) & (1 << bits) - 1;
    }

    private int grey(int value) {
        int level = bits < 8 ? value * (255 / ((1 << bits) - 1)) : value;
        return colours == WHITE_IS_ZERO ? 255 - level : level;
    }

    private static void divide(byte[] rgb, int at, int by) {
        for (int c = 0; c < 3; c++) {
            int level = rgb[at + c] & 255;
            rgb[at + c] = (byte) (by == 0 ? 0 : Math.min(255, level * 255 / by));
        }
    }

    private InvalidDataException unread(String found, String expected) {
        return new InvalidDataException(
                header.file.name + ": TIFF " + found + "; expected " + expected + ": save it again so, or as PNG");
    }
}
