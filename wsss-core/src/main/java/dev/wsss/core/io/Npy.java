package dev.wsss.core.io;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * NumPy's npy format: one array in a file. Reads versions 1 to 3, either byte order, C and Fortran order, every number
 * type; writes version 1.0 in C order, the bytes that {@code numpy.save} writes.
 *
 * <p>A file of Python objects, such as a dict of CAMs, is read by {@link #readObject} or, typed, by {@link ObjectNpy}.
 */
public final class Npy {
    private Npy() {}

    /**
     * Reads an array of numbers. Fortran order is turned into C order.
     *
     * @throws InvalidDataException if there is no such file, it is not an npy file, or it holds objects or records
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static HostArray read(Path path) {
        try (ByteSource source = ByteSource.open(path)) {
            return parse(source.name(), ByteBuffer.wrap(source.readAll()));
        }
    }

    /**
     * Reads a file of Python objects, as {@code numpy.save} writes a dict or a list, without running anything in it.
     *
     * <p>Gives plain Java: {@code null}, {@link Boolean}, {@link Long} (or {@link java.math.BigInteger}), {@link Double},
     * {@link String}, {@link ByteBuffer} for bytes, {@link java.util.List} for lists and tuples, {@link java.util.Map},
     * {@link java.util.Set}, and {@link HostArray} for arrays of numbers and for PyTorch's tensors; NumPy's scalars become
     * Java's. A file of one object gives that object, a one-dimensional array of objects a list. A file of numbers gives
     * its {@link HostArray}.
     *
     * @throws InvalidDataException if there is no such file, it is malformed, or it refers to any class or function
     *     other than those that make the above, which is named
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static @Nullable Object readObject(Path path) {
        try (ByteSource source = ByteSource.open(path)) {
            return parseObject(source.name(), ByteBuffer.wrap(source.readAll()));
        }
    }

    static @Nullable Object parseObject(String file, ByteBuffer in) {
        NpyHeader header = NpyHeader.parse(file, in);
        if (header.type().dtype() != null) {
            return data(file, header, in);
        }
        long count = Inputs.byteCount(DType.U8, header.shape());
        Object value = Unpickler.load(file, in, TensorPickle.DIALECT);
        long got = header.shape().length == 0 ? 1 : value instanceof List<?> list ? list.size() : -1;
        if (header.shape().length > 1 || got != count) {
            throw new InvalidDataException(file + ": expected the objects of shape " + Inputs.shape(header.shape()));
        }
        return value;
    }

    /**
     * Writes or replaces a file atomically.
     *
     * @throws IllegalArgumentException if the array is of {@link DType#BF16}, which NumPy does not have
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void write(Path path, HostArray array) {
        byte[] header = NpyHeader.format(NpyType.format(array.dtype()), array.shape());
        AtomicFile.write(path, out -> {
            out.write(header);
            Inputs.copy(array.bytes(), out);
        });
    }

    static HostArray parse(String file, ByteBuffer in) {
        NpyHeader header = NpyHeader.parse(file, in);
        if (header.type().dtype() == null) {
            throw new InvalidDataException(file + ": holds Python objects, expected numbers");
        }
        return data(file, header, in);
    }

    private static HostArray data(String file, NpyHeader header, ByteBuffer in) {
        DType dtype = header.type().dtype();
        if (dtype == null) {
            throw new IllegalArgumentException("an array of objects");
        }
        requireSize(file, header, dtype, in.remaining());
        return header.type().array(header.shape(), header.fortran(), in);
    }

    /** That the elements of a header are just the bytes that follow it. */
    static void requireSize(String file, NpyHeader header, DType dtype, int follow) {
        long bytes = Inputs.byteCount(dtype, header.shape());
        if (bytes != follow || !Inputs.representable(dtype, header.shape())) {
            throw new InvalidDataException(file + ": " + dtype + Inputs.shape(header.shape()) + " needs "
                    + (bytes < 0 ? "more than 2^63" : bytes) + " bytes, the file has " + follow
                    + " after its header");
        }
    }
}
