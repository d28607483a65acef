package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads what an ONNX file says but for the elements of its tensors. The numbers of fields are those of {@code onnx.proto}.
 * No message is read that can hold others of its kind, so that the depth is bounded.
 */
final class OnnxReader {
    private static final int MAX_NAME_BYTES = 1 << 16;
    private static final int MAX_TEXT_BYTES = 1 << 20;
    /** Files of external data. */
    private static final int MAX_FILES = 10_000;

    private static final int EXTERNAL = 1;

    /** What a file holds. */
    record Content(
            long irVersion,
            String producer,
            String graphName,
            Map<String, Long> opsets,
            Map<String, String> metadata,
            List<OnnxValue> inputs,
            List<OnnxValue> outputs,
            List<OnnxNode> nodes,
            Map<String, StoredTensor> initializers,
            int functions,
            List<AutoCloseable> parts) {}

    private record Named(String name, StoredTensor tensor) {}

    private final ByteSource source;
    private final ProtoReader in;
    /** Opens a file by its path beside the model. */
    private final Function<String, ByteSource> files;

    private final Map<String, ByteSource> open = new LinkedHashMap<>();

    private long irVersion;
    private String producer = "";
    private String producerVersion = "";
    private @Nullable String graphName;
    private int functions;
    private final Map<String, Long> opsets = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<OnnxValue> inputs = new ArrayList<>();
    private final List<OnnxValue> outputs = new ArrayList<>();
    private final List<OnnxNode> nodes = new ArrayList<>();
    private final Map<String, StoredTensor> initializers = new LinkedHashMap<>();

    private OnnxReader(ByteSource source, Function<String, ByteSource> files) {
        this.source = source;
        this.in = new ProtoReader(source, 0);
        this.files = files;
    }

    /** Whether a file is called so, or is made of a model's fields from its first byte to the last. */
    static boolean is(ByteSource source) {
        if (source.name().toLowerCase(Locale.ROOT).endsWith(".onnx")) {
            return true;
        }
        ProtoReader in = new ProtoReader(source, 0);
        long end = source.size();
        boolean version = false;
        boolean graph = false;
        try {
            while (in.position() < end) {
                int field = in.field(end);
                boolean number = field == 1 || field == 5;
                boolean known = field <= 8 || field == 14 || field == 20 || field == 25 || field == 26;
                if (!known || in.wire() != (number ? ProtoReader.VARINT : ProtoReader.LENGTH)) {
                    return false;
                }
                version |= field == 1;
                graph |= field == 7;
                in.skip(end);
            }
            return version && graph;
        } catch (InvalidDataException e) {
            return false;
        }
    }

    /** Takes over the files that it opens, and closes them if the model is refused; not the source. */
    static Content read(ByteSource source, Function<String, ByteSource> files) {
        OnnxReader reader = new OnnxReader(source, files);
        try {
            return reader.model();
        } catch (RuntimeException e) {
            Checkpoint.closeAll(new ArrayList<>(reader.open.values()));
            throw e;
        }
    }

