package dev.wsss.core.io;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The functions that pickles of NumPy arrays and plain containers call, and no other. */
final class NumpyPickle {
    private static final String NDARRAY = "numpy.ndarray";

    /** By {@code module.name}; NumPy 2 moved its core, Python 3 its builtins. */
    static final Map<String, Unpickler.Function> GLOBALS = globals();

    private NumpyPickle() {}

    private static Map<String, Unpickler.Function> globals() {
        Map<String, Unpickler.Function> table = new LinkedHashMap<>();
        for (String core : List.of("numpy.core", "numpy._core")) {
            table.put(core + ".multiarray._reconstruct", NumpyPickle::reconstruct);
            table.put(core + ".multiarray.scalar", NumpyPickle::scalar);
            table.put(core + ".numeric._frombuffer", NumpyPickle::fromBuffer);
        }
        table.put("numpy.dtype", NumpyPickle::dtype);
        table.put(NDARRAY, (machine, arguments) -> {
            throw machine.bad("the pickle calls " + NDARRAY + ", expected _reconstruct");
        });
        table.put("_codecs.encode", NumpyPickle::encode);
        table.put("collections.OrderedDict", (machine, arguments) -> {
            arity(machine, "OrderedDict", arguments, 0);
            return new LinkedHashMap<@Nullable Object, @Nullable Object>();
        });
        for (String builtins : List.of("builtins", "__builtin__")) {
            table.put(builtins + ".set", NumpyPickle::set);
            table.put(builtins + ".frozenset", NumpyPickle::set);
            table.put(builtins + ".bytes", NumpyPickle::bytes);
            table.put(builtins + ".bytearray", NumpyPickle::bytes);
        }
        return Map.copyOf(table);
    }

    // ---- functions

    /** {@code _reconstruct(ndarray, (0,), b'b')}: an array, to be completed by its state. */
    private static Object reconstruct(Unpickler machine, List<@Nullable Object> arguments) {
        arity(machine, "_reconstruct", arguments, 3);
        if (!(arguments.get(0) instanceof Unpickler.Global type) || !type.name().equals(NDARRAY)) {
            throw machine.bad("the pickle holds an array of another class than " + NDARRAY);
        }
        return new Array();
    }

    /** {@code dtype('f4', False, True)}: a type, whose byte order its state tells. */
    private static Object dtype(Unpickler machine, List<@Nullable Object> arguments) {
        arity(machine, "dtype", arguments, 3);
        return new Dtype(machine, arguments.get(0));
    }

    /** {@code scalar(dtype, bytes)}: a number or text. */
    private static Object scalar(Unpickler machine, List<@Nullable Object> arguments) {
        arity(machine, "scalar", arguments, 2);
        if (!(arguments.get(0) instanceof Dtype dtype)) {
            throw machine.bad("the pickle holds a scalar without a type");
        }
        ByteBuffer data = data(machine, arguments.get(1));
        if (dtype.textLength >= 0) {
            return dtype.text(machine, data);
        }
        DType element = dtype.type().dtype();
        if (element == null || data.remaining() != element.bytes()) {
            throw machine.bad("the pickle holds a scalar of " + data.remaining() + " bytes for type " + dtype.name);
        }
        HostArray value = dtype.type().array(new long[0], false, data);
        if (element == DType.BOOL) {
            return value.getLong(0) != 0;
        }
        if (element.isFloating()) {
            return value.getDouble(0);
        }
        long number = value.getLong(0);
        return element == DType.U64 && number < 0
                ? (Object) new BigInteger(Long.toUnsignedString(number))
                : (Object) number;
    }

    /** {@code _frombuffer(buffer, dtype, shape, order)}: an array of protocol 5. */
    private static Object fromBuffer(Unpickler machine, List<@Nullable Object> arguments) {
        arity(machine, "_frombuffer", arguments, 4);
        if (!(arguments.get(3) instanceof String order) || !order.equals("C") && !order.equals("F")) {
            throw machine.bad("the pickle holds an array whose order is neither C nor F");
        }
        return numbers(
                machine,
                dtypeOf(machine, arguments.get(1)),
                shape(machine, arguments.get(2)),
                order.equals("F"),
                arguments.get(0));
    }

