package dev.wsss.core.report;

import static dev.wsss.core.metrics.FakeData.CLASSES;
import static dev.wsss.core.metrics.FakeData.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.metrics.ObjectSizes;
import dev.wsss.core.pipeline.ProductCodec;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any two folders of files. */
class FolderEvaluationTest {
    private final Path pred;
    private final Path gt;

    FolderEvaluationTest(@TempDir Path folder) throws IOException {
        pred = folder.resolve("pred");
        gt = folder.resolve("gt");
        Files.createDirectories(pred.resolve("sub"));
        Files.createDirectories(gt.resolve("sub"));
    }

    private static void put(Path folder, String id, LabelMap labels) {
        LabelPng.write(folder.resolve(id + ".png"), labels, CLASSES);
    }

    private void both(String id, LabelMap predicted, LabelMap truth) {
        put(pred, id, predicted);
        put(gt, id, truth);
    }

    private FolderEvaluation.Builder builder() {
        return FolderEvaluation.builder().setPredictions(pred).setTruth(gt).setClasses(CLASSES);
    }

    /** Each map would be measured as the class after its own, or not at all. */
    @Test
    void scoresKeyedByLabelAreRecognisedAsAWhole() throws IOException {
        for (int i = 0; i < 3; i++) {
            put(gt, "a" + i, i == 0 ? map(0, 0, 1, 2) : map(0, 0, 1, 1));
            Map<Integer, HostArray> dict = i == 0
                    ? Map.of(1, HostArray.ofFloats(new float[4], 2, 2), 2, HostArray.ofFloats(new float[4], 2, 2))
                    : Map.of(1, HostArray.ofFloats(new float[4], 2, 2));
            ObjectNpy.writeCamDict(pred.resolve("a" + i + ".npy"), dict);
        }
        FolderEvaluation.Builder scores = builder().optScores(ProductCodec.camDicts(CLASSES));
        assertThatThrownBy(scores::build)
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("the keys of 3 of 3 score files looked at are labels")
                .hasMessageContaining("a0.npy has the keys [1, 2], its mask shows");
        for (int i = 0; i < 3; i++) {
            ObjectNpy.writeCamDict(pred.resolve("a" + i + ".npy"), Map.of(0, HostArray.ofFloats(new float[4], 2, 2)));
        }
        assertThat(scores.build().counted()).hasSize(3);
    }

    @Test
    void predictionsOfZeroAnd255AreNoLabels() {
        both("a", map(0, 255, 255, 0), map(0, 1, 1, 0));
        assertThatThrownBy(() -> builder().build())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(pred + ": all 1 masks looked at hold only 0 (2 pixels) and 255 (2 pixels)");
    }

    @Test
    void countsEveryPixelOfEveryImage() {
        both("a", map(0, 0, 1, 1), map(0, 0, 0, 1));
        both("sub/b.c", map(1, 255, 0, 0), map(1, 1, 255, 0));
        FolderEvaluation e = builder().build();
        assertThat(e.counted()).containsExactly("a", "sub/b.c");
        assertThat(e.asked()).isEqualTo(2);
        assertThat(e.confusion().total()).isEqualTo(7);
        assertThat(e.unpredicted()).isEqualTo(1);
        double background = 3 / 4.0;
        double cat = 2 / 4.0;
        assertThat(e.meanIou(IouConvention.OCCURRING)).isCloseTo((background + cat) / 2, within(1e-12));
        assertThat(e.meanIou(IouConvention.ALL)).isCloseTo((background + cat) / 3, within(1e-9));
        JsonObject json = JsonParser.parseString(e.toJson()).getAsJsonObject();
        assertThat(json.get("images").getAsInt()).isEqualTo(2);
        assertThat(json.getAsJsonObject("miou").get("OCCURRING").getAsDouble()).isCloseTo(0.625, within(1e-7));
        assertThat(json.getAsJsonArray("classes")).hasSize(3);
        assertThat(json.getAsJsonArray("classes")
                        .get(2)
                        .getAsJsonObject()
                        .get("iou")
                        .isJsonNull())
                .isTrue();
    }

