package dev.wsss.core.nd4j;

import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.TensorScoreMaps;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.bytedeco.javacpp.BooleanPointer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ND4J arrays from tensors and score maps, and back.
 *
 * <p>Where both sides can have the same layout (host memory, C order, dense, starting at the first element, of a type
 * that both know) <b>the two share one memory</b>: nothing is copied, and a change through one is seen through the
 * other. Otherwise the result is a copy. Whether shared or copied, either side may be closed or forgotten first: memory
 * that comes from a tensor lives until the last ND4J array over it is garbage-collected, as ND4J's own does; memory that
 * comes from ND4J lives until the last tensor over it is closed.
 *
 * <p>To be sure of a copy, call {@code dup()} on an array or {@code clone()} on a tensor.
 */
public final class Nd4jInterop {
    private static final Cleaner CLEANER = Cleaner.create();

    /** Arrays whose memory a tensor looks at, by address: reachable here until libtorch lets go of them. */
    private static final Map<Long, ConcurrentLinkedDeque<INDArray>> LENT = new ConcurrentHashMap<>();

    private static final Release RELEASE = release();

    private Nd4jInterop() {}

    private static Release release() {
        Torch.load();
        return Scope.own(new Release()); // not of whatever scope this class happens to be loaded in
    }

    /** libtorch's call when the last tensor over a lent array is gone; may come on any thread. */
    private static final class Release extends PointerConsumer {
        @Override
        public void call(Pointer data) {
            LENT.computeIfPresent(data.address(), (address, arrays) -> {
                arrays.poll();
                return arrays.isEmpty() ? null : arrays;
            });
        }
    }

    /**
     * A tensor's elements as an ND4J array of the same shape. Shared if the tensor is on the CPU and contiguous; the
     * gradient is left behind.
     *
     * @throws IllegalArgumentException if ND4J has no such type, or the tensor has no element
     */
    public static INDArray toNd4j(Tensor tensor) {
        long[] shape = Tensors.shape(tensor);
        if (tensor.numel() == 0) {
            throw new IllegalArgumentException(
                    "a tensor without elements, " + Arrays.toString(shape) + ", has no memory to hand to ND4J");
        }
        DataType type = dataType(Tensors.dtype(tensor));
        Tensor owner;
        try (Scope scope = Scope.open()) {
            owner = Scope.own(Tensors.to(tensor.detach(), ComputeDevice.CPU).contiguous());
        }
        Pointer memory = typed(owner.data_ptr(), type, owner.numel());
        // ND4J's buffer, and every view of it, holds this pointer
        CLEANER.register(memory, owner::close);
        DataBuffer buffer = Nd4j.createBuffer(memory, owner.numel(), type);
        return Nd4j.create(buffer, shape, Nd4j.getStrides(shape, 'c'), 0, 'c', type);
    }

    /**
     * An ND4J array's elements as a tensor of the same shape, on the CPU, in the current scope. Shared if the array is
     * dense, in C order and starts at the first element of its buffer.
     *
     * @throws IllegalArgumentException if libtorch has no such type, or the array is empty
     */
    public static Tensor toTensor(INDArray array) {
        if (array.isEmpty()) {
            throw new IllegalArgumentException("an empty ND4J array has no memory to hand to libtorch");
        }
        DType type = dtype(array.dataType());
        INDArray dense = isDense(array) ? array : array.dup('c');
        Pointer memory = dense.data().addressPointer();
        long address = memory.address();
        LENT.compute(address, (key, arrays) -> {
            ConcurrentLinkedDeque<INDArray> holders = arrays == null ? new ConcurrentLinkedDeque<>() : arrays;
            holders.add(dense);
            return holders;
        });
        return torch.from_blob(memory, dense.shape(), RELEASE, Tensors.options(type, ComputeDevice.CPU));
    }

    /**
     * Score maps as an ND4J array of floats {@code [K][height][width]}. Shared if the maps are a CPU tensor; closing the
     * maps does not end the array.
     */
    public static INDArray toNd4j(ScoreMaps maps) {
        if (maps instanceof TensorScoreMaps mine && Tensors.dtype(mine.tensor()) == DType.F32) {
            return toNd4j(mine.tensor());
        }
        return Nd4j.createFromArray(maps.toArray()).reshape(maps.count(), maps.height(), maps.width());
    }

    /**
     * Score maps over an ND4J array, converted to float where it is of another type. Shared as by {@link
     * #toTensor(INDArray)}; the caller closes the maps.
     *
     * @param labels label of each map, ascending and distinct
     * @param array {@code [K][height][width]}
     * @throws IllegalArgumentException if the array has another shape
     */
    public static ScoreMaps toScoreMaps(int[] labels, INDArray array) {
        if (array.rank() != 3 || array.size(0) != labels.length) {
            throw new IllegalArgumentException(
                    "expected an array [" + labels.length + "][height][width], got " + Arrays.toString(array.shape()));
        }
        INDArray floats = array.dataType() == DataType.FLOAT ? array : array.castTo(DataType.FLOAT);
        try (Scope scope = Scope.open()) {
            return TensorScoreMaps.of(labels, toTensor(floats));
        }
    }

    private static boolean isDense(INDArray array) {
        if (array.offset() != 0 || array.isCompressed()) {
            return false;
        }
        long expected = 1;
        for (int d = array.rank() - 1; d >= 0; d--) {
            if (array.size(d) != 1 && array.stride(d) != expected) {
                return false;
            }
            expected *= array.size(d);
        }
        return true;
    }

    private static DataType dataType(DType type) {
        return switch (type) {
            case BOOL -> DataType.BOOL;
            case U8 -> DataType.UBYTE;
            case I8 -> DataType.BYTE;
            case I16 -> DataType.SHORT;
            case I32 -> DataType.INT;
            case I64 -> DataType.LONG;
            case F16 -> DataType.HALF;
            case BF16 -> DataType.BFLOAT16;
            case F32 -> DataType.FLOAT;
            case F64 -> DataType.DOUBLE;
            case U16, U32, U64 -> throw new IllegalArgumentException("type " + type + " is not exchanged with ND4J");
        };
    }

    private static DType dtype(DataType type) {
        for (DType candidate : DType.values()) {
            boolean wideUnsigned = candidate == DType.U16 || candidate == DType.U32 || candidate == DType.U64;
            if (!wideUnsigned && dataType(candidate) == type) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("ND4J type " + type + " is not exchanged with libtorch");
    }

    private static Pointer typed(Pointer data, DataType type, long elements) {
        return switch (type) {
            case BOOL -> new BooleanPointer(data).capacity(elements);
            case UBYTE, BYTE -> new BytePointer(data).capacity(elements);
            case SHORT, HALF, BFLOAT16 -> new ShortPointer(data).capacity(elements);
            case INT -> new IntPointer(data).capacity(elements);
            case LONG -> new LongPointer(data).capacity(elements);
            case FLOAT -> new FloatPointer(data).capacity(elements);
            case DOUBLE -> new DoublePointer(data).capacity(elements);
            default -> throw new IllegalArgumentException("type " + type + " is not exchanged with ND4J");
        };
    }
}
