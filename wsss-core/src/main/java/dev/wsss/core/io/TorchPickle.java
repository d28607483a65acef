package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the pickles of {@code torch.save} and of TorchScript refer to: a fixed table of functions that make tensors and
 * plain containers. Tensors come out as {@link TorchTensor}, whose storages the file's reader places afterwards.
 */
final class TorchPickle implements Unpickler.Dialect {
    private static final String REBUILD_TENSOR = "torch._utils._rebuild_tensor";

    /** The storage classes; {@code torch.cuda} has the same. */
    private static final Map<String, ElementType> STORAGES = Map.ofEntries(
            storage("Double", DType.F64),
            storage("Float", DType.F32),
            storage("Half", DType.F16),
            storage("BFloat16", DType.BF16),
            storage("Long", DType.I64),
            storage("Int", DType.I32),
            storage("Short", DType.I16),
            storage("Char", DType.I8),
            storage("Byte", DType.U8),
            storage("Bool", DType.BOOL),
            unreadable("ComplexFloat", "complex64", 8),
            unreadable("ComplexDouble", "complex128", 16),
            unreadable("QInt8", "qint8", 1),
            unreadable("QUInt8", "quint8", 1),
            unreadable("QInt32", "qint32", 4),
            unreadable("QUInt4x2", "quint4x2", 1),
            unreadable("QUInt2x4", "quint2x4", 1));

    private static final Map<String, DType> DTYPES = Map.ofEntries(
            Map.entry("torch.float64", DType.F64),
            Map.entry("torch.float32", DType.F32),
            Map.entry("torch.float16", DType.F16),
            Map.entry("torch.bfloat16", DType.BF16),
            Map.entry("torch.int64", DType.I64),
            Map.entry("torch.int32", DType.I32),
            Map.entry("torch.int16", DType.I16),
            Map.entry("torch.int8", DType.I8),
            Map.entry("torch.uint64", DType.U64),
            Map.entry("torch.uint32", DType.U32),
            Map.entry("torch.uint16", DType.U16),
            Map.entry("torch.uint8", DType.U8),
            Map.entry("torch.bool", DType.BOOL));

    /** PyTorch's other types, whose tensors are listed and not read. */
    private static final Pattern OTHER_DTYPE =
            Pattern.compile("torch\\.(float[0-9]+_[a-z0-9_]+|complex(32|64|128)|qu?int[0-9x]+|u?int[1-7]|bits[0-9x]+)");

    /** Types that occur beside the tensors of honest checkpoints; their objects are placeholders. */
    private static final List<String> INERT = List.of(
            "argparse.Namespace",
            "pathlib.Path",
            "pathlib.PosixPath",
            "pathlib.PurePosixPath",
            "pathlib.WindowsPath",
            "torch.device",
            "torch.torch_version.TorchVersion",
            "torch.serialization._get_layout",
            "torch.per_tensor_affine",
            "torch.per_channel_affine",
            "torch.per_channel_affine_float_qparams",
            "torch.Tensor",
            "torch.nn.Parameter",
            "torch.nn.parameter.Parameter",
            "torch.nn.parameter.Buffer",
            "builtins.dict",
            "builtins.list",
            "builtins.tuple",
            "builtins.int",
            "builtins.float",
            "builtins.str",
            "builtins.bool",
            "builtins.complex",
            "builtins.slice",
            "collections.Counter",
            "collections.deque",
            "datetime.datetime",
            "datetime.timedelta",
            "types.SimpleNamespace");

    private static final Map<String, Unpickler.Function> GLOBALS = globals();

    private final boolean inertGlobals;
    private final boolean torchScript;
    private final Set<String> passedOver = new LinkedHashSet<>();
    private final Map<String, TorchStorage> storages = new LinkedHashMap<>();
    /** Views of one storage that have a key of their own, by that key. */
    private final Map<String, View> views = new LinkedHashMap<>();

