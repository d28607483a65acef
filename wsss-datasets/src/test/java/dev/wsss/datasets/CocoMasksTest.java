package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.util.Progress;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CocoMasksTest {
    private static final String CATEGORIES =
            "[{\"id\": 1, \"name\": \"person\"}, {\"id\": 13, \"name\": \"stop sign\"}, {\"id\": 90, \"name\": \"dog\"}]";
    private static final String SQUARE = "[[0, 0, 3, 0, 3, 3, 0, 3]]";
    private static final String TRIANGLE = "[[1.2, 1.0, 8.7, 2.3, 4.5, 6.8]]";

    private final Path folder;
    private final Path out;

    CocoMasksTest(@TempDir Path folder) {
        this.folder = folder;
        out = folder.resolve("masks");
    }

    private static String image(long id, String file) {
        return "{\"id\": " + id + ", \"file_name\": \"" + file + "\", \"height\": 8, \"width\": 10}";
    }

    private static String annotation(long id, long image, long category, double area, String shape) {
        return "{\"id\": " + id + ", \"image_id\": " + image + ", \"category_id\": " + category + ", \"area\": " + area
                + ", \"iscrowd\": 0, \"segmentation\": " + shape + "}";
    }

    private Path write(String categories, List<String> images, String... annotations) throws IOException {
        return Files.writeString(
                folder.resolve("instances.json"),
                "{\"images\": [" + String.join(", ", images) + "], \"annotations\": [" + String.join(", ", annotations)
                        + "], \"categories\": " + categories + "}");
    }

    /** A small square below a large triangle that is last in the file, and an image without annotation. */
    private Path sound() throws IOException {
        return write(
                CATEGORIES,
                List.of(image(9, "COCO_val2014_000000000009.jpg"), image(11, "COCO_val2014_000000000011.jpg")),
                annotation(1, 9, 90, 9, SQUARE),
                annotation(2, 9, 13, 21.5, TRIANGLE));
    }

    private CocoMasks.Builder of(Path json) {
        return CocoMasks.builder().setInstances(json).setOut(out).optThreads(2);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(out)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> out.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    /** As pycocotools draws them the triangle has 21 pixels and the square 9, of which they share 2. */
    @ParameterizedTest
    @CsvSource({"SMALLEST_ON_TOP, 9, 19", "LAST_ON_TOP, 7, 21", "FIRST_ON_TOP, 9, 19"})
    void overlapsByRule(OverlapRule rule, int square, int triangle) throws IOException {
        MaskExport export = of(sound()).optRule(rule).build().run();
        assertThat(export).isEqualTo(new MaskExport(2, 0, List.of(), new java.util.TreeMap<>()));
        LabelMap mask = LabelPng.read(out.resolve("COCO_val2014_000000000009.png"));
        int[] counts = mask.histogram();
        // values are ranks: 2 for stop sign, 3 for dog; together they have the 28 pixels of the union
        assertThat(counts[0]).isEqualTo(80 - 28);
        assertThat(counts[3] + counts[2]).isEqualTo(28);
        assertThat(mask.get(0, 0)).isEqualTo(3);
        assertThat(counts[3]).isEqualTo(square);
        assertThat(counts[2]).isEqualTo(triangle);
        assertThat(LabelPng.read(out.resolve("COCO_val2014_000000000011.png")).histogram()[0])
                .isEqualTo(80);
    }

    @ParameterizedTest
    @CsvSource({"STEM, COCO_val2014_000000000009", "DIGITS, 000000000009", "ID, 9"})
    void namesAndRawIds(CocoNames names, String expected) throws IOException {
        MaskExport export = of(sound())
                .optNames(names)
                .optPublishedIds(true)
                .optSkipUnannotated(true)
                .build()
                .run();
        assertThat(export.left()).hasSize(1);
        assertThat(files()).containsExactly(expected + ".png", MaskWriter.MANIFEST);
        int[] counts = LabelPng.read(out.resolve(expected + ".png")).histogram();
        assertThat(counts[90]).isEqualTo(9);
        assertThat(counts[13]).isEqualTo(19);
    }

    @Test
    void aRunGoesOnAndKeepsWhatIsWhole() throws IOException {
        Path json = sound();
        of(json).build().run();
        Path first = out.resolve("COCO_val2014_000000000009.png");
        Path second = out.resolve("COCO_val2014_000000000011.png");
        byte[] whole = Files.readAllBytes(first);
        FileTime before = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(first, before);
        Files.write(second, Arrays.copyOf(Files.readAllBytes(second), 100));
        assertThat(of(json).build().run())
                .extracting(MaskExport::written, MaskExport::kept)
                .containsExactly(1, 1);
        assertThat(Files.getLastModifiedTime(first)).isEqualTo(before);
        assertThat(LabelPng.read(second).histogram()[0]).isEqualTo(80);

        assertThat(of(json).optOverwrite(true).build().run())
                .extracting(MaskExport::written, MaskExport::kept)
                .containsExactly(2, 0);
        assertThat(Files.readAllBytes(first)).isEqualTo(whole);
        assertThat(Files.getLastModifiedTime(first)).isNotEqualTo(before);
        assertThat(of(json).build().run().kept()).isEqualTo(2);
    }

    @Test
    void otherSettingsAndFilesAreRefused() throws IOException {
        Path json = sound();
        of(json).build().run();
        assertInvalid(
                () -> of(json).optRule(OverlapRule.LAST_ON_TOP).build().run(),
                "made otherwise: rule is 'SMALLEST_ON_TOP' there and 'LAST_ON_TOP' here",
                "leave to overwrite");
        Files.writeString(json, Files.readString(json).replace("21.5", "7.5"));
        assertInvalid(() -> of(json).build().run(), "instances is '");
        MaskExport again = of(json).optOverwrite(true).build().run();
        assertThat(again.written()).isEqualTo(2);
        assertThat(LabelPng.read(out.resolve("COCO_val2014_000000000009.png")).histogram()[2])
                .isEqualTo(21);

        Files.writeString(out.resolve(MaskWriter.MANIFEST), "{\"made\": {");
        assertInvalid(() -> of(json).build().run(), MaskWriter.MANIFEST, "expected the file of an earlier run");
        Files.delete(out.resolve(MaskWriter.MANIFEST));
        assertInvalid(
                () -> of(json).build().run(), "holds 'COCO_val2014_000000000009.png'", "expected an empty folder");
    }

    /** What a run that was to make all again has not come to is not taken for its own. */
    @Test
    void anOverwriteThatWasInterruptedBeginsAgain() throws IOException {
        Path json = sound();
        of(json).optThreads(1).build().run();
        CocoMasks last = of(json).optRule(OverlapRule.LAST_ON_TOP)
                .optOverwrite(true)
                .optThreads(1)
                .optProgress(new Interrupting())
                .build();
        assertThatExceptionOfType(CancellationException.class).isThrownBy(last::run);
        assertThat(Thread.interrupted()).isTrue();
        MaskExport export = of(json).optRule(OverlapRule.LAST_ON_TOP).build().run();
        assertThat(export.written()).isEqualTo(2);
        assertThat(LabelPng.read(out.resolve("COCO_val2014_000000000009.png")).histogram()[3])
                .isEqualTo(7);
    }

    /** Interrupts who waits before anything is made. */
    private static final class Interrupting implements Progress {
        @Override
        public void reset(String message, long max) {
            Thread.currentThread().interrupt();
        }

        @Override
        public void reset(String message, long max, String trailingMessage) {
            reset(message, max);
        }

        @Override
        public void start(long initialProgress) {}

        @Override
        public void end() {}

        @Override
        public void increment(long increment) {}

        @Override
        public void update(long progress, String message) {}
    }

    @Test
    void aListChoosesImages() throws IOException {
        Path json = sound();
        for (String line : List.of(
                "9",
                "000000000009",
                "COCO_val2014_000000000009",
                "COCO_val2014_000000000009 45 49",
                "/val2014/COCO_val2014_000000000009.jpg /x/COCO_val2014_000000000009.png")) {
            Path list = TestFiles.text(folder.resolve("list.txt"), line, line);
            MaskExport export = of(json).optImages(list).build().run();
            assertThat(export.written() + export.kept()).isEqualTo(1);
        }
        // another list adds to the folder
        Path list = TestFiles.text(folder.resolve("list.txt"), "11", "9");
        assertThat(of(json).optImages(list).build().run())
                .extracting(MaskExport::written, MaskExport::kept)
                .containsExactly(1, 1);
        TestFiles.text(list, "9", "12");
        assertInvalid(() -> of(json).optImages(list).build().run(), "list.txt:2", "there is no image '12'");
        TestFiles.text(list, "");
        assertInvalid(() -> of(json).optImages(list).build().run(), "list.txt: names no image");
    }

    @Test
    void namesStayInTheFolder() throws IOException {
        for (String name : List.of("../x.jpg", "/etc/x.jpg", "a/../../x.jpg")) {
            Path json = write(CATEGORIES, List.of(image(9, name)), annotation(1, 9, 90, 9, SQUARE));
            assertInvalid(
                    () -> of(json).build().run(), "instances.json: image 9", "expected a path relative to that folder");
            assertThat(out).doesNotExist();
        }
        Path json = write(
                CATEGORIES,
                List.of(image(9, "b/Stra\u00dfe \u96ea.jpg"), image(11, "a.b.jpg")),
                annotation(1, 9, 90, 9, SQUARE));
        of(json).build().run();
        assertThat(files()).containsExactly("a.b.png", "b/Stra\u00dfe \u96ea.png", MaskWriter.MANIFEST);
        Path twice = write(CATEGORIES, List.of(image(9, "a.jpg"), image(11, "a.png")));
        assertInvalid(() -> of(twice).optOverwrite(true).build().run(), "image 11", "a.png, as ", "image 9");
    }

    @Test
    void badFilesAreNamed() throws IOException {
        Path json = sound();
        String whole = Files.readString(json);
        Files.writeString(json, whole.substring(0, whole.length() / 2));
        assertInvalid(() -> of(json).build().run(), "instances.json");
        Files.writeString(json, whole.replace("\"category_id\": 13", "\"category_id\": 14"));
        assertInvalid(() -> of(json).build().run(), "annotation 2 of image 9", "has category 14");
        Files.writeString(json, whole.replace("[[1.2,", "[[NaN,"));
        assertInvalid(() -> of(json).build().run(), "annotation 2 of image 9", "'NaN'; expected numbers");
        assertThat(out).doesNotExist();
        List<String> problems = new ArrayList<>();
        MaskExport export = of(json).optSkipBroken(problems::add).build().run();
        assertThat(problems).singleElement().asString().contains("'NaN'");
        assertThat(export.written()).isEqualTo(2);
        assertThat(LabelPng.read(out.resolve("COCO_val2014_000000000009.png")).histogram()[3])
                .isEqualTo(9);

        Path large = write(
                "[{\"id\": 255, \"name\": \"person\"}]", List.of(image(9, "a.jpg")), annotation(1, 9, 255, 9, SQUARE));
        assertInvalid(
                () -> of(large).optPublishedIds(true).optOverwrite(true).build().run(),
                "category 'person' has id 255",
                "expected 1..254");
        assertInvalid(() -> of(folder.resolve("none.json")).build().run(), "none.json: no such file");
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws IOException {
        Path json = sound();
        Files.writeString(out, "a file");
        assertInvalid(() -> of(json).build().run(), "masks: is a file; expected a folder");
        CocoMasks below = of(json).setOut(out.resolve("below")).build();
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(below::run)
                .withMessageContaining("cannot be written");
    }

    @Test
    void manyThreadsWriteTheSame() throws IOException {
        Path json = write(
                CATEGORIES,
                IntStream.rangeClosed(1, 60)
                        .mapToObj(i -> image(i, "i" + i + ".jpg"))
                        .toList(),
                IntStream.rangeClosed(1, 60)
                        .mapToObj(i -> annotation(i, i, i % 2 == 0 ? 1 : 90, i, i % 3 == 0 ? SQUARE : TRIANGLE))
                        .toArray(String[]::new));
        of(json).optThreads(1).build().run();
        of(json).setOut(folder.resolve("more")).optThreads(16).build().run();
        for (String file : files()) {
            assertThat(folder.resolve("more").resolve(file)).hasSameBinaryContentAs(out.resolve(file));
        }
        assertThat(files()).hasSize(61);
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatIllegalStateException()
                .isThrownBy(() -> CocoMasks.builder().setOut(out).build())
                .withMessage("setInstances is required");
        assertThatIllegalStateException()
                .isThrownBy(() -> CocoMasks.builder().setInstances(out).build())
                .withMessage("setOut is required");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CocoMasks.builder().optThreads(0));
    }
}
