package dev.wsss.api;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.Adler32;
import java.util.zip.DataFormatException;

/**
 * Expands a zlib stream (RFC 1950, RFC 1951) whose length is known beforehand, as a PNG's is.
 *
 * <p>Exists beside {@link java.util.zip.Inflater} for label maps, which are mostly long repeats: the JDK's zlib copies them
 * byte by byte, and takes nine tenths of the time that an evaluation takes. What that accepts this accepts, with the same
 * bytes, and nothing else.
 */
final class Zlib {
    /** Bits of the codes that are found in one step; longer ones are rare, since a code is as long as it is rare. */
    private static final int TABLE_BITS = 10;

    private static final int MAX_CODE = 15;
    private static final int MAX_LITERALS = 286;
    private static final int MAX_DISTANCES = 30;

    /** The order in which the lengths of the codes for code lengths are stored. */
    private static final int[] LENGTH_ORDER = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

    private static final int END = 256;

    /** Shortest repeat and extra bits of the symbols from 257 on; the last two stand for none. */
    private static final int[] LENGTH_BASE = {
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258
    };

    private static final int[] LENGTH_EXTRA = {
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
    };

    private static final int[] DISTANCE_BASE = {
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577
    };

    /** Repeats that are copied in a loop: for less than this a call costs more. */
    private static final int SHORT_REPEAT = 16;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final Code FIXED_LITERALS = fixedLiterals();
    private static final Code FIXED_DISTANCES = fixedDistances();

    private final byte[] in;
    private final int end;
    private int at;

    /** The next bits, the first the lowest; behind the input there are zeros. */
    private long bits;

    /** How many of them are of the input; negative once more were taken than there are. */
    private int count;

    private final byte[] out;
    private int size;

    private Zlib(byte[] in, int from, int to, byte[] out) {
        this.in = in;
        this.at = from;
        this.end = to;
        this.out = out;
    }

    /**
     * Expands a stream; what follows its end is not looked at.
     *
     * @param from where it begins
     * @param to end of the bytes that may be read
     * @param out room for what it holds and at least one byte more
     * @return number of bytes written; {@code out.length} if it holds as many or more, and then its end was not looked for
     * @throws DataFormatException if the stream is damaged or cut off
     */
    static int inflate(byte[] in, int from, int to, byte[] out) throws DataFormatException {
        Zlib zlib = new Zlib(in, from, to, out);
        zlib.header();
        boolean last;
        do {
            zlib.refill();
            last = zlib.take(1) == 1;
            switch (zlib.take(2)) {
                case 0 -> zlib.stored();
                case 1 -> zlib.block(FIXED_LITERALS, FIXED_DISTANCES);
                case 2 -> zlib.dynamic();
                default -> throw new DataFormatException("invalid block type");
            }
        } while (!last && zlib.size < out.length);
        if (zlib.size < out.length) {
            zlib.checksum();
        }
        return zlib.size;
    }

    private void header() throws DataFormatException {
        refill();
        int method = take(8);
        int flags = take(8);
        requireInput();
        if ((method << 8 | flags) % 31 != 0) {
            throw new DataFormatException("incorrect header check");
        }
        if ((method & 15) != 8 || method >> 4 > 7) {
            throw new DataFormatException("unknown compression method");
        }
        if ((flags & 32) != 0) {
            throw new DataFormatException("needs a dictionary");
        }
    }

    private void checksum() throws DataFormatException {
        dropToByte();
        refill();
        int expected = take(8) << 24 | take(8) << 16 | take(8) << 8 | take(8);
        requireInput();
        Adler32 sum = new Adler32();
        sum.update(out, 0, size);
        if ((int) sum.getValue() != expected) {
            throw new DataFormatException("incorrect data check");
        }
    }

    /** Fills up to at least 56 bits, or with all that there is. */
    private void refill() {
        if (at <= end - Long.BYTES && count >= 0) {
            bits |= (long) LONG.get(in, at) << count;
            int bytes = 63 - count >> 3;
            at += bytes;
            count += 8 * bytes;
            return;
        }
        while (at < end && count >= 0 && count <= 56) {
            bits |= (in[at++] & 255L) << count;
            count += 8;
        }
    }

    /** The next bits, at most 32 between two {@link #refill}s. */
    private int take(int n) {
        int value = (int) (bits & (1L << n) - 1);
        bits >>>= n;
        count -= n;
        return value;
    }

    private void dropToByte() {
        take(count & 7);
    }

    private void requireInput() throws DataFormatException {
        if (count < 0) {
            throw new DataFormatException("truncated after " + size + " bytes");
        }
    }

