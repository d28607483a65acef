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
    private final DType dtype;
    private final long elements;
    private @Nullable ByteSource source;
    private long position;
    private boolean bigEndian;
    private @Nullable Supplier<byte[]> inflater;
    private byte @Nullable [] inflated;

    /**
     * @param dtype of the storage; U8 for one without a type
     * @param elements at least 0, and at most 2^63 - 1 bytes of them
     */
    TorchStorage(String key, DType dtype, long elements) {
        this.key = key;
        this.dtype = dtype;
        this.elements = elements;
    }

    String key() {
        return key;
    }

    DType dtype() {
        return dtype;
    }

    long elements() {
        return elements;
    }

    /** Bytes of all elements. */
    long bytes() {
        return Inputs.byteCount(dtype, new long[] {elements});
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
