package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.FlatBuffer.Table;
import dev.wsss.core.io.FlatBuffer.Vector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what a TFLite file says but for the elements of its constants. The numbers of fields are those of its schema. */
final class TfliteReader {
    /** What the first bytes of a file after the root's offset are. */
    static final int IDENTIFIER = 'T' | 'F' << 8 | 'L' << 16 | '3' << 24;

    private static final int VERSION = 3;
    private static final int MAX_RANK = 16;
    private static final int MAX_CHANNELS = 1 << 24;
    /** Of one operator; a concatenation or a call may have many. */
    private static final int MAX_OPERANDS = 1 << 16;

    /** What elements of TFLite's types are here. */
    private static final Map<String, DType> TYPES = Map.ofEntries(
            Map.entry("float32", DType.F32),
            Map.entry("float16", DType.F16),
            Map.entry("bfloat16", DType.BF16),
            Map.entry("float64", DType.F64),
            Map.entry("bool", DType.BOOL),
            Map.entry("int8", DType.I8),
            Map.entry("uint8", DType.U8),
            Map.entry("int16", DType.I16),
            Map.entry("uint16", DType.U16),
            Map.entry("int32", DType.I32),
            Map.entry("uint32", DType.U32),
            Map.entry("int64", DType.I64),
            Map.entry("uint64", DType.U64));

    /**
     * A tensor and where its elements are.
     *
     * @param start of the elements; -1 if it is no constant
     * @param bytes of elements as they are stored
     * @param hindrance why its elements cannot be read; null if they can
     */
    record Place(TfliteTensor tensor, long start, long bytes, @Nullable String hindrance) {}

    /** What a file holds. */
    record Content(
            String description,
            int subgraphs,
            List<Place> tensors,
            List<TfliteOperator> operators,
            List<Integer> inputs,
            List<Integer> outputs) {}

    private record Code(String name, int version) {}

    private final ByteSource source;
    private final FlatBuffer file;

    private TfliteReader(ByteSource source) {
        this.source = source;
        this.file = new FlatBuffer(source);
    }

    static Content read(ByteSource source) {
        return new TfliteReader(source).model();
    }

    private Content model() {
        Table model = file.root();
        long version = model.u32(0, 0);
        if (version != VERSION) {
            throw bad("a TFLite model of version " + version + ", expected " + VERSION);
        }
        List<Code> codes = new ArrayList<>();
        Vector codeTables = model.vector(1, 4, "the operator codes");
        for (int i = 0; i < codeTables.count(); i++) {
            codes.add(code(file.table(codeTables, i, "operator code " + i)));
        }
        Vector graphs = model.vector(2, 4, "the subgraphs");
        if (graphs.count() == 0) {
            throw bad("a TFLite model without a subgraph, expected at least one");
        }
        Vector buffers = model.vector(4, 4, "the buffers");
        Table graph = file.table(graphs, 0, "subgraph 0");
        List<Place> tensors = new ArrayList<>();
        Vector tensorTables = graph.vector(0, 4, "the tensors");
        for (int i = 0; i < tensorTables.count(); i++) {
            tensors.add(tensor(i, file.table(tensorTables, i, "tensor " + i), buffers));
        }
        List<TfliteOperator> operators = new ArrayList<>();
        Vector operatorTables = graph.vector(3, 4, "the operators");
        for (int i = 0; i < operatorTables.count(); i++) {
            operators.add(operator(i, file.table(operatorTables, i, "operator " + i), codes, tensors.size()));
        }
        return new Content(
                model.text(3, "the description"),
                graphs.count(),
                List.copyOf(tensors),
                List.copyOf(operators),
                references(graph, 1, tensors.size(), 0, "the inputs"),
                references(graph, 2, tensors.size(), 0, "the outputs"));
    }

    /** The number was a byte at first, which newer files fill up to 127. */
    private Code code(Table table) {
        int number = Math.max(table.i8(0, 0), table.i32(3, 0));
        if (number < 0) {
            throw bad("an operator of the number " + number + ", expected 0 or more");
        }
        String name = TfliteNames.operator(number);
        return new Code(
                name.equals("CUSTOM") ? "CUSTOM:" + table.text(1, "a custom operator's name") : name, table.i32(2, 1));
    }

    // ---- tensors

