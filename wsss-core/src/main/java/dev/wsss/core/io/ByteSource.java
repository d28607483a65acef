package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Bytes to be read by range, of a file or of memory, with the name that messages give. Thread-safe. */
abstract class ByteSource implements AutoCloseable {
    private static final int CHUNK = 1 << 20;

    private final String name;

    private ByteSource(String name) {
        this.name = name;
    }

    /**
     * Opens a file.
     *
     * @throws InvalidDataException if there is none, or something else of that name
     * @throws UncheckedIOException if it cannot be read
     */
    static ByteSource open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new InvalidDataException(
                    path + ": expected a file, there is " + (Files.exists(path) ? "something else" : "nothing"));
        }
        try {
            return new OfFile(path.toString(), FileChannel.open(path, StandardOpenOption.READ));
        } catch (IOException e) {
            throw unreadable(path.toString(), e);
        }
    }

    /** Bytes in memory; not copied. */
    static ByteSource of(String name, byte[] bytes) {
        return new OfMemory(name, bytes);
    }

    /** What messages call it. */
    final String name() {
        return name;
    }

    abstract long size();

    /** The bytes of a range that the caller has checked against the size. */
    abstract byte[] read(long position, int length);

    /** Everything. */
    final byte[] readAll() {
        long size = size();
        if (size > Inputs.MAX_ARRAY_BYTES) {
            throw new InvalidDataException(name + ": " + size + " bytes, expected at most " + Inputs.MAX_ARRAY_BYTES
                    + " in a file of this kind");
        }
        return read(0, (int) size);
    }

    @Override
    public abstract void close();

    private static UncheckedIOException unreadable(String name, IOException e) {
        return new UncheckedIOException("cannot read " + name + ": " + e.getMessage(), e);
    }

    private static final class OfFile extends ByteSource {
        private final FileChannel channel;

        OfFile(String name, FileChannel channel) {
            super(name);
            this.channel = channel;
        }

        @Override
        long size() {
            try {
                return channel.size();
            } catch (IOException e) {
                throw unreadable(name(), e);
            }
        }

        @Override
        byte[] read(long position, int length) {
            byte[] bytes = new byte[length];
            int done = 0;
            try {
                while (done < length) {
                    // In chunks: the JDK keeps a direct buffer as large as the largest read of each thread.
                    ByteBuffer chunk = ByteBuffer.wrap(bytes, done, Math.min(length - done, CHUNK));
                    int n = channel.read(chunk, position + done);
                    if (n < 0) {
                        throw new InvalidDataException(name() + ": the file ends at byte " + (position + done)
                                + ", expected " + (position + length) + "; it was cut while being read");
                    }
                    done += n;
                }
            } catch (IOException e) {
                throw unreadable(name(), e);
            }
            return bytes;
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw unreadable(name(), e);
            }
        }
    }

    private static final class OfMemory extends ByteSource {
        private final byte[] bytes;

        OfMemory(String name, byte[] bytes) {
            super(name);
            this.bytes = bytes;
        }

        @Override
        long size() {
            return bytes.length;
        }

        @Override
        byte[] read(long position, int length) {
            return Arrays.copyOfRange(bytes, (int) position, (int) position + length);
        }

        @Override
        public void close() {}
    }
}
