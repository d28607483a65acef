package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.FeatureMap;
import dev.wsss.core.pipeline.FeatureFolder;
import dev.wsss.datasets.Datasets;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.dino.DinoCheckpoints;
import dev.wsss.models.dino.DinoConfig;
import dev.wsss.models.dino.DinoVit;
import dev.wsss.models.dino.StegoHead;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss dhr features} on three drawn scenes. */
class DhrFeaturesTest {
    private static final String DATA = "shapes:train=3,val=1,seed=3";

    @TempDir
    private static Path folder;

    private static Path vit;
    private static Path head;

    @BeforeAll
    static void write() {
        vit = folder.resolve("vit.pth");
        head = folder.resolve("stego.pt");
        try (DinoVit network = new DinoVit(new DinoConfig(DinoConfig.Version.DINO_V2, 98, 14, 64, 1, 1, false, 0));
                StegoHead codes = new StegoHead(64, 5)) {
            Weights.export(network, vit, DinoCheckpoints.DINO_V2);
            Weights.export(codes, head, DinoCheckpoints.STEGO);
        }
    }

    private static CommandLineRun features(Path out, String... more) {
        Stream<String> run = Stream.of(
                "dhr",
                "features",
                "--data",
                DATA,
                "--out",
                out.toString(),
                "--device",
                "cpu",
                "--dino",
                vit.toString());
        return CommandLineRun.of(Stream.concat(run, Stream.of(more)).toArray(String[]::new));
    }

    @Test
    void whatIsWrittenIsReadForItsImages() {
        Path out = folder.resolve("out");
        CommandLineRun run = features(out, "--stego", head.toString(), "--scales", "2,1");
        assertThat(run.status()).as(run.err().toString()).isZero();
        assertThat(run.out()).contains("features in " + out.resolve("features"));
        Dataset scenes = Datasets.open(DATA).train();
        FeatureFolder source = FeatureFolder.of(out.resolve("features"));
        for (int i = 0; i < scenes.size(); i++) {
            FeatureMap map = source.get(scenes.get(i));
            // twice 96 pixels in cells of 14
            assertThat(List.of(map.channels(), map.height(), map.width())).containsExactly(5, 14, 14);
            assertThat(map.isHalf()).isTrue();
        }
        assertThat(features(out, "--stego", head.toString(), "--scales", "2")
                        .err()
                        .toString())
                .contains("products were made otherwise", "--remake makes it again");
    }

    @Test
    void whatIsMissingIsSaid() {
        Path out = folder.resolve("none");
        assertThat(features(out, "--stego", head.toString(), "--cause", head.toString())
                        .err()
                        .toString())
                .contains("--cause and --stego are both given; expected one head at most");
        assertThat(features(out, "--cause", head.toString()).err().toString())
                .contains(head + ": has neither 'head_ema.query_pos' nor a dict 'decoder'");
        assertThat(CommandLineRun.of("dhr").err().toString())
                .contains("name a step: features, train, labels, masks, eval");
    }
}