    private Place tensor(int index, Table table, Vector buffers) {
        String name = table.text(3, "the name of tensor " + index);
        String where = "tensor " + index + " " + Inputs.quote(name);
        int[] dims = table.ints(0, MAX_RANK, "the shape of " + where);
        long[] shape = Arrays.stream(dims).asLongStream().toArray();
        if (Arrays.stream(dims).anyMatch(d -> d < -1)
                || Inputs.byteCount(
                                DType.I64, Arrays.stream(shape).map(Math::abs).toArray())
                        < 0) {
            throw bad(where + " has the shape " + Inputs.shape(shape) + ", expected dimensions of 0 or more (-1 where"
                    + " open) and less than 2^60 elements");
        }
        String type = TfliteNames.type(table.i8(1, 0));
        DType dtype = TYPES.get(type);
        long buffer = table.u32(2, 0);
        // files without constants need no buffers
        if (buffer >= buffers.count() && buffer != 0) {
            throw bad(where + " is in buffer " + buffer + ", expected 0 to " + (buffers.count() - 1));
        }
        boolean sparse = table.has(6);
        boolean ownQuantization = false;
        TfliteTensor.Quantization quantization = null;
        if (table.has(4)) {
            Table parameters = table.table(4, "the quantisation of " + where);
            ownQuantization = parameters.u8(4, 0) != 0;
            quantization = ownQuantization ? null : quantization(parameters, shape, dtype, where);
        }
        Vector data = Vector.EMPTY;
        boolean constant = false;
        long start = 0;
        long bytes = 0;
        if (buffer != 0) {
            Table held = file.table(buffers, (int) buffer, "buffer " + buffer);
            data = held.vector(0, 1, "the data of buffer " + buffer);
            long offset = held.i64(1, 0);
            start = data.start();
            bytes = data.count();
            if (bytes == 0 && (offset < 0 || offset > 1)) {
                start = offset;
                bytes = held.i64(2, 0);
                if (start < 0 || bytes < 0 || start > source.size() || bytes > source.size() - start) {
                    throw bad("buffer " + buffer + " is " + bytes + " bytes at byte " + start
                            + ", expected a part of the file's " + source.size() + " bytes");
                }
            }
            constant = bytes > 0 || held.has(0) && dtype != null && Inputs.byteCount(dtype, shape) == 0;
        }
        if (constant && dtype != null && !sparse && bytes != Inputs.byteCount(dtype, shape)) {
            throw bad(where + " is " + type + Inputs.shape(shape) + " and has " + bytes + " bytes of data, expected "
                    + Math.max(0, Inputs.byteCount(dtype, shape)));
        }
        String hindrance = sparse
                ? "sparse " + type
                : ownQuantization ? type + " of a quantisation of its own" : dtype == null ? type : null;
        return new Place(
                new TfliteTensor(index, name, type, dtype, shape, constant, quantization),
                constant ? start : -1,
                bytes,
                hindrance);
    }

    private TfliteTensor.@Nullable Quantization quantization(
            Table table, long[] shape, @Nullable DType dtype, String where) {
        float[] scales = table.floats(2, MAX_CHANNELS, "the scales of " + where);
        long[] zeroPoints = table.longs(3, MAX_CHANNELS, "the zero points of " + where);
        int dimension = table.i32(6, 0);
        if (scales.length == 0) {
            return null;
        }
        for (float scale : scales) {
            if (!(scale >= 0 && scale < Float.POSITIVE_INFINITY)) {
                throw bad(where + " has the scale " + scale + ", expected a finite number of 0 or more");
            }
        }
        if (scales.length == 1) {
            dimension = 0;
        } else if (dimension < 0 || dimension >= shape.length || shape[dimension] != scales.length) {
            throw bad(where + " has " + scales.length + " scales along dimension " + dimension + " of the shape "
                    + Inputs.shape(shape) + ", expected one, or as many as that dimension has");
        }
        if (zeroPoints.length <= 1) {
            long all = zeroPoints.length == 0 ? 0 : zeroPoints[0];
            zeroPoints = new long[scales.length];
            Arrays.fill(zeroPoints, all);
        } else if (zeroPoints.length != scales.length) {
            throw bad(where + " has " + zeroPoints.length + " zero points for " + scales.length
                    + " scales, expected as many, one or none");
        }
        long least = dtype == DType.U8 ? 0 : dtype == DType.I8 ? Byte.MIN_VALUE : Integer.MIN_VALUE;
        long most = dtype == DType.U8 ? 255 : dtype == DType.I8 ? Byte.MAX_VALUE : Integer.MAX_VALUE;
        for (long zeroPoint : zeroPoints) {
            if (zeroPoint < least || zeroPoint > most) {
                throw bad(where + " has the zero point " + zeroPoint + ", expected " + least + " to " + most);
            }
        }
        return new TfliteTensor.Quantization(scales, zeroPoints, dimension);
    }