    /** {@code encode(text, 'latin1')}: how protocols below 3 write bytes. */
    private static Object encode(Unpickler machine, List<@Nullable Object> arguments) {
        arity(machine, "_codecs.encode", arguments, 2);
        if (!(arguments.get(0) instanceof String)
                || !(arguments.get(1) instanceof String codec)
                || !codec.equals("latin1") && !codec.equals("latin-1")) {
            throw machine.bad("the pickle encodes something other than text as latin1");
        }
        return data(machine, arguments.get(0));
    }

    private static Object bytes(Unpickler machine, List<@Nullable Object> arguments) {
        if (arguments.isEmpty()) {
            return ByteBuffer.allocate(0);
        }
        // bytearray(b'...') or bytearray('...', 'latin-1')
        return arguments.size() == 1 ? data(machine, arguments.get(0)) : encode(machine, arguments);
    }

    private static Object set(Unpickler machine, List<@Nullable Object> arguments) {
        arity(machine, "set", arguments, 1);
        Set<@Nullable Object> set = new LinkedHashSet<>();
        // The same list may be given again and again.
        List<@Nullable Object> items = machine.list(arguments.get(0));
        machine.charge(16L * items.size());
        machine.addAll(set, items);
        return set;
    }

    // ---- objects that a state completes

    /** An array between {@code _reconstruct} and its state. */
    private static final class Array implements Unpickler.Pending {
        private boolean built;
        private @Nullable Object value;

        @Override
        public void build(Unpickler machine, @Nullable Object state) {
            List<@Nullable Object> parts = machine.list(state);
            arity(machine, "an array's state", parts, 5);
            Dtype dtype = dtypeOf(machine, parts.get(2));
            long[] shape = shape(machine, parts.get(1));
            boolean fortran =
                    Boolean.TRUE.equals(parts.get(3)) || Long.valueOf(1).equals(parts.get(3));
            if (dtype.textLength < 0 && dtype.type().dtype() == null) {
                value = objects(machine, shape, machine.list(parts.get(4)));
            } else {
                value = numbers(machine, dtype, shape, fortran, parts.get(4));
            }
            built = true;
        }

        @Override
        public @Nullable Object value(Unpickler machine) {
            if (!built) {
                throw machine.bad("the pickle holds an array without its data");
            }
            return value;
        }
    }

    /** A type, such as {@code f4}, {@code O8} or, in scalars, {@code U11}. */
    private static final class Dtype implements Unpickler.Pending {
        private final String name;
        private final @Nullable NpyType type;
        /** Characters of a text type; -1 for others. */
        private final int textLength;

        private boolean bigEndian;

        Dtype(Unpickler machine, @Nullable Object argument) {
            name = argument instanceof String text ? text : "";
            type = NpyType.parse(name);
            textLength = type == null && name.matches("U[0-9]{1,6}") ? Integer.parseInt(name.substring(1)) : -1;
            if (type == null && textLength < 0) {
                throw machine.bad("the pickle holds elements of type " + Inputs.quote(name)
                        + ", expected bool, an integer, a float of 2 to 8 bytes, or objects");
            }
            bigEndian = type != null && type.bigEndian();
        }

        NpyType type() {
            if (type == null) {
                throw new IllegalStateException("a text type");
            }
            return new NpyType(type.dtype(), bigEndian);
        }

        String text(Unpickler machine, ByteBuffer data) {
            if (data.remaining() != 4L * textLength) {
                throw machine.bad("the pickle holds text of " + data.remaining() + " bytes for type " + name);
            }
            machine.charge(2L * data.remaining());
            StringBuilder text = new StringBuilder();
            for (int i = data.position(); i < data.limit(); i += 4) {
                int c = data.getInt(i);
                c = bigEndian ? Integer.reverseBytes(c) : c;
                if (!Character.isValidCodePoint(c)) {
                    throw machine.bad("the pickle holds text that is not UTF-32");
                }
                text.appendCodePoint(c);
            }
            int end = text.length();
            while (end > 0 && text.charAt(end - 1) == 0) {
                end--;
            }
            return text.substring(0, end);
        }

