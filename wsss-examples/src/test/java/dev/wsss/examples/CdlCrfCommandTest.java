package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.LabelMap;
import dev.wsss.core.logits.LogitStore;
import dev.wsss.core.logits.PixelLogits;
import dev.wsss.datasets.Datasets;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss cdl crf} as a user types it, on logits that know the truth but for a row. */
class CdlCrfCommandTest {
    private static final String DATA = "shapes:train=2,val=3,size=48,seed=5";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Path folder;
    private final Path weights;

    CdlCrfCommandTest(@TempDir Path dir) throws Exception {
        folder = dir.resolve("logits");
        weights = Files.writeString(dir.resolve("weights.pth"), "the weights");
        Dataset val = Datasets.open(DATA).val().orElseThrow();
        LogitStore store = LogitStore.create(folder, LogitStore.runOf(weights, val));
        for (int i = 0; i < val.size(); i++) {
            LabelMap truth = val.truth(i);
            int n = truth.height() * truth.width();
            int classes = val.classes().labelCount();
            float[] z = new float[classes * n];
            byte[] labels = truth.toArray();
            for (int p = 0; p < n; p++) {
                int label = labels[p] & 255;
                boolean wrong = p / truth.width() == 7;
                z[(wrong ? 1 : label == LabelMap.IGNORE ? 0 : label) * n + p] = 4;
            }
            store.write(
                    val.id(i),
                    PixelLogits.of(z, classes, truth.height(), truth.width(), truth.height(), truth.width(), 0.01));
        }
    }

    private int run(String... more) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> args =
                new ArrayList<>(List.of("cdl", "crf", "--data", DATA, "--logits", folder.toString(), "--threads", "2"));
        args.addAll(List.of(more));
        return Wsss.execute(new PrintWriter(out, true), new PrintWriter(err, true), args.toArray(String[]::new));
    }

    @Test
    void scoresWithAndWithoutTheCrf() {
        Path json = folder.resolveSibling("scores.json");
        assertThat(run("--weights", weights.toString(), "--json", json.toString()))
                .isZero();
        assertThat(out.toString()).containsPattern("mIoU \\d+\\.\\d\\d %, with the CRF \\d+\\.\\d\\d %, of 3 images");
        assertThat(json).content().contains("\"Pixel Accuracy\"");
        assertThat(run("--image", "wrapped")).isZero();
    }

    @Test
    void whatWouldBeAWrongScoreIsRefused() throws Exception {
        Path others = Files.writeString(folder.resolveSibling("others.pth"), "other weights");
        assertThat(run("--weights", others.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("logits of another run: weights is").hasLineCount(1);
        Files.delete(LogitStore.open(folder).file(LogitStore.open(folder).ids().get(0)));
        assertThat(run()).isEqualTo(1);
        assertThat(err.toString()).contains("1 of 3 images", "--allow-left-out SHARE");
        assertThat(run("--allow-left-out", "50%")).isEqualTo(3);
        assertThat(out.toString()).contains("skipped: 1");
    }
}
