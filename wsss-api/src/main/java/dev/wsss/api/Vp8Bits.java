package dev.wsss.api;

/** VP8's arithmetic decoder (RFC 6386, section 7) over a part of a file. */
final class Vp8Bits {
    private final byte[] file;
    private final int end;
    private int at;
    private int range = 254;
    private int value;
    private int bits = -8;
    private boolean over;

    Vp8Bits(byte[] file, int start, int end) {
        this.file = file;
        this.at = start;
        this.end = end;
    }

    /** Whether more was read than there is. */
    boolean isOver() {
        return over;
    }

    /** A bit that is 0 with a probability of {@code zero} in 256. */
    int bit(int zero) {
        if (bits < 0) {
            over |= at >= end;
            value = value << 8 | (at < end ? file[at++] & 255 : 0);
            bits += 8;
        }
        int split = range * zero >> 8;
        int bit = 0;
        int left = split + 1;
        if (value >> bits > split) {
            bit = 1;
            left = range - split;
            value -= split + 1 << bits;
        }
        int shift = Integer.numberOfLeadingZeros(left) - 24;
        bits -= shift;
        range = (left << shift) - 1;
        return bit;
    }

    boolean flag() {
        return bit(128) != 0;
    }

    /** A number of so many bits, the high one first. */
    int number(int count) {
        int number = 0;
        for (int i = 0; i < count; i++) {
            number = number << 1 | bit(128);
        }
        return number;
    }

    /** A number with its sign, or 0, as a flag in front of it says. */
    int optional(int count) {
        if (!flag()) {
            return 0;
        }
        int number = number(count);
        return flag() ? -number : number;
    }
}
