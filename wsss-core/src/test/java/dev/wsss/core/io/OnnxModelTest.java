package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelTest {
    private final Path folder;

    OnnxModelTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void theGraphIsAsTheFileHasIt() {
        try (OnnxModel model = open(TestOnnx.everything())) {
            assertThat(model.irVersion()).isEqualTo(8);
            assertThat(model.producer()).isEqualTo("test 1.2");
            assertThat(model.graphName()).isEqualTo("main");
            assertThat(model.opsets()).containsExactly(Map.entry("", 17L), Map.entry("com.example", 3L));
            assertThat(model.metadata()).containsExactly(Map.entry("licence", "none"));
            assertThat(model.functions()).isZero();
            assertThat(model.inputs())
                    .containsExactly(
                            OnnxValue.of("input", DType.F32, OnnxValue.Dimension.open("n"), OnnxValue.Dimension.of(3)));
            assertThat(model.outputs())
                    .containsExactly(
                            OnnxValue.of(
                                    "output", DType.F32, OnnxValue.Dimension.open(""), OnnxValue.Dimension.open("")),
                            new OnnxValue("list", "sequence", null, null));
            assertThat(model.inputs().get(0)).hasToString("'input' float[n, 3]");
        }
    }

    @Test
    void attributesOfEveryKind() {
        try (OnnxModel model = open(TestOnnx.everything())) {
            OnnxNode node = model.nodes().get(0);
            assertThat(node.name()).isEqualTo("first");
            assertThat(node.qualifiedOperator()).isEqualTo("com.example:Mystery");
            assertThat(node.inputs()).containsExactly("input", "", "raw");
            assertThat(node.outputs()).containsExactly("output");
            assertThat(node.attributes())
                    .containsExactly(
                            Map.entry("f", OnnxAttribute.of(0.5f)),
                            Map.entry("i", OnnxAttribute.of(-3)),
                            Map.entry("default", OnnxAttribute.of(0)),
                            Map.entry("s", OnnxAttribute.of("SAME_UPPER")),
                            Map.entry("t", OnnxAttribute.of(HostArray.ofFloats(new float[] {1, 2}, 2))),
                            Map.entry("g", new OnnxAttribute.Unread("graph")),
                            Map.entry("packed", new OnnxAttribute.OfFloats(List.of(1f, 2f))),
                            Map.entry("ints", OnnxAttribute.ofInts(1, 2)),
                            Map.entry("no ints", OnnxAttribute.ofInts()),
                            Map.entry("packed ints", OnnxAttribute.ofInts(3, -4)),
                            Map.entry("strings", new OnnxAttribute.OfStrings(List.of("a", "b"))),
                            Map.entry("binary", new OnnxAttribute.Unread("bytes that are no text")),
                            Map.entry("untyped", OnnxAttribute.ofInts(5)));
            assertThat(model.operatorCounts()).containsExactly(Map.entry("com.example:Mystery", 1));
        }
    }

    @Test
    void initializersOfEveryForm() {
        try (OnnxModel model = open(TestOnnx.everything())) {
            assertThat(model.initializer("raw").toFloats()).containsExactly(1.5f, -2);
            assertThat(model.initializer("floats")).isEqualTo(HostArray.ofFloats(new float[] {3, 4}, 1, 2));
            assertThat(model.initializer("separate").toFloats()).containsExactly(5, 6);
            assertThat(model.initializer("doubles").toDoubles()).containsExactly(0.1);
            assertThat(model.initializer("longs").toLongs()).containsExactly(1, -1, 1L << 40);
            assertThat(model.initializer("ints").toInts()).containsExactly(7, -8);
            assertThat(model.initializer("bytes").toInts()).containsExactly(-128, 127);
            assertThat(model.initializer("bytes").dtype()).isEqualTo(DType.I8);
            assertThat(model.initializer("unsigned").toInts()).containsExactly(0, 255);
            assertThat(model.initializer("flags").toInts()).containsExactly(1, 0);
            assertThat(model.initializer("flags").dtype()).isEqualTo(DType.BOOL);
            assertThat(model.initializer("half").toFloats()).containsExactly(1, -2);
            assertThat(model.initializer("half").dtype()).isEqualTo(DType.F16);
            assertThat(model.initializer("brain").toFloats()).containsExactly(1.5f);
            assertThat(model.initializer("wide").toLongs()).containsExactly(4294967295L);
            assertThat(model.initializer("scalar").shape()).isEmpty();
            assertThat(model.initializer("scalar").toFloats()).containsExactly(9);
            assertThat(model.initializer("empty").shape()).containsExactly(0);
            assertInvalid(() -> model.initializer("words"), "initializer 'words'", "its type is string");
            assertInvalid(() -> model.initializer("absent"), "there is no initializer 'absent' among the 15");
        }
    }

    @Test
    void aCheckpointHasTheInitializers() {
        byte[] file = TestOnnx.model(TestOnnx.everything()).toBytes();
        try (Checkpoint checkpoint = Checkpoint.read(
                ByteSource.of("memory", file), name -> ByteSource.of(name, new byte[0]), Checkpoint.builder())) {
            assertThat(checkpoint.format()).isEqualTo(Checkpoint.Format.ONNX);
            assertThat(checkpoint.names()).hasSize(15).startsWith("raw", "floats");
            assertThat(checkpoint.get("half").toFloats()).containsExactly(1, -2);
            assertThat(checkpoint.unreadable())
                    .extracting(Checkpoint.Unreadable::name)
                    .containsExactly("words");
            assertThat(checkpoint.metadata())
                    .containsEntry("producer", "test 1.2")
                    .containsEntry("licence", "none")
                    .containsEntry("operators", "{com.example:Mystery=1}");
        }
    }

    @Test
    void dataBesideTheFile() throws IOException {
        Files.createDirectories(folder.resolve("sub"));
        Files.write(folder.resolve("sub/weights.bin"), TestOnnx.floats(0, 1, 2, 3));
        Path file = write(TestOnnx.external("w", "sub/weights.bin", "4", "8", 2));
        HostArray weight;
        try (OnnxModel model = OnnxModel.open(file);
                Checkpoint checkpoint = Checkpoint.open(file)) {
            weight = model.initializer("w");
            assertThat(weight.toFloats()).containsExactly(1, 2);
            assertThat(checkpoint.get("w").toFloats()).containsExactly(1, 2);
        }
        assertThatThrownBy(weight::toFloats).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "../secret.bin", "sub/../../secret.bin", "/etc/passwd", "C:secret", "a\\b", "a//b", "a\nb"})
    void aPathThatLeadsOutIsRefused(String path) {
        Path file = write(TestOnnx.external("w", path, "0", "8", 2));
        assertThatThrownBy(() -> OnnxModel.open(file).close())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(file.toString(), "tensor 'w'", "does not lead out of the model's folder");
    }

    @Test
    void aLinkThatLeadsOutIsRefused() throws IOException {
        Files.createDirectories(folder.resolve("outside"));
        Files.createDirectories(folder.resolve("model"));
        Files.write(folder.resolve("outside/secret.bin"), new byte[8]);
        Files.createSymbolicLink(folder.resolve("model/link.bin"), Path.of("../outside/secret.bin"));
        Files.createSymbolicLink(folder.resolve("model/links"), Path.of("../outside"));
        for (String path : new String[] {"link.bin", "links/secret.bin"}) {
            Path file = folder.resolve("model/m.onnx");
            ProtoWriter graph = new ProtoWriter().message(5, TestOnnx.external("w", path, "0", "8", 2));
            Files.write(file, TestOnnx.model(graph).toBytes());
            for (ThrowingCallable open : new ThrowingCallable[] {
                () -> OnnxModel.open(file).close(), () -> Checkpoint.open(file).close()
            }) {
                assertThatThrownBy(open)
                        .isInstanceOf(InvalidDataException.class)
                        .hasMessageContainingAll("tensor 'w'", "is a link that leads out of the model's folder");
            }
        }
    }

    @Test
    void dataThatAreNotThereAreRefused() throws IOException {
        Files.write(folder.resolve("w.bin"), new byte[8]);
        assertFileRefused(TestOnnx.external("w", "absent.bin", "0", "8", 2), "absent.bin", "there is nothing");
        assertFileRefused(TestOnnx.external("w", "w.bin", "4", "8", 2), "8 bytes from byte 4 of 'w.bin', which has 8");
        assertFileRefused(TestOnnx.external("w", "w.bin", "0", "4", 2), "of 8 bytes, in 4 bytes from byte 0");
        assertFileRefused(TestOnnx.external("w", "w.bin", "-1", "8", 2), "of the offset '-1', expected a number");
        assertFileRefused(TestOnnx.external("w", "w.bin", "0", "9999999999999999999", 2), "of the length '9999");
    }

    @Test
    void whatIsWrongIsNamed() {
        assertRefused(
                TestOnnx.tensor("w", TestOnnx.FLOAT, 3).bytes(9, TestOnnx.floats(1, 2)),
                "tensor 'w' is float[3] and has 8 bytes of data, expected 12");
        assertRefused(TestOnnx.tensor("w", TestOnnx.FLOAT, 3), "has 0 bytes of data, expected 12");
        assertRefused(
                TestOnnx.tensor("w", TestOnnx.FLOAT, 1).number(5, 1), "has its elements in field 5, expected field 4");
        assertRefused(
                TestOnnx.tensor("w", TestOnnx.FLOAT, 1).f32(4, 1).bytes(9, TestOnnx.floats(1)),
                "has its elements twice");
        assertRefused(TestOnnx.tensor("w", TestOnnx.FLOAT, 2).f32(4, 1).number(5, 1), "two fields, 4 and 5");
        assertRefused(TestOnnx.tensor("w", TestOnnx.FLOAT, 1).bytes(4, new byte[3]), "3 bytes of elements of 4");
        assertRefused(TestOnnx.tensor("w", TestOnnx.FLOAT, -1), "has the shape [-1], expected dimensions of 0 or more");
        assertRefused(
                TestOnnx.tensor("w", TestOnnx.FLOAT, 1L << 40, 1L << 40), "expected dimensions of 0 or more and less");
        assertRefused(TestOnnx.tensor("w", TestOnnx.FLOAT, new long[65]), "has more than 64 dimensions");
        assertRefused(TestOnnx.tensor("", TestOnnx.FLOAT, 0), "initializer 0 has no name");
        assertRefused(TestOnnx.tensor("w", TestOnnx.FLOAT, 0).bytes(3, new byte[0]), "is in segments");
        ProtoWriter empty = TestOnnx.tensor("w", TestOnnx.FLOAT, 0);
        assertInvalid(
                () -> open(new ProtoWriter().message(5, empty).message(5, empty)), "two initializers are named 'w'");
        assertInvalid(() -> open(new ProtoWriter().message(1, new ProtoWriter())), "node 0 '' has no operator");
        ProtoWriter twice = new ProtoWriter()
                .text(4, "Conv")
                .message(5, TestOnnx.attribute("a", 2))
                .message(5, TestOnnx.attribute("a", 2));
        assertInvalid(() -> open(new ProtoWriter().message(1, twice)), "node 0 has two attributes 'a'");
        byte[] none = new ProtoWriter().number(1, 8).toBytes();
        assertInvalid(
                () -> OnnxModel.open(ByteSource.of("memory", none), null).close(),
                "not an ONNX model, which has a version of 1 or more and a graph");
        byte[] two = TestOnnx.model(new ProtoWriter()).bytes(7, new byte[0]).toBytes();
        assertInvalid(() -> OnnxModel.open(ByteSource.of("memory", two), null).close(), "a second graph");
        byte[] bare = TestOnnx.model(new ProtoWriter()).toBytes();
        assertInvalid(
                () -> Checkpoint.read(
                                ByteSource.of("memory", bare),
                                name -> ByteSource.of(name, new byte[0]),
                                Checkpoint.builder())
                        .close(),
                "an ONNX model without initializers");
    }

    @Test
    void anElementThatItsTypeDoesNotHaveIsRefused() {
        try (OnnxModel model = open(new ProtoWriter()
                .message(5, TestOnnx.tensor("w", TestOnnx.UINT8, 1).number(5, 256)))) {
            assertInvalid(() -> model.initializer("w"), "is the element 256 of a tensor of uint8");
        }
    }

    @Test
    void aSparseInitializerIsListed() {
        ProtoWriter sparse = new ProtoWriter()
                .message(1, TestOnnx.tensor("s", TestOnnx.FLOAT, 1).bytes(9, TestOnnx.floats(1)))
                .message(2, TestOnnx.tensor("", TestOnnx.INT64, 1).bytes(7, TestOnnx.varints(5)))
                .number(3, 10);
        try (OnnxModel model = open(new ProtoWriter().message(15, sparse))) {
            assertThat(model.initializers()).containsExactly("s");
            assertInvalid(() -> model.initializer("s"), "its type is sparse F32");
        }
    }

    private Path write(ProtoWriter initializer) {
        Path file = folder.resolve("model.onnx");
        try {
            Files.write(
                    file,
                    TestOnnx.model(new ProtoWriter().message(5, initializer)).toBytes());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return file;
    }

    private void assertFileRefused(ProtoWriter initializer, String... parts) {
        Path file = write(initializer);
        assertThatThrownBy(() -> OnnxModel.open(file).close())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContainingAll(parts);
    }

    private static void assertRefused(ProtoWriter initializer, String... parts) {
        assertInvalid(() -> open(new ProtoWriter().message(5, initializer)).close(), parts);
    }

    private static void assertInvalid(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith("memory: ")
                .hasMessageContainingAll(parts);
    }

    private static OnnxModel open(ProtoWriter graph) {
        return OnnxModel.open(ByteSource.of("memory", TestOnnx.model(graph).toBytes()), null);
    }
}
