package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of images and masks as users have them. */
class FileNamesTest {
    private final Path root;

    FileNamesTest(@TempDir Path folder) {
        root = folder.resolve("d");
    }

    private void image(String name) throws IOException {
        Path file = TestFiles.text(root.resolve(name), "");
        TestFiles.image(file.resolveSibling("x.png"), 2, 2, 9);
        Files.move(file.resolveSibling("x.png"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private Dataset voc(String... lines) throws IOException {
        TestFiles.text(root.resolve("ImageSets/Segmentation/train.txt"), lines);
        return VocLayout.builder().setRoot(root).setSplit("train").build();
    }

    private void object(String id) throws IOException {
        TestFiles.text(
                root.resolve("Annotations/" + id + ".xml"),
                "<annotation><object><name>cat</name></object></annotation>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "JPG", "jpeg", "png", "PNG", "bmp", "gif", "tif", "tiff", "webp"})
    void imagesOfIdsHaveAnyExtension(String extension) throws IOException {
        image("JPEGImages/a." + extension);
        object("a");
        assertThat(voc("a").get(0).image().width()).isEqualTo(2);
        assertThat(voc("a." + extension).id(0)).isEqualTo("a");
        image("images/a." + extension);
        TestFiles.text(root.resolve("classes.txt"), "cat");
        for (String line : List.of("a,cat", "a." + extension + ",cat", "A." + extension + ",cat")) {
            TestFiles.text(root.resolve("labels.csv"), line);
            assertThat(FolderDataset.builder().setRoot(root).build().id(0)).isEqualTo("a");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "cam1.2007_000000,.jpg",
        "a.b.c,.png",
        "IMG 001 (2),.JPG",
        "x.jpg,.jpg",
        "v1.0,.png",
        "\u732b\u00e9,.png"
    })
    void idsHaveDotsAndSpaces(String id, String extension) throws IOException {
        image("JPEGImages/" + id + extension);
        object(id);
        TestFiles.mask(root.resolve("SegmentationClass/" + id + ".png"), 2, 2, 8);
        Dataset train = voc(id);
        assertThat(train.id(0)).isEqualTo(id);
        assertThat(train.truth(0).get(0, 0)).isEqualTo(8);
    }

    @Test
    void twoFilesOfOneIdAreRefused() throws IOException {
        image("JPEGImages/a.jpg");
        image("JPEGImages/a.PNG");
        object("a");
        assertInvalid(() -> voc("a"), "train.txt:1", "a.PNG", "a.jpg", "same id");
        assertThat(voc("JPEGImages/a.jpg").id(0)).isEqualTo("a");
    }

    @Test
    void absolutePathsInsideTheFolderAreTaken(@TempDir Path other) throws IOException {
        image("JPEGImages/a.jpg");
        object("a");
        TestFiles.mask(root.resolve("SegmentationClass/a.png"), 2, 2, 8);
        Path absolute = root.toAbsolutePath();
        Dataset train = voc(absolute + "/JPEGImages/a.jpg " + absolute + "/SegmentationClass/a.png");
        assertThat(train.truth(0).get(0, 0)).isEqualTo(8);
        Path link = Files.createSymbolicLink(other.resolve("link"), absolute);
        assertThat(VocLayout.builder()
                        .setRoot(link)
                        .setSplit("train")
                        .build()
                        .get(0)
                        .image()
                        .width())
                .isEqualTo(2);
        image("../elsewhere/a.jpg");
        Path outside = absolute.resolveSibling("elsewhere/a.jpg");
        assertInvalid(() -> voc(outside.toString()), "train.txt:1", "absolute path", "not inside " + root);
        assertInvalid(() -> voc("/no/such/a.jpg"), "train.txt:1", "no absolute path inside " + root);
    }

    @Test
    void aFileThatIsNotReadIsNotSaidToBeMissing() throws IOException {
        image("images/a.heic");
        image("images/b.png");
        TestFiles.text(root.resolve("classes.txt"), "cat");
        TestFiles.text(root.resolve("labels.csv"), "a.heic,cat");
        assertInvalid(() -> FolderDataset.builder().setRoot(root).build(), "labels.csv:1", "there is a.heic", "png");
        TestFiles.text(root.resolve("labels.csv"), "b.jpg,cat");
        Dataset other = FolderDataset.builder().setRoot(root).build();
        assertThat(other.id(0)).isEqualTo("b");
        assertThat(other.notes()).anyMatch(note -> note.startsWith("1 image found by id") && note.contains("'b.jpg'"));
    }

    /** In a locale of ASCII a JVM cannot open such files; LC_ALL says so, the property of the same name does not help. */
    @Test
    void namesThatTheJvmCannotWriteAreExplained() {
        assertThat(TextLines.noFileName("\u732b.png", "ANSI_X3.4-1968"))
                .contains("sun.jnu.encoding=ANSI_X3.4-1968", "LC_ALL=C.UTF-8");
        assertThat(TextLines.noFileName("\u732b.png", "UTF-8")).isEqualTo("is not a file name");
        assertThat(TextLines.noFileName("a\u0000b", "ANSI_X3.4-1968")).isEqualTo("is not a file name");
        assertThat(TextLines.noFileName("\u732b.png", "no such encoding")).isEqualTo("is not a file name");
    }

    /** The ways in which Unicode writes an accent are one name. */
    @Test
    void accentsAreFound() throws IOException {
        image("images/e\u0301.png");
        TestFiles.text(root.resolve("classes.txt"), "cat");
        TestFiles.text(root.resolve("labels.csv"), "\u00e9.png,cat");
        assertThat(FolderDataset.builder().setRoot(root).build().size()).isEqualTo(1);
    }
}
