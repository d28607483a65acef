package dev.wsss.core.io;

import dev.wsss.api.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes a graph as an ONNX model ({@code .onnx}), which ONNX Runtime and other programs run.
 *
 * <pre>{@code
 * OnnxWriter.builder()
 *         .setGraphName("classifier")
 *         .addInput(OnnxValue.of("image", DType.F32, OnnxValue.Dimension.open("n"), OnnxValue.Dimension.of(3)))
 *         .addOutput(OnnxValue.of("scores", DType.F32, OnnxValue.Dimension.open("n"), OnnxValue.Dimension.of(2)))
 *         .addInitializer("fc.weight", HostArray.ofFloats(weights, 2, 3))
 *         .addNode(OnnxNode.of("Gemm", List.of("image", "fc.weight"), List.of("scores"),
 *                 Map.of("transB", OnnxAttribute.of(1))))
 *         .build()
 *         .write(Path.of("classifier.onnx"));
 * }</pre>
 *
 * <p>Nodes are in an order in which they can run: each takes what was added before it. What operators mean, and whether
 * their attributes are right, is not checked. A model that would have 2 GiB or more, which is more than a protocol buffer
 * holds, has its larger initializers in a file beside it of the same name with {@code .data} at the end.
 *
 * <p>Arrays are asked for their bytes one after the other while the file is written, so that they need not fit into memory
 * together ({@link HostArray#lazy}).
 */
public final class OnnxWriter {
    /** IR version 8 came with opset 15, and is the newest that all readers of opset 17 know. */
    private static final int IR_VERSION = 8;

    private static final int EXTERNAL = 1;
    /** Smaller initializers stay in the model, where a reader sees the shapes and constants that it needs to plan. */
    private static final int LEAST_EXTERNAL = 1024;
    /** So that a reader can map each initializer into memory. */
    private static final int ALIGNMENT = 4096;

    private static final int GRAPH = 7;
    private static final int INITIALIZER = 5;

    private final Builder graph;

    private OnnxWriter(Builder graph) {
        this.graph = graph;
    }

    /** Starts a model. */
    public static Builder builder() {
        return new Builder();
    }

    /** The parts of a model. */
    public static final class Builder {
        private @Nullable String graphName;
        private String producer = "";
        private String producerVersion = "";
        private long inlineBytes = Integer.MAX_VALUE;
        private final Map<String, Integer> opsets = new LinkedHashMap<>(Map.of("", 17));
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final List<OnnxValue> inputs = new ArrayList<>();
        private final List<OnnxValue> outputs = new ArrayList<>();
        private final List<OnnxNode> nodes = new ArrayList<>();
        private final Map<String, HostArray> initializers = new LinkedHashMap<>();
        /** Names of values that there are so far. */
        private final Set<String> values = new HashSet<>();

        private Builder() {}

        /** The graph's name; not empty. */
        public Builder setGraphName(String name) {
            this.graphName = name;
            return this;
        }

        /** The program that writes the model, and its version. */
        public Builder optProducer(String name, String version) {
            this.producer = name;
            this.producerVersion = version;
            return this;
        }

        /**
         * The version of ONNX's own operators; by default 17.
         *
         * @throws IllegalArgumentException if less than 1
         */
        public Builder optOpset(int version) {
            return optOpset("", version);
        }

        /**
         * The version of a domain's operators, which nodes of the domain need.
         *
         * @throws IllegalArgumentException if less than 1
         */
        public Builder optOpset(String domain, int version) {
            if (version < 1) {
                throw new IllegalArgumentException("version must be 1 or more, got " + version);
            }
            opsets.put(domain, version);
            return this;
        }

        /** What the file tells beside the graph. */
        public Builder optMetadata(Map<String, String> metadata) {
            this.metadata.putAll(metadata);
            return this;
        }

        /**
         * How many bytes the model may have before its larger initializers are written to a file beside it; by default,
         * and at most, 2 GiB less one byte.
         *
         * @throws IllegalArgumentException if negative
         */
        public Builder optInlineBytes(int bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("bytes must be 0 or more, got " + bytes);
            }
            this.inlineBytes = bytes;
            return this;
        }

        /**
         * What the graph takes.
         *
         * @throws IllegalArgumentException if its name is empty or taken, or it has no element type of ours
         */
        public Builder addInput(OnnxValue input) {
            requireTensor(input);
            define(input.name(), "input");
            inputs.add(input);
            return this;
        }

        /**
         * What the graph gives; a node that gives it may be added later.
         *
         * @throws IllegalArgumentException if it has no element type of ours
         */
        public Builder addOutput(OnnxValue output) {
            requireTensor(output);
            outputs.add(output);
            return this;
        }

        /**
         * A constant, such as a weight.
         *
         * @throws IllegalArgumentException if the name is empty or taken
         */
        public Builder addInitializer(String name, HostArray value) {
            define(name, "initializer");
            initializers.put(name, value);
            return this;
        }

        /**
         * The next node.
         *
         * @throws IllegalArgumentException if it has no operator, an input that nothing gives yet, an output whose name is
         *     taken, or an attribute that is not written
         */
        public Builder addNode(OnnxNode node) {
            String where = "node " + nodes.size() + " " + Inputs.quote(node.name());
            if (node.operator().isEmpty()) {
                throw new IllegalArgumentException(where + " has no operator");
            }
            for (String input : node.inputs()) {
                if (!input.isEmpty() && !values.contains(input)) {
                    throw new IllegalArgumentException(where + " of " + node.operator() + " takes "
                            + Inputs.quote(input) + ", expected an input, an initializer or a node's output before it");
                }
            }
            node.attributes().forEach((name, value) -> {
                if (value instanceof OnnxAttribute.Unread unread) {
                    throw new IllegalArgumentException(where + " has the attribute " + Inputs.quote(name) + ", "
                            + unread.kind() + ", expected one that can be written");
                }
            });
            for (String output : node.outputs()) {
                if (!output.isEmpty()) {
                    define(output, "output of " + where);
                }
            }
            nodes.add(node);
            return this;
        }

        private static void requireTensor(OnnxValue value) {
            if (value.dtype() == null) {
                throw new IllegalArgumentException(value + " is of " + value.type() + ", expected a tensor of a DType");
            }
        }

        private void define(String name, String what) {
            if (name.isEmpty() || !values.add(name)) {
                throw new IllegalArgumentException(what + " must have a name of its own, got " + Inputs.quote(name));
            }
        }

        /**
         * The model.
         *
         * @throws IllegalStateException if there is no graph name, no output, an output that nothing gives, or a node of a
         *     domain without a version
         */
        public OnnxWriter build() {
            if (graphName == null || graphName.isEmpty()) {
                throw new IllegalStateException("setGraphName is required");
            }
            if (outputs.isEmpty()) {
                throw new IllegalStateException("addOutput is required");
            }
            for (OnnxValue output : outputs) {
                if (!values.contains(output.name())) {
                    throw new IllegalStateException("no node gives the output " + Inputs.quote(output.name()));
                }
            }
            for (OnnxNode node : nodes) {
                if (!opsets.containsKey(node.domain())) {
                    throw new IllegalStateException("node " + Inputs.quote(node.name()) + " is of the domain "
                            + Inputs.quote(node.domain()) + ", expected one that optOpset gives a version of");
                }
            }
            return new OnnxWriter(this);
        }
    }

    /** An initializer's message up to its raw elements, and those if they follow. */
    private record Entry(byte[] head, @Nullable HostArray raw) {
        long bytes() {
            return head.length + (raw == null ? 0 : raw.byteSize());
        }
    }

    /**
     * Writes or replaces the model's file atomically; if it has external data, their file before it, likewise.
     *
     * @throws IllegalStateException if the model without its larger initializers has 2 GiB or more
     * @throws java.io.UncheckedIOException if writing fails
     */
    public void write(Path path) {
        byte[] before = head();
        byte[] graphHead = graphHead();
        List<Entry> inline = new ArrayList<>();
        graph.initializers.forEach((name, value) -> inline.add(entry(name, value, null, 0)));
        if (total(before, graphHead, inline) <= graph.inlineBytes) {
            AtomicFile.write(path, out -> write(out, before, graphHead, inline));
            return;
        }
        String location = path.getFileName() + ".data";
        List<Entry> entries = new ArrayList<>();
        Map<HostArray, Long> outside = new IdentityHashMap<>();
        List<HostArray> order = new ArrayList<>();
        long offset = 0;
        for (Map.Entry<String, HostArray> e : graph.initializers.entrySet()) {
            HostArray value = e.getValue();
            if (value.byteSize() < LEAST_EXTERNAL) {
                entries.add(entry(e.getKey(), value, null, 0));
                continue;
            }
            Long known = outside.get(value);
            if (known == null) {
                known = offset;
                outside.put(value, known);
                order.add(value);
                offset = (offset + value.byteSize() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            }
            entries.add(entry(e.getKey(), value, location, known));
        }
        long total = total(before, graphHead, entries);
        if (total > Integer.MAX_VALUE) {
            throw new IllegalStateException(path + ": the model without its larger initializers has " + total
                    + " bytes, expected less than 2 GiB");
        }
        AtomicFile.write(path.resolveSibling(location), out -> {
            for (int i = 0; i < order.size(); i++) {
                HostArray value = order.get(i);
                Inputs.copy(value.bytes(), out);
                if (i < order.size() - 1) {
                    out.write(new byte[Math.floorMod(-value.byteSize(), ALIGNMENT)]);
                }
            }
        });
        AtomicFile.write(path, out -> write(out, before, graphHead, entries));
    }

    private static void write(OutputStream out, byte[] before, byte[] graphHead, List<Entry> entries)
            throws IOException {
        out.write(before);
        out.write(
                new ProtoWriter().length(GRAPH, graphBytes(graphHead, entries)).toBytes());
        out.write(graphHead);
        for (Entry entry : entries) {
            out.write(new ProtoWriter().length(INITIALIZER, entry.bytes()).toBytes());
            out.write(entry.head);
            if (entry.raw != null) {
                Inputs.copy(entry.raw.bytes(), out);
            }
        }
    }

    private static long total(byte[] before, byte[] graphHead, List<Entry> entries) {
        long bytes = graphBytes(graphHead, entries);
        return before.length + new ProtoWriter().length(GRAPH, bytes).toBytes().length + bytes;
    }

    private static long graphBytes(byte[] graphHead, List<Entry> entries) {
        long bytes = graphHead.length;
        for (Entry entry : entries) {
            bytes += new ProtoWriter().length(INITIALIZER, entry.bytes()).toBytes().length + entry.bytes();
        }
        return bytes;
    }

    /** The model's fields but for the graph. */
    private byte[] head() {
        ProtoWriter model = new ProtoWriter()
                .number(1, IR_VERSION)
                .optText(2, graph.producer)
                .optText(3, graph.producerVersion);
        graph.opsets.forEach((domain, version) ->
                model.message(8, new ProtoWriter().optText(1, domain).number(2, version)));
        graph.metadata.forEach((key, value) -> model.message(14, property(key, value)));
        return model.toBytes();
    }

    /** The graph's fields but for the initializers. */
    private byte[] graphHead() {
        ProtoWriter out = new ProtoWriter();
        graph.nodes.forEach(node -> out.message(1, node(node)));
        out.text(2, String.valueOf(graph.graphName));
        graph.inputs.forEach(value -> out.message(11, value(value)));
        graph.outputs.forEach(value -> out.message(12, value(value)));
        return out.toBytes();
    }

    private static ProtoWriter property(String key, String value) {
        return new ProtoWriter().text(1, key).text(2, value);
    }

    private static ProtoWriter node(OnnxNode node) {
        ProtoWriter out = new ProtoWriter();
        node.inputs().forEach(input -> out.text(1, input));
        node.outputs().forEach(output -> out.text(2, output));
        out.optText(3, node.name()).text(4, node.operator());
        node.attributes().forEach((name, value) -> out.message(5, attribute(name, value)));
        return out.optText(7, node.domain());
    }

    private static ProtoWriter attribute(String name, OnnxAttribute attribute) {
        ProtoWriter out = new ProtoWriter().text(1, name);
        int type;
        if (attribute instanceof OnnxAttribute.OfFloat a) {
            type = 1;
            out.f32(2, a.value());
        } else if (attribute instanceof OnnxAttribute.OfInt a) {
            type = 2;
            out.number(3, a.value());
        } else if (attribute instanceof OnnxAttribute.OfString a) {
            type = 3;
            out.text(4, a.value());
        } else if (attribute instanceof OnnxAttribute.OfTensor a) {
            type = 4;
            byte[] raw = new byte[a.value().byteSize()];
            a.value().bytes().get(raw);
            out.message(5, tensor("", a.value()).bytes(9, raw));
        } else if (attribute instanceof OnnxAttribute.OfFloats a) {
            type = 6;
            a.values().forEach(value -> out.f32(7, value));
        } else if (attribute instanceof OnnxAttribute.OfInts a) {
            type = 7;
            a.values().forEach(value -> out.number(8, value));
        } else if (attribute instanceof OnnxAttribute.OfStrings a) {
            type = 8;
            a.values().forEach(value -> out.text(9, value));
        } else {
            throw new AssertionError(attribute);
        }
        return out.number(20, type);
    }

    private static ProtoWriter value(OnnxValue value) {
        ProtoWriter tensor = new ProtoWriter().number(1, type(value).number());
        List<OnnxValue.Dimension> dims = value.shape();
        if (dims != null) {
            ProtoWriter shape = new ProtoWriter();
            for (OnnxValue.Dimension dim : dims) {
                shape.message(
                        1,
                        dim.size() >= 0
                                ? new ProtoWriter().number(1, dim.size())
                                : new ProtoWriter().optText(2, dim.symbol()));
            }
            tensor.message(2, shape);
        }
        return new ProtoWriter().text(1, value.name()).message(2, new ProtoWriter().message(1, tensor));
    }

    private static OnnxType type(OnnxValue value) {
        DType dtype = value.dtype();
        if (dtype == null) {
            throw new AssertionError(value);
        }
        return OnnxType.of(dtype);
    }

    private static ProtoWriter tensor(String name, HostArray value) {
        ProtoWriter out = new ProtoWriter();
        for (long dim : value.shape()) {
            out.number(1, dim);
        }
        return out.number(2, OnnxType.of(value.dtype()).number()).optText(8, name);
    }

    private static Entry entry(String name, HostArray value, @Nullable String location, long offset) {
        ProtoWriter head = tensor(name, value);
        if (location == null) {
            return new Entry(head.length(9, value.byteSize()).toBytes(), value);
        }
        head.message(13, property("location", location))
                .message(13, property("offset", String.valueOf(offset)))
                .message(13, property("length", String.valueOf(value.byteSize())))
                .number(14, EXTERNAL);
        return new Entry(head.toBytes(), null);
    }
}
