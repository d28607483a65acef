package dev.wsss.core.report;

import static dev.wsss.core.metrics.FakeData.map;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.metrics.FakeData;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.pipeline.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
    private static final LabelMap RIGHT = map(1, 1, 1, 1);
    private static final LabelMap HALF = map(1, 1, 2, 2);

    private final FakeData train = new FakeData("t/train", "a", "b", "c", "d", "e");
    private final Path folder;

    RunReportTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private <P> ProductStore<P> made(String name, ProductCodec<P> codec, Function<String, P> products) {
        Stage<P> stage = Stage.builder(codec)
                .setName(name)
                .optConfig("function", "of this test")
                .setFunction((sample, inputs) -> products.apply(sample.id()))
                .build();
        RunFolder run =
                RunFolder.builder().setData(train).setFolder(folder).optSeed(1).build();
        run.make(stage);
        return run.store(stage);
    }

    private ProductStore<LabelMap> labels(String name, Map<String, LabelMap> maps, LabelMap others, String... none) {
        return made(name, ProductCodec.labelMaps(), id -> {
            if (Set.of(none).contains(id)) {
                throw new InvalidDataException("no " + name + " of " + id);
            }
            return maps.getOrDefault(id, others);
        });
    }

    /** Sure of class 1 everywhere; of nothing where there are no tags. */
    private ProductStore<ScoreMaps> cams(String... none) {
        return made("cam", ProductCodec.camDicts(FakeData.CLASSES), id -> {
            if (Set.of(none).contains(id)) {
                throw new InvalidDataException("no CAM of " + id);
            }
            return train.untagged.contains(id)
                    ? ScoreMaps.of(new int[0], 2, 2, new float[0])
                    : ScoreMaps.of(new int[] {1}, 2, 2, new float[] {0.4f, 0.4f, 0.4f, 0.4f});
        });
    }

    private String page(RunReport report) throws IOException {
        Path file = folder.resolve("report.html");
        report.write(file);
        return Files.readString(file);
    }

    private static List<String> cells(String html, String stage) {
        int row = html.indexOf("<td class=\"name\">" + stage + "</td>");
        assertThat(row).as(stage).isPositive();
        return List.of(html.substring(row, html.indexOf("</tr>", row)).split("</td>")).stream()
                .map(cell -> cell.replaceAll("<[^>]*>", ""))
                .toList();
    }

    @Test
    void rowsOfTheSameImagesHaveNoSecondScore() throws IOException {
        RunReport report = RunReport.builder()
                .setTrain(train)
                .optScores("CAM", cams())
                .optLabels("raw", labels("raw", Map.of(), HALF))
                .optLabels("walked", labels("walked", Map.of(), RIGHT))
                .build();
        assertThat(report.table().lines())
                .noneMatch(line -> line.contains("common"))
                .anyMatch(line -> line.matches("raw +t/train +5  25\\.0 %"))
                .anyMatch(line -> line.matches("CAM, best threshold +t/train +5  100\\.0 % at 0\\.00"))
                .anyMatch(line -> line.matches("walked +t/train +5  100\\.0 %"));
        String html = page(report);
        assertThat(cells(html, "walked")).contains("t/train, 5 images", "+75.0");
        assertThat(html).doesNotContain("common").contains("<dt>images of the threshold curve</dt><dd>5</dd>");
    }

    @Test
    void rowsOfDifferentImagesAreComparedOnTheCommonOnes() throws IOException {
        // raw covers all and is right on a and b alone; walked has lost those two
        RunReport report = RunReport.builder()
                .setTrain(train)
                .optScores("CAM", cams("e"))
                .optLabels("raw", labels("raw", Map.of("a", RIGHT, "b", RIGHT), HALF))
                .optLabels("walked", labels("walked", Map.of(), HALF, "a", "b"))
                .build();
        assertThat(report.table().lines())
                .anyMatch(line -> line.matches("stage .*mIoU +on common images"))
                .anyMatch(line -> line.matches("raw +t/train +5  35\\.0 % +25\\.0 % on 2"))
                .anyMatch(line -> line.matches("walked +t/train +3  25\\.0 % +25\\.0 % on 2"))
                .anyMatch(line -> line.matches("CAM, best threshold +t/train +4  100\\.0 % at 0\\.00 +100\\.0 % on 2"));
        assertThat(cells(page(report), "walked")).containsSubsequence("t/train, 3 images", "25.0", "25.0 on 2", "+0.0");
    }

    @Test
    void rowsWithoutACommonImageAreNotCompared() throws IOException {
        RunReport report = RunReport.builder()
                .setTrain(train)
                .optLabels("raw", labels("raw", Map.of(), HALF, "a", "b", "c"))
                .optLabels("walked", labels("walked", Map.of(), RIGHT, "d", "e"))
                .build();
        assertThat(report.table().lines())
                .anyMatch(line -> line.matches("raw +t/train +2  25\\.0 % +none"))
                .anyMatch(line -> line.matches("walked +t/train +3  100\\.0 % +none"));
        assertThat(cells(page(report), "walked")).contains("none").doesNotContain("+75.0");
    }

    @Test
    void badMasksProductsAndImagesAreListedAndCounted() throws IOException {
        ProductStore<LabelMap> raw = labels("raw", Map.of(), HALF);
        Files.writeString(raw.file("c"), "damaged");
        train.masks.put("a", map(1, 1, 1, 1, 1, 1));
        train.unreadableMasks.add("b");
        train.masks.put("d", map(255, 255, 255, 255));
        FakeData val = new FakeData("t/val", "v", "w", "x", "y");
        val.unreadable.add("w");
        RunReport report = RunReport.builder()
                .setTrain(train)
                .optUnseen(val)
                .optScores("CAM", cams())
                .optLabels("raw", raw)
                .optSegmenter("segmenter", image -> {
                    if (RgbImage.of(image).equals(val.get(2).image())) {
                        throw new InvalidDataException("the image is too strange");
                    }
                    return RIGHT;
                })
                .build();
        assertThat(report.table().lines())
                .anyMatch(line -> line.matches("  a left out of the evaluation: .*2x2.*2x3"))
                .anyMatch(line -> line.matches("  b left out of the evaluation: b\\.png: is an RGB PNG"))
                .anyMatch(line -> line.matches("  c left out of the evaluation: .*raw/c\\.png: SHA-256.*"))
                .anyMatch(line -> line.matches("  d left out of the evaluation: no pixel counts: .*"))
                .anyMatch(line -> line.matches("  w left out of the evaluation: w\\.png: the data ends early"))
                .anyMatch(line -> line.matches("  x left out of the evaluation: the image is too strange"))
                .contains("6 images were left out of some row or all")
                .anyMatch(line -> line.matches("raw +t/train +1  25\\.0 % +25\\.0 % on 1"))
                .anyMatch(line -> line.matches("CAM, best threshold +t/train +2 .* on 1"))
                .anyMatch(line -> line.matches("segmenter, unseen images +t/val +2  100\\.0 %"));
        assertThat(report.failures().stream().map(RunManifest.Failure::id)).containsOnlyOnce("b");
        String html = page(report);
        assertThat(html)
                .contains("6 images without all products, or left out of the evaluation")
                .contains("b.png: is an RGB PNG", "the image is too strange")
                // all five images are shown, without what cannot be
                .contains("<bdi>a</bdi>", "<bdi>b</bdi>", "<bdi>c</bdi>", "<bdi>d</bdi>", "<bdi>e</bdi>");
    }

    @Test
    void noCountedPixelIsSaidInPlaceOfANumber() throws IOException {
        for (String id : List.of("a", "b", "c", "d", "e")) {
            train.masks.put(id, map(255, 255, 255, 255));
        }
        RunReport report = RunReport.builder()
                .setTrain(train)
                .optScores("CAM", cams())
                .optLabels("raw", labels("raw", Map.of(), HALF))
                .optSegmenter("segmenter", image -> RIGHT)
                .build();
        assertThat(report.bestThreshold()).isEmpty();
        assertThat(report.table().lines())
                .anyMatch(line -> line.matches("raw +t/train +0  no pixel was counted"))
                .anyMatch(line -> line.matches("CAM, best threshold +t/train +0  no pixel was counted"))
                .anyMatch(line -> line.matches("segmenter, training images +t/train +0  no pixel was counted"));
        assertThat(page(report)).contains("no pixel was counted").doesNotContain("NaN");
    }

    @Test
    void imagesWithoutTagsStayInTheEvaluation() throws IOException {
        train.untagged.add("c");
        train.masks.put("c", map(0, 0, 0, 0));
        RunReport report =
                RunReport.builder().setTrain(train).optScores("CAM", cams()).build();
        assertThat(report.failures()).isEmpty();
        assertThat(report.table().lines())
                .anyMatch(line -> line.matches("CAM, best threshold +t/train +5  100\\.0 % at 0\\.00"));
        assertThat(page(report)).doesNotContain("Failures");
    }

    @Test
    void seenImagesAreNotCalledUnseen() throws IOException {
        Dataset half = train.subset("t/val", 1, 3);
        RunReport seen = RunReport.builder()
                .setTrain(train)
                .optUnseen(half)
                .optSegmenter("segmenter", image -> RIGHT)
                .build();
        assertThat(seen.overlap()).hasValueSatisfying(o -> assertThat(o.ids()).containsExactly("b", "d"));
        String warning = "2 of the 2 images of t/val are among the training images of t/train (b, d)";
        assertThat(seen.table())
                .contains("warning: " + warning, "segmenter, validation images, 2 of 2 trained on")
                .doesNotContain("segmenter, unseen images");
        assertThat(page(seen)).contains("<p class=\"warn\">" + warning);

        RunReport unseen = RunReport.builder()
                .setTrain(train)
                .optUnseen(new FakeData("t/val", "x", "y"))
                .optSegmenter("segmenter", image -> RIGHT)
                .build();
        assertThat(unseen.table()).contains("segmenter, unseen images").doesNotContain("warning");
        assertThat(page(unseen)).doesNotContain("class=\"warn\"");
    }
}