    /** A part of another storage; in elements of its type. */
    private record View(TorchStorage storage, long offset, long elements) {}

    /**
     * @param inertGlobals whether an unknown class is a placeholder, else it is refused
     * @param torchScript whether the classes of the archive's own code occur
     */
    TorchPickle(boolean inertGlobals, boolean torchScript) {
        this.inertGlobals = inertGlobals;
        this.torchScript = torchScript;
    }

    /** The storages that the pickle named, by key. */
    Map<String, TorchStorage> storages() {
        return storages;
    }

    /** Unknown classes that occurred and were placeholders. */
    Set<String> passedOver() {
        return passedOver;
    }

    /** What makes tensors and the kinds of dict, and what such calls are given, by name. */
    static Map<String, Unpickler.Function> tensorGlobals() {
        Map<String, Unpickler.Function> table = new HashMap<>(GLOBALS);
        table.keySet()
                .removeIf(name -> !name.matches("torch\\..*|collections\\..*[dD]ict|builtins\\.(dict|list|int|float)"));
        return table;
    }

    private static Map.Entry<String, ElementType> storage(String name, DType dtype) {
        return Map.entry(name + "Storage", ElementType.of(dtype.name(), dtype));
    }

    private static Map.Entry<String, ElementType> unreadable(String name, String type, int bytes) {
        return Map.entry(name + "Storage", new ElementType(type, bytes, null));
    }

    private static Map<String, Unpickler.Function> globals() {
        Map<String, Unpickler.Function> table = new HashMap<>(NumpyPickle.GLOBALS);
        table.put(REBUILD_TENSOR, (machine, arguments) -> tensor(machine, arguments, 4, false));
        table.put(REBUILD_TENSOR + "_v2", (machine, arguments) -> tensor(machine, arguments, 6, false));
        table.put(REBUILD_TENSOR + "_v3", (machine, arguments) -> tensor(machine, arguments, 7, true));
        table.put("torch._utils._rebuild_qtensor", TorchPickle::quantized);
        table.put("torch._utils._rebuild_sparse_tensor", TorchPickle::sparse);
        table.put("torch._utils._rebuild_parameter", TorchPickle::parameter);
        table.put("torch._utils._rebuild_parameter_with_state", TorchPickle::parameter);
        table.put("torch._tensor._rebuild_from_type_v2", TorchPickle::fromType);
        table.put("torch.Size", TorchPickle::first);
        for (String list : List.of("intlist", "doublelist", "boollist", "tensorlist")) {
            table.put("torch.jit._pickle.build_" + list, TorchPickle::first);
        }
        table.put("torch.jit._pickle.restore_type_tag", TorchPickle::first);
        table.put("collections.OrderedDict", TorchPickle::dict);
        table.put("collections.defaultdict", TorchPickle::dict);
        for (String type : STORAGES.keySet()) {
            table.put("torch." + type, inert("torch." + type));
            table.put("torch.cuda." + type, inert("torch.cuda." + type));
        }
        table.put("torch.storage.UntypedStorage", inert("torch.storage.UntypedStorage"));
        for (String dtype : DTYPES.keySet()) {
            table.put(dtype, inert(dtype));
        }
        for (String type : INERT) {
            table.put(type, inert(type));
            if (type.startsWith("builtins.")) {
                table.put(type.replace("builtins", "__builtin__"), inert(type));
            }
        }
        return Map.copyOf(table);
    }

    private static Unpickler.Function inert(String name) {
        return (machine, arguments) -> new Placeholder(name);
    }

    // ---- the dialect

    @Override
    public Unpickler.@Nullable Function global(String name) {
        Unpickler.Function function = GLOBALS.get(name);
        if (function != null) {
            return function;
        }
        if (OTHER_DTYPE.matcher(name).matches() || torchScript && name.startsWith("__torch__.")) {
            return inert(name);
        }
        if (!inertGlobals) {
            return null;
        }
        passedOver.add(name);
        return inert(name);
    }

