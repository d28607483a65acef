package dev.wsss.core.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** What the readers and writers of this package share: checked sizes, and text for messages. */
final class Inputs {
    /** Arrays of at most this many bytes fit in a Java buffer on every JVM. */
    static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    /** As many dimensions as NumPy allows. */
    static final int MAX_RANK = 64;

    private static final int MAX_QUOTE = 80;

    private Inputs() {}

    /** Bytes of an array of this type and shape; -1 if a dimension is negative or the product overflows. */
    static long byteCount(DType dtype, long[] shape) {
        long n = dtype.bytes();
        boolean empty = false;
        for (long s : shape) {
            if (s < 0) {
                return -1;
            }
            empty |= s == 0;
        }
        if (empty) {
            return 0;
        }
        for (long s : shape) {
            if (n > Long.MAX_VALUE / s) {
                return -1;
            }
            n *= s;
        }
        return n;
    }

    /** Whether {@link HostArray} can hold this shape: its element count is a product in order, which must not overflow. */
    static boolean representable(DType dtype, long[] shape) {
        long n = 1;
        for (long s : shape) {
            if (s < 0 || s > 0 && n > Long.MAX_VALUE / 8 / s) {
                return false;
            }
            n *= s;
        }
        return byteCount(dtype, shape) <= MAX_ARRAY_BYTES;
    }

    /** Text from a file as it may appear in a message: short, and without control characters. */
    static String quote(String text) {
        StringBuilder out = new StringBuilder("'");
        int end = Math.min(text.length(), MAX_QUOTE);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            out.append(Character.isISOControl(c) ? '?' : c);
        }
        return out.append(end < text.length() ? "...'" : "'").toString();
    }

    /** A shape as it may appear in a message. */
    static String shape(long[] shape) {
        return shape.length <= 8 ? Arrays.toString(shape) : "of " + shape.length + " dimensions";
    }

    /** Copies an array's bytes to a stream without a second copy of the whole. */
    static void copy(ByteBuffer from, OutputStream out) throws IOException {
        byte[] chunk = new byte[Math.min(Math.max(from.remaining(), 1), 1 << 16)];
        while (from.hasRemaining()) {
            int n = Math.min(chunk.length, from.remaining());
            from.get(chunk, 0, n);
            out.write(chunk, 0, n);
        }
    }
}
