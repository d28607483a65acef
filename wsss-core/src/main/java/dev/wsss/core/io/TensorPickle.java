package dev.wsss.core.io;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * PyTorch's tensors in a pickle of NumPy's, where programs left them in place of arrays. Pickled so, and not by {@code
 * torch.save}, a tensor carries its storage along, as the bytes of a stream of PyTorch's own.
 */
final class TensorPickle {
    private static final String LOAD = "torch.storage._load_from_bytes";

    /** NumPy's functions and those of tensors, which come out as arrays. */
    static final Unpickler.Dialect DIALECT = new Unpickler.Dialect() {
        private final Map<String, Unpickler.Function> globals = globals();

        @Override
        public Unpickler.@Nullable Function global(String name) {
            return globals.get(name);
        }

        /** A tensor of one number is a key, which Python compares by identity. */
        @Override
        public @Nullable Object key(Unpickler machine, Object key) {
            return key instanceof HostArray array
                            && array.shape().length == 0
                            && !array.dtype().isFloating()
                            && array.dtype() != DType.BOOL
                    ? (Object) array.getLong(0)
                    : null;
        }
    };

    private TensorPickle() {}

    private static Map<String, Unpickler.Function> globals() {
        Map<String, Unpickler.Function> table = new LinkedHashMap<>();
        table.putAll(NumpyPickle.GLOBALS);
        TorchPickle.tensorGlobals().forEach((name, function) -> table.put(name, array(function)));
        table.put(LOAD, TensorPickle::storage);
        return Map.copyOf(table);
    }

    /** {@code _load_from_bytes(bytes)}: a storage, which the function that makes the tensor takes. */
    private static @Nullable Object storage(Unpickler machine, List<@Nullable Object> arguments) {
        NumpyPickle.arity(machine, "_load_from_bytes", arguments, 1);
        ByteBuffer data = NumpyPickle.data(machine, arguments.get(0)).duplicate();
        // The same bytes may be given again and again.
        machine.charge(1024L + data.remaining());
        byte[] stream = new byte[data.remaining()];
        data.get(stream);
        return TorchReader.legacyObject(ByteSource.of(machine.file(), stream));
    }

    /** A function whose tensor is read at once, as the pickle that holds it is in memory whole. */
    private static Unpickler.Function array(Unpickler.Function function) {
        return (machine, arguments) -> {
            Object made = function.call(machine, arguments);
            if (!(made instanceof StoredTensor stored)) {
                return made;
            }
            if (!(stored instanceof TorchTensor tensor)) {
                throw machine.bad("holds " + stored.describe() + ", expected a tensor of plain numbers");
            }
            if (!Inputs.representable(tensor.dtype(), tensor.shape())) {
                throw machine.bad("holds " + tensor.describe() + ", expected less than 2 GiB");
            }
            machine.charge(64 + (tensor.copies() ? tensor.bytes() : 0));
            return tensor.read();
        };
    }
}
