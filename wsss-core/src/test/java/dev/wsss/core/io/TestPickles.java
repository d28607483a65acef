package dev.wsss.core.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Pickles as Python writes them, of whatever a test needs: npy files of objects, and PyTorch's streams. */
public final class TestPickles {
    /** An object that the pickle makes by calling a function by name. */
    public record Call(String module, String name, List<?> arguments) {}

    /** A Python tuple; a list is a list. */
    public record Tuple(List<?> items) {}

    /** A NumPy array of objects in one dimension. */
    public record Objects(List<?> items) {}

    /** A PyTorch tensor as {@code pickle.dumps} writes it, with what it is beyond its window. */
    public record Tensor(HostArray array, @Nullable Map<?, ?> metadata) {
        public Tensor(HostArray array) {
            this(array, null);
        }
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private TestPickles() {}

    /** Writes an npy file of one object. */
    public static Path npy(Path file, @Nullable Object content) {
        TestPickles pickle = new TestPickles();
        pickle.op(0x80, 3);
        pickle.objects(new long[0], List.of(List.of()), content);
        pickle.op('.');
        return write(file, pickle, new long[0]);
    }

    /** Writes an npy file of an array of one object. */
    public static Path npyOfOne(Path file, Object content) {
        TestPickles pickle = new TestPickles();
        pickle.op(0x80, 3);
        pickle.objects(new long[] {1}, List.of(List.of()), content);
        pickle.op('.');
        return write(file, pickle, new long[] {1});
    }

    private static Path write(Path file, TestPickles pickle, long[] shape) {
        byte[] header = NpyHeader.format("|O", shape);
        byte[] body = pickle.out.toByteArray();
        try {
            return Files.write(
                    file,
                    ByteBuffer.allocate(header.length + body.length)
                            .put(header)
                            .put(body)
                            .array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void put(@Nullable Object value) {
        if (value == null) {
            op('N');
        } else if (value instanceof Boolean truth) {
            op(truth ? 0x88 : 0x89);
        } else if (value instanceof Integer || value instanceof Long) {
            op(0x8a, 8);
            little(8).putLong(((Number) value).longValue());
            flush();
        } else if (value instanceof Double number) {
            op('G');
            out.writeBytes(ByteBuffer.allocate(8).putDouble(number).array());
        } else if (value instanceof String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            op('X');
            little(4).putInt(utf8.length);
            flush();
            out.writeBytes(utf8);
        } else if (value instanceof Map<?, ?> map) {
            op('}', '(');
            map.forEach((k, v) -> {
                put(k);
                put(v);
            });
            op('u');
        } else if (value instanceof List<?> list) {
            op(']', '(');
            list.forEach(this::put);
            op('e');
        } else if (value instanceof Tuple tuple) {
            op('(');
            tuple.items.forEach(this::put);
            op('t');
        } else if (value instanceof Objects array) {
            objects(new long[] {array.items.size()}, array.items, null);
        } else if (value instanceof Call call) {
            global(call.module, call.name);
            put(new Tuple(call.arguments));
            op('R');
        } else if (value instanceof HostArray array) {
            array(array);
        } else if (value instanceof Tensor tensor) {
            tensor(tensor);
        } else {
            throw new IllegalArgumentException(value.getClass().getName());
        }
    }

    private void array(HostArray array) {
        reconstruct();
        op('(');
        put(1);
        longs(array.shape());
        String type = NpyType.format(array.dtype());
        dtype(type.substring(1), type.substring(0, 1));
        op(0x89);
        bytes(array.bytes());
        op('t', 'b');
    }

    /** An array of these objects, or where {@code items} is the empty list alone, of {@code only}. */
    private void objects(long[] shape, List<?> items, @Nullable Object only) {
        reconstruct();
        op('(');
        put(1);
        longs(shape);
        dtype("O8", "|");
        op(0x89);
        op(']', '(');
        if (items.equals(List.of(List.of()))) {
            put(only);
        } else {
            items.forEach(this::put);
        }
        op('e');
        op('t', 'b');
    }

    private void reconstruct() {
        global("numpy.core.multiarray", "_reconstruct");
        global("numpy", "ndarray");
        longs(0);
        bytes(ByteBuffer.wrap(new byte[] {'b'}));
        op(0x87, 'R');
    }

    private void dtype(String type, String order) {
        global("numpy", "dtype");
        put(new Tuple(List.of(type, false, true)));
        op('R', '(');
        put(3);
        put(order);
        op('N', 'N', 'N');
        put(-1);
        put(-1);
        put(0);
        op('t', 'b');
    }

    private void tensor(Tensor tensor) {
        long[] shape = tensor.array.shape();
        long[] stride = new long[shape.length];
        long step = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            stride[d] = step;
            step *= Math.max(1, shape[d]);
        }
        global("torch._utils", "_rebuild_tensor_v2");
        op('(');
        global("torch.storage", "_load_from_bytes");
        bytes(ByteBuffer.wrap(stream(tensor.array)));
        op(0x85, 'R');
        put(0);
        longs(shape);
        longs(stride);
        op(0x89);
        put(new Call("collections", "OrderedDict", List.of()));
        if (tensor.metadata != null) {
            put(tensor.metadata);
        }
        op('t', 'R');
    }

    /** What {@code torch.save} of a storage writes without a zip archive. */
    private static byte[] stream(HostArray array) {
        TestPickles file = new TestPickles();
        file.out.writeBytes(new byte[] {
            (byte) 0x80,
            2,
            (byte) 0x8a,
            10,
            0x6c,
            (byte) 0xfc,
            (byte) 0x9c,
            0x46,
            (byte) 0xf9,
            0x20,
            0x6a,
            (byte) 0xa8,
            0x50,
            0x19,
            '.'
        });
        file.op(0x80, 2, 'M', 0xe9, 3, '.');
        file.op(0x80, 2);
        file.put(Map.of("little_endian", true));
        file.op('.');
        file.op(0x80, 2, '(');
        file.put("storage");
        String storage =
                switch (array.dtype()) {
                    case F64 -> "Double";
                    case F32 -> "Float";
                    case F16 -> "Half";
                    case BF16 -> "BFloat16";
                    case I64 -> "Long";
                    case I32 -> "Int";
                    case U8 -> "Byte";
                    case BOOL -> "Bool";
                    default -> throw new IllegalArgumentException(array.toString());
                };
        file.global("torch", storage + "Storage");
        file.put("0");
        file.put("cpu");
        file.put(array.size());
        file.op('N', 't', 'Q', '.');
        file.op(0x80, 2);
        file.put(List.of("0"));
        file.op('.');
        file.little(8).putLong(array.size());
        file.flush();
        ByteBuffer data = array.bytes();
        byte[] copy = new byte[data.remaining()];
        data.get(copy);
        file.out.writeBytes(copy);
        return file.out.toByteArray();
    }

    private void global(String module, String name) {
        out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void longs(long... values) {
        op('(');
        for (long value : values) {
            put(value);
        }
        op('t');
    }

    private void bytes(ByteBuffer data) {
        byte[] copy = new byte[data.remaining()];
        data.get(copy);
        op('B');
        little(4).putInt(copy.length);
        flush();
        out.writeBytes(copy);
    }

    private void op(int... codes) {
        for (int code : codes) {
            out.write(code);
        }
    }

    private ByteBuffer number = ByteBuffer.allocate(0);

    private ByteBuffer little(int size) {
        number = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        return number;
    }

    private void flush() {
        out.writeBytes(number.array());
    }
}
