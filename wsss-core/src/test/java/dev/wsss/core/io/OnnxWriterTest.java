package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxWriterTest {
    private final Path folder;

    OnnxWriterTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void whatIsWrittenIsRead() {
        Map<String, OnnxAttribute> attributes = new LinkedHashMap<>();
        attributes.put("strides", OnnxAttribute.ofInts(2, 3));
        attributes.put("alpha", OnnxAttribute.of(0.25f));
        attributes.put("group", OnnxAttribute.of(-1));
        attributes.put("mode", OnnxAttribute.of("linear"));
        attributes.put("value", OnnxAttribute.of(HostArray.ofLongs(new long[] {1, -2}, 2)));
        attributes.put("scales", new OnnxAttribute.OfFloats(List.of(1f, 0.5f)));
        attributes.put("names", new OnnxAttribute.OfStrings(List.of("a", "")));
        OnnxNode first = new OnnxNode("n", "Mystery", "com.example", List.of("x", "", "w"), List.of("y"), attributes);
        OnnxNode second = OnnxNode.of("Relu", List.of("y"), List.of("z"), Map.of());
        OnnxValue input = OnnxValue.of("x", DType.F32, OnnxValue.Dimension.open("n"), OnnxValue.Dimension.of(3));
        OnnxValue output = OnnxValue.of("z", DType.F32, OnnxValue.Dimension.open(""), OnnxValue.Dimension.of(2));
        Map<String, HostArray> weights = everyType();
        Path file = folder.resolve("model.onnx");
        OnnxWriter.Builder builder = OnnxWriter.builder()
                .setGraphName("g")
                .optProducer("wsss", "1")
                .optOpset(18)
                .optOpset("com.example", 2)
                .optMetadata(Map.of("key", "value"))
                .addInput(input)
                .addOutput(output)
                .addInitializer("w", HostArray.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
        weights.forEach(builder::addInitializer);
        builder.addNode(first).addNode(second).build().write(file);
        try (OnnxModel model = OnnxModel.open(file)) {
            assertThat(model.irVersion()).isEqualTo(8);
            assertThat(model.producer()).isEqualTo("wsss 1");
            assertThat(model.graphName()).isEqualTo("g");
            assertThat(model.opsets()).containsExactly(Map.entry("", 18L), Map.entry("com.example", 2L));
            assertThat(model.metadata()).containsExactly(Map.entry("key", "value"));
            assertThat(model.inputs()).containsExactly(input);
            assertThat(model.outputs()).containsExactly(output);
            assertThat(model.nodes()).containsExactly(first, second);
            List<String> names = new ArrayList<>(List.of("w"));
            names.addAll(weights.keySet());
            assertThat(model.initializers()).containsExactlyElementsOf(names);
            weights.forEach((name, value) -> assertThat(model.initializer(name)).isEqualTo(value));
        }
        assertThat(folder.resolve("model.onnx.data")).doesNotExist();
    }

    /** Of every element type one, scalar and empty arrays among them. */
    private static Map<String, HostArray> everyType() {
        Map<String, HostArray> weights = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            byte[] bytes = new byte[3 * dtype.bytes()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (dtype == DType.BOOL ? i % 2 : 7 * i + 1);
            }
            weights.put(dtype.name(), HostArray.of(dtype, new long[] {3, 1}, ByteBuffer.wrap(bytes)));
        }
        weights.put("scalar", HostArray.ofFloats(new float[] {4}));
        weights.put("empty", HostArray.ofFloats(new float[0], 0, 5));
        return weights;
    }

    @Test
    void largeInitializersLieBesideASmallModel() throws IOException {
        float[] large = new float[3000];
        for (int i = 0; i < large.length; i++) {
            large[i] = i * 0.5f;
        }
        HostArray shared = HostArray.ofFloats(large, 50, 60);
        HostArray other = HostArray.ofFloats(Arrays.copyOf(large, 256), 256);
        HostArray small = HostArray.ofFloats(Arrays.copyOf(large, 255), 255);
        Path file = folder.resolve("model.onnx");
        OnnxWriter writer = OnnxWriter.builder()
                .setGraphName("g")
                .optInlineBytes(8000)
                .addInput(OnnxValue.of("x", DType.F32, 1))
                .addOutput(OnnxValue.of("x", DType.F32, 1))
                .addInitializer("a", shared)
                .addInitializer("small", small)
                .addInitializer("b", other)
                .addInitializer("again", shared)
                .build();
        writer.write(file);
        // 12,000 bytes, filled up to 4,096s, and 1,024; the same array once
        assertThat(Files.size(folder.resolve("model.onnx.data"))).isEqualTo(3 * 4096 + 1024);
        assertThat(Files.size(file)).isBetween(1020L, 1500L);
        try (OnnxModel model = OnnxModel.open(file)) {
            assertThat(model.initializer("a")).isEqualTo(shared);
            assertThat(model.initializer("again")).isEqualTo(shared);
            assertThat(model.initializer("b")).isEqualTo(other);
            assertThat(model.initializer("small")).isEqualTo(small);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void aGraphThatCannotBeIsRefused() {
        OnnxWriter.Builder builder =
                OnnxWriter.builder().addInput(OnnxValue.of("x", DType.F32, 1)).addInitializer("w", scalar());
        assertArgument(() -> builder.addInput(OnnxValue.of("w", DType.F32, 1)), "input must have a name", "'w'");
        assertArgument(() -> builder.addInitializer("x", scalar()), "initializer must have a name of its own, got 'x'");
        assertArgument(() -> builder.addInitializer("", scalar()), "got ''");
        assertArgument(
                () -> builder.addNode(OnnxNode.of("Add", List.of("x", "y"), List.of("z"), Map.of())),
                "node 0 'z' of Add takes 'y'");
        assertArgument(
                () -> builder.addNode(OnnxNode.of("Relu", List.of("x"), List.of("w"), Map.of())),
                "output of node 0 'w' must have a name of its own");
        assertArgument(() -> builder.addNode(OnnxNode.of("", List.of("x"), List.of("z"), Map.of())), "has no operator");
        assertArgument(
                () -> builder.addNode(OnnxNode.of(
                        "If", List.of("x"), List.of("z"), Map.of("then", new OnnxAttribute.Unread("graph")))),
                "attribute 'then', graph");
        assertArgument(
                () -> builder.addOutput(new OnnxValue("z", "string", null, null)), "'z' string is of string, expected");
        assertArgument(() -> builder.optOpset(0), "version must be 1 or more, got 0");
        assertArgument(() -> builder.optInlineBytes(-1), "bytes must be 0 or more, got -1");
        assertState(builder, "setGraphName is required");
        builder.setGraphName("g");
        assertState(builder, "addOutput is required");
        builder.addOutput(OnnxValue.of("z", DType.F32, 1));
        assertState(builder, "no node gives the output 'z'");
        builder.addNode(new OnnxNode("n", "Mystery", "com.example", List.of("x"), List.of("z"), Map.of()));
        assertState(builder, "node 'n' is of the domain 'com.example'");
    }

    /** ONNX's own domain has two names. */
    @Test
    void theDefaultDomainMayBeNamed() {
        OnnxNode node = new OnnxNode("n", "Relu", "ai.onnx", List.of("x"), List.of("z"), Map.of());
        assertThat(node.domain()).isEmpty();
        assertThat(node.qualifiedOperator()).isEqualTo("Relu");
    }

    private static HostArray scalar() {
        return HostArray.ofFloats(new float[] {1});
    }

    private static void assertArgument(Runnable call, String... parts) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(parts);
    }

    private static void assertState(OnnxWriter.Builder builder, String message) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(message);
    }
}
