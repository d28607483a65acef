package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.resnet.CaffeResNet;
import dev.wsss.systems.cdl.CdlRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code wsss cdl} on six drawn scenes. */
class CdlCommandTest {
    private static final String DATA = "shapes:train=6,val=2,seed=3";

    @TempDir
    private static Path folder;

    private static Path labels;

    @BeforeAll
    static void write() {
        NoisyMasks.write(Datasets.open(DATA).train(), folder, new RegionNoise(NoisyMasks.CELL, 0.2, 1));
        labels = folder.resolve("masks");
    }

    private static CommandLineRun cdl(String step, Path out, String... more) {
        Stream<String> run =
                Stream.of("cdl", step, "--data", DATA, "--out", out.toString(), "--device", "cpu", "--quick");
        return CommandLineRun.of(Stream.concat(run, Stream.of(more)).toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"BASE", "EXTENDED"})
    void trainingAndTestFollowOneAnother(String variant) throws IOException {
        Path out = folder.resolve(variant);
        CommandLineRun train =
                cdl("train", out, "--variant", variant, "--labels", labels.toString(), "--accumulate", "2");
        assertThat(train.status()).as(train.err().toString()).isZero();
        assertThat(String.join(" ", train.out())).contains("segmenter: 3 steps");
        Path logits = out.resolve("logits");
        CommandLineRun test = cdl("test", out, "--variant", variant, "--logits", logits.toString());
        assertThat(test.status()).as(test.err().toString()).isZero();
        assertThat(out.resolve("report.html")).exists();
        assertThat(Files.readString(out.resolve("scores.json"))).contains("\"Mean IoU\": 0.", "\"Class IoU\": {");

        // the same network scored from its store, where some labels of little probability are missing
        CommandLineRun crf = CommandLineRun.of(
                "cdl",
                "crf",
                "--data",
                DATA,
                "--logits",
                logits.toString(),
                "--weights",
                out.resolve("weights/segmenter.pth").toString());
        assertThat(crf.status()).as(crf.err().toString()).isZero();
        double stored = percent("mIoU ([0-9.]+) %, with the CRF [0-9.]+ %", crf);
        assertThat(stored).isCloseTo(percent("segmenter, unseen images .* ([0-9.]+) %", test), within(0.5));
    }

    private static double percent(String pattern, CommandLineRun run) {
        Matcher matcher = Pattern.compile(pattern).matcher(String.join("\n", run.out()));
        assertThat(matcher.find()).as(run.out().toString()).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    @Test
    void whatIsMissingOrNotReadIsSaid() {
        Path out = folder.resolve("none");
        assertThat(cdl("train", out).err().toString()).contains("--labels is not given");
        assertThat(cdl("test", out, "--labels", labels.toString()).err().toString())
                .contains("--labels is not read by the step 'test'; it is for train");
        assertThat(cdl("train", out, "--labels", labels.toString(), "--loss", "PLAIN", "--variant", "EXTENDED")
                        .err()
                        .toString())
                .contains("--loss PLAIN is a single expert's");
        assertThat(cdl("train", out, "--labels", labels.toString(), "--loss", "SMALL_LOSS", "--noise", "1.5")
                        .err()
                        .toString())
                .contains("--noise is 1.5");
        assertThat(cdl("train", out, "--labels", folder.resolve("nowhere").toString())
                        .status())
                .isEqualTo(1);
    }

    @Test
    void theExampleRuns() {
        Path backbone = folder.resolve("backbone.pth");
        CdlRecipe small = CdlRecipe.small();
        CdlRecipe recipe = small.withNetwork(
                        small.network().withBlocks(List.of(1, 1, 1, 1)).withWidth(4))
                .withViews(small.views().withCrop(48))
                .withOptimization(small.optimization().withBatch(2).withSteps(2));
        try (CaffeResNet network =
                CaffeResNet.builder().optBlocks(1, 1, 1, 1).optWidth(4).build()) {
            Weights.export(network, backbone, CheckpointFamily.WSSS);
        }
        DatasetSplits data = Datasets.open(DATA);
        assertThat(VocCdl.run(data, labels, recipe, backbone, folder.resolve("example"))
                        .evaluations())
                .hasSize(1);
    }
}
