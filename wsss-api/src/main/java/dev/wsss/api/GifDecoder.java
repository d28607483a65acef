package dev.wsss.api;

/** Decodes the first frame of a GIF (87a and 89a), which must fill the screen. */
final class GifDecoder {
    /** Pixels that a byte can stand for: a code of 12 bits names at most 4096. */
    private static final int EXPANSION = 4096 * 8 / 12;

    private static final int CODES = 4096;

    private final FileBytes file;
    private final int width;
    private final int height;
    private long at;

    GifDecoder(FileBytes file) {
        this.file = file;
        if (file.length() < 13) {
            throw bad("truncated within the header, after " + file.length() + " bytes");
        }
        width = file.uint16Low(6);
        height = file.uint16Low(8);
        if (width < 1 || height < 1) {
            throw bad("header says a screen of " + height + "x" + width + " pixels");
        }
    }

    ImageFiles.Size size() {
        return new ImageFiles.Size(height, width);
    }

    RgbImage read() {
        ImageFiles.check(file.name, "GIF", height, width, file.length(), EXPANSION);
        at = 13;
        int[] global = palette(file.at(10));
        while (next() != 0x2C) {
            int block = file.at(at - 1);
            if (block == 0x3B) {
                throw bad("ends without an image");
            }
            if (block != 0x21) {
                throw bad("has a block of kind " + block + " at byte " + (at - 1));
            }
            at++;
            for (int n = next(); n > 0; n = next()) {
                at += n;
            }
        }
        if (at + 9 >= file.length()) {
            throw truncated();
        }
        int left = file.uint16Low(at);
        int top = file.uint16Low(at + 2);
        int w = file.uint16Low(at + 4);
        int h = file.uint16Low(at + 6);
        if (left != 0 || top != 0 || w != width || h != height) {
            throw new InvalidDataException(file.name + ": first frame of the GIF is " + h + "x" + w + " at " + top + ","
                    + left + " of a screen of " + height + "x" + width + "; expected one that fills it");
        }
        int flags = file.at(at + 8);
        at += 9;
        int[] palette = (flags & 0x80) != 0 ? palette(flags) : global;
        if (palette.length == 0) {
            throw bad("has no colour table");
        }
        return coloured(lzw(), palette, (flags & 0x40) != 0);
    }

    private int next() {
        int value = file.at(at++);
        if (value < 0) {
            throw truncated();
        }
        return value;
    }

    private int[] palette(int flags) {
        if ((flags & 0x80) == 0) {
            return new int[0];
        }
        int[] palette = new int[2 << (flags & 7)];
        for (int i = 0; i < palette.length; i++) {
            palette[i] = next() << 16 | next() << 8 | next();
        }
        return palette;
    }

    private RgbImage coloured(byte[] indices, int[] palette, boolean interlaced) {
        byte[] rgb = new byte[Math.multiplyExact(indices.length, 3)];
        int row = 0;
        int step = interlaced ? 8 : 1;
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0, o = row * width * 3; x < width; x++, i++, o += 3) {
                int index = indices[i] & 255;
                if (index >= palette.length) {
                    throw bad("pixel " + i + " has palette index " + index + ", but there are " + palette.length
                            + " colours");
                }
                rgb[o] = (byte) (palette[index] >> 16);
                rgb[o + 1] = (byte) (palette[index] >> 8);
                rgb[o + 2] = (byte) palette[index];
            }
            row += step;
            while (interlaced && row >= height && step > 1) {
                // every eighth row from 0, then from 4, every fourth from 2, every second from 1
                boolean first = step == 8 && (row & 7) == 0;
                row = first ? 4 : step / 4;
                step = first ? 8 : step / 2;
            }
        }
        return new RgbImage(height, width, rgb);
    }

    /** The indices in the order in which they are stored. */
    private byte[] lzw() {
        int least = next();
        if (least < 1 || least > 8) {
            throw bad("codes begin with " + least + " bits");
        }
        int clear = 1 << least;
        byte[] out = new byte[height * width];
        // each code is a run of what was written before
        int[] from = new int[CODES];
        int[] length = new int[CODES];
        int codes = clear + 2;
        int bits = least + 1;
        int previous = -1;
        int previousAt = 0;
        int n = 0;
        int buffer = 0;
        int held = 0;
        int left = next();
        while (n < out.length) {
            while (held < bits) {
                if (left == 0) {
                    throw bad("pixels end after " + n + " of " + out.length);
                }
                buffer |= next() << held;
                held += 8;
                if (--left == 0) {
                    left = next();
                }
            }
            int code = buffer & (1 << bits) - 1;
            buffer >>>= bits;
            held -= bits;
            if (code == clear) {
                codes = clear + 2;
                bits = least + 1;
                previous = -1;
                continue;
            }
            if (code == clear + 1 || code > codes || code >= codes && previous < 0) {
                throw bad(code == clear + 1 ? "pixels end after " + n + " of " + out.length : "has an unknown code");
            }
            int start = n;
            if (previous >= 0 && codes < CODES) {
                // the new code is the previous one with the pixel that comes next
                from[codes] = previousAt;
                length[codes] = (previous < clear ? 1 : length[previous]) + 1;
                codes++;
                if (codes == 1 << bits && bits < 12) {
                    bits++;
                }
            } else if (code >= codes) {
                throw bad("has an unknown code");
            }
            if (code < clear) {
                out[n++] = (byte) code;
            } else {
                for (int i = from[code], end = i + length[code]; i < end && n < out.length; i++) {
                    out[n++] = out[i];
                }
            }
            previous = code;
            previousAt = start;
        }
        return out;
    }

    private InvalidDataException truncated() {
        return bad("truncated after " + file.length() + " bytes");
    }

    private InvalidDataException bad(String found) {
        return new InvalidDataException(file.name + ": " + found + "; expected an intact GIF");
    }
}
