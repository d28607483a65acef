package dev.wsss.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.IouConvention;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportTest {
    private static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog"));

    private static RgbImage noise(int h, int w) {
        byte[] pixels = new byte[h * w * 3];
        new Random(3).nextBytes(pixels);
        return new RgbImage(h, w, pixels);
    }

    private static Report.Builder full(ClassCatalog classes, String text) {
        int n = classes.labelCount();
        double[] iou = new double[n];
        long[][] confusion = new long[n][n];
        for (int i = 0; i < n; i++) {
            iou[i] = i == 1 ? Double.NaN : (i + 1.0) / (n + 1);
            confusion[i][i] = 90;
            confusion[i][(i + 1) % n] = 10;
        }
        ScoreMaps maps = ScoreMaps.of(new int[] {1}, 2, 2, new float[] {0, 1, 0.5f, 2});
        LabelMap labels = LabelMap.of(20, 30, new byte[600]);
        RunManifest manifest = new RunManifest(
                new RunManifest.Input(text, 1464, "00"),
                new TreeMap<>(Map.of(text, text)),
                new TreeMap<>(Map.of("java", text)),
                7,
                text,
                List.of(new RunManifest.StageProducts(text, new TreeMap<>(), "ff", 1463, "ee")),
                List.of(new RunManifest.Training(text, new TreeMap<>(Map.of(text, text)), 20, "dd")),
                List.of(new RunManifest.Failure(text, text, text)));
        return Report.builder()
                .setTitle(text)
                .setClasses(classes)
                .optSubtitle(text)
                .fact(text, text)
                .stageScores(List.of(
                        new StageScore(text, 0.5, text),
                        new StageScore("walk", 0.6, text),
                        new StageScore("crf", 0.59, text)))
                .thresholds(new double[] {0.1, 0.2, 0.3}, new double[] {0.4, 0.5, 0.45})
                .strip(Strip.builder(text, noise(20, 30), classes)
                        .optNote(text)
                        .scores(text, maps)
                        .labels(text, labels)
                        .colours(text, labels)
                        .build())
                .classIou(text, iou)
                .confusion(confusion)
                .curve(Curve.ofSteps(text, text, 3, 2, Double.NaN, 1, 0.5))
                .timings(Map.of("total", 3700.0))
                .memory(text, 3L << 30)
                .manifest(manifest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<script>alert(1)</script>",
                "\"><img src=x onerror=alert(1)>",
                "'onmouseover='alert(1)",
                "</style></title><b>",
                "%s %d %n 100%",
                "a&amp;b &lt; c",
                "nul\u0000 esc\u001B lone\uD800 fffe",
                "]]> --> \u202Egpj.exe"
            })
    void hostile_text_stays_text(String hostile) throws Exception {
        ClassCatalog classes = ClassCatalog.withBackground(List.of(hostile, "dog"));
        String html = full(classes, hostile).build().toHtml();
        assertThat(html).doesNotContain("<script", "<img src=x", "onerror=alert(1)>", "<b>", "\u0000");
        // As XML: every tag closed, every attribute quoted, and as many elements as with a harmless text.
        ClassCatalog harmless = ClassCatalog.withBackground(List.of("harmless", "dog"));
        assertThat(elements(html))
                .isEqualTo(elements(full(harmless, "harmless").build().toHtml()));
    }

    private static List<String> elements(String html) throws Exception {
        String xml = html.replaceFirst("<!DOCTYPE html>", "").replaceAll("<(meta|img)([^>]*)>", "<$1$2/>");
        var all = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)))
                .getElementsByTagName("*");
        return IntStream.range(0, all.getLength())
                .mapToObj(i ->
                        all.item(i).getNodeName() + all.item(i).getAttributes().getLength())
                .toList();
    }

    @Test
    void page_refers_to_nothing_outside() {
        String html = full(CLASSES, "x").build().toHtml();
        assertThat(html).doesNotContain("http://", "https://", "<link", "url(", "@import");
        Matcher sources = Pattern.compile("(?:src|href)=\"([^\"]{0,20})").matcher(html);
        while (sources.find()) {
            assertThat(sources.group(1)).startsWith("data:image/");
        }
        assertThat(html).contains("default-src 'none'");
    }

    @Test
    void page_shows_the_numbers() {
        String html = full(CLASSES, "x").build().toHtml();
        assertThat(html)
                .contains("<dt>mIoU, crf</dt><dd>59.0</dd>")
                .contains("<td class=\"n up\">+10.0</td>")
                .contains("<td class=\"n down\">\u22121.0</td>")
                .contains("50.0 at 0.20")
                .contains("1\u202F464")
                .contains("1 h 1 min")
                .contains("3.00 GiB")
                .contains("One image without all products")
                .contains(">90</td>");
    }

    @Test
    void only_scores_of_the_same_images_are_compared() {
        Evaluation cam = evaluation("cam", 90, "train", 10, "a");
        String html = Report.builder()
                .setTitle("x")
                .setClasses(CLASSES)
                .stageScores(List.of(
                        StageScore.of(cam),
                        StageScore.of(evaluation("segmenter", 50, "val", 10, "a")),
                        StageScore.of(evaluation("walk, some images", 40, "train", 10, "b")),
                        StageScore.of(evaluation("walk", 80, "train", 10, "a")),
                        StageScore.of(evaluation("better segmenter", 60, "val", 10, "a"))))
                .build()
                .toHtml();
        List<String> changes = Pattern.compile("<td class=\"n (?:up|down)\">([^<]*)</td>")
                .matcher(html)
                .results()
                .map(r -> r.group(1))
                .toList();
        double fromCam = StageScore.of(evaluation("walk", 80, "train", 10, "a")).miou() - cam.meanIou();
        double ofVal = evaluation("", 60, "val", 10, "a").meanIou()
                - evaluation("", 50, "val", 10, "a").meanIou();
        assertThat(changes)
                .containsExactly(
                        String.format(Locale.ROOT, "\u2212%.1f", -100 * fromCam),
                        String.format(Locale.ROOT, "+%.1f", 100 * ofVal));
        assertThat(html).contains("<td>train, 10 images</td>", "<td>val, 10 images</td>");
    }

    /** Of 100 pixels of one class, so many are right. */
    private static Evaluation evaluation(String subject, int right, String split, int images, String imageSet) {
        byte[] labels = new byte[100];
        Arrays.fill(labels, right, 100, (byte) 1);
        ConfusionMatrix confusion = new ConfusionMatrix(CLASSES.labelCount());
        confusion.add(LabelMap.of(10, 10, labels), LabelMap.of(10, 10, new byte[100]));
        return new Evaluation(subject, split, images, imageSet, CLASSES, confusion, IouConvention.OCCURRING);
    }

    @Test
    void images_can_be_decoded_and_are_not_too_large() throws IOException {
        String html = Report.builder()
                .setTitle("x")
                .setClasses(CLASSES)
                .strip(Strip.builder("large", noise(900, 1200), CLASSES)
                        .colours("labels", LabelMap.of(900, 1200, new byte[900 * 1200]))
                        .build())
                .build()
                .toHtml();
        Matcher images =
                Pattern.compile("data:image/(jpeg|png);base64,([^\"]+)\"").matcher(html);
        int count = 0;
        while (images.find()) {
            var image =
                    ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(images.group(2))));
            assertThat(image.getWidth()).isEqualTo(420);
            assertThat(image.getHeight()).isEqualTo(315);
            count++;
        }
        assertThat(count).isEqualTo(2);
    }

    @Test
    void equal_data_give_equal_bytes(@TempDir Path tmp) throws IOException {
        full(CLASSES, "x").build().write(tmp.resolve("a.html"));
        full(CLASSES, "x").build().write(tmp.resolve("b.html"));
        assertThat(Files.mismatch(tmp.resolve("a.html"), tmp.resolve("b.html"))).isEqualTo(-1);
    }

    @Test
    void sections_without_data_are_left_out() {
        String html = Report.builder().setTitle("x").setClasses(CLASSES).build().toHtml();
        assertThat(html).doesNotContain("<section");
    }

    @Test
    void many_classes_make_a_picture() {
        ClassCatalog many = ClassCatalog.withoutBackground(
                IntStream.range(0, 170).mapToObj(i -> "c" + i).toList());
        String html = full(many, "x").build().toHtml();
        assertThat(html).contains("alt=\"confusion matrix\"").doesNotContain("<table class=\"heat\">");
    }

    @Test
    void long_and_degenerate_curves_are_drawn() {
        double[] x = IntStream.range(0, 100_000).asDoubleStream().toArray();
        Report.Builder b = Report.builder().setTitle("x").setClasses(CLASSES);
        b.curve(new Curve("long", "step", List.of(new Curve.Series("loss", x, x))));
        b.curve(Curve.ofSteps("one", "one", 5));
        b.curve(Curve.ofSteps("none", "none"));
        b.curve(Curve.ofSteps("flat", "flat", 1e-9, 1e-9, 1e-9));
        b.curve(Curve.ofSteps("nan", "nan", Double.NaN, Double.POSITIVE_INFINITY));
        String html = b.build().toHtml();
        assertThat(html).doesNotContain("NaN", "Infinity").hasSizeLessThan(60_000);
    }

    @Test
    void wrong_sizes_are_refused_by_name() {
        Report.Builder b = Report.builder().setTitle("x").setClasses(CLASSES);
        assertThatThrownBy(() -> b.thresholds(new double[2], new double[3]))
                .hasMessage("there are 2 thresholds and 3 values of mIoU");
        assertThatThrownBy(() -> b.classIou("cam", new double[2]).build())
                .hasMessage("IoU of stage 'cam' has 2 entries; expected one for each of 3 labels");
        assertThatThrownBy(() -> new StageScore("cam", 55.7, "val"))
                .hasMessageContaining("'cam' must be in 0..1, got 55.7");
        assertThatThrownBy(() -> Report.builder().setTitle("x").build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("classes");
    }

    @Test
    void ticks_are_round() {
        assertThat(LineChart.ticks(0, 1, 5))
                .containsExactly(new double[] {0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}, within(1e-12));
        assertThat(LineChart.ticks(3, 97, 5)).containsExactly(20, 40, 60, 80);
    }
}
