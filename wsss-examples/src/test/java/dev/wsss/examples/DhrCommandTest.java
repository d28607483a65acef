package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.core.pipeline.FeatureFolder;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.systems.dhr.DhrNetwork;
import dev.wsss.systems.dhr.DhrRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss dhr} on six drawn scenes. */
class DhrCommandTest {
    private static final String DATA = "shapes:train=6,val=2,seed=3";

    @TempDir
    private static Path folder;

    private static Path labels;
    private static Path features;

    @BeforeAll
    static void write() {
        NoisyMasks.write(Datasets.open(DATA).train(), folder, new RegionNoise(NoisyMasks.CELL, 0.2, 1));
        labels = folder.resolve("masks");
        features = folder.resolve("features");
        ColourFeatures.write(Datasets.open(DATA).train(), features);
    }

    private static CommandLineRun dhr(String step, Path out, String... more) {
        Stream<String> run =
                Stream.of("dhr", step, "--data", DATA, "--out", out.toString(), "--device", "cpu", "--quick");
        return CommandLineRun.of(Stream.concat(run, Stream.of(more)).toArray(String[]::new));
    }

    @Test
    void stepsFollowOneAnother() throws IOException {
        Path out = folder.resolve("out");
        String[] from = {"--labels", labels.toString(), "--features", features.toString()};
        CommandLineRun train = dhr("train", out, from);
        assertThat(train.status()).as(train.err().toString()).isZero();
        assertThat(String.join(" ", train.out())).contains("segmenter: 3 steps");
        CommandLineRun anew = dhr("labels", out, from);
        assertThat(anew.status()).as(anew.err().toString()).isZero();
        assertThat(pngs(out.resolve("labels"))).isEqualTo(6);
        assertThat(anew.out())
                .anyMatch(line -> line.matches("# +labels as given \\| mIoU: .*"))
                .anyMatch(line -> line.matches("# +labels made anew \\| mIoU: .*"));
        CommandLineRun masks = dhr("masks", out);
        assertThat(masks.status()).as(masks.err().toString()).isZero();
        assertThat(pngs(out.resolve("masks"))).isEqualTo(6);
        CommandLineRun others = dhr("masks", out, "--of", "VAL");
        assertThat(others.status()).as(others.err().toString()).isZero();
        assertThat(pngs(out.resolve("val/masks"))).isEqualTo(2);
        CommandLineRun eval = dhr("eval", out);
        assertThat(eval.status()).as(eval.err().toString()).isZero();
        assertThat(eval.out())
                .anyMatch(line -> line.matches("# +segmenter, .*\\| mIoU: .*%, mFPR: 0\\.\\d+, mFNR: 0\\.\\d+"))
                .anyMatch(line -> line.matches("# +segmenter with CRF, .*\\| mIoU: .*%, mFPR: .*"));
        assertThat(out.resolve("report.html")).exists();
    }

    private static long pngs(Path masks) throws IOException {
        try (Stream<Path> files = Files.list(masks)) {
            return files.filter(f -> f.toString().endsWith(".png")).count();
        }
    }

    @Test
    void eachPartCanBeSwitchedOff() {
        Path out = folder.resolve("off");
        CommandLineRun train =
                dhr("train", out, "--labels", labels.toString(), "--no-seed", "--no-inter", "--no-intra", "--no-crf");
        assertThat(train.status()).as(train.err().toString()).isZero();
        CommandLineRun original = dhr(
                "train",
                folder.resolve("original"),
                "--labels",
                labels.toString(),
                "--features",
                features.toString(),
                "--original",
                "--no-intra");
        assertThat(original.status()).as(original.err().toString()).isZero();
    }

    @Test
    void whatIsMissingOrNotReadIsSaid() {
        Path out = folder.resolve("none");
        assertThat(dhr("train", out).err().toString()).contains("--labels is not given");
        assertThat(dhr("train", out, "--labels", labels.toString()).err().toString())
                .contains("--features is not given", "--no-seed");
        assertThat(dhr("train", out, "--labels", labels.toString(), "--features", labels.toString())
                        .err()
                        .toString())
                .contains(labels + ": has neither .safetensors and .pt files");
        assertThat(dhr("eval", out, "--labels", labels.toString()).err().toString())
                .contains("--labels is not read by the step 'eval'; it is for train, labels");
        assertThat(dhr("masks", out).err().toString()).contains("segmenter.pth: no such file");
        assertThat(dhr("train", out, "--labels", labels.toString(), "--steps", "1", "--epochs", "1")
                        .err()
                        .toString())
                .contains("--steps and --epochs are both given");
        assertThat(CommandLineRun.of("dhr").err().toString())
                .contains("name a step: features, train, labels, masks, eval");
    }

    @Test
    void theExampleRuns() {
        Path backbone = folder.resolve("backbone.pth");
        DhrRecipe small = DhrRecipe.small();
        DhrRecipe recipe = small.withNetwork(
                        small.network().withWidth(4).withHead(8).withLow(4))
                .withViews(small.views().withMinSide(40).withMaxSide(64).withCrop(56))
                .withOptimization(small.optimization().withBatch(2).withSteps(2));
        try (ResNet network = DhrNetwork.resNet(18, 4)) {
            Weights.export(network, backbone, CheckpointFamily.WSSS);
        }
        DatasetSplits data = Datasets.open(DATA);
        assertThat(VocDhr.run(data, labels, FeatureFolder.of(features), recipe, backbone, folder.resolve("example"))
                        .evaluations())
                .hasSize(3);
    }
}