    @Override
    public InvalidDataException refusal(String message) {
        return new CheckpointException(
                message + "; objects of other classes are never made, as that could run code, and can at most be passed"
                        + " over for the tensors",
                CheckpointException.Remedy.INERT_GLOBALS);
    }

    @Override
    public @Nullable Object key(Unpickler machine, Object key) {
        // Entries under such keys hold no tensor that has a name.
        machine.charge(48);
        return new Placeholder("a key");
    }

    @Override
    public boolean dropsState(@Nullable Object target) {
        // A state dict has its modules' versions as an attribute.
        return target instanceof Map<?, ?>;
    }

    /** {@code ('storage', FloatStorage, key, location, elements[, (view key, offset, elements)])} */
    @Override
    public @Nullable Object persistent(Unpickler machine, @Nullable Object id) {
        if (!(id instanceof List<?> parts) || parts.isEmpty()) {
            throw machine.bad("refers to data outside of the pickle that is no storage");
        }
        if (parts.get(0) instanceof String kind && kind.equals("module")) {
            // The source of a class, in files of whole modules: ('module', class, file, text)
            return parts.size() > 1 ? parts.get(1) : null;
        }
        if (parts.size() < 5
                || parts.size() > 6
                || !"storage".equals(parts.get(0))
                || !(parts.get(1) instanceof Unpickler.Global type)
                || !(parts.get(2) instanceof String || parts.get(2) instanceof Long)
                || !(parts.get(4) instanceof Long elements)
                || elements < 0) {
            throw machine.bad("refers to data outside of the pickle that is no storage");
        }
        ElementType element = storageType(type.name());
        if (element == null) {
            if (inertGlobals) {
                return new Placeholder(type.name());
            }
            throw machine.bad("a storage of type " + Inputs.quote(type.name()) + ", expected one of plain numbers");
        }
        String key = String.valueOf(parts.get(2));
        TorchStorage storage = storages.get(key);
        if (TorchStorage.bytes(element, elements) < 0) {
            throw machine.bad("storage " + Inputs.quote(key) + " of " + elements + " elements of " + element);
        }
        if (storage == null) {
            machine.charge(160);
            storage = new TorchStorage(key, element, elements);
            storages.put(key, storage);
        }
        if (!storage.type().equals(element) || storage.elements() != elements) {
            throw machine.bad("storage " + Inputs.quote(key) + " has " + elements + " elements of " + element
                    + ", and elsewhere " + storage.elements() + " of " + storage.type());
        }
        return parts.size() == 6 && parts.get(5) != null ? view(machine, storage, parts.get(5)) : storage;
    }

    private View view(Unpickler machine, TorchStorage storage, @Nullable Object metadata) {
        if (!(metadata instanceof List<?> parts)
                || parts.size() != 3
                || !(parts.get(1) instanceof Long offset)
                || !(parts.get(2) instanceof Long elements)
                || offset < 0
                || elements < 0
                || offset > storage.elements() - elements) {
            throw machine.bad("a view of storage " + Inputs.quote(storage.key()) + " that is malformed or outside it");
        }
        String key = String.valueOf(parts.get(0));
        View view = views.get(key);
        if (view == null) {
            machine.charge(128);
            view = new View(storage, offset, elements);
            views.put(key, view);
        }
        return view;
    }

    private static @Nullable ElementType storageType(String name) {
        if (name.equals("torch.storage.UntypedStorage")) {
            return ElementType.of(DType.U8.name(), DType.U8);
        }
        for (String module : List.of("torch.cuda.", "torch.")) {
            if (name.startsWith(module)) {
                return STORAGES.get(name.substring(module.length()));
            }
        }
        return null;
    }

    // ---- functions

