package dev.wsss.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decodes the pixels of a lossless WebP (RFC 9649, section 3). */
final class Vp8lDecoder {
    private static final int[] LENGTH_ORDER = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    private static final int LENGTHS = 24;
    private static final int DISTANCES = 40;
    private static final int MAX_CACHE_BITS = 11;
    /** Near pixels that have short codes: rows up in the high digit, and 8 less the columns to the left. */
    private static final byte[] NEAR = HexFormat.of()
            .parseHex("1807171928062729161a262a3805373915"
                    + "1b363a252b48044749141c353b464a242c58454b343c03575913"
                    + "1d565a232d444c555b333d6802676912"
                    + "1e666a222e545c434d656b323e7801777953"
                    + "5d111f646c424e767a212f757b313f636d525e00747c414f10"
                    + "20626e30737d515f40727e616f50717f6070");

    private record Transform(int kind, int bits, int width, int[] data) {}

    private final int width;
    private final int height;
    private final Vp8lBits bits;

    /**
     * Takes a chunk.
     *
     * @param start position behind the five bytes of the header
     * @param end position behind the chunk
     */
    Vp8lDecoder(byte[] file, int start, int end, int height, int width) {
        this.height = height;
        this.width = width;
        bits = new Vp8lBits(file, start, end);
    }

    /**
     * Decodes the pixels.
     *
     * @throws IllegalArgumentException if they are damaged
     */
    RgbImage read() {
        List<Transform> transforms = new ArrayList<>();
        int coded = width;
        int seen = 0;
        while (bits.number(1) != 0) {
            int kind = bits.number(2);
            if ((seen >> kind & 1) != 0) {
                throw new IllegalArgumentException("two transforms of kind " + kind);
            }
            seen |= 1 << kind;
            Transform transform = transform(kind, coded);
            transforms.add(transform);
            if (kind == 3) {
                coded = parts(coded, transform.bits);
            }
        }
        int[] pixels = pixels(coded, height, true);
        for (int i = transforms.size() - 1; i >= 0; i--) {
            pixels = undo(transforms.get(i), pixels);
        }
        byte[] rgb = new byte[Math.multiplyExact(pixels.length, 3)];
        for (int i = 0, o = 0; i < pixels.length; i++, o += 3) {
            rgb[o] = (byte) (pixels[i] >> 16);
            rgb[o + 1] = (byte) (pixels[i] >> 8);
            rgb[o + 2] = (byte) pixels[i];
        }
        return new RgbImage(height, width, rgb);
    }

    private static int parts(int size, int bits) {
        return size + (1 << bits) - 1 >> bits;
    }

    private Transform transform(int kind, int coded) {
        switch (kind) {
            case 0, 1 -> {
                int block = bits.number(3) + 2;
                return new Transform(kind, block, coded, pixels(parts(coded, block), parts(height, block), false));
            }
            case 2 -> {
                return new Transform(kind, 0, coded, new int[0]);
            }
            default -> {
                int colours = bits.number(8) + 1;
                int[] palette = pixels(colours, 1, false);
                for (int i = 1; i < colours; i++) {
                    palette[i] = sum(palette[i], palette[i - 1]);
                }
                int packed = colours <= 2 ? 3 : colours <= 4 ? 2 : colours <= 16 ? 1 : 0;
                return new Transform(kind, packed, coded, palette);
            }
        }
    }

    /** Decodes an image, be it the image itself or one of the small ones that say how it is coded. */
    private int[] pixels(int w, int h, boolean whole) {
        int cacheBits = bits.number(1) != 0 ? bits.number(4) : 0;
        if (cacheBits > MAX_CACHE_BITS) {
            throw new IllegalArgumentException("colour cache of " + cacheBits + " bits");
        }
        int block = 0;
        int @Nullable [] groupOf = null;
        int groups = 1;
        if (whole && bits.number(1) != 0) {
            block = bits.number(3) + 2;
            groupOf = pixels(parts(w, block), parts(h, block), false);
            for (int i = 0; i < groupOf.length; i++) {
                groupOf[i] = groupOf[i] >> 8 & 0xFFFF;
                groups = Math.max(groups, groupOf[i] + 1);
            }
        }
        Vp8lCode[][] codes = codes(groups, groupOf, cacheBits);
        int[] out = new int[Math.multiplyExact(w, h)];
        int[] cache = new int[cacheBits > 0 ? 1 << cacheBits : 0];
        int cached = 0;
        int across = parts(w, block);
        for (int n = 0; n < out.length; ) {
            int group = groupOf == null ? 0 : groupOf[(n / w >> block) * across + (n % w >> block)];
            Vp8lCode[] code = codes[group];
            int green = code[0].read(bits);
            if (green < 256) {
                int red = code[1].read(bits);
                int blue = code[2].read(bits);
                out[n++] = code[3].read(bits) << 24 | red << 16 | green << 8 | blue;
            } else if (green < 256 + LENGTHS) {
                int length = number(green - 256);
                int distance = distance(number(code[4].read(bits)), w);
                if (distance > n || length > out.length - n) {
                    throw new IllegalArgumentException(
                            "copy of " + length + " pixels from " + distance + " before " + n);
                }
                for (int end = n + length; n < end; n++) {
                    out[n] = out[n - distance];
                }
            } else {
                while (cached < n) {
                    cache[slot(out[cached], cacheBits)] = out[cached];
                    cached++;
                }
                out[n++] = cache[green - 256 - LENGTHS];
            }
        }
        return out;
    }

