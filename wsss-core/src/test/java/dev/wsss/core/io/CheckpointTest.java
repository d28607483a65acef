package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.Checkpoint.Format;
import dev.wsss.core.runtime.NativeMemory;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints that Python wrote, and our own. */
class CheckpointTest {
    private final Path folder;

    CheckpointTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @ParameterizedTest
    @CsvSource({
        "flat.pth,                     PYTORCH,             expected,  ''",
        "flat-legacy.pth,              PYTORCH_LEGACY,      expected,  ''",
        "wrapped.pth,                  PYTORCH,             small,     model.state_dict",
        "wrapped-legacy.pth,           PYTORCH_LEGACY,      small,     state_dict",
        "scripted.pt,                  TORCHSCRIPT,         scripted,  ''",
        "traced.pt,                    TORCHSCRIPT,         scripted,  ''",
        "no-checksum.pth,              PYTORCH,             small,     ''",
        "compressed.pth,               PYTORCH,             small,     ''",
        "big-endian.pth,               PYTORCH,             small,     ''",
        "numpy.pkl,                    PICKLE,              small,     model",
        "small.safetensors,            SAFETENSORS,         small,     ''",
        "model.safetensors.index.json, SAFETENSORS_SHARDED, small,     ''",
        "pytorch_model.bin.index.json, PYTORCH_SHARDED,     small,     ''",
        "plain.npz,                    NPZ,                 small,     ''",
        "shrunk.npz,                   NPZ,                 small,     ''",
    })
    void readsWhatPythonWrote(String file, Format format, String expected, String root) {
        Map<String, HostArray> want = Safetensors.read(file(expected + ".safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(file(file))) {
            assertThat(checkpoint.format()).isEqualTo(format);
            assertThat(checkpoint.root()).isEqualTo(root);
            assertSame(checkpoint, want);
        }
    }

    @ParameterizedTest
    @CsvSource({"legacy", "v1", "v2", "v3"})
    void readsEveryFormOfMxnet(String form) {
        Map<String, HostArray> want = new LinkedHashMap<>();
        Map<String, HostArray> small = Safetensors.read(file("small.safetensors"));
        want.put("arg:a", small.get("a"));
        want.put("aux:b", small.get("b"));
        try (Checkpoint checkpoint = Checkpoint.open(file("mxnet-" + form + ".params"))) {
            assertThat(checkpoint.format()).isEqualTo(Format.MXNET);
            assertSame(checkpoint, want);
        }
    }

    @Test
    void readsCaffesLayers() throws Exception {
        Map<String, HostArray> want = new LinkedHashMap<>();
        want.put("conv1/0", HostArray.ofFloats(new float[] {0.5f, -1, 2, 3}, 2, 2, 1, 1));
        want.put("conv1/1", HostArray.ofFloats(new float[] {7, 8}, 2));
        want.put("bn/0", HostArray.ofDoubles(new double[] {1, 2, 0.1}, 3));
        want.put("bn/1", HostArray.ofFloats(new float[] {4, 5}, 2));
        want.put("bn/2", HostArray.ofFloats(new float[] {1}, 1));
        want.put("scalar/0", HostArray.ofFloats(new float[] {9}));
        want.put("scalar/1", HostArray.ofFloats(new float[] {}, 0, 3));
        try (Checkpoint checkpoint = Checkpoint.open(file("now.caffemodel"))) {
            assertThat(checkpoint.format()).isEqualTo(Format.CAFFE);
            assertSame(checkpoint, want);
        }
        Path unnamed = Files.copy(file("now.caffemodel"), folder.resolve("weights.bin"));
        try (Checkpoint checkpoint = Checkpoint.open(unnamed)) {
            assertSame(checkpoint, want);
        }
    }

    /** When every blob had four dimensions: a kernel keeps them, a bias and a linear layer have what they need. */
    @Test
    void readsCaffesLayersOfTheFormBefore() {
        Map<String, HostArray> want = new LinkedHashMap<>();
        want.put("conv1/0", HostArray.ofFloats(new float[] {0.5f, -1, 2, 3}, 1, 1, 2, 2));
        want.put("conv1/1", HostArray.ofFloats(new float[] {7, 8}, 2));
        want.put("ip/0", HostArray.ofFloats(new float[] {1, 2, 3}, 1, 3));
        want.put("ip/1", HostArray.ofFloats(new float[] {6}, 1));
        want.put("ip2/0", HostArray.ofFloats(new float[] {0, 1, 2, 3, 4, 5}, 2, 3));
        try (Checkpoint checkpoint = Checkpoint.open(file("v1.caffemodel"))) {
            assertSame(checkpoint, want);
        }
    }

    private static void assertSame(Checkpoint checkpoint, Map<String, HostArray> want) {
        assertThat(checkpoint.names()).containsExactlyElementsOf(want.keySet());
        List<String> rows = new ArrayList<>();
        for (Checkpoint.Info info : checkpoint.info()) {
            rows.add(info.name() + info.dtype() + Arrays.toString(info.shape()) + info.bytes());
        }
        List<String> expectedRows = new ArrayList<>();
        want.forEach((name, array) -> {
            expectedRows.add(name + array + array.bytes().remaining());
            assertThat(checkpoint.dtype(name)).isEqualTo(array.dtype());
            assertThat(checkpoint.shape(name)).isEqualTo(array.shape());
            assertThat(checkpoint.get(name)).as(name).isEqualTo(array);
        });
        assertThat(rows).isEqualTo(expectedRows);
        assertThat(checkpoint.read()).isEqualTo(want);
    }

    @Test
    void whatIsNoTensorBecomesText() {
        try (Checkpoint checkpoint = Checkpoint.open(file("wrapped.pth"))) {
            assertThat(checkpoint.metadata())
                    .containsEntry("epoch", "3")
                    .containsEntry("lr", "0.5")
                    .containsEntry("arch", "resnet")
                    .containsEntry("args", "argparse.Namespace")
                    .containsEntry("optimizer", "dict of 2")
                    .containsEntry("device", "torch.device")
                    .containsEntry("dtype", "torch.float32")
                    .containsEntry("size", "list of 2")
                    .containsEntry("hist", "dict of 1")
                    .containsEntry("none", "None")
                    .containsEntry("version", "2")
                    .doesNotContainKey("best");
        }
        try (Checkpoint checkpoint = Checkpoint.open(file("model.safetensors.index.json"))) {
            assertThat(checkpoint.metadata()).containsExactly(Map.entry("total_size", "28"));
        }
    }

    @Test
    void aTensorAloneHasANameOfItsOwn() {
        try (Checkpoint checkpoint = Checkpoint.open(file("bare.pth"))) {
            assertThat(checkpoint.names()).containsExactly(Checkpoint.BARE_TENSOR);
            assertThat(checkpoint.get(Checkpoint.BARE_TENSOR))
                    .isEqualTo(HostArray.ofFloats(new float[] {1, 0, 0, 0.6f, 0.8f, 0}, 2, 3));
        }
    }

    @Test
    void theRootIsToldWhereThereAreSeveral() {
        Path file = file("teacher.pth");
        assertThatThrownBy(() -> Checkpoint.open(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("teacher.pth", "expected to be told which of 'student', 'teacher', 'epoch'")
                .hasMessageNotContaining("optRoot")
                .asInstanceOf(InstanceOfAssertFactories.type(CheckpointException.class))
                .returns(CheckpointException.Remedy.ROOT, CheckpointException::remedy);
        try (Checkpoint checkpoint =
                Checkpoint.builder().setPath(file).optRoot("teacher").build()) {
            assertThat(checkpoint.read()).isEqualTo(Safetensors.read(file("small.safetensors")));
            assertThat(checkpoint.root()).isEqualTo("teacher");
        }
        try (Checkpoint checkpoint = Checkpoint.builder()
                .setPath(file("wrapped.pth"))
                .optRoot("model.state_dict")
                .build()) {
            assertThat(checkpoint.names()).containsExactly("a", "b");
        }
        try (Checkpoint checkpoint =
                Checkpoint.builder().setPath(file("wrapped.pth")).optRoot("").build()) {
            assertThat(checkpoint.names()).containsExactly("best");
        }
        // the only dict of tensors, whose key has a dot
        try (Checkpoint checkpoint = Checkpoint.open(file("only.pth"))) {
            assertThat(checkpoint.root()).isEqualTo("weights.v1");
        }
        try (Checkpoint checkpoint = Checkpoint.builder()
                .setPath(file("only.pth"))
                .optRoot("weights.v1")
                .build()) {
            assertThat(checkpoint.names()).containsExactly("x");
        }
        assertThatThrownBy(() ->
                        Checkpoint.builder().setPath(file).optRoot("ema.x").build())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("there is no dict at root 'ema.x'; there is 'student', 'teacher', 'epoch'");
        assertThatThrownBy(() -> Checkpoint.builder()
                        .setPath(file("small.safetensors"))
                        .optRoot("model")
                        .build())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("there is no root 'model' in a file of format SAFETENSORS");
    }

    @Test
    void aWholeModelIsRefusedOrPassedOver() {
        Path file = file("module.pth");
        assertThatThrownBy(() -> Checkpoint.open(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'torch.nn.modules.container.Sequential', expected plain data")
                .hasMessageNotContaining("optInertGlobals")
                .asInstanceOf(InstanceOfAssertFactories.type(CheckpointException.class))
                .returns(CheckpointException.Remedy.INERT_GLOBALS, CheckpointException::remedy);
        try (Checkpoint checkpoint =
                Checkpoint.builder().setPath(file).optInertGlobals(true).build()) {
            assertThat(checkpoint.root()).isEqualTo("net");
            assertSame(checkpoint, Safetensors.read(file("module.safetensors")));
            assertThat(checkpoint.passedOver()).contains("torch.nn.modules.container.Sequential");
        }
        try (Checkpoint checkpoint = Checkpoint.builder()
                .setPath(file("wrapped.pth"))
                .optInertGlobals(true)
                .build()) {
            assertThat(checkpoint.passedOver()).isEmpty();
        }
    }

    /** As PyTorch 2.13 wrote them: views whose negative bit is set, such as the imaginary part of a conjugate. */
    @ParameterizedTest
    @ValueSource(strings = {"negative.pth", "negative-legacy.pth"})
    void aViewsNegativeBitIsItsSign(String name) {
        Map<String, double[]> want = new LinkedHashMap<>();
        want.put("imag", new double[] {-3, -4, 0.5});
        want.put("half", new double[] {-1, 2, -0.0, -4});
        want.put("double", new double[] {2.5});
        want.put("int", new double[] {-5, 7, Integer.MIN_VALUE});
        want.put("byte", new double[] {0, 255, 1});
        want.put("u16", new double[] {1, 65535});
        want.put("b16", new double[] {-1, 3});
        want.put("param", new double[] {2, 3});
        want.put("plain", new double[] {1, 2});
        try (Checkpoint checkpoint = Checkpoint.open(file(name))) {
            assertThat(checkpoint.names()).containsExactlyElementsOf(want.keySet());
            want.forEach((key, values) ->
                    assertThat(checkpoint.get(key).toDoubles()).as(key).containsExactly(values));
        }
    }

    /** Complex numbers, floats of 8 bits, quantized and sparse tensors beside plain ones; PyTorch 2.13 wrote them. */
    @ParameterizedTest
    @ValueSource(strings = {"other-types.pth", "other-types-legacy.pth"})
    void tensorsOfOtherTypesAreListedAndRefusedByName(String name) {
        try (Checkpoint checkpoint = Checkpoint.open(file(name))) {
            assertThat(checkpoint.unreadable())
                    .extracting(t -> t.name() + " " + t.type() + Arrays.toString(t.shape()))
                    .containsExactly(
                            "complex complex64[3]",
                            "conj32 complex32[2]",
                            "wide complex128[1, 3]",
                            "f8 float8_e4m3fn[2, 2]",
                            "f8b float8_e5m2[2]",
                            "quant qint8[1, 2]",
                            "sparse sparse[2, 2]",
                            "csr sparse[2, 2]");
            assertThat(checkpoint.info()).extracting(Checkpoint.Info::name).containsExactly("first", "last");
            assertThat(checkpoint.names())
                    .hasSize(10)
                    .startsWith("first", "complex")
                    .endsWith("csr", "last");
            assertThat(checkpoint.get("last").toLongs()).containsExactly(3, 4);
            assertThat(checkpoint.shape("wide")).containsExactly(1, 3);
            for (ThrowingCallable use : List.<ThrowingCallable>of(
                    () -> checkpoint.get("f8"), () -> checkpoint.dtype("f8"), checkpoint::read)) {
                assertThatThrownBy(use)
                        .isInstanceOf(InvalidDataException.class)
                        .hasMessageContaining(name + ": tensor '")
                        .hasMessageContainingAll("its type is ", "expected one of [BOOL")
                        .hasCauseInstanceOf(CheckpointException.class);
            }
        }
    }

    @Test
    void otherFormatsListTheirOtherTypesToo() throws Exception {
        String header = "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]},"
                + "\"b\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[2,10]},"
                + "\"c\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[10,11]},"
                + "\"d\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[11,12]}}";
        Path safetensors = folder.resolve("mixed.safetensors");
        byte[] bytes = ByteBuffer.allocate(8 + header.length() + 12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length())
                .put(header.getBytes(StandardCharsets.US_ASCII))
                .array();
        Files.write(safetensors, bytes);
        Path npz = folder.resolve("mixed.npz");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(npz))) {
            for (String type : List.of("<c8", "|O", "<f4")) {
                zip.putNextEntry(new ZipEntry("a" + type.charAt(1) + ".npy"));
                zip.write(NpyHeader.format(type, new long[] {1}));
                zip.write(new byte[type.equals("<f4") ? 4 : 8]);
            }
        }
        try (Checkpoint checkpoint = Checkpoint.open(safetensors)) {
            assertThat(checkpoint.unreadable())
                    .extracting(Checkpoint.Unreadable::type)
                    .containsExactly("F8_E4M3", "C64", "F4");
            assertThat(checkpoint.get("d").size()).isEqualTo(1);
            assertThatThrownBy(() -> checkpoint.get("b"))
                    .hasMessageContaining("mixed.safetensors: tensor 'b': its type is C64, expected one of");
        }
        try (Checkpoint checkpoint = Checkpoint.open(npz)) {
            assertThat(checkpoint.unreadable())
                    .extracting(Checkpoint.Unreadable::type)
                    .containsExactly("<c8", "objects");
            assertThat(checkpoint.get("af").size()).isEqualTo(1);
            assertThatThrownBy(() -> checkpoint.get("ac"))
                    .hasMessageContaining("mixed.npz: tensor 'ac': its type is <c8");
        }
    }

    @Test
    void tensorsEndWithTheCheckpoint() {
        for (String name : List.of("flat.pth", "flat-legacy.pth")) {
            HostArray want = Safetensors.read(file("expected.safetensors")).get("conv.weight");
            Checkpoint checkpoint = Checkpoint.open(file(name));
            HostArray untouched = checkpoint.get("conv.weight");
            HostArray used = checkpoint.get("conv.weight");
            HostArray copy = untouched.copy();
            ByteBuffer bytes = used.bytes();
            checkpoint.close();
            assertThat(copy).isEqualTo(want);
            assertThat(HostArray.of(copy.dtype(), copy.shape(), bytes)).isEqualTo(want);
            for (HostArray array : List.of(untouched, used, used.reshape(used.size()))) {
                List<ThrowingCallable> uses = List.of(
                        array::bytes,
                        array::copy,
                        array::toFloats,
                        () -> array.getDouble(0),
                        () -> array.copyTo(ByteBuffer.allocateDirect(array.byteSize())));
                assertThat(uses).allSatisfy(use -> assertThatThrownBy(use)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining(name + ": the file is closed"));
                assertThat(array.dtype()).isEqualTo(copy.dtype());
            }
            assertThatThrownBy(() -> checkpoint.get("conv.weight"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(name + ": the checkpoint is closed");
            assertThatThrownBy(() -> checkpoint.get("conv"))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("there is no tensor 'conv' among the 23");
        }
    }

    /** Pages of a mapped file would count as this process's until the garbage collector finds them. */
    @Test
    void anInterruptOfOneReaderLeavesTheFileToTheOthers() throws Exception {
        for (String name : List.of("flat.pth", "module.safetensors")) {
            Map<String, HostArray> expected = new LinkedHashMap<>();
            try (Checkpoint checkpoint = Checkpoint.open(file(name))) {
                checkpoint.read().forEach((key, array) -> expected.put(key, array.copy()));
            }
            try (Checkpoint checkpoint = Checkpoint.open(file(name))) {
                boolean[] interrupted = {false};
                Map<String, HostArray> read = new LinkedHashMap<>();
                Thread reader = new Thread(() -> {
                    Thread.currentThread().interrupt();
                    checkpoint.read().forEach((key, array) -> read.put(key, array.copy()));
                    interrupted[0] = Thread.currentThread().isInterrupted();
                });
                reader.start();
                reader.join();
                assertThat(interrupted[0]).isTrue();
                assertThat(read).isEqualTo(expected);
                assertThat(checkpoint.read()).isEqualTo(expected);
            }
        }
    }

    @Test
    void openingAndClosingLeavesNothingResident() {
        int tensors = 8;
        HostArray megabytes = HostArray.of(DType.U8, new long[] {4 << 20}, ByteBuffer.allocate(4 << 20));
        Map<String, HostArray> all = new LinkedHashMap<>();
        for (int i = 0; i < tensors; i++) {
            all.put("t" + i, megabytes);
        }
        Path file = folder.resolve("big.pth");
        TorchArchive.write(file, all);
        ByteBuffer target = ByteBuffer.allocateDirect(megabytes.byteSize());
        long start = 0;
        for (int i = 0; i < 30; i++) {
            if (i == 3) {
                start = NativeMemory.now().residentBytes();
            }
            try (Checkpoint checkpoint = Checkpoint.open(file)) {
                checkpoint.read().values().forEach(array -> array.copyTo(target.clear()));
            }
        }
        // 27 times 32 MiB went through; a heap that fills takes pages as well
        assertThat(NativeMemory.now().residentBytes() - start).isLessThan(256L << 20);
    }

    @Test
    void aFileThatWasCutMeanwhileIsRefused() throws Exception {
        Path file = folder.resolve("cut.safetensors");
        Safetensors.write(file, Map.of("w", HostArray.ofFloats(new float[1000], 1000)), Map.of());
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            HostArray array = checkpoint.get("w");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(1000);
            }
            assertThatThrownBy(array::bytes)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContainingAll("cut.safetensors: the file ends at byte 1000", "cut while being read");
        }
        Files.delete(file);
    }

    @Test
    void arraysKnowTheRoomThatTheyNeed() {
        HostArray array = HostArray.ofFloats(new float[] {1, 2, 3, 4}, 4);
        assertThatThrownBy(() -> array.copyTo(ByteBuffer.allocate(15)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("F32[4] has 16 bytes, the buffer has room for 15");
        assertThat(array.reshape(2, 2)).isEqualTo(HostArray.ofFloats(new float[] {1, 2, 3, 4}, 2, 2));
        assertThatThrownBy(() -> array.reshape(3)).isInstanceOf(IllegalArgumentException.class);
    }

    // ---- our own files

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeIsWrittenAndReadBack(DType dtype) {
        byte[] bytes = new byte[6 * dtype.bytes()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (dtype == DType.BOOL ? i & 1 : 37 * i);
        }
        Map<String, HostArray> tensors = new LinkedHashMap<>();
        tensors.put("z.weight", HostArray.of(dtype, new long[] {2, 3}, ByteBuffer.wrap(bytes)));
        tensors.put("a.é", HostArray.of(dtype, new long[] {}, ByteBuffer.wrap(bytes, 0, dtype.bytes())));
        tensors.put("empty", HostArray.of(dtype, new long[] {0, 5}, ByteBuffer.allocate(0)));
        Path file = folder.resolve("state.pth");
        TorchArchive.write(file, tensors);
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertThat(checkpoint.format()).isEqualTo(Format.PYTORCH);
            assertSame(checkpoint, tensors);
        }
    }

    /** The bytes are those of a file that {@code torch.load(weights_only=True, mmap=True)} of PyTorch 2.13 read. */
    @Test
    void writesTheBytesThatPythonAccepted() throws Exception {
        Path file = folder.resolve("state.pth");
        Map<String, HostArray> tensors = Safetensors.read(file("expected.safetensors"));
        TorchArchive.write(file, tensors);
        assertThat(file).hasSameBinaryContentAs(file("written.pth"));
        ZipDirectory zip = new ZipDirectory(ByteSource.open(file));
        assertThat(zip.entries()).hasSize(3 + tensors.size()).allMatch(e -> zip.locate(e) % 64 == 0);
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertSame(checkpoint, tensors);
        }
    }

    @Test
    void placesBeyondFourGibibytesAreWrittenWith64Bits() throws Exception {
        for (long wideFrom : new long[] {0, 100}) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            StoredZip zip = new StoredZip(out, wideFrom);
            zip.add("a", ByteBuffer.wrap(new byte[] {1, 2, 3}));
            zip.add("b", ByteBuffer.wrap(new byte[] {4}));
            zip.finish();
            ZipDirectory read = new ZipDirectory(ByteSource.of("wide", out.toByteArray()));
            assertThat(read.entries()).extracting(ZipDirectory.Entry::name).containsExactly("a", "b");
            assertThat(read.read(read.entries().get(0))).containsExactly(1, 2, 3);
            assertThat(read.read(read.entries().get(1))).containsExactly(4);
            assertThat(read.locate(read.entries().get(1)) % 64).isZero();
        }
    }

    @Test
    void strangersAreCalledByName() throws Exception {
        byte[] tar = new byte[1024];
        System.arraycopy("ustar".getBytes(), 0, tar, 257, 5);
        Map<String, byte[]> files = Map.of(
                "a tar archive, as PyTorch wrote before 0.2",
                tar,
                "a Git LFS pointer",
                "version https://git-lfs.github.com/spec/v1\n".getBytes(),
                "an HDF5 file",
                new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 26, '\n'},
                "an npy file of one array",
                NpyHeader.format("<f4", new long[] {0}),
                "a web page",
                "<!DOCTYPE html><html></html>".getBytes(),
                "an empty file",
                new byte[0],
                "a file of unknown format",
                new byte[] {1, 2, 3});
        for (Map.Entry<String, byte[]> e : files.entrySet()) {
            Path file = Files.write(folder.resolve("stranger"), e.getValue());
            assertThatThrownBy(() -> Checkpoint.open(file))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContainingAll("stranger: ", e.getKey(), "expected a checkpoint of PyTorch");
        }
        assertThatThrownBy(() -> Checkpoint.open(folder.resolve("absent")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("absent: expected a file, there is nothing");
        assertThatThrownBy(() -> Checkpoint.builder().build()).isInstanceOf(IllegalStateException.class);
    }

    private static Path file(String name) {
        return TestFiles.resource("checkpoint/" + name);
    }
}
