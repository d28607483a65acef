package dev.wsss.core.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A dense array on the host: element type, shape, and row-major (C order) little-endian bytes. What the file formats of
 * this package read and write. The bytes may be a view of a mapped file.
 *
 * <p>Immutable to its users: {@link #bytes()} is read-only.
 */
public final class HostArray {
    private final DType dtype;
    private final long[] shape;
    private final ByteBuffer bytes;

    private HostArray(DType dtype, long[] shape, ByteBuffer bytes) {
        this.dtype = dtype;
        this.shape = shape;
        this.bytes = bytes;
    }

    /**
     * An array over little-endian bytes; not copied.
     *
     * @param bytes from position to limit, exactly {@code product(shape) * dtype.bytes()} of them
     * @throws IllegalArgumentException if the shape has a negative entry or the number of bytes differs
     */
    public static HostArray of(DType dtype, long[] shape, ByteBuffer bytes) {
        long expected = Math.multiplyExact(elements(shape), dtype.bytes());
        if (bytes.remaining() != expected) {
            throw new IllegalArgumentException(
                    dtype + Arrays.toString(shape) + " has " + expected + " bytes, got " + bytes.remaining());
        }
        return new HostArray(
                dtype, shape.clone(), bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    /** A float32 array; copies. */
    public static HostArray ofFloats(float[] values, long... shape) {
        ByteBuffer b = allocate(values.length, 4);
        b.asFloatBuffer().put(values);
        return of(DType.F32, shape, b);
    }

    /** A float64 array; copies. */
    public static HostArray ofDoubles(double[] values, long... shape) {
        ByteBuffer b = allocate(values.length, 8);
        b.asDoubleBuffer().put(values);
        return of(DType.F64, shape, b);
    }

    /** An int32 array; copies. */
    public static HostArray ofInts(int[] values, long... shape) {
        ByteBuffer b = allocate(values.length, 4);
        b.asIntBuffer().put(values);
        return of(DType.I32, shape, b);
    }

    /** An int64 array; copies. */
    public static HostArray ofLongs(long[] values, long... shape) {
        ByteBuffer b = allocate(values.length, 8);
        b.asLongBuffer().put(values);
        return of(DType.I64, shape, b);
    }

    /** A uint8 array; copies. */
    public static HostArray ofBytes(byte[] values, long... shape) {
        return of(DType.U8, shape, ByteBuffer.wrap(values.clone()));
    }

    private static ByteBuffer allocate(int elements, int size) {
        return ByteBuffer.allocate(Math.multiplyExact(elements, size)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Number of elements of a shape; 1 for a scalar's empty shape.
     *
     * @throws IllegalArgumentException on a negative entry
     * @throws ArithmeticException beyond 2^63 - 1
     */
    public static long elements(long... shape) {
        long n = 1;
        for (long s : shape) {
            if (s < 0) {
                throw new IllegalArgumentException("negative dimension in shape " + Arrays.toString(shape));
            }
            n = Math.multiplyExact(n, s);
        }
        return n;
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
    public int size() {
        return bytes.remaining() / dtype.bytes();
    }

    /** The elements' bytes, little-endian, C order; read-only, at position 0. */
    public ByteBuffer bytes() {
        return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The element at flat index {@code i}, as a double; exact but for 64-bit integers beyond 2^53. */
    public double getDouble(int i) {
        return switch (dtype) {
            case F32 -> bytes.getFloat(i * 4);
            case F64 -> bytes.getDouble(i * 8);
            case F16 -> halfToFloat(bytes.getShort(i * 2));
            case BF16 -> Float.intBitsToFloat(bytes.getShort(i * 2) << 16);
            default -> {
                long v = getLong(i);
                yield dtype == DType.U64 && v < 0 ? (v >>> 1) * 2.0 + (v & 1) : v;
            }
        };
    }

    /** The element at flat index {@code i} of an integer or boolean array; a u64 beyond 2^63 wraps. */
    public long getLong(int i) {
        return switch (dtype) {
            case BOOL -> bytes.get(i) == 0 ? 0 : 1;
            case U8 -> bytes.get(i) & 255;
            case I8 -> bytes.get(i);
            case U16 -> bytes.getShort(i * 2) & 0xFFFF;
            case I16 -> bytes.getShort(i * 2);
            case U32 -> bytes.getInt(i * 4) & 0xFFFFFFFFL;
            case I32 -> bytes.getInt(i * 4);
            case U64, I64 -> bytes.getLong(i * 8);
            default -> throw new IllegalStateException("an array of " + dtype + " holds no integers");
        };
    }

    /** All elements as floats, converted where the type is another. */
    public float[] toFloats() {
        float[] out = new float[size()];
        if (dtype == DType.F32) {
            bytes().asFloatBuffer().get(out);
        } else {
            for (int i = 0; i < out.length; i++) {
                out[i] = (float) getDouble(i);
            }
        }
        return out;
    }

    /** All elements as doubles. */
    public double[] toDoubles() {
        double[] out = new double[size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = getDouble(i);
        }
        return out;
    }

    /** All elements of an integer or boolean array as longs. */
    public long[] toLongs() {
        long[] out = new long[size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = getLong(i);
        }
        return out;
    }

    /**
     * All elements of an integer or boolean array as ints.
     *
     * @throws ArithmeticException if one does not fit
     */
    public int[] toInts() {
        int[] out = new int[size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = Math.toIntExact(getLong(i));
        }
        return out;
    }

    /**
     * The elements of a one-byte array.
     *
     * @throws IllegalStateException if elements are wider
     */
    public byte[] toBytes() {
        if (dtype.bytes() != 1) {
            throw new IllegalStateException("expected a one-byte type, this array is " + dtype);
        }
        byte[] out = new byte[size()];
        bytes().get(out);
        return out;
    }

    private static float halfToFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = half >> 10 & 0x1F;
        int mantissa = half & 0x3FF;
        if (exponent == 0) {
            float magnitude = mantissa * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int bits = exponent == 31 ? 0x7F800000 | mantissa << 13 : exponent + 112 << 23 | mantissa << 13;
        return Float.intBitsToFloat(sign | bits);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof HostArray other
                && dtype == other.dtype
                && Arrays.equals(shape, other.shape)
                && bytes.equals(other.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + bytes.hashCode();
    }

    @Override
    public String toString() {
        return dtype + Arrays.toString(shape);
    }
}
