package dev.wsss.core.runtime;

import dev.wsss.api.RgbImage;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Tensors from Java arrays and back, always by copy, always in bulk. New tensors are on the CPU unless a device is
 * given, contiguous, without gradient, and belong to the current {@link Scope}.
 */
public final class Tensors {
    /** Elements that are put in another order at a time: not more than libtorch leaves to one thread. */
    private static final int REORDERED = 1 << 15;

    private Tensors() {}

    /** A float32 tensor. */
    public static Tensor of(float[] values, long... shape) {
        check(values.length, shape);
        Tensor t = empty(DType.F32, ComputeDevice.CPU, shape);
        if (values.length > 0) {
            new FloatPointer(t.data_ptr()).capacity(values.length).put(values);
        }
        return t;
    }

    /** A float64 tensor. */
    public static Tensor of(double[] values, long... shape) {
        check(values.length, shape);
        Tensor t = empty(DType.F64, ComputeDevice.CPU, shape);
        if (values.length > 0) {
            new DoublePointer(t.data_ptr()).capacity(values.length).put(values);
        }
        return t;
    }

    /** An int64 tensor. */
    public static Tensor of(long[] values, long... shape) {
        check(values.length, shape);
        Tensor t = empty(DType.I64, ComputeDevice.CPU, shape);
        if (values.length > 0) {
            new LongPointer(t.data_ptr()).capacity(values.length).put(values);
        }
        return t;
    }

    /** A uint8 tensor. */
    public static Tensor of(byte[] values, long... shape) {
        check(values.length, shape);
        Tensor t = empty(DType.U8, ComputeDevice.CPU, shape);
        if (values.length > 0) {
            new BytePointer(t.data_ptr()).capacity(values.length).put(values);
        }
        return t;
    }

    /** A tensor of the array's type and shape. */
    public static Tensor of(HostArray array) {
        Tensor t = empty(array.dtype(), ComputeDevice.CPU, array.shape());
        fill(t, array);
        return t;
    }

    /**
     * Copies an array into a tensor, without gradient. An array in a file goes straight to the tensor's memory if that is
     * on the CPU and of the same type.
     *
     * @throws IllegalArgumentException if the tensor is of another shape
     */
    public static void copy(HostArray from, Tensor to) {
        if (!Arrays.equals(shape(to), from.shape())) {
            throw new IllegalArgumentException(
                    "expected a tensor of the array's shape " + from + ", got " + Arrays.toString(shape(to)));
        }
        boolean asItIs = to.is_cpu() && to.scalar_type().intern() == scalarType(from.dtype());
        if (asItIs && to.is_contiguous()) {
            fill(to, from);
            return;
        }
        try (Torch.Mode noGrad = Torch.noGrad();
                Scope scope = Scope.open()) {
            if (asItIs && to.dim() > 1 && to.numel() > REORDERED) {
                fillInParts(to, from);
            } else {
                to.copy_(of(from));
            }
        }
    }

    /** Fills a tensor of another memory layout, such as channels last, through a buffer that stays in a core's cache. */
    private static void fillInParts(Tensor to, HostArray from) {
        long[] shape = from.shape();
        int rowBytes = Math.toIntExact(from.byteSize() / shape[0]);
        shape[0] = Math.max(1, (long) REORDERED * from.dtype().bytes() / rowBytes);
        Tensor part = empty(from.dtype(), ComputeDevice.CPU, shape);
        for (long row = 0; row < to.size(0); row += shape[0]) {
            try (Scope scope = Scope.open()) {
                long rows = Math.min(shape[0], to.size(0) - row);
                from.copyTo(
                        Math.toIntExact(row * rowBytes),
                        new BytePointer(part.data_ptr())
                                .capacity(rows * rowBytes)
                                .asByteBuffer());
                to.narrow(0, row, rows).copy_(part.narrow(0, 0, rows));
            }
        }
    }

    private static void fill(Tensor t, HostArray array) {
        if (array.byteSize() > 0) {
            array.copyTo(
                    new BytePointer(t.data_ptr()).capacity(array.byteSize()).asByteBuffer());
        }
    }

    /** The pixels of an image as uint8 {@code [height][width][3]}. */
    public static Tensor of(RgbImage image) {
        return of(image.data(), image.height(), image.width(), 3);
    }

    /** A tensor with undefined values. */
    public static Tensor empty(DType dtype, ComputeDevice device, long... shape) {
        return torch.empty(shape, options(dtype, device), null);
    }

    /** A tensor of zeros. */
    public static Tensor zeros(DType dtype, ComputeDevice device, long... shape) {
        return torch.zeros(shape, options(dtype, device));
    }

    /** Options for libtorch's factory functions; a native object of the current scope. */
    public static TensorOptions options(DType dtype, ComputeDevice device) {
        Torch.load();
        // the two-step form: TensorOptions' setters return new objects
        return new TensorOptions(scalarType(dtype)).device(new DeviceOptional(device.toTorch()));
    }

