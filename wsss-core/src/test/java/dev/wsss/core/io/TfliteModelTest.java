package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.TestFlatBuffers.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TfliteModelTest {
    private final Path folder;

    TfliteModelTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void tensorsAreAsTheFileHasThem() {
        try (TfliteModel model = open(TestTflite.model())) {
            assertThat(model.description()).isEqualTo("made for a test");
            assertThat(model.subgraphs()).isEqualTo(1);
            assertThat(model.inputs()).containsExactly(0);
            assertThat(model.outputs()).containsExactly(8);
            assertThat(model.tensors()).extracting(TfliteTensor::index).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
            TfliteTensor input = model.tensor(0);
            assertThat(input.name()).isEqualTo("input");
            assertThat(input.type()).isEqualTo("uint8");
            assertThat(input.dtype()).isEqualTo(DType.U8);
            assertThat(input.shape()).containsExactly(1, 4, 4, 2);
            assertThat(input.constant()).isFalse();
            assertThat(input.quantization())
                    .isEqualTo(new TfliteTensor.Quantization(new float[] {0.5f}, new long[] {128}, 0))
                    .hasToString("0.5 * (q - 128)");
            TfliteTensor weights = model.tensor("conv/weights");
            assertThat(weights.constant()).isTrue();
            assertThat(weights.quantization())
                    .isEqualTo(new TfliteTensor.Quantization(new float[] {0.5f, 0.25f}, new long[2], 0));
            assertThat(model.tensor("output").shape()).containsExactly(-1, 8, 8, 2);
            assertThat(model.tensor("output").quantization()).isNull();
        }
    }

    @Test
    void operatorsHaveTheirSettings() {
        try (TfliteModel model = open(TestTflite.model())) {
            assertThat(model.operators())
                    .containsExactly(
                            new TfliteOperator(
                                    0,
                                    "CONV_2D",
                                    5,
                                    List.of(0, 1, 2),
                                    List.of(3),
                                    new TfliteOptions.Conv2d(
                                            TfliteOptions.Padding.VALID, 2, 3, 4, 5, TfliteOptions.Activation.RELU6)),
                            new TfliteOperator(
                                    1,
                                    "DEPTHWISE_CONV_2D",
                                    1,
                                    List.of(3, 4, -1),
                                    List.of(3),
                                    new TfliteOptions.DepthwiseConv2d(
                                            TfliteOptions.Padding.SAME, 1, 1, 1, 1, 1, TfliteOptions.Activation.NONE)),
                            new TfliteOperator(
                                    2,
                                    "ADD",
                                    1,
                                    List.of(3, 7),
                                    List.of(3),
                                    new TfliteOptions.Arithmetic(TfliteOptions.Activation.RELU)),
                            new TfliteOperator(
                                    3,
                                    "RESIZE_BILINEAR",
                                    1,
                                    List.of(3, 6),
                                    List.of(8),
                                    new TfliteOptions.Resize(true, false)),
                            new TfliteOperator(
                                    4, "CUSTOM:MyOperator", 1, List.of(3), List.of(8), new TfliteOptions.Unread(0)),
                            new TfliteOperator(
                                    5, "BUILTIN:4711", 1, List.of(3), List.of(8), new TfliteOptions.Unread(0)));
            assertThat(model.operators())
                    .extracting(TfliteOperator::known)
                    .containsExactly(true, true, true, true, false, false);
            assertThat(model.operatorCounts())
                    .containsEntry("CUSTOM:MyOperator", 1)
                    .hasSize(6);
        }
    }

    /** Each of the operators that have settings, and what they are where the file leaves them out. */
    @Test
    void settingsOfTheOtherOperators() {
        TfliteOptions.Activation none = TfliteOptions.Activation.NONE;
        assertThat(options(17, 5, Table.of(0, (byte) 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, (byte) 1)))
                .isEqualTo(new TfliteOptions.Pool2d(
                        TfliteOptions.Padding.VALID, 3, 2, 5, 4, TfliteOptions.Activation.RELU));
        assertThat(options(67, 49, Table.of(1, 2, 2, 3)))
                .isEqualTo(new TfliteOptions.TransposeConv(TfliteOptions.Padding.SAME, 3, 2));
        assertThat(options(2, 10, Table.of(0, -1))).isEqualTo(new TfliteOptions.Concatenation(-1, none));
        assertThat(options(9, 8, Table.of(0, (byte) 3, 1, (byte) 1, 2, (byte) 1)))
                .isEqualTo(new TfliteOptions.FullyConnected(true, true, TfliteOptions.Activation.RELU6));
        assertThat(options(97, 74, Table.of(1, (byte) 1))).isEqualTo(new TfliteOptions.Resize(false, true));
        assertThat(options(25, 9, Table.of(0, 0.5f))).isEqualTo(new TfliteOptions.Softmax(0.5f));
        assertThat(options(22, 17, Table.of(0, new int[] {1, -1})))
                .isEqualTo(new TfliteOptions.Reshape(List.of(1, -1)));
        assertThat(options(43, 30, Table.of(0, new int[] {1}))).isEqualTo(new TfliteOptions.Squeeze(List.of(1)));
        assertThat(options(40, 27, Table.of(0, (byte) 1))).isEqualTo(new TfliteOptions.Reduce(true));
        assertThat(options(56, 40, Table.of(0, (byte) 4))).isEqualTo(new TfliteOptions.ArgMax("int64"));
        assertThat(options(79, 57, Table.of(0, (byte) 2))).isEqualTo(new TfliteOptions.ArgMax("int32"));
        assertThat(options(53, 37, Table.of(0, (byte) 3, 1, (byte) 0)))
                .isEqualTo(new TfliteOptions.Cast("uint8", "float32"));
        assertThat(options(98, 75, Table.of(0, 0.25f))).isEqualTo(new TfliteOptions.LeakyRelu(0.25f));
        assertThat(options(45, 32, Table.of(0, 1, 1, 2, 4, 4)))
                .isEqualTo(new TfliteOptions.StridedSlice(1, 2, 0, 0, 4));
        for (int arithmetic : new int[] {0, 18, 41, 42}) {
            assertThat(options(arithmetic, 0, null)).isEqualTo(new TfliteOptions.Arithmetic(none));
        }
        assertThat(options(18, 21, Table.of(0, (byte) 1)))
                .isEqualTo(new TfliteOptions.Arithmetic(TfliteOptions.Activation.RELU));
        assertThat(options(114, 0, null)).isEqualTo(new TfliteOptions.None());
        assertThat(options(22, 0, null)).isEqualTo(new TfliteOptions.Reshape(List.of()));
        assertThat(options(27, 6, Table.of(0, 3))).isEqualTo(new TfliteOptions.Unread(6));
    }

    @Test
    void constantsComeAsStoredAndAsFloats() {
        try (TfliteModel model = open(TestTflite.model())) {
            assertThat(model.constant(1).toLongs()).containsExactly(1, -2, 3, -128);
            assertThat(model.floats(1).toFloats()).containsExactly(0.5f, -1, 0.75f, -32);
            assertThat(model.floats(1).shape()).containsExactly(2, 1, 1, 2);
            assertThat(model.floats(2).toFloats()).containsExactly(1, -1);
            assertThat(model.floats(4).toFloats()).containsExactly(0, 300);
            assertThat(model.floats(5).toFloats()).containsExactly(1, -2);
            assertThat(model.constant(5).dtype()).isEqualTo(DType.F16);
            assertThat(model.floats(7).toFloats()).containsExactly(1.5f, -2);
            assertThat(model.constant(6).toInts()).containsExactly(8, 8);
            ByteBuffer part = ByteBuffer.allocate(5).order(ByteOrder.LITTLE_ENDIAN);
            model.floats(1).copyTo(3, part);
            ByteBuffer all = ByteBuffer.allocate(16);
            model.floats(1).copyTo(all);
            assertThat(part.array()).containsExactly(Arrays.copyOfRange(all.array(), 3, 8));
            assertInvalid(() -> model.floats(6), "'size' int32[2] has no scale, expected one");
            assertInvalid(() -> model.constant(3), "'conv' int8[1, 4, 4, 2] is no constant");
            assertInvalid(() -> model.constant(9), "tensor 'nibbles': its type is int4");
            assertInvalid(() -> model.tensor("absent"), "there is no tensor 'absent' among the 10");
            assertThatThrownBy(() -> model.constant(10))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no tensor 10, expected 0 to 9");
        }
    }

    /** Scales may be of any dimension, and a large tensor is converted in parts. */
    @Test
    void scalesOfAnInnerDimension() {
        int n = 100_000;
        int[] bytes = new int[3 * n];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = i * 7;
        }
        List<Table> tensors = List.of(TestTflite.tensor("w", (byte) 3, 1, n, 3)
                .with(4, Table.of(2, new float[] {1, 2, 4}, 3, new long[] {0, 10, 255}, 6, 1)));
        ByteBuffer file = ByteBuffer.wrap(TestTflite.write(TestTflite.model(
                        new ArrayList<>(Collections.nCopies(9, tensors.get(0))),
                        List.of(),
                        List.of(Table.of(), Table.of(1, 1L << 20, 2, 3L * n)))))
                .order(ByteOrder.LITTLE_ENDIAN);
        byte[] whole = Arrays.copyOf(file.array(), (1 << 20) + 3 * n);
        for (int i = 0; i < bytes.length; i++) {
            whole[(1 << 20) + i] = (byte) bytes[i];
        }
        try (TfliteModel model = TfliteModel.open(ByteSource.of("memory", whole))) {
            float[] floats = model.floats(0).toFloats();
            float[] scales = {1, 2, 4};
            int[] zeros = {0, 10, 255};
            for (int i = 0; i < floats.length; i++) {
                assertThat(floats[i]).isEqualTo(scales[i % 3] * ((bytes[i] & 255) - zeros[i % 3]));
            }
        }
    }

    @Test
    void aCheckpointHasTheConstants() {
        byte[] file = TestTflite.write(TestTflite.model());
        try (Checkpoint checkpoint = Checkpoint.read(
                ByteSource.of("memory", file), name -> ByteSource.of(name, new byte[0]), Checkpoint.builder())) {
            assertThat(checkpoint.format()).isEqualTo(Checkpoint.Format.TFLITE);
            assertThat(checkpoint.names())
                    .containsExactly(
                            "conv/weights", "conv/bias", "depthwise/weights", "half", "size", "float", "nibbles");
            assertThat(checkpoint.dtype("conv/weights")).isEqualTo(DType.F32);
            assertThat(checkpoint.get("conv/weights").toFloats()).containsExactly(0.5f, -1, 0.75f, -32);
            assertThat(checkpoint.dtype("size")).isEqualTo(DType.I32);
            assertThat(checkpoint.dtype("half")).isEqualTo(DType.F16);
            assertThat(checkpoint.unreadable())
                    .extracting(Checkpoint.Unreadable::type)
                    .containsExactly("int4");
            assertThat(checkpoint.metadata())
                    .containsEntry("description", "made for a test")
                    .containsEntry(
                            "operators",
                            "{ADD=1, BUILTIN:4711=1, CONV_2D=1, CUSTOM:MyOperator=1, DEPTHWISE_CONV_2D=1,"
                                    + " RESIZE_BILINEAR=1}");
        }
    }

    @Test
    void arraysEndWithTheFile() throws IOException {
        Path file = folder.resolve("model.tflite");
        Files.write(file, TestTflite.write(TestTflite.model()));
        HostArray floats;
        try (TfliteModel model = TfliteModel.open(file)) {
            floats = model.floats(1);
            assertThat(floats.getDouble(2)).isEqualTo(0.75);
        }
        assertThatThrownBy(() -> floats.getDouble(2)).isInstanceOf(IllegalStateException.class);
    }

    /** Names need not be told apart in TFLite: a checkpoint's are, by the tensor's number. */
    @Test
    void equalNamesAreNumbered() {
        List<Table> tensors = new ArrayList<>(TestTflite.tensors());
        tensors.set(2, tensors.get(2).with(3, "conv/weights"));
        tensors.set(4, tensors.get(4).without(3));
        byte[] file = TestTflite.write(TestTflite.model(tensors, List.of(), TestTflite.buffers()));
        try (Checkpoint checkpoint = Checkpoint.read(
                ByteSource.of("memory", file), name -> ByteSource.of(name, new byte[0]), Checkpoint.builder())) {
            assertThat(checkpoint.names()).startsWith("conv/weights", "conv/weights#2", "#4");
        }
    }

    @Test
    void whatIsWrongIsNamed() {
        Table model = TestTflite.model();
        assertRefused(model.with(0, 2), "a TFLite model of version 2, expected 3");
        assertRefused(model.with(2, List.of()), "without a subgraph");
        assertTensorRefused(
                tensor -> tensor.with(0, new int[] {-2, 3}), "has the shape [-2, 3], expected dimensions of 0 or more");
        int huge = Integer.MAX_VALUE;
        assertTensorRefused(tensor -> tensor.with(0, new int[] {huge, huge, huge, huge}), "less than 2^60 elements");
        assertTensorRefused(tensor -> tensor.with(0, new int[17]), "17 elements, expected at most 16");
        assertTensorRefused(
                tensor -> tensor.with(0, new int[] {2, 1, 1, 3}),
                "tensor 1 'conv/weights' is int8[2, 1, 1, 3] and has 4 bytes of data, expected 6");
        assertTensorRefused(tensor -> tensor.with(2, 7), "is in buffer 7, expected 0 to 6");
        assertTensorRefused(tensor -> tensor.with(2, -1), "is in buffer 4294967295, expected 0 to 6");
        assertTensorRefused(
                tensor -> tensor.with(4, Table.of(2, new float[3])),
                "has 3 scales along dimension 0 of the shape [2, 1, 1, 2], expected one, or as many");
        assertTensorRefused(tensor -> tensor.with(4, Table.of(2, new float[2], 6, 4)), "2 scales along dimension 4");
        assertTensorRefused(
                tensor -> tensor.with(4, Table.of(2, new float[2], 3, new long[3])), "3 zero points for 2 scales");
        assertTensorRefused(
                tensor -> tensor.with(4, TestTflite.quantization(Float.NaN, 0)),
                "has the scale NaN, expected a finite");
        assertTensorRefused(tensor -> tensor.with(4, TestTflite.quantization(-1, 0)), "has the scale -1.0");
        assertTensorRefused(
                tensor -> tensor.with(4, TestTflite.quantization(1, 128)), "zero point 128, expected -128 to 127");
        assertOperatorRefused(op -> op.with(0, 6), "operator 0 is of code 6, expected 0 to 5");
        assertOperatorRefused(op -> op.with(1, new int[] {0, 10}), "name tensor 10, expected -1 to 9");
        assertOperatorRefused(op -> op.with(2, new int[] {-2}), "name tensor -2, expected -1 to 9");
        assertOperatorRefused(op -> op.with(3, (byte) 2), "'CONV_2D' has options of type 2, expected 1");
        assertOperatorRefused(op -> op.without(4), "operator 0 lacks the options of operator 0 'CONV_2D'");
        assertOperatorRefused(
                op -> op.with(4, TestTflite.conv().with(1, 0)), "'CONV_2D' has a stride of 0, expected 1 or more");
        assertOperatorRefused(op -> op.with(4, TestTflite.conv().with(5, -4)), "a dilation of -4");
        assertOperatorRefused(
                op -> op.with(4, TestTflite.conv().with(0, (byte) 2)), "a padding of the number 2, expected 0 to 1");
        assertOperatorRefused(
                op -> op.with(4, TestTflite.conv().with(3, (byte) 6)),
                "an activation of the number 6, expected 0 to 5");
    }

    /** Data outside of the tables, as files of more than 2 GB have them. */
    @Test
    void dataOutsideOfTheFileAreRefused() {
        List<Table> buffers = new ArrayList<>(TestTflite.buffers());
        for (long[] range : new long[][] {{1 << 20, 4}, {8, Long.MAX_VALUE}, {-8, 4}, {8, -4}}) {
            buffers.set(1, Table.of(1, range[0], 2, range[1]));
            assertRefused(
                    TestTflite.model(TestTflite.tensors(), List.of(), buffers),
                    "buffer 1 is " + range[1] + " bytes at byte " + range[0] + ", expected a part of the file's");
        }
    }

    /** References lead forwards, so that a table cannot be a part of itself, and end within the file. */
    @Test
    void referencesThatLeadBackOrOutAreRefused() {
        byte[] whole = TestTflite.write(TestTflite.model());
        int root = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
        int text = new String(whole, StandardCharsets.ISO_8859_1).indexOf("made for a test");
        assertPatchRefused(
                whole, 0, 0, "at byte 0, the root is 0 bytes further on, expected 4 to " + (whole.length - 4));
        assertPatchRefused(whole, 0, -8, "the root is 4294967288 bytes further on");
        assertPatchRefused(whole, 0, whole.length - 3, "the root is " + (whole.length - 3) + " bytes further on");
        assertPatchRefused(whole, root, root + 1, "the root has its layout at byte -1, expected one within the file's");
        assertPatchRefused(
                whole, root, root, "the root has a layout of " + root + " bytes for a table of 0, expected at least 4");
        assertPatchRefused(
                whole,
                text - 4,
                1 << 20,
                "the description has 1048576 elements of 1 bytes, and the file " + (whole.length - text)
                        + " bytes more");
    }

    private static void assertPatchRefused(byte[] whole, int at, int value, String part) {
        byte[] bytes = whole.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        assertInvalid(() -> TfliteModel.open(ByteSource.of("memory", bytes)).close(), part);
    }

    /** The same table many times over is cheap to write and dear to read. */
    @Test
    void aFileThatUnfoldsIsRefused() {
        Table tensor = TestTflite.tensor("x".repeat(4096), (byte) 0, 0, 1);
        Table graph = Table.of(0, new TestFlatBuffers.Repeated(tensor, 20_000));
        assertRefused(
                TestTflite.model().with(2, List.of(graph)), "refer to the same places", "more than 16 times the file");
    }

    @Test
    void aFileOfAnotherKindIsRefused() {
        assertThatThrownBy(() -> TfliteModel.open(ByteSource.of("memory", new byte[20])))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage("memory: not a TFLite file, which has TFL3 at byte 4");
        assertThatThrownBy(() -> TfliteModel.open(folder.resolve("absent.tflite")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("there is nothing");
    }

    /** Files as their publishers have them: every constant is as large as its shape, and all its floats are finite. */
    @Test
    void readsTheRealFiles() throws IOException {
        String real = System.getProperty("wsss.tflite");
        assumeThat(real).as("-Dwsss.tflite, a folder with .tflite files").isNotNull();
        List<Path> files;
        try (Stream<Path> list = Files.list(Path.of(real))) {
            files = list.filter(f -> f.toString().endsWith(".tflite")).toList();
        }
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            try (TfliteModel model = TfliteModel.open(file);
                    Checkpoint checkpoint = Checkpoint.open(file)) {
                assertThat(model.operators()).allMatch(TfliteOperator::known);
                Map<String, HostArray> arrays = new HashMap<>(checkpoint.read());
                assertThat(arrays).isNotEmpty();
                arrays.forEach(
                        (name, array) -> assertThat(array.nonFinite()).as(name).isZero());
                for (TfliteOperator operator : model.operators()) {
                    if (operator.options() instanceof TfliteOptions.Conv2d) {
                        long[] weights = model.floats(operator.inputs().get(1)).shape();
                        assertThat(model.floats(operator.inputs().get(2)).shape())
                                .containsExactly(weights[0]);
                    }
                }
            }
        }
    }

    private static TfliteOptions options(int operator, int type, @Nullable Table options) {
        Table made = Table.of(0, 0, 1, new int[] {0}, 2, new int[] {1}, 3, (byte) type);
        Table model = TestTflite.model(
                        TestTflite.tensors(),
                        List.of(options == null ? made : made.with(4, options)),
                        TestTflite.buffers())
                .with(1, List.of(Table.of(3, operator)));
        try (TfliteModel read = open(model)) {
            return read.operators().get(0).options();
        }
    }

    private static void assertTensorRefused(UnaryOperator<Table> change, String... parts) {
        List<Table> tensors = new ArrayList<>(TestTflite.tensors());
        tensors.set(1, change.apply(tensors.get(1)));
        assertRefused(TestTflite.model(tensors, List.of(), TestTflite.buffers()), parts);
    }

    private static void assertOperatorRefused(UnaryOperator<Table> change, String... parts) {
        List<Table> operators = new ArrayList<>(TestTflite.operators());
        operators.set(0, change.apply(operators.get(0)));
        assertRefused(TestTflite.model(TestTflite.tensors(), operators, TestTflite.buffers()), parts);
    }

    private static void assertRefused(Table model, String... parts) {
        assertInvalid(() -> open(model).close(), parts);
    }

    private static void assertInvalid(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith("memory: ")
                .hasMessageContainingAll(parts);
    }

    private static TfliteModel open(Table model) {
        return TfliteModel.open(ByteSource.of("memory", TestTflite.write(model)));
    }
}