    private static int slot(int pixel, int cacheBits) {
        return 0x1E35A7BD * pixel >>> 32 - cacheBits;
    }

    /** A length or distance by its class and further bits. */
    private int number(int prefix) {
        if (prefix < 4) {
            return prefix + 1;
        }
        int extra = prefix - 2 >> 1;
        return (2 + (prefix & 1) << extra) + bits.number(extra) + 1;
    }

    private static int distance(int code, int w) {
        if (code > NEAR.length) {
            return code - NEAR.length;
        }
        int near = NEAR[code - 1];
        return Math.max(1, (near >> 4) * w + 8 - (near & 15));
    }

    /** Of each group the codes of green, red, blue, alpha and distances. Groups that no pixel has are read over. */
    private Vp8lCode[][] codes(int groups, int @Nullable [] groupOf, int cacheBits) {
        boolean[] used = new boolean[groups];
        if (groupOf == null) {
            used[0] = true;
        } else {
            for (int group : groupOf) {
                used[group] = true;
            }
        }
        int[] sizes = {256 + LENGTHS + (cacheBits > 0 ? 1 << cacheBits : 0), 256, 256, 256, DISTANCES};
        Vp8lCode[][] codes = new Vp8lCode[groups][];
        for (int g = 0; g < groups; g++) {
            Vp8lCode[] group = new Vp8lCode[sizes.length];
            for (int i = 0; i < sizes.length; i++) {
                group[i] = code(sizes[i]);
            }
            codes[g] = used[g] ? group : new Vp8lCode[0];
        }
        return codes;
    }

    private Vp8lCode code(int size) {
        int[] lengths = new int[Math.max(size, 256)];
        if (bits.number(1) != 0) {
            int symbols = bits.number(1) + 1;
            lengths[bits.number(bits.number(1) != 0 ? 8 : 1)] = 1;
            if (symbols == 2) {
                lengths[bits.number(8)] = 1;
            }
        } else {
            int[] ofLengths = new int[LENGTH_ORDER.length];
            int given = 4 + bits.number(4);
            for (int i = 0; i < given; i++) {
                ofLengths[LENGTH_ORDER[i]] = bits.number(3);
            }
            readLengths(new Vp8lCode(ofLengths), size, lengths);
        }
        for (int i = size; i < lengths.length; i++) {
            if (lengths[i] > 0) {
                throw new IllegalArgumentException("symbol " + i + " of " + size);
            }
        }
        return new Vp8lCode(lengths);
    }

    private void readLengths(Vp8lCode code, int size, int[] lengths) {
        int most = size;
        if (bits.number(1) != 0) {
            most = 2 + bits.number(2 + 2 * bits.number(3));
            if (most > size) {
                throw new IllegalArgumentException("lengths of " + most + " symbols of " + size);
            }
        }
        int previous = 8;
        int s = 0;
        for (int i = 0; i < most && s < size; i++) {
            int value = code.read(bits);
            if (value < 16) {
                lengths[s++] = value;
                previous = value == 0 ? previous : value;
            } else {
                int repeat = value == 16 ? 3 + bits.number(2) : value == 17 ? 3 + bits.number(3) : 11 + bits.number(7);
                if (repeat > size - s) {
                    throw new IllegalArgumentException("lengths of more symbols than " + size);
                }
                Arrays.fill(lengths, s, s + repeat, value == 16 ? previous : 0);
                s += repeat;
            }
        }
    }