    private List<Integer> references(Table table, int field, int tensors, int least, String what) {
        int[] numbers = table.ints(field, MAX_OPERANDS, what);
        for (int number : numbers) {
            if (number < least || number >= tensors) {
                throw bad(what + " name tensor " + number + ", expected " + least + " to " + (tensors - 1));
            }
        }
        return list(numbers);
    }

    private static List<Integer> list(int[] numbers) {
        return Arrays.stream(numbers).boxed().toList();
    }

    // ---- operators

    private TfliteOperator operator(int index, Table table, List<Code> codes, int tensors) {
        long number = table.u32(0, 0);
        if (number >= codes.size()) {
            throw bad("operator " + index + " is of code " + number + ", expected 0 to " + (codes.size() - 1));
        }
        Code code = codes.get((int) number);
        String where = "operator " + index + " " + Inputs.quote(code.name);
        return new TfliteOperator(
                index,
                code.name,
                code.version,
                references(table, 1, tensors, -1, "the inputs of " + where),
                references(table, 2, tensors, -1, "the outputs of " + where),
                options(code.name, table, where));
    }

    private TfliteOptions options(String name, Table operator, String where) {
        int type = operator.u8(3, 0);
        return switch (name) {
            case "CONV_2D" -> conv2d(required(operator, 1, where), where);
            case "DEPTHWISE_CONV_2D" -> depthwise(required(operator, 2, where), where);
            case "AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D" -> pool(required(operator, 5, where), where);
            case "TRANSPOSE_CONV" -> {
                Table t = required(operator, 49, where);
                yield new TfliteOptions.TransposeConv(
                        padding(t, 0, where), positive(t, 2, 0, "stride", where), positive(t, 1, 0, "stride", where));
            }
            case "ADD" -> arithmetic(optional(operator, 11, where), where);
            case "MUL" -> arithmetic(optional(operator, 21, where), where);
            case "SUB" -> arithmetic(optional(operator, 28, where), where);
            case "DIV" -> arithmetic(optional(operator, 29, where), where);
            case "CONCATENATION" -> {
                Table t = required(operator, 10, where);
                yield new TfliteOptions.Concatenation(t.i32(0, 0), activation(t, 1, where));
            }
            case "FULLY_CONNECTED" -> {
                Table t = required(operator, 8, where);
                yield new TfliteOptions.FullyConnected(t.u8(1, 0) != 0, t.flag(2), activation(t, 0, where));
            }
            case "RESIZE_BILINEAR" -> resize(optional(operator, 15, where), 2);
            case "RESIZE_NEAREST_NEIGHBOR" -> resize(optional(operator, 74, where), 0);
            case "SOFTMAX" ->
                new TfliteOptions.Softmax(required(operator, 9, where).f32(0, 0));
            case "RESHAPE" -> {
                Table t = optional(operator, 17, where);
                yield new TfliteOptions.Reshape(
                        t == null ? List.of() : list(t.ints(0, MAX_RANK, "the shape of " + where)));
            }
            case "SQUEEZE" -> {
                Table t = optional(operator, 30, where);
                yield new TfliteOptions.Squeeze(
                        t == null ? List.of() : list(t.ints(0, MAX_RANK, "the dimensions of " + where)));
            }
            case "MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL" -> {
                Table t = optional(operator, 27, where);
                yield new TfliteOptions.Reduce(t != null && t.flag(0));
            }
            case "ARG_MAX" -> argMax(optional(operator, 40, where));
            case "ARG_MIN" -> argMax(optional(operator, 57, where));
            case "CAST" -> {
                Table t = optional(operator, 37, where);
                yield t == null
                        ? new TfliteOptions.Unread(0)
                        : new TfliteOptions.Cast(TfliteNames.type(t.i8(0, 0)), TfliteNames.type(t.i8(1, 0)));
            }
            case "LEAKY_RELU" ->
                new TfliteOptions.LeakyRelu(required(operator, 75, where).f32(0, 0));
            case "STRIDED_SLICE" -> {
                Table t = required(operator, 32, where);
                yield new TfliteOptions.StridedSlice(t.i32(0, 0), t.i32(1, 0), t.i32(2, 0), t.i32(3, 0), t.i32(4, 0));
            }
            case "PAD",
                    "PADV2",
                    "QUANTIZE",
                    "DEQUANTIZE",
                    "RELU",
                    "RELU6",
                    "RELU_N1_TO_1",
                    "RELU_0_TO_1",
                    "LOGISTIC",
                    "TANH",
                    "HARD_SWISH",
                    "ELU",
                    "PRELU",
                    "TRANSPOSE",
                    "MAXIMUM",
                    "MINIMUM",
                    "EXP",
                    "LOG",
                    "SQRT",
                    "RSQRT",
                    "ABS",
                    "NEG",
                    "FLOOR",
                    "CEIL",
                    "ROUND",
                    "SQUARE",
                    "SLICE",
                    "EXPAND_DIMS",
                    "TILE",
                    "SPACE_TO_BATCH_ND",
                    "BATCH_TO_SPACE_ND" -> new TfliteOptions.None();
            default -> new TfliteOptions.Unread(type);
        };
    }

