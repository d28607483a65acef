package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.Dataset;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderDatasetTest {
    private final Path root;

    FolderDatasetTest(@TempDir Path folder) throws IOException {
        root = folder.resolve("pets");
        TestFiles.image(root.resolve("images/a.jpg"), 4, 6, 10);
        TestFiles.image(root.resolve("images/b.png"), 5, 5, 20);
        TestFiles.image(root.resolve("images/c d.JPEG"), 3, 3, 30);
        TestFiles.image(root.resolve("images/unlisted.png"), 3, 3, 30);
        TestFiles.text(root.resolve("classes.txt"), "cat", "dog", "sofa bed");
        TestFiles.text(root.resolve("labels.csv"), "File,Classes", "b.png,dog;sofa bed", "a , cat", "c d.JPEG,");
    }

    private FolderDataset.Builder folder() {
        return FolderDataset.builder().setRoot(root);
    }

    private void labels(String... lines) throws IOException {
        TestFiles.text(root.resolve("labels.csv"), lines);
    }

    @Test
    void followsTheTable() {
        Dataset all = folder().build();
        assertThat(all.name()).isEqualTo("pets");
        assertThat(all.size()).isEqualTo(3);
        assertThat(all.id(0)).isEqualTo("b");
        assertThat(all.tags(0).names()).containsExactly("dog", "sofa bed");
        assertThat(all.tags(0).labels()).containsExactly(2, 3);
        assertThat(all.tags(1).names()).containsExactly("cat");
        assertThat(all.tags(2).isEmpty()).isTrue();
        assertThat(all.id(2)).isEqualTo("c d");
        assertThat(all.get(0).image().data()[0]).isEqualTo((byte) 20);
        assertThat(all.get(2).image().height()).isEqualTo(3);
        assertThat(all.hasTruth()).isFalse();
        Dataset bare = folder().optBackground(false).build();
        assertThat(bare.tags(0).labels()).containsExactly(1, 2);
        assertThat(all.notes())
                .containsExactly(
                        "pets: 3 images of labels.csv, 3 tags of 3 classes, no masks",
                        "1 image not used, without a line in labels.csv: 'unlisted.png'",
                        "pets: 1 image without a tag");
    }

    @Test
    void readsTextWithAByteOrderMark() throws IOException {
        TestFiles.text(root.resolve("classes.txt"), "\uFEFFcat\r", "dog\r", "sofa bed\r");
        assertThat(folder().build().classes().tagNames()).containsExactly("cat", "dog", "sofa bed");
        Files.write(root.resolve("classes.txt"), "k\u00E4tzchen".getBytes(StandardCharsets.ISO_8859_1));
        assertInvalid(() -> folder().build(), "classes.txt", "UTF-8");
    }

    @Test
    void takesListsOfIds() throws IOException {
        TestFiles.text(root.resolve("val.txt"), "a", "c d.JPEG");
        Dataset val = folder().optList("val.txt").build();
        assertThat(val.name()).isEqualTo("pets/val");
        assertThat(val.id(0)).isEqualTo("a");
        assertThat(val.size()).isEqualTo(2);
        TestFiles.text(
                root.resolve("val.txt"),
                "images/a.jpg",
                root.resolve("images/b.png").toAbsolutePath().toString());
        assertThat(folder().optList("val.txt").build().id(1)).isEqualTo("b");
        TestFiles.text(root.resolve("val.txt"), "unlisted");
        assertInvalid(() -> folder().optList("val.txt").build(), "val.txt:1", "'unlisted'", "labels.csv");
        TestFiles.text(root.resolve("val.txt"), "/somewhere/else/a.jpg");
        assertInvalid(() -> folder().optList("val.txt").build(), "val.txt:1", "absolute path", "not inside " + root);
        assertInvalid(() -> folder().optList("../val.txt").build(), "leads out");
    }

    @Test
    void readsMasksAndTellsOfImagesWithout() throws IOException {
        TestFiles.mask(root.resolve("masks/a.png"), 4, 6, 0, 1);
        TestFiles.mask(root.resolve("masks/b.png"), 5, 5, 3, 255);
        Dataset all = folder().build();
        assertThat(all.hasTruth()).isTrue();
        assertThat(all.hasTruth(1)).isTrue();
        assertThat(all.hasTruth(2)).isFalse();
        assertThat(all.notes())
                .contains("no mask of 1 of 3 images, which an evaluation leaves out: 'c d'")
                .anyMatch(note ->
                        note.startsWith("tags and masks differ in 1 of the 2 masks looked at: 1 tag without a"));
        assertThatThrownBy(() -> all.truth(2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'c d'");
        assertThat(all.truth(0).histogram()[3]).isEqualTo(13);
        TestFiles.mask(root.resolve("masks/b.png"), 5, 5, 4);
        assertInvalid(() -> all.truth(0), "b.png", "25 pixels", "value 4", "0..3");
        TestFiles.mask(root.resolve("masks/a.png"), 6, 4, 0);
        assertInvalid(() -> all.truth(1), "a.png", "6x4", "4x6");
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        assertInvalid(
                () -> FolderDataset.builder().setRoot(root.resolve("gone")).build(), "gone");
        labels("a,cat", "z,dog");
        assertInvalid(() -> folder().build(), "labels.csv:2", "'z'");
        labels("a,cat", "a.jpg,dog");
        assertInvalid(() -> folder().build(), "labels.csv:2", "labels.csv:1", "'a'");
        labels("a,cat", "a,dog");
        assertInvalid(() -> folder().build(), "labels.csv:2", "'a'");
        labels("a,cow");
        assertInvalid(() -> folder().build(), "labels.csv:1", "'cow'", "sofa bed");
        labels("a,cat;;dog");
        assertInvalid(() -> folder().build(), "labels.csv:1", "''");
        labels("a");
        assertInvalid(() -> folder().build(), "labels.csv:1", "image,class;class");
        labels("../others/a.jpg,cat");
        assertInvalid(() -> folder().build(), "labels.csv:1", "leads out");
        labels("images/z.jpg,cat");
        assertInvalid(() -> folder().build(), root.resolve("labels.csv") + ":1", "no image");
        labels("a,", "b,");
        assertInvalid(() -> folder().build(), "pets: no image of labels.csv (2) has a tag", "sofa bed");
        labels("id,classes");
        assertInvalid(() -> folder().build(), "pets", "no image");
        TestFiles.text(root.resolve("classes.txt"), "cat", "cat");
        assertInvalid(() -> folder().build(), "classes.txt:2", "'cat'");
        TestFiles.text(root.resolve("classes.txt"), "");
        assertInvalid(() -> folder().build(), "classes.txt", "0 classes");
        Files.delete(root.resolve("classes.txt"));
        assertInvalid(() -> folder().build(), "classes.txt", "no such file");
    }

    @Test
    void refusesTwoImagesOfOneId() throws IOException {
        TestFiles.image(root.resolve("images/a.png"), 4, 6, 10);
        assertInvalid(() -> folder().build(), "a.jpg", "a.png", "same id");
    }
}