    @Test
    void imagesOfOneSideAreListed() {
        for (int i = 0; i < 20; i++) {
            put(gt, "g" + i, map(1, 1));
            if (i > 0) {
                put(pred, "g" + i, map(1, 1));
            }
        }
        put(pred, "stray", map(1, 1));
        FolderEvaluation e = builder().build();
        assertThat(e.withoutPrediction()).containsExactly("g0");
        assertThat(e.withoutTruth()).containsExactly("stray");
        assertThat(e.counted()).hasSize(19);
        assertThat(e.asked()).isEqualTo(21);

        put(gt, "g20", map(1, 1));
        assertThatThrownBy(() -> builder().build())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(
                        "2 of the 21 images", "(9.5 %)", "'g0'", "20 files", "21 masks", "at most 5 %");
        assertThat(builder().optAllowLeftOut(0.1).build().counted()).hasSize(19);
        FolderEvaluation listed = builder()
                .optIds(List.of("g3", "/JPEGImages/g4.jpg", "/x/g5.png", "nowhere"))
                .build();
        assertThat(listed.counted()).containsExactly("g3", "g4", "g5");
        assertThat(listed.withoutTruth()).containsExactly("nowhere");
        assertThat(listed.asked()).isEqualTo(4);
    }

    @Test
    void badImagesAreNamedWithFileAndCount() throws IOException {
        both("good", map(1, 1), map(1, 1));
        both("foreign", map(1, 254, 254, 77), map(1, 1, 1, 1));
        both("foreignTruth", map(1, 1, 1, 1), map(1, 1, 1, 3));
        both("rotated", map(1, 1, 1, 1, 1, 1), LabelMap.of(3, 2, new byte[6]));
        both("ignored", map(1, 1), map(255, 255));
        put(gt, "rgb", map(1, 1));
        ImageIO.write(
                new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB),
                "png",
                pred.resolve("rgb.png").toFile());
        put(pred, "cut", map(1, 1));
        byte[] whole = Files.readAllBytes(pred.resolve("cut.png"));
        Files.write(gt.resolve("cut.png"), Arrays.copyOf(whole, whole.length - 20));
        FolderEvaluation e = builder().build();
        assertThat(e.counted()).containsExactly("good");
        assertThat(e.skipped())
                .containsOnlyKeys("foreign", "foreignTruth", "rotated", "ignored", "rgb", "cut")
                .hasEntrySatisfying("foreign", r -> assertThat(r)
                        .startsWith(pred.resolve("foreign.png") + ": 1 pixel has value 77, 2 pixels have value 254;")
                        .endsWith("expected labels 0..2 or 255"))
                .hasEntrySatisfying(
                        "foreignTruth", r -> assertThat(r).startsWith(gt.resolve("foreignTruth.png") + ": 1 pixel"))
                .hasEntrySatisfying("rotated", r -> assertThat(r)
                        .contains(pred.resolve("rotated.png") + ": is 2x3; expected 3x2 as " + gt))
                .hasEntrySatisfying("ignored", r -> assertThat(r).contains("no pixel counts"))
                .hasEntrySatisfying("rgb", r -> assertThat(r).contains("rgb.png", "RGB"))
                .hasEntrySatisfying(
                        "cut", r -> assertThat(r).contains(gt.resolve("cut.png").toString()));
        // what is told to be ignored is not foreign
        FolderEvaluation ignoring = builder().optIgnore(254, 77, 3).build();
        assertThat(ignoring.counted()).containsExactly("foreign", "foreignTruth", "good");
        assertThat(ignoring.unpredicted()).isEqualTo(3);
        assertThat(ignoring.confusion().total()).isEqualTo(4 + 3 + 2);
    }

    @Test
    void aLabelThatIsIgnoredIsStillPredicted() {
        both("a", map(0, 0, 1, 1), map(0, 1, 0, 1));
        FolderEvaluation e = builder().optIgnore(0).build();
        assertThat(e.confusion().count(1, 0)).isEqualTo(1);
        assertThat(e.confusion().count(1, 1)).isEqualTo(1);
        assertThat(e.confusion().total()).isEqualTo(2);
    }

    @Test
    void scoresAreMeasuredAtEveryThreshold() {
        put(gt, "a", map(1, 1, 0, 0));
        put(gt, "empty", map(0, 0));
        put(gt, "large", map(0, 0));
        ObjectNpy.writeCamDict(
                pred.resolve("a.npy"), Map.of(0, HostArray.ofFloats(new float[] {0.9f, 0.6f, 0.3f, 0.1f}, 2, 2)));
        ObjectNpy.writeCamDict(pred.resolve("empty.npy"), Map.of());
        ObjectNpy.writeCamDict(pred.resolve("large.npy"), Map.of(0, HostArray.ofFloats(new float[4], 2, 2)));
        FolderEvaluation e = builder().optScores(ProductCodec.camDicts(CLASSES)).build();
        assertThat(e.counted()).containsExactly("a", "empty");
        assertThat(e.skipped()).hasEntrySatisfying("large", r -> assertThat(r)
                .contains("large.npy: is 2x2; expected 2x1 as " + gt.resolve("large.png")));
        assertThat(e.meanIou(IouConvention.OCCURRING)).isEqualTo(1);
        assertThat(e.sweep()).hasValueSatisfying(s -> assertThat(s.sweep().thresholds()[s.best()])
                .isCloseTo(0.3f, within(1e-6f)));
        JsonObject json = JsonParser.parseString(e.toJson()).getAsJsonObject();
        assertThat(json.get("bestThreshold").getAsDouble()).isEqualTo(0.3);
        assertThat(json.getAsJsonArray("curve")).hasSize(100);
    }

    @Test
    void foldersThatDoNotFitAreRefused() throws IOException {
        assertThatThrownBy(() -> builder().build()).hasMessageContaining(pred + ": has no *.png file");
        put(pred, "x", map(1, 1));
        assertThatThrownBy(() -> builder().setTruth(gt.resolve("none")).build())
                .hasMessageContainingAll("none: no such folder", "expected the truth");
        put(gt, "y", map(1, 1));
        assertThatThrownBy(() -> builder().build()).hasMessageContainingAll("no image has both", "'x'", "'y'");
        Files.copy(pred.resolve("x.png"), pred.resolve("x.PNG"));
        assertThatThrownBy(() -> builder().build()).hasMessageContainingAll("x.PNG", "the same name");
        assertThatThrownBy(() -> FolderEvaluation.builder().setPredictions(pred).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("setTruth");
        assertThatThrownBy(() -> builder().optIgnore(256)).hasMessageContaining("got 256");
        assertThatThrownBy(() -> builder().optAllowLeftOut(5)).hasMessageContaining("0..1, got 5");
    }

    @Test
    void figuresAreThoseOfAnEvaluationWhateverTheThreads() {
        for (int i = 0; i < 30; i++) {
            both("g" + i, map(0, 1, i % 3, 1), map(i % 7 == 0 ? 0 : 1, 0, 0, 255));
        }
        FolderEvaluation one = builder()
                .optThreads(1)
                .optBoundary()
                .optObjectSizes(ObjectSizes.Areas.COCO)
                .build();
        FolderEvaluation some = builder()
                .optThreads(5)
                .optBoundary()
                .optObjectSizes(ObjectSizes.Areas.COCO)
                .build();
        assertThat(some.toJson()).isEqualTo(one.toJson());
        assertThat(some.toMarkdown())
                .isEqualTo(one.toMarkdown())
                .contains("mean boundary IoU % (0.02 of the diagonal)", "| small | 25 | 25 |")
                .endsWith("30 of 30 images were counted; 0 have no prediction, 0 no mask.\n");
        JsonObject json = JsonParser.parseString(one.toJson()).getAsJsonObject();
        assertThat(json.keySet())
                .startsWith("predictions", "truth", "asked", "images", "pixels", "unpredicted", "miou", "convention")
                .contains(
                        "mfpr", "mfnr", "boundary", "sizes", "classes", "skipped", "withoutPrediction", "withoutTruth")
                .doesNotContain("curve", "split");
        assertThat(json.get("mfpr").getAsDouble()).isEqualTo(one.confusion().meanFalsePositives());

        FolderEvaluation foreground = builder().optOnlyWithForeground().build();
        assertThat(foreground.counted()).hasSize(25).doesNotContain("g0", "g7");
        assertThat(foreground.skipped()).hasSize(5);

        assertThatThrownBy(() -> builder()
                        .optScores(ProductCodec.camDicts(CLASSES))
                        .optBoundary()
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("optScores");
        assertThatThrownBy(() -> builder().optThreads(0)).hasMessageContaining("got 0");
        assertThatThrownBy(() -> builder().optBoundary(0)).hasMessageContaining("got 0.0");
    }
}