    private void stored() throws DataFormatException {
        dropToByte();
        refill();
        int length = take(16);
        int complement = take(16);
        requireInput();
        if (length != (complement ^ 0xFFFF)) {
            throw new DataFormatException("invalid stored block lengths");
        }
        // gives whole bytes back
        at -= count >> 3;
        bits = 0;
        count = 0;
        int n = Math.min(length, out.length - size);
        if (n > end - at) {
            throw new DataFormatException("truncated after " + size + " bytes");
        }
        System.arraycopy(in, at, out, size, n);
        at += n;
        size += n;
    }

    private void dynamic() throws DataFormatException {
        refill();
        int literals = take(5) + 257;
        int distances = take(5) + 1;
        int lengthCodes = take(4) + 4;
        if (literals > MAX_LITERALS || distances > MAX_DISTANCES) {
            throw new DataFormatException("too many length or distance symbols");
        }
        byte[] lengths = new byte[LENGTH_ORDER.length];
        for (int i = 0; i < lengthCodes; i++) {
            refill();
            lengths[LENGTH_ORDER[i]] = (byte) take(3);
        }
        requireInput();
        lengths = lengths(Code.of(lengths, Kind.LENGTHS), literals + distances);
        if (lengths[END] == 0) {
            throw new DataFormatException("invalid code -- missing end-of-block");
        }
        block(
                Code.of(Arrays.copyOf(lengths, literals), Kind.LITERALS),
                Code.of(Arrays.copyOfRange(lengths, literals, literals + distances), Kind.DISTANCES));
    }

    /** The lengths of the codes of both kinds, which are themselves coded, with repeats. */
    private byte[] lengths(Code code, int n) throws DataFormatException {
        byte[] lengths = new byte[n];
        for (int i = 0; i < n; ) {
            refill();
            int symbol = Code.value(next(code));
            int repeats = 1;
            byte length = (byte) symbol;
            if (symbol == 16) {
                if (i == 0) {
                    throw new DataFormatException("invalid bit length repeat");
                }
                length = lengths[i - 1];
                repeats = 3 + take(2);
            } else if (symbol > 16) {
                length = 0;
                repeats = symbol == 17 ? 3 + take(3) : 11 + take(7);
            }
            requireInput();
            if (repeats > n - i) {
                throw new DataFormatException("invalid bit length repeat");
            }
            Arrays.fill(lengths, i, i + repeats, length);
            i += repeats;
        }
        return lengths;
    }

    /** Takes a symbol, of at most 15 bits. */
    private int next(Code code) throws DataFormatException {
        int entry = code.table[(int) bits & code.table.length - 1];
        if (entry == 0) {
            entry = code.find(bits);
        }
        take(Code.bits(entry));
        return entry;
    }

    private void block(Code literals, Code distances) throws DataFormatException {
        while (size < out.length) {
            refill();
            int entry = next(literals); // and its extra bits, a distance and its own are 48 bits
            int symbol = Code.symbol(entry);
            if (symbol < END) {
                out[size++] = (byte) symbol;
            } else if (symbol == END) {
                requireInput();
                return;
            } else {
                int length = Code.value(entry) + take(Code.extra(entry));
                int far = next(distances);
                int distance = Code.value(far) + take(Code.extra(far));
                requireInput();
                if (distance > size) {
                    throw new DataFormatException("invalid distance too far back");
                }
                repeat(distance, Math.min(length, out.length - size));
            }
            requireInput();
        }
    }

    private void repeat(int distance, int length) {
        int from = size - distance;
        int until = size + length;
        if (length < SHORT_REPEAT) {
            while (size < until) {
                out[size++] = out[from++];
            }
            return;
        }
        if (distance == 1) {
            Arrays.fill(out, size, until, out[from]);
            size = until;
            return;
        }
        // what was copied can be copied again
        while (size < until) {
            int n = Math.min(size - from, until - size);
            System.arraycopy(out, from, out, size, n);
            size += n;
        }
    }

    private static Code fixedLiterals() {
        byte[] lengths = new byte[288];
        Arrays.fill(lengths, 0, 144, (byte) 8);
        Arrays.fill(lengths, 144, 256, (byte) 9);
        Arrays.fill(lengths, 256, 280, (byte) 7);
        Arrays.fill(lengths, 280, 288, (byte) 8);
        return fixed(lengths, Kind.LITERALS);
    }

    private static Code fixedDistances() {
        byte[] lengths = new byte[32];
        Arrays.fill(lengths, (byte) 5);
        return fixed(lengths, Kind.DISTANCES);
    }

    private static Code fixed(byte[] lengths, Kind kind) {
        try {
            return Code.of(lengths, kind);
        } catch (DataFormatException e) {
            throw new AssertionError(e);
        }
    }

