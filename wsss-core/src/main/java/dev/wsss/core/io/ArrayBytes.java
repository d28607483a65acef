package dev.wsss.core.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

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
     * Fills a buffer that has room for just so many.
     *
     * @throws IllegalStateException if they are in a file that was closed
     */
    void copyTo(ByteBuffer to);

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
        public void copyTo(ByteBuffer to) {
            to.put(get.duplicate());
        }
    }
}
