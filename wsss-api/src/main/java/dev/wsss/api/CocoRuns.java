package dev.wsss.api;

import java.util.Arrays;

/** COCO's text of run lengths: six bits a character, and from the fourth run on the difference to the run two before. */
final class CocoRuns {
    private static final char BASE = '0';
    private static final int PAYLOAD_BITS = 5;
    private static final int PAYLOAD = (1 << PAYLOAD_BITS) - 1;
    private static final int SIGN = 1 << PAYLOAD_BITS - 1;
    private static final int MORE = 1 << PAYLOAD_BITS;

    /** The difference of two ints has 33 bits. */
    private static final int MAX_CHARACTERS = 7;

    private CocoRuns() {}

    static String write(int[] counts) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < counts.length; i++) {
            long rest = isDifference(i) ? (long) counts[i] - counts[i - 2] : counts[i];
            boolean more;
            do {
                int bits = (int) rest & PAYLOAD;
                rest >>= PAYLOAD_BITS;
                more = rest != ((bits & SIGN) == 0 ? 0 : -1);
                text.append((char) (BASE + (more ? bits | MORE : bits)));
            } while (more);
        }
        return text.toString();
    }

    /** The run lengths, none negative. They take no more memory than four times the text's characters. */
    static int[] read(String text) {
        int[] counts = new int[text.length()];
        int n = 0;
        int at = 0;
        while (at < text.length()) {
            long value = 0;
            int start = at;
            int bits;
            do {
                if (at == text.length()) {
                    throw new InvalidDataException("run " + n + " of a mask is cut off after " + (at - start)
                            + " characters; expected a whole COCO counts text");
                }
                if (at - start == MAX_CHARACTERS) {
                    throw new InvalidDataException("run " + n + " of a mask goes on after " + MAX_CHARACTERS
                            + " characters; expected a number of 32 bits");
                }
                bits = text.charAt(at) - BASE;
                if (bits < 0 || bits > (MORE | PAYLOAD)) {
                    throw new InvalidDataException("character " + at + " of a mask's counts is '" + text.charAt(at)
                            + "'; expected '0' to 'o'");
                }
                value |= (long) (bits & PAYLOAD) << PAYLOAD_BITS * (at - start);
                at++;
            } while ((bits & MORE) != 0);
            if ((bits & SIGN) != 0) {
                value |= -1L << PAYLOAD_BITS * (at - start);
            }
            if (isDifference(n)) {
                value += counts[n - 2];
            }
            if (value < 0 || value > Integer.MAX_VALUE) {
                throw new InvalidDataException(
                        "run " + n + " of a mask has " + value + " pixels; expected 0 to " + Integer.MAX_VALUE);
            }
            counts[n++] = (int) value;
        }
        return Arrays.copyOf(counts, n);
    }

    private static boolean isDifference(int run) {
        return run > 2;
    }
}
