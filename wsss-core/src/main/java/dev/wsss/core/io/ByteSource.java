package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

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
            return new OfFile(path.toString(), AsynchronousFileChannel.open(path, StandardOpenOption.READ));
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

    /** A range that the caller has checked against the size, to be read when its bytes are asked for. */
    abstract ArrayBytes range(long position, int length);

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
        /** Not a FileChannel: an interrupt of one reader closes that for all of them. */
        private final AsynchronousFileChannel channel;

        OfFile(String name, AsynchronousFileChannel channel) {
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
            read(position, ByteBuffer.wrap(bytes));
            return bytes;
        }

        /** Fills a buffer from its position to its limit. */
        private void read(long position, ByteBuffer to) {
            long end = position + to.remaining();
            int limit = to.limit();
            try {
                while (to.position() < limit) {
                    // Into the heap in chunks: the JDK keeps a direct buffer as large as the largest such read of a
                    // thread.
                    to.limit(to.isDirect() ? limit : Math.min(limit, to.position() + CHUNK));
                    long at = end - (limit - to.position());
                    if (finished(channel.read(to, at)) < 0) {
                        throw new InvalidDataException(name() + ": the file ends at byte " + at + ", expected " + end
                                + "; it was cut while being read");
                    }
                }
            } catch (ClosedChannelException e) {
                throw closed();
            } catch (IOException e) {
                throw unreadable(name(), e);
            }
        }

        /** Waits also when interrupted, which the caller then finds set: until the read has ended, the buffer is not its own. */
        private static int finished(Future<Integer> read) throws IOException {
            boolean interrupted = false;
            try {
                while (true) {
                    try {
                        return read.get();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    } catch (ExecutionException e) {
                        if (e.getCause() instanceof IOException cause) {
                            throw cause;
                        }
                        throw new IOException(e.getCause());
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        void requireOpen() {
            if (!channel.isOpen()) {
                throw closed();
            }
        }

        private IllegalStateException closed() {
            return new IllegalStateException(
                    name() + ": the file is closed; use its arrays while it is open, or take copies of them");
        }

        @Override
        ArrayBytes range(long position, int length) {
            return new Range(this, position, length);
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

    /**
     * A part of an open file. A mapping would be read without a copy, but cannot be given back before the garbage
     * collector finds it: until then its pages count as the process's, and Windows does not delete the file.
     */
    private static final class Range implements ArrayBytes {
        private final OfFile file;
        private final long position;
        private final int length;
        /** What was read last, so that asking for one element after another does not read the file as often. */
        private volatile SoftReference<ByteBuffer> last = new SoftReference<>(null);

        Range(OfFile file, long position, int length) {
            this.file = file;
            this.position = position;
            this.length = length;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public ByteBuffer get() {
            // Also what is still at hand: whether an array can be used must not depend on the garbage collector.
            file.requireOpen();
            ByteBuffer bytes = last.get();
            if (bytes == null) {
                bytes = ByteBuffer.wrap(file.read(position, length))
                        .asReadOnlyBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN);
                last = new SoftReference<>(bytes);
            }
            return bytes;
        }

        @Override
        public void copyTo(int from, ByteBuffer to) {
            file.requireOpen();
            file.read(position + from, to);
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
        ArrayBytes range(long position, int length) {
            return ArrayBytes.of(ByteBuffer.wrap(bytes, (int) position, length));
        }

        @Override
        public void close() {}
    }
}
