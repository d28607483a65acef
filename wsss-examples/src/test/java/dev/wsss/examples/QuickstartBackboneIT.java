package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.core.report.Overlay;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.mobilenet.MobileNetCheckpoints;
import dev.wsss.models.mobilenet.MobileNetV2;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of one's own, with what cameras and people put there, and networks that start from weights of a file. */
class QuickstartBackboneIT {
    private static final int MAX_PIXELS = 900;

    private final Path tmp;
    private final Path photos;

    QuickstartBackboneIT(@TempDir Path tmp) {
        this.tmp = tmp;
        photos = tmp.resolve("photos");
    }

    /** Scenes of 32x32, a single pixel, a panorama, and a bitmap. */
    @BeforeEach
    void writePhotos() throws IOException {
        SceneFolder.write(photos, 4, true);
        Path images = photos.resolve("images");
        Overlay.writePng(images.resolve("pixel.png"), new RgbImage(1, 1, new byte[3]));
        Overlay.writePng(images.resolve("panorama.png"), new RgbImage(3, 700, new byte[3 * 3 * 700]));
        assertThat(ImageIO.write(
                        new RgbImage(20, 60, new byte[3 * 20 * 60]).toBufferedImage(),
                        "bmp",
                        images.resolve("bitmap.bmp").toFile()))
                .isTrue();
        Files.writeString(
                SceneFolder.table(photos),
                "pixel.png,disk\npanorama.png,disk\nbitmap.bmp,disk\n",
                StandardOpenOption.APPEND);
    }

    private CommandLineRun run(String out, String weights) {
        CommandLineRun run = CommandLineRun.of(
                "quickstart",
                "--quick",
                "--device=cpu",
                "--threads=1",
                "--data=folder:" + photos,
                "--max-pixels=" + MAX_PIXELS,
                "--backbone=mobilenetv2",
                "--weights=" + weights,
                "--out=" + tmp.resolve(out));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out().stream().filter(line -> line.endsWith(" %"))).isNotEmpty();
        return run;
    }

    private String manifest(String out) throws IOException {
        return Files.readString(tmp.resolve(out).resolve("manifest.json"));
    }

    @Test
    void ownPhotographsFromTorchvisionsWeightsAndFromNothing() throws IOException {
        Torch.seed(5);
        Path weights = tmp.resolve("mobilenet_v2.safetensors");
        try (MobileNetV2 network = MobileNetV2.builder().build()) {
            Weights.export(network, weights, MobileNetCheckpoints.TORCHVISION_MOBILENET_V2);
        }
        CommandLineRun run = run("a", weights.toString());
        assertThat(run.out()).noneMatch(line -> line.contains("from nothing"));
        for (String id : List.of("s0", "pixel", "panorama", "bitmap")) {
            LabelMap labels = LabelPng.read(tmp.resolve("a/pseudo/" + id + ".png"));
            assertThat(labels.height() * labels.width()).as(id).isBetween(1, MAX_PIXELS);
        }
        run("b", weights.toString());
        assertThat(manifest("b")).isEqualTo(manifest("a"));
        assertThat(run("c", "none").out()).anyMatch(line -> line.contains("from nothing"));
        assertThat(manifest("c")).isNotEqualTo(manifest("a"));
    }

    @Test
    void thePublishedFileIsSeenByItsOwnNormalization() throws IOException {
        String published = System.getProperty("wsss.tflite");
        assumeThat(published)
                .as("-Dwsss.tflite, a folder with the published files")
                .isNotNull();
        for (String name : List.of("mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq")) {
            run(name, Path.of(published).resolve(name + ".tflite").toString());
            // three trainings, maps, affinities; none sees ImageNet's mean
            assertThat(manifest(name)).doesNotContain("0.485").contains("normalize.mean");
        }
    }
}