    private int[] undo(Transform transform, int[] pixels) {
        switch (transform.kind) {
            case 0 -> predict(transform, pixels);
            case 1 -> decorrelate(transform, pixels);
            case 2 -> {
                for (int i = 0; i < pixels.length; i++) {
                    int green = pixels[i] >> 8 & 255;
                    pixels[i] = pixels[i] & 0xFF00FF00 | (pixels[i] & 0xFF00FF) + green * 0x10001 & 0xFF00FF;
                }
            }
            default -> {
                return lookUp(transform, pixels);
            }
        }
        return pixels;
    }

    private int[] lookUp(Transform transform, int[] packed) {
        int w = transform.width;
        int each = 8 >> transform.bits;
        int across = parts(w, transform.bits);
        int[] out = new int[w * height];
        for (int y = 0, o = 0; y < height; y++) {
            for (int x = 0; x < w; x++) {
                int group = packed[y * across + (x >> transform.bits)] >> 8 & 255;
                int place = x & (1 << transform.bits) - 1;
                int index = group >> place * each & (1 << each) - 1;
                // libwebp takes what is beyond the palette for transparent black
                out[o++] = index < transform.data.length ? transform.data[index] : 0;
            }
        }
        return out;
    }

    private void decorrelate(Transform transform, int[] pixels) {
        int w = transform.width;
        int across = parts(w, transform.bits);
        for (int i = 0; i < pixels.length; i++) {
            int by = transform.data[(i / w >> transform.bits) * across + (i % w >> transform.bits)];
            int pixel = pixels[i];
            int green = (byte) (pixel >> 8);
            int red = (pixel >> 16) + ((byte) by * green >> 5) & 255;
            int blue = pixel + ((byte) (by >> 8) * green >> 5) + ((byte) (by >> 16) * (byte) red >> 5) & 255;
            pixels[i] = pixel & 0xFF00FF00 | red << 16 | blue;
        }
    }

    private void predict(Transform transform, int[] p) {
        int w = transform.width;
        int across = parts(w, transform.bits);
        for (int i = 0; i < p.length; i++) {
            int x = i % w;
            int prediction;
            if (i == 0) {
                prediction = 0xFF000000;
            } else if (i < w) {
                prediction = p[i - 1];
            } else if (x == 0) {
                prediction = p[i - w];
            } else {
                int way = transform.data[(i / w >> transform.bits) * across + (x >> transform.bits)] >> 8 & 15;
                prediction = prediction(way, p[i - 1], p[i - w], p[i - w + 1], p[i - w - 1]);
            }
            p[i] = sum(p[i], prediction);
        }
    }

    private static int prediction(int way, int left, int top, int topRight, int topLeft) {
        return switch (way) {
            case 1 -> left;
            case 2 -> top;
            case 3 -> topRight;
            case 4 -> topLeft;
            case 5 -> mean(mean(left, topRight), top);
            case 6 -> mean(left, topLeft);
            case 7 -> mean(left, top);
            case 8 -> mean(topLeft, top);
            case 9 -> mean(top, topRight);
            case 10 -> mean(mean(left, topLeft), mean(top, topRight));
            case 11 -> nearer(left, top, topLeft);
            case 12 -> gradient(left, top, topLeft);
            case 13 -> half(mean(left, top), topLeft);
            default -> 0xFF000000;
        };
    }

    /** Each of the four channels added, without carry. */
    private static int sum(int a, int b) {
        return (a & 0xFF00FF00) + (b & 0xFF00FF00) & 0xFF00FF00 | (a & 0xFF00FF) + (b & 0xFF00FF) & 0xFF00FF;
    }

    private static int mean(int a, int b) {
        return (((a ^ b) & 0xFEFEFEFE) >>> 1) + (a & b);
    }

    private static int nearer(int left, int top, int topLeft) {
        int toLeft = 0;
        int toTop = 0;
        for (int s = 0; s < 32; s += 8) {
            toLeft += Math.abs((top >> s & 255) - (topLeft >> s & 255));
            toTop += Math.abs((left >> s & 255) - (topLeft >> s & 255));
        }
        return toLeft < toTop ? left : top;
    }

    private static int gradient(int left, int top, int topLeft) {
        int out = 0;
        for (int s = 0; s < 32; s += 8) {
            int value = (left >> s & 255) + (top >> s & 255) - (topLeft >> s & 255);
            out |= Math.max(0, Math.min(255, value)) << s;
        }
        return out;
    }

    private static int half(int mean, int topLeft) {
        int out = 0;
        for (int s = 0; s < 32; s += 8) {
            int a = mean >> s & 255;
            int value = a + (a - (topLeft >> s & 255)) / 2;
            out |= Math.max(0, Math.min(255, value)) << s;
        }
        return out;
    }
}
