package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.GroundTruthAccessException;
import dev.wsss.api.ImageTags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VocLayoutTest {
    private final Path root;

    VocLayoutTest(@TempDir Path folder) {
        root = folder.resolve("VOC2012");
    }

    @BeforeEach
    void writeDataset() throws IOException {
        for (String id : List.of("2007_000032", "2007_000039")) {
            TestFiles.image(root.resolve("JPEGImages/" + id + ".jpg"), 6, 8, 100);
            TestFiles.mask(root.resolve("SegmentationClass/" + id + ".png"), 6, 8, 0, 1, 15, 255);
            TestFiles.mask(root.resolve("SegmentationClassAug/" + id + ".png"), 6, 8, 0, 20);
        }
        annotation("2007_000032", object("aeroplane", 0, ""), object("person", 1, "<part><name>head</name></part>"));
        annotation("2007_000039", object("tvmonitor", 0, ""), object("tvmonitor", 1, ""), object("hippo", 0, ""));
        list("train", "2007_000032", "2007_000039");
    }

    private static String object(String name, int difficult, String more) {
        return "<object><name>" + name + "</name><difficult>" + difficult + "</difficult>" + more
                + "<bndbox><xmin>1.5</xmin></bndbox></object>";
    }

    private void annotation(String id, String... objects) throws IOException {
        TestFiles.text(
                root.resolve("Annotations/" + id + ".xml"),
                "<annotation><filename>" + id + ".jpg</filename><source><name>cow</name></source>",
                String.join("\n", objects),
                "</annotation>");
    }

    private void list(String split, String... lines) throws IOException {
        TestFiles.text(root.resolve("ImageSets/Segmentation/" + split + ".txt"), lines);
    }

    private VocLayout.Builder voc(String split) {
        return VocLayout.builder().setRoot(root).setSplit(split);
    }

    @Test
    void readsImagesTagsAndMasks() {
        Dataset train = voc("train").build();
        assertThat(train.name()).isEqualTo("VOC2012/train");
        assertThat(train.size()).isEqualTo(2);
        assertThat(train.id(1)).isEqualTo("2007_000039");
        assertThat(train.tags(0).names()).containsExactly("aeroplane", "person");
        assertThat(train.tags(0).labels()).containsExactly(1, 15);
        assertThat(train.tags(1).names()).containsExactly("tvmonitor");
        assertThat(train.get(0).image().height()).isEqualTo(6);
        assertThat(train.get(0).tags()).isEqualTo(train.tags(0));
        assertThat(train.truth(0).get(0, 3)).isEqualTo(255);
        assertThat(train.notes().get(0))
                .isEqualTo("VOC2012/train: 2 images of ImageSets/Segmentation/train.txt, 3 tags of 20 classes,"
                        + " masks for evaluation: SegmentationClass");
        assertThat(train.notes()).contains("1 object of no class not used: 1 of 'hippo'");
        assertThat(ImageTags.anyPixel(train.classes(), train.truth(0))).isEqualTo(train.tags(0));
        assertThatThrownBy(() -> train.tagsOnly().truth(0)).isInstanceOf(GroundTruthAccessException.class);
    }

    @Test
    void classesAreVocs() {
        assertThat(VocLayout.VOC_CLASSES.labelCount()).isEqualTo(21);
        assertThat(VocLayout.VOC_CLASSES.labelNames().get(15)).isEqualTo("person");
        assertThat(VocLayout.VOC_CLASSES.colour(20)).isEqualTo(0x004080);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2007_000032",
                "  2007_000032\r",
                "2007000032",
                "/JPEGImages/2007_000032.jpg /SegmentationClass/2007_000032.png",
                "JPEGImages/2007_000032.jpg SegmentationClass/2007_000032.png"
            })
    void readsEveryDialectOfLists(String line) throws IOException {
        list("other", "", line, "");
        Dataset other = voc("other").build();
        assertThat(other.size()).isEqualTo(1);
        assertThat(other.id(0)).isEqualTo("2007_000032");
        assertThat(other.truth(0).get(0, 1)).isEqualTo(1);
    }

    @Test
    void pathsWithoutMasksHaveNoTruth() throws IOException {
        list("test", "/JPEGImages/2007_000032.jpg");
        Dataset test = voc("test").build();
        assertThat(test.hasTruth()).isFalse();
        assertThatThrownBy(() -> test.truth(0)).isInstanceOf(IllegalStateException.class);
        list("mixed", "/JPEGImages/2007_000032.jpg", "/JPEGImages/2007_000039.jpg SegmentationClass/2007_000039.png");
        Dataset mixed = voc("mixed").build();
        assertThat(mixed.hasTruth(0)).isFalse();
        assertThat(mixed.hasTruth(1)).isTrue();
        assertThat(mixed.notes()).contains("no mask of 1 of 2 images, which an evaluation leaves out: '2007_000032'");
    }

    @Test
    void choosesTheMaskFolder() throws IOException {
        list("train_aug", "2007_000032");
        assertThat(voc("train_aug").build().truth(0).get(0, 1)).isEqualTo(20);
        Dataset official = voc("train").build();
        assertThat(official.truth(0).get(0, 1)).isEqualTo(1);
        assertThat(official.notes()).contains("masks in SegmentationClassAug are there too, and not used");
        assertThat(Datasets.builder()
                        .setSpec("voc:" + root)
                        .optTrainList("train")
                        .optMasks("SegmentationClassAug")
                        .open()
                        .train()
                        .truth(0)
                        .get(0, 1))
                .isEqualTo(20);
        assertThat(voc("train")
                        .optMaskFolder("SegmentationClassAug")
                        .build()
                        .truth(0)
                        .get(0, 1))
                .isEqualTo(20);
        assertInvalid(() -> voc("train").optMaskFolder("Masks").build(), "Masks", "no such folder");
        assertInvalid(() -> voc("train").optMaskFolder("../x").build(), "maskFolder", "leads out");
        Files.delete(root.resolve("SegmentationClass/2007_000039.png"));
        assertThat(voc("train").build().hasTruth(1)).isFalse();
        assertThat(voc("train").optTruth(false).build().hasTruth()).isFalse();
    }

    @Test
    void findsListsOfTheAugmentedSet() throws IOException {
        TestFiles.text(
                root.resolve("ImageSets/SegmentationAug/train_aug.txt"),
                "/JPEGImages/2007_000039.jpg /SegmentationClassAug/2007_000039.png");
        assertThat(voc("train_aug").build().truth(0).get(0, 1)).isEqualTo(20);
    }

    @Test
    void takesTagsFromElsewhere() throws IOException {
        ImageTags cat = ImageTags.ofNames(VocLayout.VOC_CLASSES, List.of("person"));
        Map<String, ImageTags> given = Map.of("2007_000032", cat, "2007_000039", cat, "2007_1", cat);
        assertThat(voc("train").optTags(given).build().tags(1)).isEqualTo(cat);
        assertThat(voc("train").optTags(given).build().notes())
                .contains("tags of 1 image that the list does not have: '2007_1'");
        assertInvalid(
                () -> voc("train").optTags(Map.of("2007_000032", cat)).build(),
                "train.txt:2",
                "'2007_000039'",
                "no tags");
        ImageTags foreign = ImageTags.of(ClassCatalog.withBackground(List.of("x")), 0);
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        voc("train").optTags(Map.of("2007_000032", foreign)).build());

        Path table = TestFiles.text(root.resolve("tags.csv"), "id,classes", "2007_000032,PERSON; dog", "2007_000039,");
        Dataset fromTable = voc("train").optTagFile(table).build();
        assertThat(fromTable.tags(0).names()).containsExactly("dog", "person");
        assertThat(fromTable.tags(1).isEmpty()).isTrue();
    }

    @Test
    void namesWhatIsMissing() throws IOException {
        assertInvalid(
                () -> VocLayout.builder()
                        .setRoot(root.resolve("gone"))
                        .setSplit("train")
                        .build(),
                "gone");
        assertInvalid(() -> voc("gone").build(), "gone.txt", "no such file");
        list("a", "2007_000032", "2007_999999");
        assertInvalid(() -> voc("a").build(), "a.txt:2", "no image '2007_999999'", "JPEGImages");
        list("a", "2007_000032", "2007_000039", "2007_000032");
        assertInvalid(() -> voc("a").build(), "a.txt:3", "a.txt:1", "'2007_000032'");
        list("a", "");
        assertInvalid(() -> voc("a").build(), "VOC2012/a", "no image");
        list("a", "2007_000032 x y");
        assertInvalid(() -> voc("a").build(), "a.txt:1", "x y");
        Files.delete(root.resolve("Annotations/2007_000039.xml"));
        assertInvalid(() -> voc("train").build(), "train.txt:2", "2007_000039.xml");
        Files.delete(root.resolve("Annotations/2007_000032.xml"));
        Files.delete(root.resolve("Annotations"));
        assertInvalid(() -> voc("train").build(), "Annotations", "tags");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../secret", "/etc/passwd", "JPEGImages/../../x.jpg", "..", "a\u0000b"})
    void refusesPathsOutOfTheFolder(String line) throws IOException {
        list("evil", line);
        assertInvalid(() -> voc("evil").build(), "evil.txt:1");
        assertInvalid(() -> voc("../../train").build(), "train");
    }

    @Test
    void refusesMasksThatAreNone() throws IOException {
        Dataset train = voc("train").build();
        Path mask = root.resolve("SegmentationClass/2007_000032.png");
        TestFiles.mask(mask, 6, 7, 0);
        assertInvalid(() -> train.truth(0), "2007_000032.png", "6x7", "6x8");
        TestFiles.mask(mask, 6, 8, 0, 21);
        assertInvalid(() -> train.truth(0), "2007_000032.png", "value 21", "0..20");
        TestFiles.image(mask, 6, 8, 1);
        assertInvalid(() -> train.truth(0), "2007_000032.png", "RGB");
    }

    /** A damaged annotation costs its own image, and says so each time; none that can be read is the end. */
    @Test
    void refusesHostileAnnotations() throws IOException {
        Path secret = TestFiles.text(root.resolve("secret.txt"), "cat");
        assertHostile(
                "",
                "<!DOCTYPE annotation [<!ENTITY x SYSTEM \"" + secret.toUri() + "\">]>"
                        + "<annotation><object><name>&x;</name></object></annotation>");
        assertHostile(
                "",
                "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
                        + "<annotation><object><name>&b;</name></object></annotation>");
        assertHostile("well-formed", "<annotation><object>");
        assertHostile("'html'", "<html/>");
        assertHostile("1048576", "<annotation>" + " ".repeat(1 << 20) + "</annotation>");
        list("one", "2007_000032");
        assertInvalid(() -> voc("one").build(), "2007_000032.xml", "1048576");
    }

    private void assertHostile(String word, String xml) throws IOException {
        TestFiles.text(root.resolve("Annotations/2007_000032.xml"), xml);
        Dataset train = voc("train").build();
        assertInvalid(() -> train.tags(0), "2007_000032.xml", word);
        assertThat(train.tags(1).names()).containsExactly("tvmonitor");
        assertThat(train.notes())
                .anyMatch(note ->
                        note.contains(": tags of 1 image cannot be read: ") && note.contains("2007_000032.xml"));
    }
}