    private TfliteOptions conv2d(Table t, String where) {
        return new TfliteOptions.Conv2d(
                padding(t, 0, where),
                positive(t, 2, 0, "stride", where),
                positive(t, 1, 0, "stride", where),
                positive(t, 5, 1, "dilation", where),
                positive(t, 4, 1, "dilation", where),
                activation(t, 3, where));
    }

    private TfliteOptions depthwise(Table t, String where) {
        int multiplier = t.i32(3, 0);
        if (multiplier < 0) {
            throw bad(where + " has the depth multiplier " + multiplier + ", expected 0 or more");
        }
        return new TfliteOptions.DepthwiseConv2d(
                padding(t, 0, where),
                positive(t, 2, 0, "stride", where),
                positive(t, 1, 0, "stride", where),
                positive(t, 6, 1, "dilation", where),
                positive(t, 5, 1, "dilation", where),
                multiplier,
                activation(t, 4, where));
    }

    private TfliteOptions pool(Table t, String where) {
        return new TfliteOptions.Pool2d(
                padding(t, 0, where),
                positive(t, 2, 0, "stride", where),
                positive(t, 1, 0, "stride", where),
                positive(t, 4, 0, "window", where),
                positive(t, 3, 0, "window", where),
                activation(t, 5, where));
    }

    private TfliteOptions arithmetic(@Nullable Table t, String where) {
        return new TfliteOptions.Arithmetic(t == null ? TfliteOptions.Activation.NONE : activation(t, 0, where));
    }

    private static TfliteOptions resize(@Nullable Table t, int first) {
        return new TfliteOptions.Resize(t != null && t.flag(first), t != null && t.flag(first + 1));
    }

    private static TfliteOptions argMax(@Nullable Table t) {
        return new TfliteOptions.ArgMax(TfliteNames.type(t == null ? 0 : t.i8(0, 0)));
    }

    private @Nullable Table optional(Table operator, int type, String where) {
        return operator.u8(3, 0) == 0 ? null : required(operator, type, where);
    }

    private Table required(Table operator, int type, String where) {
        int actual = operator.u8(3, 0);
        if (actual != type) {
            throw bad(where + " has options of type " + actual + ", expected " + type);
        }
        return operator.table(4, "the options of " + where);
    }

    private int positive(Table t, int field, int byDefault, String what, String where) {
        int value = t.i32(field, byDefault);
        if (value < 1) {
            throw bad(where + " has a " + what + " of " + value + ", expected 1 or more");
        }
        return value;
    }

    private TfliteOptions.Padding padding(Table t, int field, String where) {
        return choice(TfliteOptions.Padding.values(), t.u8(field, 0), "a padding", where);
    }

    private TfliteOptions.Activation activation(Table t, int field, String where) {
        return choice(TfliteOptions.Activation.values(), t.u8(field, 0), "an activation", where);
    }

    private <T> T choice(T[] values, int number, String what, String where) {
        if (number >= values.length) {
            throw bad(where + " has " + what + " of the number " + number + ", expected 0 to " + (values.length - 1));
        }
        return values[number];
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(source.name() + ": " + what);
    }
}
