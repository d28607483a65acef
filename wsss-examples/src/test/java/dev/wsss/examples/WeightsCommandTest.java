package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.CheckpointException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.OnnxNode;
import dev.wsss.core.io.OnnxValue;
import dev.wsss.core.io.OnnxWriter;
import dev.wsss.core.io.Safetensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code wsss weights} as a user types it. */
class WeightsCommandTest {
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private static final String TFLITE =
            "1800000054464c3300000e00140010000c000800000004000e000000180000000c0000003c00000003000000010000007c00"
                    + "000002000000240000000c000000000006000800040006000000040000000200000001040000040004000400000002000000"
                    + "34000000100000000c0010000f000800000004000c000000200000000800000000000020040000004d696e65000006000800"
                    + "070006000000000000000c00140010000c00080004000c00000010000000180000001c000000200000000200000060000000"
                    + "2c0000000100000000000000010000000000000002000000a80000007000000000000a0010000c00080004000a0000000c00"
                    + "00001000000001000000010000000000000002000000000000000100000000000a000c000000080004000a00000008000000"
                    + "0c000000010000000000000002000000000000000100000000000e001800140013000c00080004000e000000580000001000"
                    + "000001000000000000090c000000010000007700000001000000020000000c000c0008000000000004000c00000008000000"
                    + "0c000000010000007800000001000000020000000c000c0000000000080004000c0000000800000010000000010000000300"
                    + "000000000000010000000000003f";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Path folder;

    WeightsCommandTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void listsNamesHashesAndWhatIsCached() throws IOException {
        Files.writeString(folder.resolve("ViT-B-16.pt"), "abc");
        assertThat(run("weights", "list", "--cache", folder.toString())).isZero();
        assertThat(line("clip-vit-b16 ")).contains("openai-clip", "MIT", " sha256 ", " yes ");
        assertThat(line("sam-vit-b ")).contains("375.04 MB", "Apache-2.0", "md5, 6 digits", " no ");
        assertThat(line("dino-vit-b8 ")).contains(" unverified ");
        assertThat(line("carb-camvid ")).contains(" by hand ");
        assertThat(out.toString()).contains("Cache folder: " + folder);
    }

    @Test
    void infoPrintsTheTensorsAndTheirTotals() {
        assertThat(run("weights", "info", weights("w.safetensors").toString())).isZero();
        assertThat(line("conv.weight ")).matches("conv.weight +F32 +\\[2, 3\\] +0.00");
        assertThat(line("evil?[31m ")).contains("I64", "[]");
        assertThat(out.toString()).contains("2 tensors, 7 values, 0.00 MB; SAFETENSORS");
    }

    @Test
    void infoPrintsWhatAnOnnxModelTellsOfItsNetwork() {
        Path file = folder.resolve("model.onnx");
        OnnxWriter.builder()
                .setGraphName("g")
                .optOpset("com.example", 1)
                .addInput(OnnxValue.of("x", DType.F32, OnnxValue.Dimension.open("n"), OnnxValue.Dimension.of(3)))
                .addOutput(OnnxValue.of("z", DType.F32, 1, 2))
                .addInitializer("fc.weight", HostArray.ofFloats(new float[6], 2, 3))
                .addNode(OnnxNode.of("Gemm", List.of("x", "fc.weight"), List.of("y"), Map.of()))
                .addNode(new OnnxNode("", "Mystery", "com.example", List.of("y"), List.of("z"), Map.of()))
                .build()
                .write(file);
        assertThat(run("weights", "info", file.toString())).isZero();
        assertThat(line("fc.weight ")).matches("fc.weight +F32 +\\[2, 3\\] +0.00");
        assertThat(out.toString())
                .contains(
                        "takes 'x' float[n, 3]",
                        "gives 'z' float[1, 2]",
                        "operator sets: ai.onnx 17, com.example 1",
                        "operators: 1 Gemm, 1 com.example:Mystery",
                        "of these unknown: com.example:Mystery",
                        "1 tensors, 6 values, 0.00 MB; ONNX");
    }