    /** What the symbols of a code stand for. */
    private enum Kind {
        LENGTHS,
        LITERALS,
        DISTANCES
    }

    /**
     * A Huffman code. An entry of its table has the number of the code's bits (4), of extra bits (4), the base value (16) and
     * whether it is a literal, the end or a repeat (2); 0 stands for a code that is longer than the table's or is none.
     */
    private static final class Code {
        private static final int LITERAL = 0;
        private static final int LAST = 1;
        private static final int REPEAT = 2;

        private final Kind kind;
        private final int[] table;

        /** Number of codes of each length. */
        private final int[] counts;

        /** The symbols in the order of their codes. */
        private final int[] symbols;

        private Code(Kind kind, int[] table, int[] counts, int[] symbols) {
            this.kind = kind;
            this.table = table;
            this.counts = counts;
            this.symbols = symbols;
        }

        static Code of(byte[] lengths, Kind kind) throws DataFormatException {
            int[] counts = new int[MAX_CODE + 1];
            for (byte length : lengths) {
                counts[length]++;
            }
            int longest = MAX_CODE;
            while (longest > 0 && counts[longest] == 0) {
                longest--;
            }
            counts[0] = 0;
            int left = 1;
            for (int l = 1; l <= MAX_CODE; l++) {
                left = 2 * left - counts[l];
                if (left < 0) {
                    throw invalid(kind);
                }
            }
            // of one symbol alone a code may be incomplete; none at all will do if none is asked for
            if (left > 0 && longest > 0 && (kind == Kind.LENGTHS || longest != 1)) {
                throw invalid(kind);
            }
            int[] next = new int[MAX_CODE + 2];
            for (int l = 1; l <= MAX_CODE; l++) {
                next[l + 1] = next[l] + counts[l];
            }
            int[] symbols = new int[lengths.length];
            for (int s = 0; s < lengths.length; s++) {
                if (lengths[s] > 0) {
                    symbols[next[lengths[s]]++] = s;
                }
            }
            int bits = Math.min(TABLE_BITS, Math.max(1, longest));
            int[] table = new int[1 << bits];
            int code = 0;
            for (int l = 1, i = 0; l <= bits; l++, code <<= 1) {
                for (int k = 0; k < counts[l]; k++, i++, code++) {
                    int entry = entry(kind, symbols[i], l);
                    for (int t = Integer.reverse(code) >>> 32 - l; t < table.length; t += 1 << l) {
                        table[t] = entry;
                    }
                }
            }
            return new Code(kind, table, counts, symbols);
        }

        private static DataFormatException invalid(Kind kind) {
            return new DataFormatException(
                    switch (kind) {
                        case LENGTHS -> "invalid code lengths set";
                        case LITERALS -> "invalid literal/lengths set";
                        case DISTANCES -> "invalid distances set";
                    });
        }

        private static int entry(Kind kind, int symbol, int bits) {
            if (kind == Kind.LENGTHS || kind == Kind.LITERALS && symbol < END) {
                return symbol << 8 | bits;
            }
            if (kind == Kind.DISTANCES) {
                // the two codes of the fixed set that stand for no distance are left to find()
                return symbol < MAX_DISTANCES
                        ? DISTANCE_BASE[symbol] << 8 | Math.max(0, symbol / 2 - 1) << 4 | bits
                        : 0;
            }
            if (symbol == END) {
                return LAST << 24 | bits;
            }
            int i = symbol - END - 1;
            return i < LENGTH_BASE.length ? REPEAT << 24 | LENGTH_BASE[i] << 8 | LENGTH_EXTRA[i] << 4 | bits : 0;
        }

        static int bits(int entry) {
            return entry & 15;
        }

        static int extra(int entry) {
            return entry >> 4 & 15;
        }

        static int value(int entry) {
            return entry >> 8 & 0xFFFF;
        }

        /** The literal, {@link #END}, or more. */
        static int symbol(int entry) {
            return entry >> 24 == LITERAL ? entry >> 8 : END - 1 + (entry >> 24);
        }

        /** Finds a code that is not in the table, bit by bit. */
        int find(long bits) throws DataFormatException {
            int code = 0;
            int first = 0;
            int index = 0;
            for (int l = 1; l <= MAX_CODE; l++) {
                code |= (int) (bits >>> l - 1) & 1;
                if (code - first < counts[l]) {
                    int entry = entry(kind, symbols[index + code - first], l);
                    if (entry != 0) {
                        return entry;
                    }
                    break;
                }
                index += counts[l];
                first = first + counts[l] << 1;
                code <<= 1;
            }
            throw new DataFormatException(
                    kind == Kind.DISTANCES ? "invalid distance code" : "invalid literal/length code");
        }
    }
}
