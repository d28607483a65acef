package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.datasets.LabelSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss eval} as a user types it. */
class EvalCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Path folder;
    private final Path pred;
    private final Path gt;

    EvalCommandTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        pred = Files.createDirectories(folder.resolve("pred"));
        gt = Files.createDirectories(folder.resolve("gt"));
    }

    private static void put(Path folder, String id, int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        LabelPng.write(folder.resolve(id + ".png"), LabelMap.of(1, labels.length, bytes), ClassCatalog.vocPalette());
    }

    private int run(String... more) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> args = new ArrayList<>(List.of("eval", "--pred", pred.toString(), "--gt", gt.toString()));
        args.addAll(List.of(more));
        return Wsss.execute(new PrintWriter(out, true), new PrintWriter(err, true), args.toArray(String[]::new));
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }

    @Test
    void printsAllFigures() throws IOException {
        put(pred, "a", 0, 0, 1, 1);
        put(gt, "a", 0, 0, 0, 1);
        Path json = folder.resolve("figures.json");
        assertThat(run("--classes", "voc", "--json", json.toString())).isZero();
        assertThat(lines())
                .contains("1 of 1 images, 4 pixels that count")
                .anyMatch(line -> line.matches(" *0  background +66\\.67 +100\\.00 +66\\.67 +3 +0\\.000 +0\\.333"))
                .anyMatch(line -> line.matches(" *1  aeroplane +50\\.00 +50\\.00 +100\\.00 +1 +0\\.500 +0\\.000"))
                .anyMatch(line -> line.matches("mIoU  58\\.33 %  OCCURRING: .*"))
                .anyMatch(line -> line.matches("mIoU  58\\.33 %  IN_TRUTH: .*"))
                .anyMatch(line -> line.matches("mIoU   5\\.56 %  ALL: .*"))
                .anyMatch(line -> line.startsWith("pixel accuracy 75.00 %, mean accuracy 83.33 %"))
                .contains("of the union of prediction and truth: mFPR 0.250, mFNR 0.167")
                .noneMatch(line -> line.contains("boundary"));
        assertThat(json).content().contains("\"pixelAccuracy\": 0.75,", "\"skipped\": {}");
    }

    @Test
    void theFileOfClassesMayNameTheBackgroundOrNot() throws IOException {
        put(pred, "a", 0, 1, 2);
        put(gt, "a", 0, 1, 2);
        Path with = Files.writeString(folder.resolve("with.txt"), "\uFEFF Background \r\ncat\r\n\r\ndog\r\n");
        Path without = Files.writeString(folder.resolve("without.txt"), "cat\ndog\n");
        for (Path file : List.of(with, without)) {
            assertThat(run("--classes", file.toString())).isZero();
            assertThat(lines())
                    .anyMatch(line -> line.matches(" *1  cat .*"))
                    .anyMatch(line -> line.matches(" *2  dog .*"))
                    .noneMatch(line -> line.matches(" *3 .*"));
        }
        Path plain = Files.writeString(folder.resolve("plain.txt"), "road\nsky\ncar\n");
        assertThat(run("--classes", plain.toString(), "--no-background")).isZero();
        assertThat(lines()).anyMatch(line -> line.matches(" *0  road .*"));
        Path last = Files.writeString(folder.resolve("last.txt"), "cat\ndog\nbackground\n");
        assertThat(run("--classes", last.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("last.txt:3: names the background", "expected it first");
        Path twice = Files.writeString(folder.resolve("twice.txt"), "cat\ncat\n");
        assertThat(run("--classes", twice.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("twice.txt:2: ", "'cat' stands twice");
        assertThat(run("--classes", folder.resolve("none.txt").toString())).isEqualTo(1);
        assertThat(err.toString()).contains("none.txt: no such file");
        assertThat(run("--classes", "1")).isEqualTo(1);
        assertThat(run("--classes", "voc", "--no-background")).isEqualTo(2);
    }

    @Test
    void classesMayBeThoseOfABenchmark() {
        put(pred, "a", 0, 1, 2);
        put(gt, "a", 0, 1, 255);
        for (String name : LabelSet.names()) {
            assertThat(run("--classes", name)).as(name).isZero();
            List<String> names = LabelSet.of(name).catalog().labelNames();
            assertThat(lines())
                    .anyMatch(line -> line.strip().startsWith("0  " + names.get(0)))
                    .anyMatch(line -> line.strip().startsWith("1  " + names.get(1)));
        }
        assertThat(run("--classes", "cityscapes", "--no-background")).isZero();
        assertThat(run("--classes", "coco", "--no-background")).isEqualTo(2);
        assertThat(err.toString()).contains("--classes coco has a background");
        assertThat(run("--classes", "ade20k", "--scores")).isEqualTo(2);
        assertThat(err.toString()).contains("--classes ade20k has none");
        assertThat(run("--classes", "pets")).isEqualTo(1);
        assertThat(err.toString()).contains("pets: no such file, nor a label set", "cityscapes, ");
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("cocostuff27");
    }

    @Test
    void theStatusSaysWhetherAllWasCounted() throws IOException {
        for (int i = 0; i < 20; i++) {
            put(gt, "i" + i, 0, 1);
            put(pred, "i" + i, 0, i == 7 ? 254 : 1);
        }
        Files.delete(pred.resolve("i3.png"));
        assertThat(run("--classes", "2")).isEqualTo(3);
        assertThat(lines())
                .contains("1 image without a prediction in " + pred, "  i3", "1 image skipped")
                .contains("18 of 20 images, 36 pixels that count")
                .anyMatch(line -> line.contains("i7.png: 1 pixel has value 254; expected labels 0..1 or 255"));
        assertThat(run("--classes", "2", "--ignore", "253", "254")).isEqualTo(3);
        assertThat(lines()).contains("19 of 20 images, 38 pixels that count");
        Path list = Files.writeString(folder.resolve("list.txt"), "i1\n/x/i2.jpg /y/i2.png\n");
        assertThat(run("--classes", "2", "--list", list.toString())).isZero();
        assertThat(lines()).contains("2 of 2 images, 4 pixels that count");

        Files.delete(pred.resolve("i4.png"));
        assertThat(run("--classes", "2")).isEqualTo(1);
        assertThat(err.toString()).contains("2 of the 20 images", "(10.0 %)").hasLineCount(1);
        assertThat(run("--classes", "2", "--allow-left-out", "0.1")).isEqualTo(3);
    }

    @Test
    void nothingCountedIsAFailure() {
        put(gt, "a", 255, 255);
        put(pred, "a", 0, 1);
        assertThat(run("--classes", "2")).isEqualTo(1);
        assertThat(lines()).contains("0 of 1 images, 0 pixels that count").noneMatch(line -> line.contains("mIoU"));
        assertThat(err.toString()).contains("no pixel was counted", "all 2 of its truth are 255");
    }

    @Test
    void aTruthOfOneValueIsNoticed() {
        put(gt, "a", 0, 0);
        put(pred, "a", 0, 1);
        assertThat(run("--classes", "2")).isZero();
        assertThat(lines()).contains("warning: the truth holds value 0 (background) and no other label");
        put(gt, "a", 0, 255); // as drawing programs leave a foreground
        assertThat(run("--classes", "2")).isEqualTo(1);
        assertThat(err.toString()).contains("all 1 masks looked at hold only 0 (1 pixels) and 255 (1 pixels)");
    }

    @Test
    void scoresAreSwept() {
        put(gt, "a", 1, 1, 0, 0);
        ObjectNpy.writeCamDict(
                pred.resolve("a.npy"), Map.of(0, HostArray.ofFloats(new float[] {0.9f, 0.6f, 0.3f, 0.1f}, 1, 4)));
        assertThat(run("--classes", "voc", "--scores")).isZero();
        assertThat(lines())
                .contains("best threshold 0.30 of 0.00 to 0.99; the figures below are at it")
                .anyMatch(line -> line.startsWith("mIoU 100.00 %  OCCURRING"))
                .doesNotContain("0.31  100.00 %");
        assertThat(run("--classes", "voc", "--scores", "--curve")).isZero();
        assertThat(lines()).contains("0.29   58.33 %", "0.31  100.00 %");
        assertThat(run("--classes", "voc", "--curve")).isEqualTo(2);
        assertThat(run("--classes", "2", "--scores", "--no-background")).isEqualTo(2);
    }

    @Test
    void conventionsAreNamed() {
        put(gt, "a", 1, 1);
        put(pred, "a", 1, 2);
        assertThat(run("--classes", "3", "--convention", "in_truth")).isZero();
        assertThat(lines()).anyMatch(line -> line.matches(" *2  class 2 +- .*"));
        assertThat(run("--classes", "3", "--convention", "OTHER")).isEqualTo(2);
        assertThat(err.toString()).contains("OCCURRING", "IN_TRUTH", "ALL");
    }

    @Test
    void groupsAndRulesForUnsurePixelsAreForTheAsking() {
        put(gt, "a", 13, 13, 0, 10);
        put(pred, "a", 13, 14, 255, 10);
        assertThat(run("--classes", "cityscapes", "--groups")).isZero();
        assertThat(lines())
                .contains("1 of these pixels are predicted 255: misses of their labels")
                .anyMatch(line -> line.matches("flat +0\\.00"))
                .anyMatch(line -> line.matches("sky +100\\.00"))
                .anyMatch(line -> line.matches("vehicle +100\\.00"))
                .anyMatch(line -> line.matches("mean +66\\.67"));
        assertThat(run("--classes", "cityscapes", "--unpredicted", "left_out")).isZero();
        assertThat(lines()).contains("1 of 1 images, 3 pixels that count");
        assertThat(run("--classes", "cityscapes", "--unpredicted", "BACKGROUND"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("but the classes of", "have none");
        assertThat(run("--classes", "voc", "--groups")).isEqualTo(2);
        assertThat(err.toString()).contains("--classes voc has none");
        assertThat(run("--classes", "voc", "--scores", "--unpredicted", "left_out"))
                .isEqualTo(2);
    }

    @Test
    void contoursSizesAndTablesAreForTheAsking() throws IOException {
        put(pred, "a", 0, 0, 1, 1);
        put(gt, "a", 0, 0, 0, 1);
        put(pred, "b", 0, 1, 1, 1);
        put(gt, "b", 0, 0, 0, 255);
        Path markdown = folder.resolve("figures.md");
        Path json = folder.resolve("figures.json");
        String[] figures = {
            "--classes",
            "voc",
            "--markdown",
            markdown.toString(),
            "--json",
            json.toString(),
            "--boundary",
            "--sizes",
            "SCALED"
        };
        assertThat(run(figures)).isZero();
        assertThat(lines())
                .anyMatch(line -> line.matches(" *1  aeroplane +25\\.00 .* +25\\.00"))
                .anyMatch(line -> line.matches("mean boundary IoU .* %, boundaries of 0\\.02 of the diagonal"))
                .anyMatch(line -> line.matches("large +1 +1 +100\\.00 +100\\.00 +50\\.00"));
        assertThat(markdown)
                .content()
                .contains("| aeroplane | 1 | 25.00 |", "| large | 1 | 1 |", "2 of 2 images were counted");
        assertThat(json).content().contains("\"mfpr\": 0.", "\"ratio\": 0.02,", "\"areas\": \"SCALED\",");

        assertThat(run("--classes", "voc", "--only-with-foreground", "--threads", "1", "--boundary", "0.1"))
                .isEqualTo(3);
        assertThat(lines())
                .contains("1 image skipped", "  b: its truth shows the background alone")
                .anyMatch(line -> line.endsWith("boundaries of 0.1 of the diagonal"));

        assertThat(run("--classes", "voc", "--scores", "--sizes")).isEqualTo(2);
        assertThat(err.toString()).contains("--boundary and --sizes are of label PNGs");
        assertThat(run("--classes", "voc", "--boundary", "2")).isEqualTo(1);
        assertThat(err.toString()).contains("got 2.0");
    }
}
