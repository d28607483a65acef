package dev.wsss.api;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Unpacks a strip or tile of a TIFF. */
final class TiffUnpacker {
    private static final int NONE = 1;
    private static final int LZW = 5;
    private static final int DEFLATE = 8;
    private static final int OLD_DEFLATE = 32946;
    private static final int PACK_BITS = 32773;
    private static final int CODES = 4096;
    private static final int CLEAR = 256;
    private static final int END = 257;

    private TiffUnpacker() {}

    static boolean knows(int compression) {
        return switch (compression) {
            case NONE, LZW, DEFLATE, OLD_DEFLATE, PACK_BITS -> true;
            default -> false;
        };
    }

    /** Whether samples may be stored as differences. */
    static boolean isPredicted(int compression) {
        return compression == LZW || compression == DEFLATE || compression == OLD_DEFLATE;
    }

    /** A compression's name, for messages. */
    static String kind(int compression) {
        return switch (compression) {
            case 2, 3, 4 -> "for fax";
            case 6, 7 -> "JPEG";
            case 34925 -> "LZMA";
            case 50000 -> "Zstandard";
            case 50001 -> "WebP";
            default -> Integer.toString(compression);
        };
    }

    /** Bytes that come out of one at most. */
    static long expansion(int compression) {
        return switch (compression) {
            case NONE -> 1;
            case PACK_BITS -> 64;
            case LZW -> CODES * 8 / 12;
            default -> 1032;
        };
    }

    /**
     * Unpacks.
     *
     * @param size number of bytes that are expected; what follows them is not read
     * @throws InvalidDataException if there are fewer
     */
    static byte[] unpack(TiffHeader header, int compression, byte[] file, int at, int length, int size) {
        return switch (compression) {
            case NONE -> Arrays.copyOfRange(file, at, at + size);
            case PACK_BITS -> runs(header, file, at, at + length, size);
            case LZW -> lzw(header, file, at, at + length, size);
            default -> inflate(header, file, at, length, size);
        };
    }

    private static InvalidDataException tooFew(TiffHeader header, int n, int size) {
        return header.bad("damaged: pixels end after " + n + " of " + size + " bytes");
    }

    private static byte[] runs(TiffHeader header, byte[] file, int start, int end, int size) {
        byte[] out = new byte[size];
        int n = 0;
        int at = start;
        while (n < size) {
            int head = at < end ? file[at++] : -128;
            int count = Math.min(head < 0 ? 1 - head : head + 1, size - n);
            int needed = head < 0 ? 1 : count;
            if (at + needed > end) {
                throw tooFew(header, n, size);
            }
            if (head == -128) {
                continue;
            }
            if (head < 0) {
                Arrays.fill(out, n, n + count, file[at]);
            } else {
                System.arraycopy(file, at, out, n, count);
            }
            at += needed;
            n += count;
        }
        return out;
    }

    private static byte[] inflate(TiffHeader header, byte[] file, int at, int length, int size) {
        byte[] out = new byte[size];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(file, at, length);
            int n = 0;
            while (n < size) {
                int k = inflater.inflate(out, n, size - n);
                if (k == 0) {
                    throw tooFew(header, n, size);
                }
                n += k;
            }
            // only the end of the stream holds its checksum
            if (!inflater.finished() && inflater.inflate(new byte[1]) == 0 && !inflater.finished()) {
                throw header.bad("damaged: compressed pixels have no end");
            }
            return out;
        } catch (DataFormatException e) {
            throw new InvalidDataException(
                    header.file.name + ": damaged TIFF: compressed pixels are corrupt (" + e.getMessage() + ")", e);
        } finally {
            inflater.end();
        }
    }

    private static byte[] lzw(TiffHeader header, byte[] file, int start, int end, int size) {
        byte[] out = new byte[size];
        // each code is a run of what was written before
        int[] from = new int[CODES];
        int[] length = new int[CODES];
        int codes = END + 1;
        int bits = 9;
        int previous = -1;
        int previousAt = 0;
        int n = 0;
        int at = start;
        int buffer = 0;
        int held = 0;
        while (n < size) {
            while (held < bits) {
                if (at == end) {
                    throw tooFew(header, n, size);
                }
                buffer = buffer << 8 | file[at++] & 255;
                held += 8;
            }
            held -= bits;
            int code = buffer >>> held & (1 << bits) - 1;
            if (code == END) {
                throw tooFew(header, n, size);
            }
            if (code == CLEAR) {
                codes = END + 1;
                bits = 9;
                previous = -1;
                continue;
            }
            int begin = n;
            if (previous >= 0 && codes < CODES) {
                // the new code is the previous one with the byte that comes next
                from[codes] = previousAt;
                length[codes] = (previous < CLEAR ? 1 : length[previous]) + 1;
                codes++;
                // the width grows one code early
                if (codes == (1 << bits) - 1 && bits < 12) {
                    bits++;
                }
            }
            if (code >= codes) {
                throw header.bad("damaged: pixels have an unknown code after " + n + " of " + size + " bytes");
            }
            if (code < CLEAR) {
                out[n++] = (byte) code;
            } else {
                for (int i = from[code], last = i + length[code]; i < last && n < size; i++) {
                    out[n++] = out[i];
                }
            }
            previous = code;
            previousAt = begin;
        }
        return out;
    }
}
