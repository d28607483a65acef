package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CocoDatasetTest {
    private static final String FIRST = "COCO_train2014_000000000009";

    private final Path root;

    CocoDatasetTest(@TempDir Path folder) {
        root = folder.resolve("coco");
    }

    private CocoDataset.Builder part(String split) {
        return CocoDataset.builder().setRoot(root).setSplit(split);
    }

    private Path json() {
        return root.resolve("annotations/instances_train2014.json");
    }

    /** Changes the annotations. */
    private void edit(String from, String to) throws IOException {
        String text = Files.readString(json());
        assertThat(text).contains(from);
        Files.writeString(json(), text.replace(from, to));
    }

    @ParameterizedTest
    @CsvSource({
        "COCO_OFFICIAL, as published, images in train2014",
        "COCO_2017, as published, images in train2017",
        "COCO_CDL, as RIB and CDL have it, images in JPEGImages",
        "COCO_CLIP_ES, as CLIP-ES has it, images in JPEGImages/train2014",
        "COCO_AFA, as AFA and DuPL have it, images in JPEGImages/train",
        "COCO_FMA, as FMA has it, images in images/train2014",
        "COCO_DHR, as DHR has it, images in train/image"
    })
    void theFormIsTold(BenchmarkTree tree, String form, String images) throws IOException {
        assertThat(tree.builder(tree.write(root)).open().notes()).contains("laid out " + form + ": " + images);
    }

    @Test
    void theSourcesAreTold() throws IOException {
        BenchmarkTree.COCO_OFFICIAL.write(root);
        List<String> notes = part("train").build().notes();
        assertThat(notes.get(0))
                .isEqualTo("coco/train2014: 3 images of train2014 that annotations/instances_train2014.json has,"
                        + " 6 tags of 80 classes, masks for evaluation: drawn of annotations/instances_train2014.json,"
                        + " SMALLEST_ON_TOP");
        assertThat(notes)
                .contains("tags are the objects of annotations/instances_train2014.json,"
                        + " regions of many objects left out");
        assertThat(part("val").build().classes()).isEqualTo(LabelSet.COCO.catalog());
    }

    @Test
    void regionsOfManyObjectsCountOnRequest() throws IOException {
        BenchmarkTree.COCO_OFFICIAL.write(root);
        edit(
                "\"id\":91,\"image_id\":9,\"category_id\":13,\"iscrowd\":0",
                "\"id\":91,\"image_id\":9,\"category_id\":13,\"iscrowd\":1");
        assertThat(part("train").build().tags(0).names()).containsExactly("person");
        assertThat(part("train").optIncludeCrowd(true).build().tags(0).names()).containsExactly("person", "stop sign");
        assertThat(part("train").build().truth(0).get(0, 6))
                .as("painted all the same")
                .isEqualTo(12);
    }

    @Test
    void theRuleOfOverlapIsChosen() throws IOException {
        BenchmarkTree.COCO_OFFICIAL.write(root);
        // the first object, a person, grows over the second, a stop sign
        edit("[[0,0,6,0,6,12.0,0,12]]", "[[0,0,12,0,12,12.0,0,12]]");
        edit(
                "\"id\":90,\"image_id\":9,\"category_id\":1,\"iscrowd\":0,\"area\":72",
                "\"id\":90,\"image_id\":9,\"category_id\":1,\"iscrowd\":0,\"area\":144");
        assertThat(part("train").build().truth(0).get(0, 6)).isEqualTo(12);
        assertThat(part("train")
                        .optOverlap(OverlapRule.FIRST_ON_TOP)
                        .build()
                        .truth(0)
                        .get(0, 6))
                .isEqualTo(1);
    }

    /** RIB's lists have all images, those without an object too; the others leave those out. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                FIRST,
                "000000000009",
                "9",
                "JPEGImages/train2014/" + FIRST + ".jpg",
                "/JPEGImages/train2014/000000000009.jpg /coco_seg_anno/000000000009.png"
            })
    void readsEveryDialectOfLists(String line) throws IOException {
        BenchmarkTree.COCO_CLIP_ES.write(root);
        Path list = TestFiles.text(root.resolve("List/train14.txt"), line);
        Dataset train = part("train").optList(list).build();
        assertThat(train.name()).isEqualTo("coco/train14");
        assertThat(train.size()).isEqualTo(1);
        assertThat(train.id(0)).isEqualTo(FIRST);
        assertThat(train.truth(0).get(0, 0)).isEqualTo(1);
        assertThat(train.notes()).contains("tags are the classes of the masks");
        assertThat(train.notes().stream().anyMatch(note -> note.contains("are matched with images by number")))
                .isEqualTo(!line.contains(FIRST));
        Dataset chosen = Datasets.builder()
                .setSpec("coco:" + root)
                .optTrainList("train14")
                .open()
                .train();
        assertThat(chosen.size()).isEqualTo(1);
        assertThat(chosen.notes()).contains("lists that are not used: train.txt (3 lines)");
    }

    @Test
    void masksOfOtherNamesAreMatchedByNumberAndTold() throws IOException {
        BenchmarkTree.COCO_AFA.write(root);
        Path masks = root.resolve("SegmentationClass/train");
        Files.move(masks.resolve(FIRST + ".png"), masks.resolve("000000000009.png"));
        Files.copy(masks.resolve("000000000009.png"), masks.resolve("000000000777.png"));
        Dataset train = part("train").build();
        assertThat(train.truth(0))
                .isEqualTo(BenchmarkTree.COCO_AFA.train().get(0).truth());
        assertThat(train.notes())
                .contains(
                        "masks of SegmentationClass/train are matched with images by number, for 1 are named otherwise:"
                                + " '000000000009.png'",
                        "1 mask in SegmentationClass/train not used, of no image: '000000000777.png'");
        Files.copy(masks.resolve("000000000009.png"), masks.resolve("9.png"));
        assertInvalid(() -> part("train").build(), "9.png", "of image 9 as", "000000000009.png");
    }

    @Test
    void tagsAreOfTheFirstSourceThatIsThere() throws IOException {
        BenchmarkTree.COCO_OFFICIAL.write(root);
        TestFiles.text(root.resolve("train.txt"), FIRST + " 45 49", "COCO_train2014_000000000030");
        Dataset listed = part("train").build();
        assertThat(listed.tags(0).toArray()).containsExactly(45, 49);
        assertThat(listed.tags(1).isEmpty()).isTrue();
        assertThat(listed.notes()).contains("tags are the classes of the list");
        ImageTags dog = ImageTags.ofNames(LabelSet.COCO.catalog(), List.of("dog"));
        Dataset given = part("train")
                .optTags(Map.of("9", dog, "000000000030", dog, "COCO_val2014_000000000001", dog))
                .build();
        assertThat(given.tags(1)).isEqualTo(dog);
        assertThat(given.notes()).anyMatch(note -> note.startsWith("tags of 1 image that train does not have"));
        Path table = TestFiles.text(root.resolve("tags.csv"), FIRST + ",dog;bear", "30,cat");
        assertThat(part("train").optTagFile(table).build().tags(0).names()).containsExactly("dog", "bear");
        assertInvalid(() -> part("train").optTags(Map.of("9", dog)).build(), "train.txt:2", "has no tags");
        assertInvalid(() -> part("train").optTags(Map.of("9", dog, FIRST, dog)).build(), "of one image, 9");
        assertThatIllegalArgumentException().isThrownBy(() -> part("train")
                .optTags(Map.of("9", ImageTags.of(LabelSet.VOC.catalog())))
                .build());
    }

    @Test
    void aFolderThatMayBeSeveralIsRefused() throws IOException {
        BenchmarkTree.COCO_AFA.write(root);
        BenchmarkTree.COCO_OFFICIAL.write(root);
        assertInvalid(
                () -> Datasets.open("coco:" + root),
                "train more than once",
                "train2014 (as published)",
                "JPEGImages/train (as AFA and DuPL have it)",
                "move or rename");
    }

    @Test
    void theYearIsChosenWhereThereAreTwo() throws IOException {
        BenchmarkTree.COCO_2017.write(root);
        BenchmarkTree.COCO_OFFICIAL.write(root);
        assertInvalid(() -> Datasets.open("coco:" + root), "more than once", "the list 'train2014'");
        DatasetSplits splits = Datasets.builder()
                .setSpec("coco:" + root)
                .optTrainList("train2014")
                .optValList("val2017")
                .open();
        assertThat(splits.train().id(0)).isEqualTo(FIRST);
        assertThat(splits.val().orElseThrow().id(0)).isEqualTo("000000000042");
    }

    @Test
    void oneOfSeveralSetsOfMasksIsChosen() throws IOException {
        BenchmarkTree.COCO_FMA.write(root);
        assertInvalid(
                () -> Datasets.open("coco:" + root), "annotations/train2014_ur", "annotations/train2014_wt", "choice");
        Dataset wt = part("train")
                .optMasks("annotations/train2014_wt")
                .optEvaluation(true)
                .build();
        assertThat(wt.truth(0).get(0, 0)).isZero();
        assertInvalid(() -> part("val").optMasks("wt").build(), "'wt' of val", "annotations/val2014_ur");
        Files.move(root.resolve("annotations/val2014_ur"), root.resolve("annotations/val2014"));
        assertThat(part("val").optMasks("wt").build().notes().get(0)).endsWith("evaluation: annotations/val2014");
        assertInvalid(() -> part("val").optMasks("../x").build(), "leads out");
        assertInvalid(() -> part("val").optMasks("annotations/train2014_wt").build(), "no mask of the 2 images of val");
    }

    @Test
    void bothPartsInOneFolderAreToldApart() throws IOException {
        BenchmarkTree.COCO_CDL.write(root);
        Files.delete(root.resolve("List/train_2014.txt"));
        assertInvalid(() -> Datasets.open("coco:" + root), "images of both parts", "List/train_2014.txt");
        new BenchmarkTree.Writer(root).instances("elsewhere.json", BenchmarkTree.COCO_CDL.train());
        Dataset train =
                part("train").optInstances(root.resolve("elsewhere.json")).build();
        assertThat(train.size()).isEqualTo(3);
        assertThat(train.tags(0)).isEqualTo(ImageTags.anyPixel(train.classes(), train.truth(0)));
    }

    @Test
    void imagesThatAreNotThereAreTold() throws IOException {
        BenchmarkTree.COCO_OFFICIAL.write(root);
        Files.delete(root.resolve("train2014/" + FIRST + ".jpg"));
        TestFiles.image(root.resolve("train2014/COCO_train2014_000000000031.jpg"), 2, 2, 9);
        TestFiles.text(root.resolve("train2014/index.html"), "x");
        Dataset train = part("train").build();
        assertThat(train.size()).isEqualTo(2);
        assertThat(train.notes())
                .contains("1 file in train2014 not used, as no image of COCO: 'index.html'")
                .contains("1 image of annotations/instances_train2014.json not there: '" + FIRST + ".jpg'")
                .anyMatch(note -> note.startsWith("1 image not used") && note.contains("000000000031.jpg"));
        TestFiles.text(root.resolve("train.txt"), "25", "9");
        assertInvalid(() -> part("train").build(), "train.txt:2", "no image '9'", "number 9");
        TestFiles.text(root.resolve("train.txt"), "25", "COCO_train2014_000000000025");
        assertInvalid(() -> part("train").build(), "train.txt:2", "train.txt:1", "each id once");
        TestFiles.text(root.resolve("train.txt"), "dog.jpg");
        assertInvalid(() -> part("train").build(), "train.txt:1", "'dog.jpg'", "expected an image of COCO");
        for (String wrong : List.of("25 80", "25 -1", "25 x", "25 /coco_seg_anno/000000000026.png")) {
            TestFiles.text(root.resolve("train.txt"), wrong);
            assertInvalid(() -> part("train").build(), "train.txt:1", wrong.substring(3), "0..79");
        }
    }

    /** As coco2voc writes them, with the ids of the annotations. */
    @Test
    void masksOfOtherValuesAreRefused() throws IOException {
        BenchmarkTree.COCO_CLIP_ES.write(root);
        BenchmarkTree.Writer to = new BenchmarkTree.Writer(root);
        for (BenchmarkTree.Picture p : BenchmarkTree.COCO_CLIP_ES.train()) {
            to.mask(
                    "SegmentationClass/" + p.id() + ".png",
                    p.labels().stream().map(LabelSet.COCO::publishedId).toList());
        }
        assertInvalid(() -> part("train").build(), ".png", "pixels have value 90", "expected labels 0..80");
    }

    @Test
    void annotationsThatAreWrongAreNamed() throws IOException {
        BenchmarkTree.COCO_OFFICIAL.write(root);
        edit("\"id\":91,\"image_id\":9,", "\"id\":91,\"image_id\":10,");
        Dataset train = part("train").build();
        assertThat(train.tags(0).names()).containsExactly("person");
        assertThat(train.notes())
                .anyMatch(note -> note.startsWith("1 problem of annotations/instances_train2014.json")
                        && note.contains("annotation 91 of image 10"));
        edit("[[0,0,6,0,6,12.0,0,12]]", "[[0,0,6,0]]");
        assertThat(part("train").build().notes())
                .as("polygons of two points, though outlines are not kept")
                .anyMatch(note -> note.startsWith("4 problems of") && note.contains("has 4 coordinates"));
        edit("\"name\":\"toothbrush\"", "\"name\":\"hippo\"");
        assertInvalid(() -> part("train").build(), "instances_train2014.json", "category 'hippo'", "none of COCO's");
        String text = Files.readString(json());
        Files.writeString(json(), text.substring(0, text.length() / 2));
        assertInvalid(() -> part("train").build(), "instances_train2014.json", "expected COCO's instances JSON");
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        assertThatThrownBy(() -> CocoDataset.builder().setRoot(root).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setSplit is required");
        assertInvalid(() -> Datasets.open("coco:" + root), root.toString(), "no such folder");
        Files.createDirectories(root);
        assertInvalid(() -> Datasets.open("coco:" + root), "no images of COCO's train", "train2014 (as published)");
        assertInvalid(() -> part("test2014").build(), "'test2014'", "expected train, val");
        TestFiles.image(root.resolve("train2014/000000000009.jpg"), 2, 2, 9);
        assertInvalid(() -> Datasets.open("coco:" + root), "neither annotations", "nor masks", "or tags");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.builder()
                        .setSpec("coco:" + root)
                        .optClasses(root)
                        .open())
                .withMessageContaining("list of classes");
    }

    @Test
    void everyNthImageMayBeHeldOut() throws IOException {
        BenchmarkTree.COCO_OFFICIAL.write(root);
        DatasetSplits held =
                Datasets.builder().setSpec("coco:" + root).optHoldOut(3).open();
        assertThat(held.train().size()).isEqualTo(2);
        assertThat(held.val().orElseThrow().truth(0))
                .isEqualTo(BenchmarkTree.COCO_OFFICIAL.train().get(2).truth());
    }
}
