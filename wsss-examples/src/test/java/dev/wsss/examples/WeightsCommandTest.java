package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss weights} as a user types it. */
class WeightsCommandTest {
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

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
        assertThat(err.toString()).contains("must end in .safetensors, .pth or .pt, got w.onnx");
        assertThat(run("weights", "convert", in.toString(), in.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("another file than IN");
        Path target = folder.resolve("x.pth");
        assertThat(run("weights", "convert", in.toString(), target.toString(), "--to", "nobody"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("nobody", "torchvision-resnet");
        assertThat(target).doesNotExist();
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
