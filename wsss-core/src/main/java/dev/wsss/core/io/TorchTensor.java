package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor of a PyTorch checkpoint: a strided window on a storage.
 *
 * @param dtype of the elements
 * @param offset of the first element from the start of the storage, in elements of {@code dtype}
 * @param stride between neighbours of each dimension, in elements
 * @param negated whether the elements are those of the storage with the other sign
 */
record TorchTensor(TorchStorage storage, DType dtype, long offset, long[] shape, long[] stride, boolean negated)
        implements StoredTensor {

    /** Whether the elements lie in C order without gaps, so that the file's bytes are the array's. */
    boolean contiguous() {
        long expected = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            if (shape[d] != 1) {
                if (stride[d] != expected && !empty()) {
                    return false;
                }
                expected *= shape[d];
            }
        }
        return true;
    }

    /** Whether reading makes a copy. */
    boolean copies() {
        return negated || !contiguous() || storage.bigEndian() && dtype.bytes() > 1;
    }

    long bytes() {
        return Inputs.byteCount(dtype, shape);
    }

    private boolean empty() {
        for (long s : shape) {
            if (s == 0) {
                return true;
            }
        }
        return false;
    }

    /** Elements from the first to the last that the window touches; -1 if they are too many to count. */
    long span() {
        if (empty()) {
            return 0;
        }
        try {
            long last = 0;
            for (int d = 0; d < shape.length; d++) {
                last = Math.addExact(last, Math.multiplyExact(shape[d] - 1, stride[d]));
            }
            return Math.addExact(last, 1);
        } catch (ArithmeticException e) {
            return -1;
        }
    }

    @Override
    public HostArray read() {
        if (!Inputs.representable(dtype, shape)) {
            throw new InvalidDataException(
                    dtype + Inputs.shape(shape) + " has " + bytes() + " bytes, expected less than 2 GiB");
        }
        int size = dtype.bytes();
        ArrayBytes window = storage.range(offset * size, span() * size);
        if (!copies()) {
            return HostArray.of(dtype, shape, window);
        }
        ByteBuffer out = ByteBuffer.allocate((int) bytes()).order(ByteOrder.LITTLE_ENDIAN);
        if (out.hasRemaining()) {
            // Elements whose bytes are reversed are read with the order that reverses them back.
            gather(
                    window.get()
                            .duplicate()
                            .order(storage.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN),
                    0,
                    0,
                    out);
        }
        if (negated) {
            negate(out);
        }
        return HostArray.of(dtype, shape, out.flip());
    }

    /** Whatever the element is: a float's sign is its highest bit, and integers wrap as PyTorch's do. */
    private void negate(ByteBuffer elements) {
        int size = dtype.bytes();
        for (int at = 0; at < elements.position(); at += size) {
            switch (size) {
                case 1 -> elements.put(at, (byte) -elements.get(at));
                case 2 ->
                    elements.putShort(
                            at, (short) (dtype.isFloating() ? elements.getShort(at) ^ 0x8000 : -elements.getShort(at)));
                case 4 ->
                    elements.putInt(
                            at, dtype.isFloating() ? elements.getInt(at) ^ Integer.MIN_VALUE : -elements.getInt(at));
                default ->
                    elements.putLong(
                            at, dtype.isFloating() ? elements.getLong(at) ^ Long.MIN_VALUE : -elements.getLong(at));
            }
        }
    }

    private void gather(ByteBuffer from, int d, long start, ByteBuffer out) {
        if (d < shape.length - 1) {
            for (long i = 0; i < shape[d]; i++) {
                gather(from, d + 1, start + i * stride[d], out);
            }
            return;
        }
        int n = shape.length == 0 ? 1 : (int) shape[d];
        int size = dtype.bytes();
        int step = shape.length == 0 ? 0 : Math.toIntExact(n == 1 ? 0 : stride[d] * size);
        int at = Math.toIntExact(start * size);
        switch (size) {
            case 1 -> {
                for (int i = 0; i < n; i++) {
                    out.put(from.get(at + i * step));
                }
            }
            case 2 -> {
                for (int i = 0; i < n; i++) {
                    out.putShort(from.getShort(at + i * step));
                }
            }
            case 4 -> {
                for (int i = 0; i < n; i++) {
                    out.putInt(from.getInt(at + i * step));
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    out.putLong(from.getLong(at + i * step));
                }
            }
        }
    }
}
