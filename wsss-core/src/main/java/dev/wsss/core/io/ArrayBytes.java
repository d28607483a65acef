package dev.wsss.core.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Supplier;

/** Where the bytes of an array are: in memory, or in an open file, from which they come when asked for. Thread-safe. */
interface ArrayBytes {
    /** How many there are. */
    int length();

    /**
     * All of them, little-endian and read-only. The buffer is shared: duplicate it before moving its position.
     *
     * @throws IllegalStateException if they are in a file that was closed
     */
    ByteBuffer get();

    /**
     * Fills a buffer with those from the {@code from}-th on; it has no room for more than there are.
     *
     * @throws IllegalStateException if they are in a file that was closed
     */
    void copyTo(int from, ByteBuffer to);

    /** Bytes in memory from a buffer's position to its limit; not copied. */
    static ArrayBytes of(ByteBuffer bytes) {
        return new InMemory(bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Bytes in memory. */
    record InMemory(ByteBuffer get) implements ArrayBytes {
        @Override
        public int length() {
            return get.remaining();
        }

        @Override
        public void copyTo(int from, ByteBuffer to) {
            to.put(get.slice(from, to.remaining()));
        }
    }

    /** Bytes that are asked for each time. */
    record OnDemand(int length, Supplier<ByteBuffer> source) implements ArrayBytes {
        @Override
        public ByteBuffer get() {
            ByteBuffer bytes = source.get().slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
            if (bytes.remaining() != length) {
                throw new IllegalStateException("expected " + length + " bytes, got " + bytes.remaining());
            }
            return bytes;
        }

        @Override
        public void copyTo(int from, ByteBuffer to) {
            to.put(get().slice(from, to.remaining()));
        }
    }
}