    /**
     * {@code _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])}; the third version has
     * the type before the metadata, and a storage without a type.
     */
    private static Object tensor(Unpickler machine, List<@Nullable Object> arguments, int arity, boolean typed) {
        if (arguments.size() < arity || arguments.size() > arity + 1) {
            throw machine.bad("a tensor with " + arguments.size() + " parts, expected " + arity);
        }
        Object data = arguments.get(0);
        if (data instanceof Placeholder) {
            return data;
        }
        long viewOffset = 0;
        long viewElements = -1;
        if (data instanceof View view && !typed) {
            viewOffset = view.offset;
            viewElements = view.elements;
            data = view.storage;
        }
        if (!(data instanceof TorchStorage storage)) {
            throw machine.bad("a tensor without a storage");
        }
        long[] shape = numbers(machine, "size", arguments.get(2));
        // A few bytes may make a tensor again and again.
        machine.charge(96 + 16L * shape.length);
        String typeName = storage.type().name();
        DType dtype = storage.type().dtype();
        if (typed) {
            if (!(arguments.get(6) instanceof Unpickler.Global type)) {
                throw machine.bad("a tensor of type " + Inputs.quote(String.valueOf(arguments.get(6)))
                        + ", expected one of plain numbers");
            }
            typeName = type.name().substring(type.name().lastIndexOf('.') + 1);
            dtype = DTYPES.get(type.name());
        }
        if (dtype == null) {
            return new UnreadableTensor(typeName, shape);
        }
        boolean negated = arity >= 6 && arguments.size() > arity && isNegated(machine, dtype, arguments.get(arity));
        if (!(arguments.get(1) instanceof Long offset) || offset < 0) {
            throw machine.bad("a tensor whose offset is " + Inputs.quote(String.valueOf(arguments.get(1))));
        }
        long[] stride = numbers(machine, "stride", arguments.get(3));
        if (shape.length != stride.length) {
            throw machine.bad("a tensor of " + shape.length + " dimensions with " + stride.length + " strides");
        }
        TorchTensor tensor = new TorchTensor(storage, dtype, viewOffset + offset, shape, stride, negated);
        long span = tensor.span();
        long room = viewElements >= 0 ? viewElements : storage.bytes() / dtype.bytes();
        if (tensor.bytes() < 0 || span < 0 || span > room || offset > room - span) {
            throw machine.bad("a tensor " + dtype + Inputs.shape(shape) + " with strides " + Inputs.shape(stride)
                    + " at " + offset + " does not lie in its storage " + Inputs.quote(storage.key()) + " of " + room
                    + " elements");
        }
        return tensor;
    }

    /**
     * What a tensor is beyond its window: {@code {'conj': True}} of a conjugate that was not computed, which of real
     * numbers changes nothing, and {@code {'neg': True}} of negatives, as the imaginary part of a conjugate is.
     */
    private static boolean isNegated(Unpickler machine, DType dtype, @Nullable Object metadata) {
        if (metadata == null) {
            return false;
        }
        if (!(metadata instanceof Map<?, ?> bits)) {
            throw machine.bad("a tensor whose metadata is no dict");
        }
        for (Map.Entry<?, ?> bit : bits.entrySet()) {
            boolean known = "neg".equals(bit.getKey()) || "conj".equals(bit.getKey());
            if (!known || !(bit.getValue() instanceof Boolean)) {
                throw machine.bad("a tensor with the property " + Inputs.quote(String.valueOf(bit.getKey()))
                        + ", expected conj or neg, true or false");
            }
        }
        boolean negated = Boolean.TRUE.equals(bits.get("neg"));
        if (negated && dtype == DType.BOOL) {
            throw machine.bad("a tensor of truth values with its negative bit set");
        }
        return negated;
    }

    /** {@code _rebuild_qtensor(storage, offset, size, stride, parameters, requires_grad, hooks)}: no plain numbers. */
    private static Object quantized(Unpickler machine, List<@Nullable Object> arguments) {
        if (arguments.size() != 7 || !(arguments.get(0) instanceof TorchStorage storage)) {
            throw machine.bad("a quantized tensor with " + arguments.size() + " parts, expected 7, a storage first");
        }
        return unreadable(machine, storage.type().name(), arguments.get(2));
    }