        @Override
        public void build(Unpickler machine, @Nullable Object state) {
            List<@Nullable Object> parts = machine.list(state);
            if (parts.size() < 8 || !(parts.get(1) instanceof String order)) {
                throw machine.bad("the pickle holds a malformed type");
            }
            if (parts.get(2) != null || parts.get(3) != null || parts.get(4) != null) {
                throw machine.bad("the pickle holds records or sub-arrays, expected plain numbers");
            }
            bigEndian = order.equals(">");
        }

        @Override
        public @Nullable Object value(Unpickler machine) {
            throw machine.bad("the pickle holds a type, expected data");
        }
    }

    // ---- checks

    private static Object objects(Unpickler machine, long[] shape, List<@Nullable Object> items) {
        if (shape.length > 1 || Inputs.byteCount(DType.U8, shape) != items.size()) {
            throw machine.bad("an array of objects of shape " + Inputs.shape(shape) + " with " + items.size()
                    + " objects, expected at most one dimension of as many");
        }
        // A 0-d array of one object is how NumPy saves the object; it is resolved in place of the array.
        return shape.length == 1 ? items : new One(items.get(0));
    }

    /** The object of a 0-d array; a box, because the object may be None. */
    private record One(@Nullable Object object) implements Unpickler.Pending {
        @Override
        public void build(Unpickler machine, @Nullable Object state) {
            throw machine.bad("state for an object that takes none");
        }

        @Override
        public @Nullable Object value(Unpickler machine) {
            return object;
        }
    }

    private static HostArray numbers(
            Unpickler machine, Dtype dtype, long[] shape, boolean fortran, @Nullable Object content) {
        DType element = dtype.textLength >= 0 ? null : dtype.type().dtype();
        if (element == null) {
            throw machine.bad("an array of type " + Inputs.quote(dtype.name) + ", expected numbers");
        }
        ByteBuffer data = data(machine, content);
        if (Inputs.byteCount(element, shape) != data.remaining() || !Inputs.representable(element, shape)) {
            throw machine.bad("an array " + element + Inputs.shape(shape) + " with " + data.remaining() + " bytes");
        }
        // The array's own objects, because a few bytes may make one with a shape that is given again and again.
        machine.charge(64 + 16L * shape.length + (dtype.type().copies(shape, fortran) ? data.remaining() : 0));
        return dtype.type().array(shape, fortran, data);
    }

    private static Dtype dtypeOf(Unpickler machine, @Nullable Object value) {
        if (value instanceof Dtype dtype) {
            return dtype;
        }
        throw machine.bad("the pickle holds an array without a type");
    }

    private static long[] shape(Unpickler machine, @Nullable Object value) {
        List<@Nullable Object> parts = machine.list(value);
        if (parts.size() > Inputs.MAX_RANK) {
            throw machine.bad("an array of " + parts.size() + " dimensions, expected at most " + Inputs.MAX_RANK);
        }
        long[] shape = new long[parts.size()];
        for (int d = 0; d < shape.length; d++) {
            if (!(parts.get(d) instanceof Long size) || size < 0) {
                throw machine.bad("an array with a dimension that is no whole number");
            }
            shape[d] = size;
        }
        return shape;
    }

    /** Bytes as they are; a Python 2 string or decoded text by its latin1 bytes. */
    static ByteBuffer data(Unpickler machine, @Nullable Object value) {
        if (value instanceof ByteBuffer bytes) {
            return bytes;
        }
        if (!(value instanceof String text)) {
            throw machine.bad("the pickle holds an array or scalar whose data is no bytes");
        }
        machine.charge(text.length());
        ByteBuffer bytes = ByteBuffer.allocate(text.length()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 255) {
                throw machine.bad("the pickle holds bytes written as text beyond latin1");
            }
            bytes.put((byte) text.charAt(i));
        }
        return bytes.flip();
    }

    static void arity(Unpickler machine, String what, List<@Nullable Object> arguments, int n) {
        if (arguments.size() != n) {
            throw machine.bad(what + " with " + arguments.size() + " parts, expected " + n);
        }
    }
}
