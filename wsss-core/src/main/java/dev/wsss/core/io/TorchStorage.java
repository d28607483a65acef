package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The elements that one or more tensors of a PyTorch checkpoint share. A pickle only names a storage; where its bytes lie
 * is told afterwards, by {@link #placeAt} or {@link #placeIn}.
 */
final class TorchStorage {
    private final String key;
    private final ElementType type;
    private final long elements;
    private @Nullable ByteSource source;
    private long position;
    private boolean bigEndian;
    private @Nullable Supplier<byte[]> inflater;
    private byte @Nullable [] inflated;

    /**
     * @param type of the elements; U8 for a storage without a type
     * @param elements at least 0, and at most 2^63 - 1 bytes of them
     */
    TorchStorage(String key, ElementType type, long elements) {
        this.key = key;
        this.type = type;
        this.elements = elements;
    }

    String key() {
        return key;
    }

    ElementType type() {
        return type;
    }

    long elements() {
        return elements;
    }

    /** Bytes of all elements. */
    long bytes() {
        return bytes(type, elements);
    }

    /** Bytes of so many elements; -1 if they are too many to count. */
    static long bytes(ElementType type, long elements) {
        return Inputs.byteCount(DType.U8, new long[] {type.bytes(), elements});
    }

    boolean bigEndian() {
        return bigEndian;
    }

    /** The bytes lie in a file, from {@code position} on; the caller has checked that they do. */
    void placeAt(ByteSource file, long start, boolean reversed) {
        source = file;
        position = start;
        bigEndian = reversed;
    }

    /** The bytes are compressed; all of them are inflated when the first are asked for. */
    void placeIn(Supplier<byte[]> bytes, boolean reversed) {
        inflater = bytes;
        bigEndian = reversed;
    }

    boolean placed() {
        return source != null || inflater != null;
    }

    /** A range of the bytes that the caller has checked against {@link #bytes}. */
    ArrayBytes range(long start, long length) {
        if (length > Inputs.MAX_ARRAY_BYTES) {
            throw new InvalidDataException(
                    "storage " + Inputs.quote(key) + ": " + length + " bytes of one tensor, expected less than 2 GiB");
        }
        ByteSource file = source;
        return file != null
                ? file.range(position + start, (int) length)
                : ArrayBytes.of(ByteBuffer.wrap(inflate(), (int) start, (int) length));
    }

    private synchronized byte[] inflate() {
        byte[] bytes = inflated;
        if (bytes == null) {
            if (inflater == null) {
                throw new IllegalStateException("storage " + key + " was not placed");
            }
            bytes = inflater.get();
            inflated = bytes;
        }
        return bytes;
    }
}
