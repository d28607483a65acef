package dev.wsss.api;

/** A prefix code of lossless WebP, read bit by bit from the low end. */
final class Vp8lCode {
    private static final int LONGEST = 15;
    private static final int FAST = 8;

    /** Symbol and length by the next bits, eight at most, or 0 where the code is longer. */
    private final int[] fast;

    private final int fastBits;

    /** Number of codes of each length, and the symbols in their order. */
    private final int[] counts = new int[LONGEST + 1];

    private final int[] symbols;
    private final int only;

    /**
     * Makes the code.
     *
     * @param lengths bits of each symbol's code, 0 for those that do not occur, 15 at most
     * @throws IllegalArgumentException if they are no complete code
     */
    Vp8lCode(int[] lengths) {
        int used = 0;
        int last = 0;
        int longest = 0;
        for (int s = 0; s < lengths.length; s++) {
            if (lengths[s] > 0) {
                used++;
                last = s;
                counts[lengths[s]]++;
                longest = Math.max(longest, lengths[s]);
            }
        }
        only = used == 1 ? last : -1;
        symbols = new int[used];
        fastBits = used == 1 ? 0 : Math.min(FAST, longest);
        fast = new int[1 << fastBits];
        int room = 1;
        int[] next = new int[LONGEST + 2];
        int[] code = new int[LONGEST + 2];
        for (int n = 1; n <= LONGEST; n++) {
            room = 2 * room - counts[n];
            if (room < 0) {
                break;
            }
            next[n + 1] = next[n] + counts[n];
            code[n + 1] = code[n] + counts[n] << 1;
        }
        if (used == 0 || room != 0 && used > 1) {
            throw new IllegalArgumentException("code of " + used + " symbols is not complete");
        }
        for (int s = 0; s < lengths.length && used > 1; s++) {
            int n = lengths[s];
            if (n > 0) {
                symbols[next[n]++] = s;
                int bits = Integer.reverse(code[n]++) >>> 32 - n;
                for (int i = bits; n <= fastBits && i < fast.length; i += 1 << n) {
                    fast[i] = n << 16 | s;
                }
            }
        }
    }

    int read(Vp8lBits bits) {
        if (only >= 0) {
            return only;
        }
        int hit = fast[bits.peek(fastBits)];
        if (hit != 0) {
            bits.skip(hit >> 16);
            return hit & 0xFFFF;
        }
        int code = 0;
        int first = 0;
        int index = 0;
        for (int n = 1; n <= LONGEST; n++) {
            code |= bits.number(1);
            if (code - first < counts[n]) {
                return symbols[index + code - first];
            }
            index += counts[n];
            first = first + counts[n] << 1;
            code <<= 1;
        }
        throw new IllegalArgumentException("unknown code");
    }
}