    /** A constant of 8 bits between an input and an operator of none of TFLite's own, in FlatBuffers' form. */
    @Test
    void infoPrintsHowATfliteModelIsQuantised() throws IOException {
        Path file = folder.resolve("model.tflite");
        Files.write(file, HexFormat.of().parseHex(TFLITE));
        assertThat(run("weights", "info", file.toString())).isZero();
        assertThat(line("w ")).matches("w +F32 +\\[2\\] +0.00 +int8, 0.5 \\* \\(q - 3\\)");
        assertThat(out.toString())
                .contains(
                        "takes 'x' float32[2]",
                        "gives 'x' float32[2]",
                        "operators: 1 ADD, 1 CUSTOM:Mine",
                        "of these unknown: CUSTOM:Mine",
                        "1 tensors, 2 values, 0.00 MB; TFLITE");
        Path converted = folder.resolve("w.safetensors");
        assertThat(run("weights", "convert", file.toString(), converted.toString()))
                .isZero();
        assertThat(Safetensors.read(converted))
                .containsExactly(Map.entry("w", HostArray.ofFloats(new float[] {-1, 0.5f}, 2)));
    }

    @Test
    void infoSaysInOneLineWhatIsWrong() throws IOException {
        Path file = Files.writeString(folder.resolve("page.pth"), "<html>");
        assertThat(run("weights", "info", file.toString())).isEqualTo(1);
        assertThat(err.toString()).startsWith("wsss: " + file).hasLineCount(1);
        assertThat(run("weights", "info", folder.resolve("none").toString())).isEqualTo(1);
    }

    @Test
    void convertWritesWhatTheExtensionSays() {
        Path in = weights("w.safetensors");
        Map<String, HostArray> tensors = Safetensors.read(in);
        Path torch = folder.resolve("w.pth");
        Path back = folder.resolve("back.safetensors");

        assertThat(run("weights", "convert", in.toString(), torch.toString())).isZero();
        try (Checkpoint checkpoint = Checkpoint.open(torch)) {
            assertThat(checkpoint.format()).isEqualTo(Checkpoint.Format.PYTORCH);
            assertThat(checkpoint.read()).isEqualTo(tensors);
        }
        assertThat(run("weights", "convert", torch.toString(), back.toString())).isZero();
        assertThat(Safetensors.read(back)).isEqualTo(tensors);
        assertThat(out.toString()).contains(back + ": 2 tensors");
    }

    @Test
    void convertRenamesToAnotherFamily() {
        Path caffe = folder.resolve("caffe.safetensors");
        Path ours = folder.resolve("ours.safetensors");
        Path kazuto = folder.resolve("kazuto.pth");
        HostArray weight = HostArray.ofFloats(new float[64 * 3 * 7 * 7], 64, 3, 7, 7);
        HostArray unused = HostArray.ofFloats(new float[1], 1);
        Safetensors.write(caffe, Map.of("conv1/0", weight, "fc1000/1", unused), Map.of());

        assertThat(run(
                        "weights",
                        "convert",
                        caffe.toString(),
                        ours.toString(),
                        "--from",
                        "caffe-resnet",
                        "--to",
                        "wsss"))
                .isZero();
        assertThat(out.toString()).contains("dropped [fc1000/1]");
        assertThat(Safetensors.read(ours)).containsExactly(Map.entry("layer1.conv1.conv.weight", weight));

        assertThat(run("weights", "convert", ours.toString(), kazuto.toString(), "--to", "kazuto-resnet"))
                .isZero();
        assertThat(out.toString()).contains("read as this library's names");
        try (Checkpoint checkpoint = Checkpoint.open(kazuto)) {
            assertThat(checkpoint.names()).containsExactly("layer1.conv1.conv.weight");
        }
    }

