package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * MXNet's {@code .params} files ({@code mx.nd.save}): a list of arrays, then the list of their names. An array is
 * written in one of four forms, of which the oldest begins with its number of dimensions in place of a magic number.
 */
final class MxnetParams {
    static final long MAGIC = 0x112;

    private static final int V1 = 0xF993FAC8;
    private static final int V2 = 0xF993FAC9;
    /** As the second, but a scalar has no dimensions and an absent array -1. */
    private static final int V3 = 0xF993FACA;

    private static final int MAX_RANK = 32;

    /** By MXNet's number. */
    private static final DType[] TYPES = {
        DType.F32,
        DType.F64,
        DType.F16,
        DType.U8,
        DType.I32,
        DType.I8,
        DType.I64,
        DType.BOOL,
        DType.I16,
        DType.U16,
        DType.U32,
        DType.U64,
        DType.BF16
    };

    private final ByteSource source;
    private long position;

    /** An array as its bytes lie in the file. */
    private record Stored(ByteSource source, DType dtype, long[] shape, long position) implements StoredTensor {
        @Override
        public HostArray read() {
            if (!Inputs.representable(dtype, shape)) {
                throw new InvalidDataException(
                        source.name() + ": an array " + dtype + Inputs.shape(shape) + ", expected less than 2 GiB");
            }
            return HostArray.of(dtype, shape, source.range(position, (int) Inputs.byteCount(dtype, shape)));
        }
    }

    private MxnetParams(ByteSource source) {
        this.source = source;
    }

    static CheckpointContent read(ByteSource source) {
        return new MxnetParams(source).read();
    }

    private CheckpointContent read() {
        ByteBuffer head = take(24);
        if (head.getLong(0) != MAGIC) {
            throw bad("not an MXNet file, it does not begin with 0x112");
        }
        // The smallest entries: an absent array is its 4 bytes of dimensions, an empty name its 8 of length.
        int count = count(head.getLong(16), 4, "arrays");
        List<@Nullable Stored> arrays = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            arrays.add(array(i));
        }
        int names = count(take(8).getLong(0), 8, "names");
        if (names != 0 && names != count) {
            throw bad(names + " names for " + count + " arrays");
        }
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            String name = names == 0 ? String.valueOf(i) : name();
            Stored array = arrays.get(i);
            if (array != null && tensors.put(name, array) != null) {
                throw bad("two arrays are named " + Inputs.quote(name));
            }
        }
        return new CheckpointContent(Checkpoint.Format.MXNET, "", tensors, Map.of(), List.of(source));
    }

    private @Nullable Stored array(int i) {
        int magic = take(4).getInt(0);
        boolean wide = magic == V1 || magic == V2 || magic == V3;
        if (magic == V2 || magic == V3) {
            int storage = take(4).getInt(0);
            if (storage != 0) {
                throw bad("array " + i + " is sparse (storage type " + storage + "), expected dense");
            }
        }
        int rank = wide ? take(4).getInt(0) : magic;
        if (rank == (magic == V3 ? -1 : 0)) {
            return null;
        }
        if (rank < 0 || rank > MAX_RANK) {
            throw bad("array " + i + " has " + Integer.toUnsignedString(rank) + " dimensions, expected at most "
                    + MAX_RANK);
        }
        ByteBuffer dims = take(rank * (wide ? 8 : 4));
        long[] shape = new long[rank];
        for (int d = 0; d < rank; d++) {
            shape[d] = wide ? dims.getLong() : dims.getInt() & 0xFFFFFFFFL;
        }
        // the device that it was on, two numbers, and its type
        int type = take(12).getInt(8);
        if (type < 0 || type >= TYPES.length) {
            throw bad("array " + i + " is of type " + type + ", expected one of plain numbers");
        }
        long bytes = Inputs.byteCount(TYPES[type], shape);
        if (bytes < 0 || bytes > source.size() - position) {
            throw bad("array " + i + ": " + TYPES[type] + Inputs.shape(shape) + " does not fit in the file's "
                    + (source.size() - position) + " bytes that follow");
        }
        Stored array = new Stored(source, TYPES[type], shape, position);
        position += bytes;
        return array;
    }

    private String name() {
        int length = count(take(8).getLong(0), 1, "bytes of a name");
        byte[] bytes = new byte[length];
        take(length).get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private int count(long count, int bytesEach, String what) {
        if (count < 0 || count > (source.size() - position) / bytesEach || count > Integer.MAX_VALUE / 16) {
            throw bad(Long.toUnsignedString(count) + " " + what + " in the " + (source.size() - position)
                    + " bytes that follow");
        }
        return (int) count;
    }

    private ByteBuffer take(int bytes) {
        if (bytes > source.size() - position) {
            throw bad("the file ends at byte " + source.size() + ", expected " + (position + bytes));
        }
        ByteBuffer view = ByteBuffer.wrap(source.read(position, bytes)).order(ByteOrder.LITTLE_ENDIAN);
        position += bytes;
        return view;
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(source.name() + ": " + what);
    }
}