    private Content model() {
        long end = source.size();
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> irVersion = in.number(end);
                case 2 -> producer = name(end);
                case 3 -> producerVersion = name(end);
                case 7 -> {
                    if (graphName != null) {
                        throw bad("a second graph, expected one");
                    }
                    graphName = "";
                    graph(in.endOfValue(end));
                }
                case 8 -> opset(in.endOfValue(end));
                case 14 -> property(in.endOfValue(end), metadata);
                case 25 -> {
                    functions++;
                    in.skip(end);
                }
                default -> in.skip(end);
            }
        }
        if (graphName == null || irVersion < 1) {
            throw bad("not an ONNX model, which has a version of 1 or more and a graph");
        }
        List<AutoCloseable> parts = new ArrayList<>(List.of(source));
        parts.addAll(open.values());
        return new Content(
                irVersion,
                (producer + " " + producerVersion).strip(),
                graphName,
                opsets,
                metadata,
                List.copyOf(inputs),
                List.copyOf(outputs),
                List.copyOf(nodes),
                initializers,
                functions,
                parts);
    }

    private void opset(long end) {
        String domain = "";
        long version = 0;
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> domain = name(end);
                case 2 -> version = in.number(end);
                default -> in.skip(end);
            }
        }
        opsets.put(domain.equals("ai.onnx") ? "" : domain, version);
    }

    private void property(long end, Map<String, String> to) {
        String key = "";
        String value = "";
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> key = name(end);
                case 2 -> value = in.text(end, MAX_TEXT_BYTES);
                default -> in.skip(end);
            }
        }
        to.put(key, value);
    }

    private void graph(long end) {
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> nodes.add(node(in.endOfValue(end)));
                case 2 -> graphName = name(end);
                case 5 -> initializer(tensor(in.endOfValue(end), "initializer " + initializers.size()));
                case 11 -> inputs.add(value(in.endOfValue(end)));
                case 12 -> outputs.add(value(in.endOfValue(end)));
                case 15 -> sparse(in.endOfValue(end));
                default -> in.skip(end);
            }
        }
    }

    private void initializer(Named named) {
        if (named.name.isEmpty()) {
            throw bad("initializer " + initializers.size() + " has no name");
        }
        if (initializers.put(named.name, named.tensor) != null) {
            throw bad("two initializers are named " + Inputs.quote(named.name));
        }
    }

    /** A sparse initializer is named by the tensor of its values. */
    private void sparse(long end) {
        Named values = null;
        long[] dims = {};
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> values = tensor(in.endOfValue(end), "sparse initializer");
                case 3 -> dims = dims(dims, end, "sparse initializer");
                default -> in.skip(end);
            }
        }
        if (values != null) {
            initializer(new Named(values.name, new UnreadableTensor("sparse " + values.tensor.type(), dims)));
        }
    }

    // ---- values

    private OnnxValue value(long end) {
        String name = "";
        OnnxValue typed = new OnnxValue("", "undefined", null, null);
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> name = name(end);
                case 2 -> typed = type(in.endOfValue(end));
                default -> in.skip(end);
            }
        }
        return new OnnxValue(name, typed.type(), typed.dtype(), typed.shape());
    }

    private OnnxValue type(long end) {
        OnnxValue type = new OnnxValue("", "undefined", null, null);
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> type = tensorType(in.endOfValue(end));
                case 4 -> type = other("sequence", end);
                case 5 -> type = other("map", end);
                case 7 -> type = other("opaque", end);
                case 8 -> type = other("sparse tensor", end);
                case 9 -> type = other("optional", end);
                default -> in.skip(end);
            }
        }
        return type;
    }

    private OnnxValue other(String type, long end) {
        in.skip(end);
        return new OnnxValue("", type, null, null);
    }

    private OnnxValue tensorType(long end) {
        OnnxType type = OnnxType.of(0);
        List<OnnxValue.Dimension> shape = null;
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> type = OnnxType.of(in.number(end));
                case 2 -> shape = shape(in.endOfValue(end));
                default -> in.skip(end);
            }
        }
        return new OnnxValue("", type.name(), type.dtype(), shape);
    }

    private List<OnnxValue.Dimension> shape(long end) {
        List<OnnxValue.Dimension> dims = new ArrayList<>();
        while (in.position() < end) {
            if (in.field(end) != 1) {
                in.skip(end);
            } else if (dims.size() == Inputs.MAX_RANK) {
                throw bad("a value of more than " + Inputs.MAX_RANK + " dimensions");
            } else {
                dims.add(dimension(in.endOfValue(end)));
            }
        }
        return dims;
    }

    private OnnxValue.Dimension dimension(long end) {
        OnnxValue.Dimension dimension = OnnxValue.Dimension.open("");
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> {
                    long size = in.number(end);
                    if (size < -1) {
                        throw bad("a value has a dimension of " + size + ", expected 0 or more, or -1 where open");
                    }
                    dimension = new OnnxValue.Dimension(size, "");
                }
                case 2 -> dimension = OnnxValue.Dimension.open(name(end));
                default -> in.skip(end);
            }
        }
        return dimension;
    }

    // ---- nodes

    private OnnxNode node(long end) {
        String name = "";
        String operator = "";
        String domain = "";
        List<String> from = new ArrayList<>();
        List<String> to = new ArrayList<>();
        Map<String, OnnxAttribute> attributes = new LinkedHashMap<>();
        String where = "node " + nodes.size();
        while (in.position() < end) {
            switch (in.field(end)) {
                case 1 -> from.add(name(end));
                case 2 -> to.add(name(end));
                case 3 -> name = name(end);
                case 4 -> operator = name(end);
                case 5 -> attribute(in.endOfValue(end), where, attributes);
                case 7 -> domain = name(end);
                default -> in.skip(end);
            }
        }
        if (operator.isEmpty()) {
            throw bad(where + " " + Inputs.quote(name) + " has no operator");
        }
        return new OnnxNode(name, operator, domain, from, to, attributes);
    }

    private void attribute(long end, String where, Map<String, OnnxAttribute> to) {
        String name = "";
        int type = 0;
        OnnxAttribute single = null;
        List<Long> ints = new ArrayList<>(0);
        List<Float> floats = new ArrayList<>(0);
        List<@Nullable String> strings = new ArrayList<>(0);
        while (in.position() < end) {
            int field = in.field(end);
            switch (field) {
                case 1 -> name = name(end);
                case 2 -> single = OnnxAttribute.of(in.f32(end));
                case 3 -> single = OnnxAttribute.of(in.number(end));
                case 4 -> {
                    String text = utf8(end);
                    single = text == null ? unread("bytes that are no text") : OnnxAttribute.of(text);
                }
                case 5 -> single = tensorAttribute(in.endOfValue(end), where);
                case 6 -> single = unread(end, "graph");
                case 7 -> {
                    if (in.wire() == ProtoReader.LENGTH) {
                        long to32 = in.endOfValue(end);
                        while (in.position() < to32) {
                            floats.add(Float.intBitsToFloat((int) in.fixed(4, to32)));
                        }
                    } else {
                        floats.add(in.f32(end));
                    }
                }
                case 8 -> {
                    if (in.wire() == ProtoReader.LENGTH) {
                        long toInt = in.endOfValue(end);
                        while (in.position() < toInt) {
                            ints.add(in.varint(toInt));
                        }
                    } else {
                        ints.add(in.number(end));
                    }
                }
                case 9 -> strings.add(utf8(end));
                case 10 -> single = unread(end, "tensors");
                case 11 -> single = unread(end, "graphs");
                case 14 -> single = unread(end, "type");
                case 15 -> single = unread(end, "types");
                case 20 -> type = (int) in.number(end);
                case 21 -> single = unread(end, "reference");
                case 22 -> single = unread(end, "sparse tensor");
                case 23 -> single = unread(end, "sparse tensors");
                default -> in.skip(end);
            }
        }
        OnnxAttribute value = chosen(type, single, ints, floats, strings);
        if (to.put(name, value) != null) {
            throw bad(where + " has two attributes " + Inputs.quote(name));
        }
    }

    /** By the type, which files before ONNX 1.1 do not tell; a value that is not there has its default. */
    private static OnnxAttribute chosen(
            int type,
            @Nullable OnnxAttribute single,
            List<Long> ints,
            List<Float> floats,
            List<@Nullable String> strings) {
        return switch (type) {
            case 1 -> single instanceof OnnxAttribute.OfFloat ? single : OnnxAttribute.of(0f);
            case 2 -> single instanceof OnnxAttribute.OfInt ? single : OnnxAttribute.of(0);
            case 3 ->
                single instanceof OnnxAttribute.OfString || single instanceof OnnxAttribute.Unread
                        ? single
                        : OnnxAttribute.of("");
            case 6 -> new OnnxAttribute.OfFloats(floats);
            case 7 -> new OnnxAttribute.OfInts(ints);
            case 8 -> texts(strings);
            default -> {
                if (single != null) {
                    yield single;
                }
                yield !ints.isEmpty()
                        ? new OnnxAttribute.OfInts(ints)
                        : !floats.isEmpty()
                                ? new OnnxAttribute.OfFloats(floats)
                                : !strings.isEmpty() ? texts(strings) : unread("type " + type);
            }
        };
    }

    private static OnnxAttribute texts(List<@Nullable String> strings) {
        return strings.contains(null) ? unread("bytes that are no text") : new OnnxAttribute.OfStrings(strings);
    }

    private OnnxAttribute tensorAttribute(long end, String where) {
        StoredTensor tensor = tensor(end, where + ", a tensor").tensor;
        return tensor instanceof OnnxTensor && Inputs.representable(tensor.dtype(), tensor.shape())
                ? OnnxAttribute.of(tensor.read())
                : unread(tensor.describe());
    }

    private OnnxAttribute unread(long end, String kind) {
        in.skip(end);
        return unread(kind);
    }

    private static OnnxAttribute unread(String kind) {
        return new OnnxAttribute.Unread(kind);
    }

    /** Null if the bytes are no text, or very many. */
    private @Nullable String utf8(long end) {
        long to = in.endOfValue(end);
        if (to - in.position() > MAX_TEXT_BYTES) {
            in.position(to);
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) (to - in.position()));
        in.read(to, bytes);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    // ---- tensors

    private Named tensor(long end, String place) {
        long start = in.position();
        String name = "";
        long number = 0;
        long[] dims = {};
        long rawStart = -1;
        long rawBytes = 0;
        long location = 0;
        boolean segment = false;
        Map<String, String> external = new LinkedHashMap<>(0);
        Elements elements = new Elements();
        while (in.position() < end) {
            int field = in.field(end);
            switch (field) {
                case 1 -> dims = dims(dims, end, place);
                case 2 -> number = in.number(end);
                case 3 -> {
                    segment = true;
                    in.skip(end);
                }
                case OnnxType.FLOAT_DATA,
                        OnnxType.INT32_DATA,
                        OnnxType.INT64_DATA,
                        OnnxType.DOUBLE_DATA,
                        OnnxType.UINT64_DATA -> elements.take(field, end);
                case 8 -> name = name(end);
                case 9 -> {
                    long to = in.endOfValue(end);
                    rawStart = in.position();
                    rawBytes = to - rawStart;
                    in.position(to);
                }
                case 13 -> property(in.endOfValue(end), external);
                case 14 -> location = in.number(end);
                default -> in.skip(end);
            }
        }
        String where = name.isEmpty() ? place : "tensor " + Inputs.quote(name);
        OnnxType type = OnnxType.of(number);
        DType dtype = type.dtype();
        long bytes = dtype == null ? 0 : Inputs.byteCount(dtype, dims);
        if (Arrays.stream(dims).anyMatch(d -> d < 0) || bytes < 0) {
            throw bad(where + " has the shape " + Inputs.shape(dims)
                    + ", expected dimensions of 0 or more and less than 2^63 bytes");
        }
        if (segment) {
            throw bad(where + " is in segments, expected it whole");
        }
        if (dtype == null) {
            return new Named(name, new UnreadableTensor(type.name(), dims));
        }
        if (location == EXTERNAL) {
            return new Named(name, external(external, type, dtype, dims, bytes, where));
        }
        boolean raw = rawStart >= 0 && (rawBytes > 0 || elements.count == 0);
        if (raw && elements.count > 0) {
            throw bad(where + " has its elements twice, as raw data and in fields");
        }
        if (!raw && elements.count > 0 && elements.field != type.field()) {
            throw bad(where + " of " + type.name() + " has its elements in field " + elements.field
                    + ", expected field " + type.field());
        }
        long actual = raw ? rawBytes : elements.count * dtype.bytes();
        if (actual != bytes) {
            throw bad(where + " is " + type.name() + Inputs.shape(dims) + " and has " + actual
                    + " bytes of data, expected " + bytes);
        }
        long run = raw ? rawStart : elements.run();
        return new Named(name, new OnnxTensor(type, dtype, dims, source, start, end, bytes == 0 ? 0 : run));
    }

    private StoredTensor external(
            Map<String, String> entries, OnnxType type, DType dtype, long[] dims, long bytes, String where) {
        String path = entries.getOrDefault("location", "");
        if (!isWithin(path)) {
            throw bad(where + " is in the file " + Inputs.quote(path)
                    + ", expected a relative path that does not lead out of the model's folder");
        }
        ByteSource file = open.get(path);
        if (file == null) {
            if (open.size() == MAX_FILES) {
                throw bad("external data in more than " + MAX_FILES + " files");
            }
            try {
                file = files.apply(path);
            } catch (InvalidDataException e) {
                throw new InvalidDataException(source.name() + ": " + where + ": " + e.getMessage(), e);
            }
            open.put(path, file);
        }
        long offset = number(entries, "offset", 0, where);
        long length = number(entries, "length", bytes, where);
        if (length != bytes || offset > file.size() || bytes > file.size() - offset) {
            throw bad(where + " is " + type.name() + Inputs.shape(dims) + " of " + bytes + " bytes, in " + length
                    + " bytes from byte " + offset + " of " + Inputs.quote(path) + ", which has " + file.size());
        }
        return new OnnxTensor(type, dtype, dims, file, 0, 0, offset);
    }

    /** A plain relative path, which no file system takes for another. */
    private static boolean isWithin(String path) {
        if (path.isEmpty() || path.length() > 1024 || path.indexOf('\\') >= 0 || path.indexOf(':') >= 0) {
            return false;
        }
        for (String part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals("..") || part.chars().anyMatch(Character::isISOControl)) {
                return false;
            }
        }
        return true;
    }

    private long number(Map<String, String> entries, String key, long byDefault, String where) {
        String text = entries.get(key);
        if (text == null) {
            return byDefault;
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw bad(where + " has external data of the " + key + " " + Inputs.quote(text)
                    + ", expected a number of bytes");
        }
        return Long.parseLong(text);
    }

    private long[] dims(long[] before, long end, String where) {
        long[] dims = before;
        if (in.wire() == ProtoReader.LENGTH) {
            long to = in.endOfValue(end);
            while (in.position() < to) {
                dims = append(dims, in.varint(to), where);
            }
            return dims;
        }
        return append(dims, in.number(end), where);
    }

    private long[] append(long[] dims, long dim, String where) {
        if (dims.length == Inputs.MAX_RANK) {
            throw bad(where + " has more than " + Inputs.MAX_RANK + " dimensions");
        }
        long[] more = Arrays.copyOf(dims, dims.length + 1);
        more[dims.length] = dim;
        return more;
    }

    /** Elements that are fields of their own. */
    private final class Elements {
        private long count;
        private int field;
        private int runs;
        private long run = -1;

        void take(int into, long end) {
            boolean fixed = into == OnnxType.FLOAT_DATA || into == OnnxType.DOUBLE_DATA;
            int width = into == OnnxType.FLOAT_DATA ? 4 : 8;
            if (count > 0 && field != into) {
                throw bad("before byte " + in.position() + ", a tensor has elements in two fields, " + field + " and "
                        + into);
            }
            field = into;
            runs++;
            if (in.wire() != ProtoReader.LENGTH) {
                run = in.position();
                in.skip(end);
                count++;
                return;
            }
            long to = in.endOfValue(end);
            run = in.position();
            if (!fixed) {
                while (in.position() < to) {
                    in.varint(to);
                    count++;
                }
            } else if ((to - run) % width != 0) {
                throw bad("before byte " + to + ", a tensor has " + (to - run) + " bytes of elements of " + width);
            } else {
                count += (to - run) / width;
                in.position(to);
            }
        }

        /** Where elements of fixed width lie one after the other; else -1. */
        long run() {
            boolean fixed = field == OnnxType.FLOAT_DATA || field == OnnxType.DOUBLE_DATA;
            return fixed && runs == 1 ? run : -1;
        }
    }

    private String name(long end) {
        return in.text(end, MAX_NAME_BYTES);
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(source.name() + ": " + what);
    }
}