    @Test
    void convertRefusesWhatItCannotDo() {
        Path in = weights("w.safetensors");
        assertThat(run(
                        "weights",
                        "convert",
                        in.toString(),
                        folder.resolve("w.onnx").toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("must end in .safetensors, .pth or .pt, got " + folder.resolve("w.onnx"));
        assertThat(run("weights", "convert", in.toString(), in.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("another file than IN");
        Path target = folder.resolve("x.pth");
        assertThat(run("weights", "convert", in.toString(), target.toString(), "--to", "nobody"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("nobody", "torchvision-resnet");
        assertThat(target).doesNotExist();
    }

    /** A training program's file: an object of its own beside tensors, of which one is of complex numbers. */
    private Path trainersFile() throws IOException {
        Path file = folder.resolve("hub.pth");
        byte[] pickle = ("\u0080\u0002}(X\u0003\u0000\u0000\u0000hubctrainer.hub\nHistory\n)R"
                        + "X\n\u0000\u0000\u0000state_dict}("
                        + tensor("w", "Float", "0")
                        + tensor("ema.c", "ComplexFloat", "1")
                        + "uu.")
                .getBytes(StandardCharsets.ISO_8859_1);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(pickle);
            zip.putNextEntry(new ZipEntry("archive/data/0"));
            zip.write(new byte[] {0, 0, 0x40, 0x40});
            zip.putNextEntry(new ZipEntry("archive/data/1"));
            zip.write(new byte[8]);
        }
        return file;
    }

    private static String tensor(String name, String storage, String key) {
        return text(name) + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + storage
                + "Storage\n" + text(key) + text("cpu") + "K\u0001tQK\u0000K\u0001\u0085K\u0001\u0085\u0089NtR";
    }

    private static String text(String text) {
        return "X" + (char) text.length() + "\u0000\u0000\u0000" + text;
    }

    @Test
    void infoListsWhatItCanAndSaysWhatIsInTheWay() throws IOException {
        assertThat(run("weights", "info", trainersFile().toString())).isZero();
        assertThat(line("w ")).matches("w +F32 +\\[1\\] +0.00");
        assertThat(line("ema.c ")).matches("ema.c +complex64 +\\[1\\] +\\?");
        assertThat(out.toString())
                .contains("1 tensors, 1 values, 0.00 MB; PYTORCH, found under state_dict")
                .contains("1 more of types that cannot be read: convert leaves them out with --allow-extra PATTERN")
                .contains("objects of unknown classes, which convert passes over with --inert: trainer.hub.History");
    }

    @Test
    void convertOffersWhatTakesAFileAfterAll() throws IOException {
        Path in = trainersFile();
        Path target = folder.resolve("out.safetensors");
        assertThat(run("weights", "convert", in.toString(), target.toString())).isEqualTo(1);
        assertThat(err.toString())
                .contains("wsss: " + in + ": refers to 'trainer.hub.History'", "; --inert passes over such objects")
                .doesNotContain("opt", "builder()");
        assertThat(run("weights", "convert", "--inert", in.toString(), target.toString()))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains("wsss: " + in + ": tensor 'ema.c': its type is complex64", "; --allow-extra PATTERN leaves");
        assertThat(target).doesNotExist();
        assertThat(run("weights", "convert", "--inert", "--allow-extra", "ema.*", in.toString(), target.toString()))
                .isZero();
        assertThat(out.toString()).contains("left out, as they cannot be read, [ema.c]", target + ": 1 tensors");
        assertThat(Safetensors.read(target)).containsExactly(Map.entry("w", HostArray.ofFloats(new float[] {3}, 1)));
    }

    /** Advice is of the command that failed, which has the option. */
    @Test
    void adviceNamesOptionsThatThereAre() {
        CheckpointException refusal = new CheckpointException("x", CheckpointException.Remedy.INERT_GLOBALS);
        CommandLine wsss = new CommandLine(new Wsss());
        CommandLine weights = Objects.requireNonNull(wsss.getSubcommands().get("weights"));
        CommandLine convert = Objects.requireNonNull(weights.getSubcommands().get("convert"));
        CommandLine list = Objects.requireNonNull(weights.getSubcommands().get("list"));
        for (Exception failure : List.of(refusal, new InvalidDataException("file: x", refusal))) {
            assertThat(CheckpointOptions.advice(failure, convert.getCommandSpec()))
                    .startsWith("; --inert ");
            assertThat(CheckpointOptions.advice(failure, list.getCommandSpec())).isEmpty();
        }
        for (CheckpointException.Remedy remedy : CheckpointException.Remedy.values()) {
            String advice = CheckpointOptions.advice(new CheckpointException("x", remedy), convert.getCommandSpec());
            assertThat(advice.isEmpty()).isEqualTo(remedy == CheckpointException.Remedy.NON_FINITE);
        }
        assertThat(CheckpointOptions.advice(new InvalidDataException("x"), convert.getCommandSpec()))
                .isEmpty();
    }

    @Test
    void convertLeavesOutNamesThatAFamilyDoesNotKnow() {
        Path in = folder.resolve("caffe.safetensors");
        Path target = folder.resolve("ours.pth");
        HostArray weight = HostArray.ofFloats(new float[64 * 3 * 7 * 7], 64, 3, 7, 7);
        HostArray nan = HostArray.ofFloats(new float[] {Float.NaN}, 1);
        Safetensors.write(in, Map.of("_orig_mod.conv1/0", weight, "_orig_mod.ema/9", nan), Map.of());
        List<String> convert =
                List.of("weights", "convert", in.toString(), target.toString(), "--from", "caffe-resnet");
        assertThat(run(convert.toArray(String[]::new))).isEqualTo(1);
        assertThat(err.toString()).contains("no rule covers the key 'ema/9'; --allow-extra PATTERN leaves tensors out");
        List<String> allowed = new ArrayList<>(convert);
        allowed.addAll(List.of("--allow-extra", "ema/*"));
        assertThat(run(allowed.toArray(String[]::new))).isZero();
        assertThat(out.toString()).contains("left out [ema/9]").doesNotContain("NaN");
        assertThat(run(
                        "weights",
                        "convert",
                        in.toString(),
                        folder.resolve("same.pth").toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains(in + ": 1 tensor has values that are NaN or infinite, such as '");
        assertThat(folder.resolve("same.pth")).doesNotExist();
    }

    @Test
    void verifyComparesFilesAndNames() throws IOException {
        Path file = Files.writeString(folder.resolve("abc.bin"), "abc");
        assertThat(run("weights", "verify", file.toString())).isZero();
        assertThat(out.toString()).contains("sha256:" + ABC);
        assertThat(run("weights", "verify", file.toString(), "--sha256", ABC)).isZero();
        assertThat(out.toString()).contains("as expected");
        assertThat(run("weights", "verify", file.toString(), "--sha256", "0".repeat(64)))
                .isEqualTo(1);
        assertThat(err.toString()).contains("has sha256:" + ABC + ", expected sha256:000");
        assertThat(run("weights", "verify", folder.resolve("none").toString())).isEqualTo(1);
    }

    @Test
    void verifyReadsTheWholeCache() throws IOException {
        assertThat(run("weights", "verify", "--cache", folder.toString())).isZero();
        assertThat(run("weights", "verify", "sam-vit-b", "--cache", folder.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("sam-vit-b is not in the cache");

        Files.writeString(folder.resolve("dino_vitbase8_pretrain.pth"), "abc");
        Files.writeString(folder.resolve("sam_vit_b_01ec64.pth"), "abc");
        assertThat(run("weights", "verify", "--cache", folder.toString())).isEqualTo(1);
        assertThat(line("dino-vit-b8:")).contains("unverified", "sha256:" + ABC);
        assertThat(err.toString()).contains("sam_vit_b_01ec64.pth is not sam-vit-b");
    }

    @Test
    void getSaysWhatToDoOffline() {
        assertThat(run("weights", "get", "sam-vit-b", "--offline", "--cache", folder.toString()))
                .isEqualTo(1);
        assertThat(err.toString())
                .startsWith("wsss: sam-vit-b is not in the cache")
                .contains("place it at " + folder.resolve("sam_vit_b_01ec64.pth"))
                .hasLineCount(1);
    }

    @Test
    void aBareWeightsIsWrongUsage() {
        assertThat(run("weights")).isEqualTo(2);
        assertThat(err.toString()).contains("name what to do with weights");
    }

    /** A file of two tensors, one of which has a name that would colour a terminal. */
    private Path weights(String name) {
        Map<String, HostArray> tensors = new LinkedHashMap<>();
        tensors.put("conv.weight", HostArray.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
        tensors.put("evil\u001b[31m", HostArray.ofLongs(new long[] {7}));
        Path file = folder.resolve(name);
        Safetensors.write(file, tensors, Map.of());
        return file;
    }

    private int run(String... args) {
        return Wsss.execute(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    private String line(String start) {
        return out.toString()
                .lines()
                .filter(line -> line.startsWith(start))
                .findFirst()
                .orElse("");
    }
}
