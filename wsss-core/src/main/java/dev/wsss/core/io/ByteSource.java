package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

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

    /**
     * The bytes of a range that the caller has checked against the size, little-endian and without a copy: of a file, a
     * view of a mapping, which lives as long as the view does and outlives the source.
     */
    abstract ByteBuffer view(long position, int length);

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
        /** Where mappings begin; one of twice the length holds every range that is not longer. */
        private static final long SEGMENT = 1L << 30;

        private final FileChannel channel;
        private final Map<Long, MappedByteBuffer> segments = new HashMap<>();

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
        ByteBuffer view(long position, int length) {
            try {
                long size = channel.size();
                if (length > size - position) {
                    throw new InvalidDataException(name() + ": the file ends at byte " + size + ", expected "
                            + (position + length) + "; it was cut while being read");
                }
                long start = position / SEGMENT * SEGMENT;
                if (position - start + length > Integer.MAX_VALUE) {
                    return channel.map(FileChannel.MapMode.READ_ONLY, position, length)
                            .order(ByteOrder.LITTLE_ENDIAN);
                }
                return segment(start, size)
                        .slice((int) (position - start), length)
                        .order(ByteOrder.LITTLE_ENDIAN);
            } catch (IOException e) {
                throw unreadable(name(), e);
            }
        }

        private synchronized MappedByteBuffer segment(long start, long size) throws IOException {
            MappedByteBuffer segment = segments.get(start);
            if (segment == null) {
                segment = channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(size - start, Integer.MAX_VALUE));
                segments.put(start, segment);
            }
            return segment;
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
        ByteBuffer view(long position, int length) {
            return ByteBuffer.wrap(bytes, (int) position, length)
                    .slice()
                    .asReadOnlyBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public void close() {}
    }
}
