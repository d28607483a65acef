package dev.wsss.api;

/** Bits of a part of a file, from the low end of each byte. */
final class Vp8lBits {
    private final byte[] file;
    private final int end;
    private int at;
    private long held;
    private int count;

    Vp8lBits(byte[] file, int start, int end) {
        this.file = file;
        this.at = start;
        this.end = end;
    }

    /** The next bits without taking them; zeros stand behind the end. */
    int peek(int n) {
        while (count < n) {
            held |= (at < end ? file[at] & 255L : 0L) << count;
            at++;
            count += 8;
        }
        return (int) held & (1 << n) - 1;
    }

    /** Takes bits that were seen. */
    void skip(int n) {
        held >>>= n;
        count -= n;
        if ((long) at * 8 - count > (long) end * 8) {
            throw new IllegalArgumentException("pixels end too early");
        }
    }

    /** A number of at most 24 bits. */
    int number(int n) {
        int number = peek(n);
        skip(n);
        return number;
    }
}
