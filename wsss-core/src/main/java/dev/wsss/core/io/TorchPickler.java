package dev.wsss.core.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/**
 * Writes the pickle of a state dict as {@code torch.save} does, protocol 2: an {@code OrderedDict} of tensors whose
 * storages are called 0, 1, ... in order.
 */
final class TorchPickler {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private TorchPickler() {}

    static byte[] stateDict(Map<String, HostArray> tensors) {
        TorchPickler pickler = new TorchPickler();
        pickler.op(0x80, 2);
        pickler.emptyOrderedDict();
        pickler.op('(');
        int key = 0;
        for (Map.Entry<String, HostArray> e : tensors.entrySet()) {
            pickler.text(e.getKey());
            pickler.tensor(key++, e.getValue());
        }
        pickler.op('u', '.');
        return pickler.out.toByteArray();
    }

    /**
     * {@code _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())}. The unsigned types have no class of
     * storage; their tensors are made of bytes by the third version, which is given the type.
     */
    private void tensor(int key, HostArray array) {
        DType dtype = array.dtype();
        boolean typed = dtype == DType.U16 || dtype == DType.U32 || dtype == DType.U64;
        global("torch._utils", typed ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
        op('(');
        op('(');
        text("storage");
        if (typed) {
            global("torch.storage", "UntypedStorage");
        } else {
            global("torch", storage(dtype));
        }
        text(Integer.toString(key));
        text("cpu");
        number(typed ? array.byteSize() : array.size());
        op('t', 'Q');
        number(0);
        long[] shape = array.shape();
        long[] stride = new long[shape.length];
        long step = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            stride[d] = step;
            step *= Math.max(1, shape[d]);
        }
        numbers(shape);
        numbers(stride);
        op(0x89);
        emptyOrderedDict();
        if (typed) {
            global("torch", "uint" + 8 * dtype.bytes());
        }
        op('t', 'R');
    }

    private static String storage(DType dtype) {
        return switch (dtype) {
            case F64 -> "DoubleStorage";
            case F32 -> "FloatStorage";
            case F16 -> "HalfStorage";
            case BF16 -> "BFloat16Storage";
            case I64 -> "LongStorage";
            case I32 -> "IntStorage";
            case I16 -> "ShortStorage";
            case I8 -> "CharStorage";
            case U8 -> "ByteStorage";
            case BOOL -> "BoolStorage";
            case U16, U32, U64 ->
                throw new IllegalArgumentException(
                        "no class of storage for " + dtype.name().toLowerCase(Locale.ROOT));
        };
    }

    private void emptyOrderedDict() {
        global("collections", "OrderedDict");
        op(')', 'R');
    }

    private void global(String module, String name) {
        out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void numbers(long[] values) {
        op('(');
        for (long value : values) {
            number(value);
        }
        op('t');
    }

    private void number(long value) {
        if (value == (int) value) {
            op('J');
            out.writeBytes(little(4).putInt((int) value).array());
        } else {
            op(0x8a, 8);
            out.writeBytes(little(8).putLong(value).array());
        }
    }

    private void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        op('X');
        out.writeBytes(little(4).putInt(utf8.length).array());
        out.writeBytes(utf8);
    }

    private void op(int... codes) {
        for (int code : codes) {
            out.write(code);
        }
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
