package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

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
        TestFiles.text(root.resolve("Annotations/2007_000032.xml"), "<annotation></annotation>");
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

    @Test
    void holdsOutEveryFifthOfAFolder() throws IOException {
        StringBuilder table = new StringBuilder();
        for (int i = 0; i < 11; i++) {
            TestFiles.image(root.resolve("images/i" + i + ".png"), 3, 3, i);
            table.append("i").append(i).append(",cat\n");
        }
        TestFiles.text(root.resolve("classes.txt"), "cat");
        TestFiles.text(root.resolve("labels.csv"), table.toString());
        String spec = "folder:" + root;
        assertThat(Datasets.open(spec).val()).isEmpty();
        assertThat(Datasets.open(spec).train().size()).isEqualTo(11);

        for (int i = 0; i < 11; i++) {
            TestFiles.mask(root.resolve("masks/i" + i + ".png"), 3, 3, 0, 1);
        }
        DatasetSplits held = Datasets.open(spec);
        assertThat(held.train().size()).isEqualTo(9);
        assertThat(held.val().orElseThrow().id(1)).isEqualTo("i9");

        TestFiles.text(root.resolve("val.txt"), "i3");
        TestFiles.text(root.resolve("train.txt"), "i0", "i1");
        Files.delete(root.resolve("masks/i0.png"));
        Files.delete(root.resolve("masks/i1.png"));
        DatasetSplits listed = Datasets.open(spec);
        assertThat(listed.train().hasTruth()).isFalse();
        assertThat(listed.val().orElseThrow().hasTruth()).isTrue();
        Files.delete(root.resolve("masks/i3.png"));
        assertInvalid(() -> Datasets.open(spec), "val.txt", "i3.png");
    }
}
