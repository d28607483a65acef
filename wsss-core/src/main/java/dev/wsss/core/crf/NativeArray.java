package dev.wsss.core.crf;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Memory that Java fills element by element and libtorch reads without a copy. It grows and never shrinks, so that the
 * images of a data set take turns in the same pages: fresh ones cost more than what is written to them.
 */
final class NativeArray implements AutoCloseable {
    private final DType dtype;
    private final ComputeDevice device;
    private @Nullable Tensor memory;
    private long capacity;

    NativeArray(DType dtype, ComputeDevice device) {
        this.dtype = dtype;
        this.device = device;
    }

    /** The first {@code rows * columns} elements as a tensor of the current scope; their values are undefined. */
    Tensor tensor(long rows, long columns) {
        return memory(Math.multiplyExact(rows, columns))
                .narrow(0, 0, rows * columns)
                .view(rows, columns);
    }

    /** As {@link #tensor(long, long)} with one dimension. */
    Tensor tensor(long size) {
        return memory(size).narrow(0, 0, size);
    }

    IntBuffer ints(int size) {
        return new IntPointer(memory(size).data_ptr()).capacity(size).asBuffer();
    }

    FloatBuffer floats(int size) {
        return new FloatPointer(memory(size).data_ptr()).capacity(size).asBuffer();
    }

    private Tensor memory(long size) {
        if (memory == null || capacity < size) {
            close();
            // the next image may have a few vertices more
            capacity = size + size / 8;
            try (Scope scope = Scope.open()) {
                memory = Scope.own(Tensors.empty(dtype, device, capacity));
            }
        }
        return memory;
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.close();
            memory = null;
            capacity = 0;
        }
    }
}
