package dev.wsss.core.io;

import dev.wsss.api.Float16;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A dense array on the host: element type, shape, and row-major (C order) little-endian bytes. What the file formats of
 * this package read and write.
 *
 * <p>The bytes may lie in an open {@link Checkpoint}, from which they are read when asked for, and no longer once it is
 * closed: any method that needs them then throws an {@link IllegalStateException} that names the file. A {@link #copy} stays.
 *
 * <p>Immutable to its users: {@link #bytes()} is read-only. Thread-safe.
 */
public final class HostArray {
    private final DType dtype;
    private final long[] shape;
    private final ArrayBytes bytes;

    private HostArray(DType dtype, long[] shape, ArrayBytes bytes) {
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
        return of(dtype, shape, ArrayBytes.of(bytes));
    }

    /**
     * An array whose bytes lie elsewhere and are asked for each time: state that would not fit into the heap whole is
     * written one array after the other.
     *
     * @param bytes gives exactly {@code product(shape) * dtype.bytes()} little-endian bytes from position to limit; called
     *     whenever they are wanted, and what it gave is not kept
     * @throws IllegalArgumentException if the shape has a negative entry, or 2 GiB or more
     */
    public static HostArray lazy(DType dtype, long[] shape, Supplier<ByteBuffer> bytes) {
        long length = Math.multiplyExact(elements(shape), dtype.bytes());
        if (length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    dtype + Arrays.toString(shape) + " has " + length + " bytes; expected less than 2 GiB");
        }
        return of(dtype, shape, new ArrayBytes.OnDemand((int) length, bytes));
    }

    /** As {@link #of(DType, long[], ByteBuffer)}, of bytes wherever they are. */
    static HostArray of(DType dtype, long[] shape, ArrayBytes bytes) {
        long expected = Math.multiplyExact(elements(shape), dtype.bytes());
        if (bytes.length() != expected) {
            throw new IllegalArgumentException(
                    dtype + Arrays.toString(shape) + " has " + expected + " bytes, got " + bytes.length());
        }
        return new HostArray(dtype, shape.clone(), bytes);
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
        return bytes.length() / dtype.bytes();
    }

    /** Number of the elements' bytes. */
    public int byteSize() {
        return bytes.length();
    }

    /** The elements' bytes, little-endian, C order; read-only, at position 0. */
    public ByteBuffer bytes() {
        return bytes.get().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Copies the elements' bytes, straight from the file if they lie in one.
     *
     * @param to filled from its position, which moves, to its limit; {@link #byteSize} bytes
     * @throws IllegalArgumentException if it has room for more or fewer
     * @throws dev.wsss.api.InvalidDataException if the file was cut in the meantime
     * @throws java.io.UncheckedIOException if reading fails
     */
    public void copyTo(ByteBuffer to) {
        if (to.remaining() != bytes.length()) {
            throw new IllegalArgumentException(
                    this + " has " + bytes.length() + " bytes, the buffer has room for " + to.remaining());
        }
        bytes.copyTo(0, to);
    }

    /**
     * Copies a part of the elements' bytes, straight from the file if they lie in one.
     *
     * @param from the first byte's number
     * @param to filled from its position, which moves, to its limit
     * @throws IndexOutOfBoundsException if there are not so many from there on
     * @throws dev.wsss.api.InvalidDataException if the file was cut in the meantime
     * @throws java.io.UncheckedIOException if reading fails
     */
    public void copyTo(int from, ByteBuffer to) {
        Objects.checkFromIndexSize(from, to.remaining(), bytes.length());
        bytes.copyTo(from, to);
    }

    /** The same array in memory of its own. */
    public HostArray copy() {
        ByteBuffer to = ByteBuffer.allocate(bytes.length());
        bytes.copyTo(0, to);
        return of(dtype, shape, to.flip());
    }

    /**
     * The same elements in another shape; not copied.
     *
     * @throws IllegalArgumentException if the shape has another number of elements
     */
    public HostArray reshape(long... to) {
        return of(dtype, to, bytes);
    }

    /** The element at flat index {@code i}, as a double; exact but for 64-bit integers beyond 2^53. */
    public double getDouble(int i) {
        return getDouble(bytes.get(), i);
    }

    private double getDouble(ByteBuffer bytes, int i) {
        return switch (dtype) {
            case F32 -> bytes.getFloat(i * 4);
            case F64 -> bytes.getDouble(i * 8);
            case F16 -> Float16.toFloat(bytes.getShort(i * 2));
            case BF16 -> Float.intBitsToFloat(bytes.getShort(i * 2) << 16);
            default -> {
                long v = getLong(bytes, i);
                yield dtype == DType.U64 && v < 0 ? (v >>> 1) * 2.0 + (v & 1) : v;
            }
        };
    }

    /** The element at flat index {@code i} of an integer or boolean array; a u64 beyond 2^63 wraps. */
    public long getLong(int i) {
        return getLong(bytes.get(), i);
    }

    private long getLong(ByteBuffer bytes, int i) {
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

    /**
     * Number of elements that are NaN or infinite; of an array that is read from a file, a part at a time.
     *
     * @return 0 if elements are no floats
     */
    public int nonFinite() {
        if (!dtype.isFloating()) {
            return 0;
        }
        int count = 0;
        ByteBuffer part = ByteBuffer.allocate(Math.min(bytes.length(), 1 << 18)).order(ByteOrder.LITTLE_ENDIAN);
        // what is made anew for each call is made once
        ByteBuffer all = bytes instanceof ArrayBytes.OnDemand ? bytes.get() : null;
        for (int from = 0; from < bytes.length(); from += part.limit()) {
            part.clear().limit(Math.min(part.capacity(), bytes.length() - from));
            if (all != null) {
                part.put(all.slice(from, part.remaining()));
            } else {
                bytes.copyTo(from, part);
            }
            count += nonFinite(part.flip());
        }
        return count;
    }

    /** Of floats whose exponent has all bits set; added up without a branch, so that the compiler can use vectors. */
    private int nonFinite(ByteBuffer part) {
        int count = 0;
        switch (dtype.bytes()) {
            case 2 -> {
                short[] bits = new short[part.remaining() / 2];
                part.asShortBuffer().get(bits);
                int exponent = dtype == DType.F16 ? 0x7C00 : 0x7F80;
                for (short b : bits) {
                    count += (b & 0x7FFF) >= exponent ? 1 : 0;
                }
            }
            case 4 -> {
                int[] bits = new int[part.remaining() / 4];
                part.asIntBuffer().get(bits);
                for (int b : bits) {
                    count += (b & Integer.MAX_VALUE) + 0x00800000 >>> 31;
                }
            }
            default -> {
                long[] bits = new long[part.remaining() / 8];
                part.asLongBuffer().get(bits);
                for (long b : bits) {
                    count += (int) ((b & Long.MAX_VALUE) + 0x0010000000000000L >>> 63);
                }
            }
        }
        return count;
    }

    /** All elements as floats, converted where the type is another. */
    public float[] toFloats() {
        float[] out = new float[size()];
        if (dtype == DType.F32) {
            bytes().asFloatBuffer().get(out);
        } else {
            ByteBuffer all = bytes.get();
            for (int i = 0; i < out.length; i++) {
                out[i] = (float) getDouble(all, i);
            }
        }
        return out;
    }

    /** All elements as doubles. */
    public double[] toDoubles() {
        double[] out = new double[size()];
        ByteBuffer all = bytes.get();
        for (int i = 0; i < out.length; i++) {
            out[i] = getDouble(all, i);
        }
        return out;
    }

    /** All elements of an integer or boolean array as longs. */
    public long[] toLongs() {
        long[] out = new long[size()];
        ByteBuffer all = bytes.get();
        for (int i = 0; i < out.length; i++) {
            out[i] = getLong(all, i);
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
        ByteBuffer all = bytes.get();
        for (int i = 0; i < out.length; i++) {
            out[i] = Math.toIntExact(getLong(all, i));
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

    @Override
    public boolean equals(Object o) {
        return o instanceof HostArray other
                && dtype == other.dtype
                && Arrays.equals(shape, other.shape)
                && bytes.length() == other.bytes.length()
                && bytes.get().equals(other.bytes.get());
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + bytes.get().hashCode();
    }

    @Override
    public String toString() {
        return dtype + Arrays.toString(shape);
    }
}
