package dev.wsss.core.checkpoint;

import dev.wsss.core.io.HostArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Moves of an array's bytes; element types play no part. */
final class Strides {
    private Strides() {}

    /** The array, seen with lengths {@code from}, with its dimensions in another order and then of shape {@code to}. */
    static HostArray permute(HostArray array, long[] from, int[] order, long[] to) {
        int kept = from.length;
        while (kept > 0 && order[kept - 1] == kept - 1) {
            kept--; // trailing dimensions that stay move as one block
        }
        if (kept == 0) {
            return array.reshape(to);
        }
        long[] strides = new long[from.length];
        long stride = array.dtype().bytes();
        for (int d = from.length - 1; d >= 0; d--) {
            strides[d] = stride;
            stride *= from[d];
        }
        int block = (int) (strides[kept - 1]);
        int[] lengths = new int[kept];
        int[] steps = new int[kept];
        for (int d = 0; d < kept; d++) {
            lengths[d] = (int) from[order[d]];
            steps[d] = (int) strides[order[d]];
        }
        ByteBuffer out = copy(array.bytes(), lengths, steps, block);
        return HostArray.of(array.dtype(), to, out);
    }

    /** The array, seen with lengths {@code from}, with the entries of one dimension in another order. */
    static HostArray take(HostArray array, long[] from, int axis, int[] order, long[] to) {
        long block = array.dtype().bytes();
        for (int d = axis + 1; d < from.length; d++) {
            block *= from[d];
        }
        ByteBuffer in = array.bytes();
        ByteBuffer out = allocate(in.remaining());
        int size = (int) block;
        for (int start = 0; size > 0 && start < in.limit(); start += order.length * size) {
            for (int i = 0; i < order.length; i++) {
                out.put(start + i * size, in, start + order[i] * size, size);
            }
        }
        return HostArray.of(array.dtype(), to, out);
    }

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer copy(ByteBuffer in, int[] lengths, int[] steps, int block) {
        ByteBuffer out = allocate(in.remaining());
        if (in.remaining() == 0) {
            return out;
        }
        int last = lengths.length - 1;
        int[] index = new int[lengths.length];
        int from = 0;
        int to = 0;
        while (true) {
            for (int i = 0, at = from; i < lengths[last]; i++, at += steps[last], to += block) {
                switch (block) {
                    case 2 -> out.putShort(to, in.getShort(at));
                    case 4 -> out.putInt(to, in.getInt(at));
                    case 8 -> out.putLong(to, in.getLong(at));
                    default -> out.put(to, in, at, block);
                }
            }
            int d = last - 1;
            while (d >= 0 && ++index[d] == lengths[d]) {
                from -= steps[d] * (lengths[d] - 1);
                index[d--] = 0;
            }
            if (d < 0) {
                return out;
            }
            from += steps[d];
        }
    }

    /** The part {@code [start, start + length)} of an axis. */
    static HostArray slice(HostArray array, int axis, long start, long length) {
        long[] shape = array.shape();
        int inner = inner(array, axis);
        int row = (int) (shape[axis] * inner);
        int size = (int) (length * inner);
        ByteBuffer in = array.bytes();
        shape[axis] = length;
        if (row == in.limit()) {
            return HostArray.of(array.dtype(), shape, in.slice((int) (start * inner), size));
        }
        ByteBuffer out =
                allocate((int) HostArray.elements(shape) * array.dtype().bytes());
        for (int from = (int) (start * inner), to = 0; to < out.limit(); from += row, to += size) {
            out.put(to, in, from, size);
        }
        return HostArray.of(array.dtype(), shape, out);
    }

    /** Arrays one after the other along an axis; their other dimensions are equal. */
    static HostArray concat(HostArray[] arrays, int axis) {
        long[] shape = arrays[0].shape();
        shape[axis] = Arrays.stream(arrays).mapToLong(a -> a.shape()[axis]).sum();
        int row = (int) (shape[axis] * inner(arrays[0], axis));
        int total = Math.toIntExact(
                Arrays.stream(arrays).mapToLong(HostArray::byteSize).sum());
        ByteBuffer out = allocate(total);
        int offset = 0;
        for (HostArray array : arrays) {
            ByteBuffer in = array.bytes();
            int size = (int) (array.shape()[axis] * inner(array, axis));
            for (int from = 0, to = offset; size > 0 && from < in.limit(); from += size, to += row) {
                out.put(to, in, from, size);
            }
            offset += size;
        }
        return HostArray.of(arrays[0].dtype(), shape, out);
    }

    /** Bytes of one entry of an axis. */
    private static int inner(HostArray array, int axis) {
        long[] shape = array.shape();
        int bytes = array.dtype().bytes();
        for (int d = axis + 1; d < shape.length; d++) {
            bytes *= (int) shape[d];
        }
        return bytes;
    }
}
