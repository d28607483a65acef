package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with masks as a whole is refused when a dataset is opened, and what is wrong with some is told. */
class MaskCheckTest {
    private static final int COUNT = 12;

    private final Path root;

    MaskCheckTest(@TempDir Path folder) {
        root = folder.resolve("d");
    }

    /** Images with one or two of three classes, {@code i % 3} and, for even ones, the next. */
    @BeforeEach
    void writeImages() throws IOException {
        TestFiles.text(root.resolve("classes.txt"), "disc", "box", "rhomb");
        List<String> names = List.of("disc", "box", "rhomb");
        TestFiles.text(
                root.resolve("labels.csv"),
                IntStream.range(0, COUNT)
                        .mapToObj(i ->
                                "i" + i + "," + names.get(i % 3) + (i % 2 == 0 ? ";" + names.get((i + 1) % 3) : ""))
                        .toArray(String[]::new));
        for (int i = 0; i < COUNT; i++) {
            TestFiles.image(root.resolve("images/i" + i + ".png"), 4, 6, 50);
        }
    }

    private static int[] labels(int i) {
        return i % 2 == 0 ? new int[] {0, i % 3 + 1, (i + 1) % 3 + 1} : new int[] {0, i % 3 + 1};
    }

    private void masks(java.util.function.IntUnaryOperator value) throws IOException {
        for (int i = 0; i < COUNT; i++) {
            mask(i, IntStream.of(labels(i)).map(value).toArray());
        }
    }

    private void mask(int i, int... labels) throws IOException {
        TestFiles.mask(root.resolve("masks/i" + i + ".png"), 4, 6, labels);
    }

    private Dataset open() {
        return FolderDataset.builder().setRoot(root).build();
    }

    @Test
    void rightMasksNeedNoWords() throws IOException {
        masks(v -> v);
        assertThat(open().notes()).hasSize(1);
    }

    @Test
    void foregroundOf255IsRefused() throws IOException {
        masks(v -> v == 0 ? 0 : 255);
        assertInvalid(
                this::open, "masks/i0.png", "every mask looked at (12) holds only 0 and 255", "16 pixels", "1..3");
        TestFiles.text(root.resolve("classes.txt"), "disc");
        TestFiles.text(root.resolve("labels.csv"), "i0,disc", "i1,");
        assertInvalid(this::open, "expected 0 for the background and 1 for the class", "255 is ignored");
        TestFiles.text(root.resolve("labels.csv"), "i0,disc", "i1,disc");
        mask(1, 0, 1);
        assertThat(open().notes()).anyMatch(note -> note.startsWith("tags and masks differ in 1 of the 2 masks"));
    }

    @Test
    void shiftedMasksAreRefusedAsAWhole() throws IOException {
        masks(v -> v == 0 ? 0 : v - 1);
        assertInvalid(this::open, "i0.png", "lower by one", "disc, box, rhomb");
        TestFiles.text(root.resolve("classes.txt"), "disc", "box", "rhomb", "star");
        masks(v -> v + 1);
        assertInvalid(this::open, "i0.png", "higher by one");
        masks(v -> v == 0 ? 0 : v + 1);
        assertInvalid(this::open, "higher by one");
    }

    @Test
    void masksOfOtherImagesAreRefused() throws IOException {
        TestFiles.text(
                root.resolve("labels.csv"),
                IntStream.range(0, COUNT)
                        .mapToObj(i -> "i" + i + "," + (i % 2 == 0 ? "disc" : "rhomb"))
                        .toArray(String[]::new));
        for (int i = 0; i < COUNT; i++) {
            mask(i, 0, i % 2 == 0 ? 3 : 1);
        }
        assertInvalid(this::open, "no mask of the 12 looked at");
    }

    @Test
    void anotherOrderOfTheClassesIsRefused() throws IOException {
        masks(v -> v == 0 ? 0 : v % 3 + 1);
        assertInvalid(this::open, "i0.png shows [box, rhomb], the tags are [disc, box]", "order of the classes");
        masks(v -> v == 0 || v == 3 ? v : 3 - v);
        assertInvalid(this::open, "order of the classes, in all of the 12 masks");
    }

    @Test
    void masksOfTheNextImageAreRefused() throws IOException {
        masks(v -> v);
        for (int i = 0; i < COUNT; i++) {
            mask(i, labels(i + 1));
        }
        assertInvalid(this::open, "so it is with all of the 12 masks looked at");
    }

    /** Tags may be fewer than what masks show, as those of captions are. */
    @Test
    void incompleteTagsAreTold() throws IOException {
        for (int i = 0; i < COUNT; i++) {
            mask(i, 0, 1, 2, 3);
        }
        assertThat(open().notes().get(1)).startsWith("tags and masks differ in 12 of the 12 masks looked at: 0 tags");
    }

    @Test
    void someDifferencesAreCounted() throws IOException {
        masks(v -> v);
        mask(1, 0, 2, 3);
        mask(3, 0);
        assertThat(open().notes().get(1))
                .startsWith("tags and masks differ in 2 of the 12 masks looked at: 1 tag without a pixel,"
                        + " 1 class with pixels but no tag; ")
                .contains("i1.png shows [box, rhomb], the tags are [box]");
    }

    @Test
    void aClassThatTheListLacksIsRefused() throws IOException {
        masks(v -> v == 3 ? 77 : v);
        assertInvalid(
                this::open, "masks/i", "pixels have value 77", "expected labels 0..3", "of the 12 masks looked at");
    }

    @Test
    void oneBadMaskIsTold() throws IOException {
        masks(v -> v);
        mask(4, 0, 77);
        TestFiles.mask(root.resolve("masks/i5.png"), 6, 4, 0, 3);
        assertThat(open().notes())
                .anyMatch(note -> note.startsWith("1 of the 12 masks looked at cannot be used: ")
                        && note.contains("i4.png: 12 pixels have value 77"))
                .anyMatch(note -> note.contains("i5.png: mask is 6x4; expected 4x6"));
        for (int i = 0; i < COUNT; i++) {
            TestFiles.mask(root.resolve("masks/i" + i + ".png"), 6, 4, labels(i));
        }
        assertInvalid(this::open, "i0.png: mask is 6x4; expected 4x6", "12 of the 12");
    }

    @Test
    void masksMayAllHaveOneEnding() throws IOException {
        for (String ending : List.of("_mask", "_gt", "_label", "-mask")) {
            for (int i = 0; i < COUNT; i++) {
                TestFiles.mask(root.resolve("masks/i" + i + ending + ".png"), 4, 6, labels(i));
            }
            Dataset data = open();
            assertThat(data.hasTruth(COUNT - 1)).isTrue();
            assertThat(data.notes()).anyMatch(note -> note.contains("<id>" + ending + ".png"));
            mask(0, 0, 1, 2);
            TestFiles.mask(root.resolve("masks/i0" + ending + ".png"), 4, 6, 3);
            TestFiles.mask(root.resolve("masks/other" + ending + ".PNG"), 4, 6, 3);
            Dataset exact = open();
            assertThat(exact.truth(0).get(0, 1)).isEqualTo(1);
            assertThat(exact.notes())
                    .anyMatch(note -> note.startsWith("2 files in ") && note.contains("'other" + ending + ".PNG'"));
            if (ending.equals("_mask")) {
                TestFiles.mask(root.resolve("masks/i3_gt.png"), 4, 6, 3);
                assertInvalid(this::open, "i3_gt.png", "_mask.png", "one ending");
            }
            for (Path file : ImageFolder.files(root.resolve("masks"))) {
                java.nio.file.Files.delete(file);
            }
        }
    }
}
