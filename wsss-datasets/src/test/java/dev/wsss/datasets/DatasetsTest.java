package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetsTest {
    private final Path root;

    DatasetsTest(@TempDir Path folder) {
        root = folder;
    }

    @Test
    void opensShapes() {
        DatasetSplits splits = Datasets.open("shapes");
        assertThat(splits.train().size()).isEqualTo(400);
        assertThat(splits.val().orElseThrow().size()).isEqualTo(100);
        DatasetSplits other = Datasets.open("shapes:train=7,val=3,size=40,seed=5");
        assertThat(other.train().size()).isEqualTo(7);
        assertThat(other.train().name()).isEqualTo("shapes/train");
        Dataset val = other.val().orElseThrow();
        assertThat(val.get(0).image().width()).isEqualTo(40);
        assertThat(val.get(0).image()).isNotEqualTo(other.train().get(0).image());
        Dataset streets = Datasets.open("shapes:street,train=2,size=64").train();
        assertThat(streets.classes().tagNames()).contains("road", "disk");
        assertThat(streets.get(0).image().width()).isEqualTo(128);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "coco",
                "voc",
                "camvid:",
                "pets:dir",
                "shapes:train",
                "shapes:x=1",
                "shapes:train=-1",
                "shapes:" + "train=0",
                "shapes:size=9",
                "folder:\u0000"
            })
    void refusesOtherTexts(String spec) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(spec))
                .withMessageContaining("expected");
    }

    @Test
    void opensCamVid() throws IOException {
        for (String split : new String[] {"train", "val"}) {
            TestFiles.image(root.resolve(split + "/x.png"), 4, 5, 90);
            TestFiles.mask(root.resolve(split + "annot/x.png"), 4, 5, 0);
            TestFiles.text(root.resolve(split + ".txt"), split + "/x.png " + split + "annot/x.png");
        }
        DatasetSplits splits = Datasets.open("camvid:" + root);
        assertThat(splits.train().name()).isEqualTo("camvid/train");
        assertThat(splits.val().orElseThrow().name()).isEqualTo("camvid/val");
        assertInvalid(() -> Datasets.open("camvid:" + root.resolve("gone")), "gone");
    }

    @Test
    void opensVoc() throws IOException {
        TestFiles.image(root.resolve("JPEGImages/2007_000032.jpg"), 4, 5, 90);
        TestFiles.text(
                root.resolve("Annotations/2007_000032.xml"),
                "<annotation><object><name>cat</name></object></annotation>");
        Path lists = root.resolve("ImageSets/Segmentation");
        TestFiles.text(lists.resolve("train.txt"), "2007_000032");
        DatasetSplits splits = Datasets.open("voc:" + root);
        assertThat(splits.train().name()).endsWith("/train");
        assertThat(splits.val()).isEmpty();
        TestFiles.text(lists.resolve("train_aug.txt"), "2007_000032");
        TestFiles.text(lists.resolve("val.txt"), "2007_000032");
        assertThat(Datasets.open("voc:" + root).val()).isEmpty();
        TestFiles.mask(root.resolve("SegmentationClass/2007_000032.png"), 4, 5, 0);
        DatasetSplits more = Datasets.open("voc:" + root);
        assertThat(more.train().name()).endsWith("/train_aug");
        assertThat(more.val().orElseThrow().name()).endsWith("/val");
    }

    @Test
    void opensVocWithTagsFromElsewhere() throws IOException {
        for (String id : List.of("2007_000032", "2007_000039")) {
            TestFiles.image(root.resolve("JPEGImages/" + id + ".jpg"), 4, 5, 90);
            TestFiles.mask(root.resolve("SegmentationClass/" + id + ".png"), 4, 5, 0);
        }
        Path lists = root.resolve("ImageSets/Segmentation");
        TestFiles.text(lists.resolve("train_aug.txt"), "2007_000032");
        TestFiles.text(lists.resolve("val.txt"), "2007_000039");
        ImageTags cat = ImageTags.ofNames(VocLayout.VOC_CLASSES, List.of("cat"));
        ImageTags none = ImageTags.of(VocLayout.VOC_CLASSES);
        DatasetSplits splits = Datasets.voc(root, Map.of("2007_000032", cat, "2007_000039", none, "2008_1", cat));
        assertThat(splits.train().name()).endsWith("/train_aug");
        assertThat(splits.train().tags(0)).isEqualTo(cat);
        assertThat(splits.val().orElseThrow().tags(0)).isEqualTo(none);

        assertInvalid(
                () -> Datasets.voc(root, Map.of("2007_000039", cat)), "train_aug.txt:1", "'2007_000032'", "no tags");
        assertInvalid(() -> Datasets.voc(root, Map.of("2007_000032", cat)), "val.txt:1", "'2007_000039'", "no tags");
        ImageTags foreign = ImageTags.of(ClassCatalog.withBackground(List.of("x")), 0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.voc(root, Map.of("2007_000032", foreign)))
                .withMessageContaining("'2007_000032'");
    }

    private void pets(int count, boolean masks) throws IOException {
        StringBuilder table = new StringBuilder();
        for (int i = 0; i < count; i++) {
            TestFiles.image(root.resolve("images/i" + i + ".png"), 3, 3, i);
            table.append("i").append(i).append(",cat\n");
            if (masks) {
                TestFiles.mask(root.resolve("masks/i" + i + ".png"), 3, 3, 0, 1);
            }
        }
        TestFiles.text(root.resolve("classes.txt"), "cat");
        TestFiles.text(root.resolve("labels.csv"), table.toString());
    }

    private Datasets.Builder folder() {
        return Datasets.builder().setSpec("folder:" + root);
    }

    @Test
    void holdsOutOfAFolderOnRequestOnly() throws IOException {
        pets(11, true);
        DatasetSplits whole = Datasets.open("folder:" + root);
        assertThat(whole.val()).isEmpty();
        assertThat(whole.train().size()).isEqualTo(11);
        assertThat(whole.notes()).anyMatch(note -> note.contains("no image is held out"));
        DatasetSplits held = folder().optHoldOut(5).open();
        assertThat(held.train().size()).isEqualTo(9);
        assertThat(held.val().orElseThrow().id(1)).isEqualTo("i9");
        assertThat(held.notes()).contains("one image of 5 is held out to evaluate on: 'i4', 'i9'");
        assertInvalid(() -> folder().optHoldOut(12).open(), "11 images", "expected at least 12");
        assertThatIllegalArgumentException().isThrownBy(() -> folder().optHoldOut(1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> folder().optHoldOut(5).optValList("val").open())
                .withMessageContainingAll("'val'", "every 5th");
        for (int i = 0; i < 11; i++) {
            Files.delete(root.resolve("masks/i" + i + ".png"));
        }
        assertInvalid(() -> folder().optHoldOut(5).open(), "none of them has a mask");
    }

    @Test
    void takesTheListsOfAFolder() throws IOException {
        pets(6, true);
        TestFiles.text(root.resolve("train.txt"), "i0", "i1.png", "i3");
        DatasetSplits trainOnly = folder().open();
        assertThat(trainOnly.train().size()).isEqualTo(3);
        assertThat(trainOnly.val()).isEmpty();

        TestFiles.text(root.resolve("val.txt"), "i3", "i4");
        Files.delete(root.resolve("masks/i0.png"));
        Files.delete(root.resolve("masks/i1.png"));
        DatasetSplits listed = folder().open();
        assertThat(listed.train().hasTruth(0)).isFalse();
        assertThat(listed.val().orElseThrow().hasTruth()).isTrue();
        assertThat(listed.notes())
                .anyMatch(note -> note.endsWith("1 of 2 images are also trained on, in "
                        + listed.train().name() + ": 'i3'"));
        Files.delete(root.resolve("train.txt"));
        assertInvalid(() -> folder().open(), "train.txt", "val.txt names images for validation");
        TestFiles.text(root.resolve("mine.txt"), "i5");
        assertThat(folder().optTrainList("mine").open().train().id(0)).isEqualTo("i5");
        TestFiles.text(root.resolve("train.txt"), "i0", "i1");
        assertThat(folder().optTrainList("mine.txt").open().notes())
                .contains("lists that are not used: train.txt (2 lines)");
        assertInvalid(() -> folder().optTrainList("other").open(), "'other'", "'mine.txt'", "'train.txt'");
        assertInvalid(() -> folder().optTrainList("../x").open(), "../x");

        Files.delete(root.resolve("masks/i3.png"));
        Files.delete(root.resolve("masks/i4.png"));
        assertInvalid(() -> folder().open(), "val.txt", "i3.png");
    }

    @Test
    void choosesTheLargerTrainingListOfVoc(@TempDir Path elsewhere) throws IOException {
        Path lists = root.resolve("ImageSets/Segmentation");
        for (int i = 0; i < 3; i++) {
            TestFiles.image(root.resolve("JPEGImages/x" + i + ".jpg"), 4, 5, 90);
            TestFiles.text(
                    root.resolve("Annotations/x" + i + ".xml"),
                    "<annotation><object><name>cat</name></object></annotation>");
        }
        assertInvalid(() -> Datasets.open("voc:" + root), "train.txt", "no such file", "trainaug", "there is none in");
        TestFiles.text(root.resolve("ImageSets/Main/train.txt"), "x0");
        assertInvalid(() -> Datasets.open("voc:" + root), "'ImageSets/Main/train.txt'");
        Datasets.Builder voc = Datasets.builder().setSpec("voc:" + root);
        assertThat(voc.optTrainList("Main/train").open().train().size()).isEqualTo(1);

        for (String aug : List.of("trainaug", "train_aug", "train_aug_id", "TrainAug")) {
            TestFiles.text(lists.resolve("train.txt"), "x0");
            TestFiles.text(lists.resolve("trainval.txt"), "x0", "x1");
            TestFiles.text(lists.resolve(aug + ".txt"), "x0", "x1", "x2");
            DatasetSplits splits = Datasets.open("voc:" + root);
            assertThat(splits.train().size()).as(aug).isEqualTo(3);
            assertThat(splits.notes().get(0))
                    .contains("/" + aug + ": 3 images of ImageSets/Segmentation/" + aug + ".txt");
            assertThat(splits.notes())
                    .contains("lists that are not used: ImageSets/Segmentation/train.txt (1 line),"
                            + " ImageSets/Segmentation/trainval.txt (2 lines)");
            Files.delete(lists.resolve(aug + ".txt"));
        }
        assertThat(Datasets.open("voc:" + root).train().size()).isEqualTo(1);
        Files.delete(lists.resolve("train.txt"));
        assertThat(Datasets.open("voc:" + root).train().size()).isEqualTo(2);
        Path mine = TestFiles.text(elsewhere.resolve("mine.txt"), "x2");
        assertThat(voc.optTrainList(mine.toAbsolutePath().toString())
                        .open()
                        .train()
                        .id(0))
                .isEqualTo("x2");
    }

    @Test
    void readsTheClassesOfAVocFolder(@TempDir Path elsewhere) throws IOException {
        for (int i = 0; i < 3; i++) {
            TestFiles.image(root.resolve("JPEGImages/x" + i + ".jpg"), 4, 5, 90);
            TestFiles.text(
                    root.resolve("Annotations/x" + i + ".xml"),
                    "<annotation><object><name>" + (i == 2 ? "Box " : "disc") + "</name>"
                            + "<part><name>head</name></part></object></annotation>");
        }
        TestFiles.text(root.resolve("ImageSets/Segmentation/train.txt"), "x0", "x1", "x2");
        assertInvalid(
                () -> Datasets.open("voc:" + root), "2 of 'disc', 1 of 'Box'", "aeroplane", root + "/classes.txt");
        Path mine = TestFiles.text(elsewhere.resolve("mine.txt"), "Background", "disc");
        DatasetSplits own =
                Datasets.builder().setSpec("voc:" + root).optClasses(mine).open();
        assertThat(own.train().classes().tagNames()).containsExactly("disc");
        assertThat(own.notes())
                .contains("1 object of no class not used: 1 of 'Box'")
                .anyMatch(note -> note.endsWith("/train: 1 image without a tag"))
                .anyMatch(note -> note.contains("'Background' is the background"));
        TestFiles.text(root.resolve("class_names.txt"), "__ignore__", "_background_", "disc", "box");
        assertThat(Datasets.open("voc:" + root).train().tags(2).names()).containsExactly("box");
        TestFiles.text(root.resolve("labels.txt"), "disc", "box");
        assertThat(Datasets.open("voc:" + root).train().classes().tagCount()).isEqualTo(2);
        TestFiles.text(root.resolve("labels.txt"), "box", "disc");
        assertInvalid(() -> Datasets.open("voc:" + root), "labels.txt", "class_names.txt", "[box, disc]");
        TestFiles.text(root.resolve("labels.txt"), "x0.jpg 1", "x1.jpg 2");
        assertThat(Datasets.open("voc:" + root).train().classes().tagCount()).isEqualTo(2);
        TestFiles.text(root.resolve("labels.txt"), "not a list of classes", "not a list of classes");
        assertThat(Datasets.open("voc:" + root).train().classes().tagCount()).isEqualTo(2);
        TestFiles.text(root.resolve("classes.txt"), "disc", "box");
        assertThat(Datasets.builder()
                        .setSpec("voc:" + root)
                        .optClasses(mine)
                        .open()
                        .notes())
                .contains(root.resolve("classes.txt") + " is not used, for the classes are those of " + mine);
    }

    @Test
    void takesTagsOfTheClassesOfTheFolder() throws IOException {
        pets(3, false);
        TestFiles.text(root.resolve("classes.txt"), "cat", "dog");
        DatasetSplits splits = folder().optTags(classes ->
                        Map.of("i0", ImageTags.ofNames(classes, List.of("dog")), "gone", ImageTags.of(classes)))
                .open();
        assertThat(splits.train().size()).isEqualTo(1);
        assertThat(splits.train().tags(0).names()).containsExactly("dog");
        assertThat(splits.notes())
                .anyMatch(note -> note.contains("2 images not used"))
                .anyMatch(note -> note.contains("'gone'"));
    }

    @Test
    void refusesWhatAKindDoesNotRead() {
        for (String kind : List.of("shapes", "shapes:train=3", "camvid:x")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            Datasets.builder().setSpec(kind).optClasses(root).open())
                    .withMessageContainingAll("list of classes", kind.replaceAll(":.*", ""), "voc:DIR");
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            Datasets.builder().setSpec(kind).optTags(Map.of()).open())
                    .withMessageContainingAll("tags", "voc:DIR");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        Datasets.builder().setSpec("shapes").optTrainList("a").open());
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        Datasets.builder().setSpec("shapes").optValList("a").open());
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Datasets.builder().setSpec("shapes").optHoldOut(5).open());
        assertThatThrownBy(() -> Datasets.builder().open()).isInstanceOf(IllegalStateException.class);
    }
}
