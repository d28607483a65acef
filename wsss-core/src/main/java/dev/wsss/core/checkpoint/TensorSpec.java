package dev.wsss.core.checkpoint;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Element type and shape of an array, without its values. */
public final class TensorSpec {
    private final DType dtype;
    private final long[] shape;

    private TensorSpec(DType dtype, long[] shape) {
        this.dtype = dtype;
        this.shape = shape;
    }

    /**
     * A type and a shape.
     *
     * @throws IllegalArgumentException on a negative dimension, or if the bytes are more than 2^63 - 1
     */
    public static TensorSpec of(DType dtype, long... shape) {
        long[] copy = shape.clone();
        try {
            Math.multiplyExact(HostArray.elements(copy), (long) dtype.bytes());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("absurd shape " + Arrays.toString(copy), e);
        }
        return new TensorSpec(dtype, copy);
    }

    /** That of an array. */
    public static TensorSpec of(HostArray array) {
        return new TensorSpec(array.dtype(), array.shape());
    }

    /** Those of arrays, in their order. */
    public static Map<String, TensorSpec> of(Map<String, HostArray> arrays) {
        Map<String, TensorSpec> specs = new LinkedHashMap<>();
        arrays.forEach((key, array) -> specs.put(key, of(array)));
        return specs;
    }

    /** The element type. */
    public DType dtype() {
        return dtype;
    }

    /** The shape; a copy, empty for a scalar. */
    public long[] shape() {
        return shape.clone();
    }

    /** Number of elements. */
    public long elements() {
        return HostArray.elements(shape);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof TensorSpec other && dtype == other.dtype && Arrays.equals(shape, other.shape);
    }

    @Override
    public int hashCode() {
        return 31 * dtype.hashCode() + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return dtype + Arrays.toString(shape);
    }
}
