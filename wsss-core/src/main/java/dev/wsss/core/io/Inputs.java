package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** What the readers and writers of this package share: opening, exact reads, checked sizes, messages. */
final class Inputs {
    /** Arrays of at most this many bytes fit in a Java buffer on every JVM. */
    static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    /** As many dimensions as NumPy allows. */
    static final int MAX_RANK = 64;

    private static final int MAX_QUOTE = 80;

    private Inputs() {}

    /** Opens an existing plain file. */
    static FileChannel open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new InvalidDataException(
                    path + ": expected a file, there is " + (Files.exists(path) ? "something else" : "nothing"));
        }
        try {
            return FileChannel.open(path, StandardOpenOption.READ);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /** The whole of a file that fits in an array. */
    static byte[] readAll(Path path) {
        try (FileChannel channel = open(path)) {
            long size = channel.size();
            if (size > MAX_ARRAY_BYTES) {
                throw new InvalidDataException(
                        path + ": " + size + " bytes, expected at most " + MAX_ARRAY_BYTES + " in a file of this kind");
            }
            return read(channel, path, 0, (int) size);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /** Exactly {@code length} bytes from {@code position}, a range already checked against the file's size. */
    static byte[] read(FileChannel channel, Path path, long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        // In chunks: the JDK keeps a direct buffer as large as the largest read of each thread.
        int done = 0;
        while (done < length) {
            ByteBuffer chunk = ByteBuffer.wrap(bytes, done, Math.min(length - done, 1 << 20));
            int n = channel.read(chunk, position + done);
            if (n < 0) {
                throw new InvalidDataException(path + ": the file ends at byte " + (position + done) + ", expected "
                        + (position + length) + "; it was cut while being read");
            }
            done += n;
        }
        return bytes;
    }

    static UncheckedIOException unreadable(Path path, IOException e) {
        return new UncheckedIOException("cannot read " + path + ": " + e.getMessage(), e);
    }

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