    /** libtorch's name of a type. */
    public static ScalarType scalarType(DType dtype) {
        return switch (dtype) {
            case BOOL -> ScalarType.Bool;
            case U8 -> ScalarType.Byte;
            case I8 -> ScalarType.Char;
            case I16 -> ScalarType.Short;
            case I32 -> ScalarType.Int;
            case I64 -> ScalarType.Long;
            case U16 -> ScalarType.UInt16;
            case U32 -> ScalarType.UInt32;
            case U64 -> ScalarType.UInt64;
            case F16 -> ScalarType.Half;
            case BF16 -> ScalarType.BFloat16;
            case F32 -> ScalarType.Float;
            case F64 -> ScalarType.Double;
        };
    }

    /**
     * The type of a tensor.
     *
     * @throws IllegalArgumentException if it is one that the array files do not have, such as complex
     */
    public static DType dtype(Tensor t) {
        ScalarType type = t.scalar_type().intern();
        for (DType d : DType.values()) {
            if (scalarType(d) == type) {
                return d;
            }
        }
        throw new IllegalArgumentException("tensor type " + type + " has no counterpart on the host");
    }

    /** The shape of a tensor. */
    public static long[] shape(Tensor t) {
        return t.sizes().vec().get();
    }

    /** The tensor on a device; itself if it is there. */
    public static Tensor to(Tensor t, ComputeDevice device) {
        return t.is_cuda() == device.isCuda() && (!device.isCuda() || t.device().index() == device.cudaIndex())
                ? t
                : t.to(device.toTorch(), t.scalar_type());
    }

    /** A copy of all elements, row-major, converted to float32 on the way where the tensor has another type. */
    public static float[] toFloats(Tensor t) {
        try (Scope scope = Scope.open()) {
            Tensor host = host(t, ScalarType.Float);
            float[] out = new float[Math.toIntExact(host.numel())];
            if (out.length > 0) {
                new FloatPointer(host.data_ptr()).capacity(out.length).get(out);
            }
            return out;
        }
    }

    /** As {@link #toFloats} in float64. */
    public static double[] toDoubles(Tensor t) {
        try (Scope scope = Scope.open()) {
            Tensor host = host(t, ScalarType.Double);
            double[] out = new double[Math.toIntExact(host.numel())];
            if (out.length > 0) {
                new DoublePointer(host.data_ptr()).capacity(out.length).get(out);
            }
            return out;
        }
    }

    /** As {@link #toFloats} in int64. */
    public static long[] toLongs(Tensor t) {
        try (Scope scope = Scope.open()) {
            Tensor host = host(t, ScalarType.Long);
            long[] out = new long[Math.toIntExact(host.numel())];
            if (out.length > 0) {
                new LongPointer(host.data_ptr()).capacity(out.length).get(out);
            }
            return out;
        }
    }

    /** As {@link #toFloats} in uint8. */
    public static byte[] toBytes(Tensor t) {
        try (Scope scope = Scope.open()) {
            Tensor host = host(t, ScalarType.Byte);
            byte[] out = new byte[Math.toIntExact(host.numel())];
            if (out.length > 0) {
                new BytePointer(host.data_ptr()).capacity(out.length).get(out);
            }
            return out;
        }
    }

    /** A copy on the host, of the same type and shape. */
    public static HostArray toHost(Tensor t) {
        try (Scope scope = Scope.open()) {
            DType dtype = dtype(t);
            Tensor host = host(t, t.scalar_type());
            long bytes = Math.multiplyExact(host.numel(), dtype.bytes());
            ByteBuffer copy = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
            if (bytes > 0) {
                copy.put(new BytePointer(host.data_ptr()).capacity(bytes).asByteBuffer());
            }
            return HostArray.of(dtype, shape(t), copy.flip());
        }
    }

    /**
     * A view of a tensor as an array, which copies nothing now: its bytes are those that the tensor has when they are asked
     * for. Valid as long as the tensor lives.
     */
    public static HostArray view(Tensor t) {
        DType dtype = dtype(t);
        return HostArray.lazy(dtype, shape(t), () -> {
            if (t.numel() == 0) {
                return ByteBuffer.allocate(0);
            }
            if (t.is_cpu() && t.is_contiguous()) {
                return new BytePointer(t.data_ptr())
                        .capacity(t.numel() * dtype.bytes())
                        .asByteBuffer();
            }
            return toHost(t).bytes();
        });
    }

    /** The only element of a tensor, as a double. This waits for the device. */
    public static double item(Tensor t) {
        if (t.numel() != 1) {
            throw new IllegalArgumentException("expected one element, got shape " + Arrays.toString(shape(t)));
        }
        return toDoubles(t)[0];
    }

    private static Tensor host(Tensor t, ScalarType type) {
        Tensor host = t.detach();
        if (host.is_cuda()) {
            host = host.to(ComputeDevice.CPU.toTorch(), host.scalar_type());
        }
        if (host.scalar_type().intern() != type.intern()) {
            host = host.to(type);
        }
        return host.contiguous();
    }

    private static void check(int length, long[] shape) {
        if (HostArray.elements(shape) != length) {
            throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " has " + HostArray.elements(shape)
                    + " elements, got " + length);
        }
    }
}