    /** {@code _rebuild_sparse_tensor(layout, (indices, values, size, ...))}, or with two kinds of indices. */
    private static Object sparse(Unpickler machine, List<@Nullable Object> arguments) {
        if (arguments.size() != 2 || !(arguments.get(1) instanceof List<?> parts) || parts.size() < 3) {
            throw machine.bad("a sparse tensor with " + arguments.size() + " parts, expected a layout and its data");
        }
        // The size is the only list among tensors.
        Object size = parts.stream()
                .filter(part -> part instanceof List<?>)
                .findFirst()
                .orElse(null);
        return unreadable(machine, "sparse", size);
    }

    private static UnreadableTensor unreadable(Unpickler machine, String type, @Nullable Object size) {
        long[] shape = numbers(machine, "size", size);
        machine.charge(96 + 16L * shape.length);
        return new UnreadableTensor(type, shape);
    }

    private static long[] numbers(Unpickler machine, String what, @Nullable Object value) {
        if (!(value instanceof List<?> parts) || parts.size() > Inputs.MAX_RANK) {
            throw machine.bad("a tensor whose " + what + " is no tuple of at most " + Inputs.MAX_RANK);
        }
        long[] numbers = new long[parts.size()];
        for (int d = 0; d < numbers.length; d++) {
            if (!(parts.get(d) instanceof Long number) || number < 0) {
                throw machine.bad("a tensor whose " + what + " holds "
                        + Inputs.quote(String.valueOf(parts.get(d) instanceof Number n ? n : "no number"))
                        + ", expected whole numbers from 0");
            }
            numbers[d] = number;
        }
        return numbers;
    }

    /** {@code _rebuild_parameter(tensor, requires_grad, hooks[, state])}: the tensor. */
    private static @Nullable Object parameter(Unpickler machine, List<@Nullable Object> arguments) {
        if (arguments.size() < 3 || arguments.size() > 4) {
            throw machine.bad("a parameter with " + arguments.size() + " parts, expected 3 or 4");
        }
        return arguments.get(0);
    }

    /** {@code _rebuild_from_type_v2(function, type, arguments, state)}: a tensor with attributes; they are dropped. */
    private static @Nullable Object fromType(Unpickler machine, List<@Nullable Object> arguments) {
        if (arguments.size() != 4
                || !(arguments.get(0) instanceof Unpickler.Global function)
                || !function.name().startsWith(REBUILD_TENSOR)
                        && !function.name().startsWith("torch._utils._rebuild_parameter")) {
            throw machine.bad("a tensor of a class that is made by another function than _rebuild_tensor");
        }
        return function.function().call(machine, machine.list(arguments.get(2)));
    }

    /** The first argument, as it is. */
    private static @Nullable Object first(Unpickler machine, List<@Nullable Object> arguments) {
        if (arguments.isEmpty()) {
            throw machine.bad("a list or size without its items");
        }
        return arguments.get(0);
    }

    /** {@code OrderedDict()}, in Python 2 {@code OrderedDict([[key, value], ...])}, and {@code defaultdict(type)}. */
    private static Object dict(Unpickler machine, List<@Nullable Object> arguments) {
        Map<@Nullable Object, @Nullable Object> dict = new LinkedHashMap<>(4);
        machine.charge(56);
        if (arguments.size() == 1 && arguments.get(0) instanceof List<?> pairs) {
            for (Object pair : pairs) {
                List<@Nullable Object> both = machine.list(pair);
                if (both.size() != 2) {
                    throw machine.bad("a dict made of something other than pairs");
                }
                machine.charge(48);
                machine.putAll(dict, new ArrayList<>(both));
            }
        }
        return dict;
    }
}
