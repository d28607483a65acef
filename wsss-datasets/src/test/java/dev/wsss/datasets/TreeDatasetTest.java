package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import us.hebi.matlab.mat.format.Mat5;

/** Small copies of the benchmarks, true in folders, names and values. */
class TreeDatasetTest {
    private static final int HEIGHT = 32;
    private static final int WIDTH = 64;

    private final Path root;

    TreeDatasetTest(@TempDir Path folder) {
        root = folder.resolve("d");
    }

    private void image(String file) throws IOException {
        TestFiles.image(root.resolve(file), HEIGHT, WIDTH, 90);
    }

    private void mask(String file, int... values) throws IOException {
        TestFiles.mask(root.resolve(file), HEIGHT, WIDTH, values);
    }

    @Test
    void cityscapesFineCoarseAndTest() throws IOException {
        BenchmarkTree.CITYSCAPES.write(root);
        DatasetSplits splits = Datasets.open("cityscapes:" + root);
        Dataset train = splits.train();
        assertThat(train.name()).isEqualTo("cityscapes/train");
        assertThat(train.size()).isEqualTo(3);
        assertThat(splits.notes())
                .anyMatch(
                        note -> note.startsWith(
                                "cityscapes/train: 3 images of leftImg8bit/train, 6 tags of 19 classes,"
                                        + " masks for evaluation: gtFine/train/*_gtFine_labelIds.png, from which the tags come"));
        Dataset test = TreeDataset.of(LabelSet.CITYSCAPES, root, "test").build();
        assertThat(test.hasTruth()).as("labels of the test split are dummies").isFalse();
        assertThat(test.tags(0).isEmpty()).isTrue();
        assertThat(test.id(0)).isEqualTo("bonn_000000_000019");
        assertInvalid(
                () -> Datasets.builder()
                        .setSpec("cityscapes:" + root)
                        .optValList("test")
                        .open(),
                "cityscapes/test",
                "expected a split with masks");
        Dataset extra = Datasets.builder()
                .setSpec("cityscapes:" + root)
                .optTrainList("train_extra")
                .open()
                .train();
        assertThat(extra.notes().get(0)).contains("gtCoarse/train_extra/*_gtCoarse_labelIds.png");
        assertThat(extra.tags(0).names()).containsExactly("road", "sky");
        Dataset all = Datasets.open("cityscapes27:" + root).train();
        assertThat(all.tags(0).toArray()).containsExactly(0, 16);
    }

    @Test
    void masksOfTrainIdsHoldLabels() throws IOException {
        BenchmarkTree.CITYSCAPES.write(root);
        Dataset ids = TreeDataset.of(LabelSet.CITYSCAPES, root, "train").build();
        List<LabelMap> before = List.of(ids.truth(0), ids.truth(1), ids.truth(2));
        for (Path city : ImageFolder.files(root.resolve("gtFine/train"))) {
            for (Path file : ImageFolder.files(city)) {
                if (file.toString().endsWith("_labelIds.png")) {
                    Files.delete(file);
                }
            }
        }
        Dataset train = TreeDataset.of(LabelSet.CITYSCAPES, root, "train").build();
        assertThat(train.notes().get(0)).contains("*_gtFine_labelTrainIds.png");
        for (int i = 0; i < 3; i++) {
            assertThat(train.truth(i)).isEqualTo(before.get(i));
            assertThat(train.tags(i)).isEqualTo(ids.tags(i));
        }
        TreeDataset coarse = TreeDataset.of(LabelSet.CITYSCAPES, root, "train")
                .optNoMasks()
                .optMasks("gtCoarse/train", "_gtCoarse_labelIds.png", true)
                .build();
        assertThat(coarse.notes().get(0)).contains("gtCoarse/train");
        Datasets.Builder chosen = Datasets.builder().setSpec("cityscapes:" + root);
        for (Dataset part : List.of(
                chosen.optMasks("gtCoarse").open().train(), chosen.open().val().orElseThrow())) {
            assertThat(part.notes().get(0)).contains("gtCoarse/", "_gtCoarse_labelIds.png");
        }
        assertInvalid(() -> chosen.optMasks("gtBest").open(), "'gtBest' were chosen", "'gtFine/train'");
        assertInvalid(() -> chosen.optMasks("../x").open(), "leads out");
    }

    @Test
    void tagsMayBeGiven() throws IOException {
        BenchmarkTree.CITYSCAPES.write(root);
        ClassCatalog classes = LabelSet.CITYSCAPES.catalog();
        ImageTags road = ImageTags.ofNames(classes, List.of("road"));
        Map<String, ImageTags> tags = Map.of(
                "aachen/aachen_000000_000019",
                road,
                "aachen_000001_000019",
                road,
                "zurich_000000_000019",
                road,
                "x",
                road);
        TreeDataset train = TreeDataset.of(LabelSet.CITYSCAPES, root, "train")
                .optTags(tags)
                .optNoMasks()
                .build();
        assertThat(train.hasTruth()).isFalse();
        assertThat(train.tags(2)).isEqualTo(road);
        assertThat(train.notes()).anyMatch(note -> note.startsWith("tags of 1 image that") && note.endsWith("'x'"));
        Path table = TestFiles.text(
                root.resolve("tags.csv"),
                "aachen/aachen_000000_000019,sky;car",
                "aachen_000001_000019,road",
                "zurich_000000_000019,road");
        assertThat(TreeDataset.of(LabelSet.CITYSCAPES, root, "train")
                        .optTagFile(table)
                        .optNoMasks()
                        .build()
                        .tags(0)
                        .names())
                .containsExactly("sky", "car");
        assertInvalid(
                () -> TreeDataset.of(LabelSet.CITYSCAPES, root, "val")
                        .optTags(tags)
                        .build(),
                "'lindau_000000_000019'",
                "no tags");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TreeDataset.of(LabelSet.CITYSCAPES, root, "train")
                        .optTags(Map.of("a", ImageTags.of(LabelSet.VOC.catalog())))
                        .build())
                .withMessageContaining("'a'");
    }

    @Test
    void ade20k() throws IOException {
        for (int i = 1; i <= 2; i++) {
            image("images/training/ADE_train_0000000" + i + ".jpg");
            mask("annotations/training/ADE_train_0000000" + i + ".png", 0, i, 150);
        }
        image("images/validation/ADE_val_00000001.jpg");
        mask("annotations/validation/ADE_val_00000001.png", 3);
        mask("annotations/validation/ADE_val_00000002.png", 3);
        DatasetSplits splits = Datasets.open("ade20k:" + root);
        assertThat(splits.train().tags(0).names()).containsExactly("wall", "flag");
        assertThat(splits.train().truth(1).get(0, 0)).isEqualTo(LabelMap.IGNORE);
        assertThat(splits.train().truth(1).get(0, 1)).isEqualTo(1);
        assertThat(splits.train().truth(1).get(0, 2)).isEqualTo(149);
        Dataset val = splits.val().orElseThrow();
        assertThat(val.tags(0).names()).containsExactly("sky");
        assertThat(val.notes())
                .anyMatch(note ->
                        note.equals("1 mask in annotations/validation not used, of no image: 'ADE_val_00000002.png'"));
        mask("annotations/training/ADE_train_00000001.png", 0, 151);
        mask("annotations/training/ADE_train_00000002.png", 0, 151);
        assertInvalid(() -> Datasets.open("ade20k:" + root), "00001.png", "value 151", "1..150", "0, 255");
    }

    @Test
    void cocoStuff() throws IOException {
        for (String split : List.of("train2017", "val2017")) {
            for (int i = 1; i <= 3; i++) {
                image("images/" + split + "/00000000000" + i + ".jpg");
                mask("annotations/" + split + "/00000000000" + i + ".png", 255, i, 181, 90 + i);
            }
        }
        TestFiles.text(root.resolve("curated/val2017/Coco164kFull_Stuff_Coarse_7.txt"), "000000000003", "000000000001");
        DatasetSplits splits = Datasets.open("cocostuff:" + root);
        assertThat(splits.train().tags(0).names()).containsExactly("bicycle", "banner", "wood");
        assertThat(splits.train().truth(0).get(0, 0)).isEqualTo(LabelMap.IGNORE);
        assertThat(splits.train().truth(0).get(0, 2)).isEqualTo(170);
        Dataset coarse = Datasets.builder()
                .setSpec("cocostuff27:" + root)
                .optValList("Coco164kFull_Stuff_Coarse_7")
                .open()
                .val()
                .orElseThrow();
        assertThat(coarse.size()).isEqualTo(2);
        assertThat(coarse.id(0)).isEqualTo("000000000003");
        assertThat(coarse.name()).isEqualTo("cocostuff27/Coco164kFull_Stuff_Coarse_7");
        assertThat(coarse.tags(1).names()).containsExactly("vehicle", "textile", "solid");

        for (int i = 1; i <= 3; i++) { // mmseg's form besides, then alone
            mask("annotations/train2017/00000000000" + i + "_labelTrainIds.png", 255, i, 170);
        }
        assertThat(Datasets.open("cocostuff:" + root).notes())
                .noneMatch(note -> note.contains("not used, of no image"));
        for (int i = 1; i <= 3; i++) {
            Files.delete(root.resolve("annotations/train2017/00000000000" + i + ".png"));
        }
        assertThat(Datasets.open("cocostuff:" + root).train().truth(2).get(0, 2))
                .isEqualTo(170);
        assertInvalid(() -> Datasets.open("cocostuff27:" + root), "annotations", "no masks of 3 images", "or tags");
    }

    @Test
    void wildDash() throws IOException {
        image("img/train/at0001_100000.jpg");
        mask("mask/train/at0001_100000_labelIds.png", 7, 41, 31, 38);
        image("img/val/de0002_100000.jpg");
        mask("mask/val/de0002_100000_labelTrainIds.png", 1, 255, 24);
        DatasetSplits splits = Datasets.open("wilddash2:" + root);
        assertThat(splits.train().tags(0).names()).containsExactly("Road", "Roadmarking");
        assertThat(splits.train().truth(0).get(0, 1)).isEqualTo(LabelMap.IGNORE);
        assertThat(splits.val().orElseThrow().truth(0).get(0, 2)).isEqualTo(24);
        assertThat(Datasets.open("wilddash2-unified:" + root).train().truth(0).get(0, 1))
                .isEqualTo(1);
    }

    /** Two segments of a road and a manhole, and nothing in the last column. */
    private void panoptic(String id, int road, int manhole) throws IOException {
        image("images/" + id + ".jpg");
        byte[] rgb = new byte[HEIGHT * WIDTH * 3];
        for (int i = 0; i < HEIGHT * WIDTH; i++) {
            int segment = i % WIDTH == WIDTH - 1 ? 0 : i % WIDTH < 32 ? road : manhole;
            for (int c = 0; c < 3; c++) {
                rgb[3 * i + c] = (byte) (segment >> 8 * c);
            }
        }
        Path file = root.resolve("panoptic/" + id + ".png");
        Files.createDirectories(file.getParent());
        ImageIO.write(new RgbImage(HEIGHT, WIDTH, rgb).toBufferedImage(), "png", file.toFile());
    }

    private static String annotation(String id, int road, int manhole) {
        return "{\"image_id\":1,\"file_name\":\"" + id + ".png\",\"segments_info\":[{\"id\":" + road
                + ",\"category_id\":7,\"bbox\":[0,0,3,3],\"area\":9},{\"category_id\":41,\"id\":" + manhole + "}]}";
    }

    private void panopticJson(String... annotations) throws IOException {
        TestFiles.text(
                root.resolve("panoptic.json"),
                "{\"images\":[{\"id\":1}],\"annotations\":[" + String.join(",", annotations) + "],\"categories\":[]}");
    }

    @Test
    void wildDashInPanopticForm() throws IOException {
        panoptic("at0001_100000", 7000, 0x020304);
        panoptic("be0002_100000", 1, 255);
        panopticJson(annotation("at0001_100000", 7000, 0x020304), annotation("be0002_100000", 1, 255));
        DatasetSplits splits = Datasets.open("wilddash2:" + root);
        assertThat(splits.val()).isEmpty();
        Dataset train = splits.train();
        assertThat(train.size()).isEqualTo(2);
        assertThat(train.tags(0).names()).containsExactly("Road");
        LabelMap unified = Datasets.open("wilddash2-unified:" + root).train().truth(0);
        for (int x = 0; x < WIDTH; x++) {
            assertThat(train.truth(0).get(3, x)).isEqualTo(x < 32 ? 1 : LabelMap.IGNORE);
            assertThat(unified.get(3, x)).isEqualTo(x < WIDTH - 1 ? 1 : LabelMap.IGNORE);
        }
        TestFiles.text(root.resolve("val.txt"), "be0002_100000");
        TestFiles.text(root.resolve("train.txt"), "at0001_100000");
        DatasetSplits listed = Datasets.builder()
                .setSpec("wilddash2:" + root)
                .optTrainList("train")
                .optValList("val")
                .open();
        assertThat(listed.train().size()).isEqualTo(1);
        assertThat(listed.val().orElseThrow().id(0)).isEqualTo("be0002_100000");

        panopticJson(annotation("at0001_100000", 7000, 5), annotation("be0002_100000", 1, 5));
        assertInvalid(() -> Datasets.open("wilddash2:" + root), "pixel (32, 0) is of segment 131844", "panoptic.json");
        panopticJson(annotation("x", 7000, 5));
        assertInvalid(() -> Datasets.open("wilddash2:" + root), "at0001_100000.png", "no annotation");
        panopticJson(annotation("x", 7000, 5), annotation("x", 7000, 5));
        assertInvalid(() -> Datasets.open("wilddash2:" + root), "panoptic.json", "'x.png'", "stands twice");
        panopticJson(annotation("x", 5, 5));
        assertInvalid(() -> Datasets.open("wilddash2:" + root), "panoptic.json", "id 5");
        panopticJson();
        assertInvalid(() -> Datasets.open("wilddash2:" + root), "panoptic.json", "no annotations");
        for (String text : List.of(
                "", "[]", "{\"annotations\":[{\"file", "{\"annotations\":[{\"segments_info\":[{\"id\":1e99}]}]}")) {
            TestFiles.text(root.resolve("panoptic.json"), text);
            assertInvalid(() -> Datasets.open("wilddash2:" + root), "panoptic.json", "cut off or of another form");
        }
        panopticJson(annotation("at0001_100000", 7000, 0x020304).replace(":41", ":81"));
        assertInvalid(() -> Datasets.open("wilddash2:" + root), "category_id 81", "expected an id of wilddash2");
    }

    /** Void is 255 there, and 11 where masks of the other copy were taken over. */
    @Test
    void camVidAsCarbHasIt() throws IOException {
        for (String split : List.of("train", "val")) {
            image("img/" + split + "/0001TP_1.png");
            mask("mask/" + split + "/0001TP_1.png", 0, 10, split.equals("train") ? 255 : 11);
        }
        DatasetSplits splits = Datasets.open("camvid:" + root);
        for (Dataset part : List.of(splits.train(), splits.val().orElseThrow())) {
            assertThat(part.tags(0).names()).containsExactly("sky", "bicyclist");
            assertThat(part.truth(0).get(0, 2)).isEqualTo(LabelMap.IGNORE);
        }
    }

    @Test
    void pascalContextInItsFourForms() throws IOException {
        for (String id : List.of("2008_000002", "2008_000003", "2008_000004")) {
            image("JPEGImages/" + id + ".jpg");
            mask("SegmentationClassContext/" + id + ".png", 0, 2, 59);
        }
        Path lists = root.resolve("ImageSets/SegmentationContext");
        TestFiles.text(lists.resolve("train.txt"), "2008_000003", "2008_000002");
        TestFiles.text(lists.resolve("val.txt"), "2008_000004");
        Dataset train = Datasets.open("context59:" + root).train();
        assertThat(train.id(0)).isEqualTo("2008_000003");
        assertThat(train.tags(0).names()).containsExactly("bag", "wood");
        assertThat(train.truth(0).get(0, 0)).isEqualTo(LabelMap.IGNORE);
        assertThat(train.notes()).noneMatch(note -> note.contains("of no image"));
        Dataset first = Datasets.open("context59-vocfirst:" + root).train();
        assertThat(first.tags(0).names()).containsExactly("bicycle", "wood");
        assertThat(first.truth(0)).isEqualTo(train.truth(0));
        Dataset with = Datasets.open("context60:" + root).train();
        assertThat(with.truth(0).get(0, 0)).isZero();
        assertThat(with.truth(0).get(0, 1)).isEqualTo(2);
        assertThat(with.tags(0).names()).containsExactly("bag", "wood");
        assertThat(Datasets.open("context60-vocfirst:" + root)
                        .val()
                        .orElseThrow()
                        .tags(0)
                        .names())
                .containsExactly("bicycle", "wood");
        Files.delete(lists.resolve("train.txt"));
        assertInvalid(() -> Datasets.open("context59:" + root), "SegmentationContext/train.txt", "no such file");
        TestFiles.text(lists.resolve("mine.txt"), "JPEGImages/2008_000002.jpg");
        assertThat(Datasets.builder()
                        .setSpec("context59:" + root)
                        .optTrainList("mine")
                        .open()
                        .train()
                        .id(0))
                .isEqualTo("2008_000002");
        TestFiles.text(lists.resolve("mine.txt"), "2008_000009");
        assertInvalid(
                () -> Datasets.builder()
                        .setSpec("context59:" + root)
                        .optTrainList("mine")
                        .open(),
                "mine.txt:1",
                "'2008_000009'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cityscapes", "ade20k", "cocostuff15", "wilddash2", "context60"})
    void anEmptyOrMissingFolderIsNamed(String kind) throws IOException {
        assertInvalid(() -> Datasets.open(kind + ":" + root), root.toString(), "no such folder", kind);
        Files.createDirectories(root);
        assertInvalid(() -> Datasets.open(kind + ":" + root), root.toString(), "no such", kind);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.builder()
                        .setSpec(kind + ":" + root)
                        .optClasses(root)
                        .open())
                .withMessageContainingAll("list of classes", kind);
    }

    @Test
    void whatIsWrongIsNamed() throws IOException {
        image("images/training/a.jpg");
        assertInvalid(
                () -> Datasets.open("ade20k:" + root), "annotations/training/.../<id>.png", "no masks of 1 image");
        assertInvalid(() -> TreeDataset.of(LabelSet.ADE20K, root, "../x"), "'../x'", "leads out");
        mask("annotations/training/a.png", 1);
        image("images/training/b.jpg");
        TestFiles.text(root.resolve("images/training/index.txt"), "x");
        Dataset some = Datasets.open("ade20k:" + root).train();
        assertThat(some.notes())
                .anyMatch(note -> note.contains("1 file in images/training not used") && note.contains("'index.txt'"))
                .anyMatch(note -> note.contains(": tags of 1 image cannot be read") && note.contains("has no mask"));
        assertInvalid(() -> some.tags(1), "'b' has no mask");
        image("images/training/b.png");
        assertInvalid(() -> Datasets.open("ade20k:" + root), "b.png", "the id 'b'", "each id once");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TreeDataset.of(LabelSet.VOC, root, "train"))
                .withMessageContainingAll("voc", "cityscapes");
        assertThatThrownBy(() -> TreeDataset.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("setRoot");
    }

    @Test
    void everyNthImageMayBeHeldOut() throws IOException {
        BenchmarkTree.CITYSCAPES.write(root);
        DatasetSplits held =
                Datasets.builder().setSpec("cityscapes:" + root).optHoldOut(2).open();
        assertThat(held.train().size()).isEqualTo(2);
        assertThat(held.val().orElseThrow().id(0)).isEqualTo("aachen_000001_000019");
    }

    /** A link to a folder above ends the search there. */
    @Test
    void linksInACircleHaveAnEnd() throws IOException {
        BenchmarkTree.CITYSCAPES.write(root);
        Files.createSymbolicLink(root.resolve("leftImg8bit/train/loop"), root.resolve("leftImg8bit/train"));
        assertThat(Datasets.open("cityscapes:" + root).train().size()).isEqualTo(3);
    }

    @Test
    void dhrsFormIsToldFromThePublishedOne() throws IOException {
        BenchmarkTree.ADE20K_DHR.write(root);
        Dataset train = Datasets.open("ade20k:" + root).train();
        assertThat(train.notes().get(0)).contains("masks for evaluation: train/mask/*.png");
        assertThat(train.notes()).contains("tags are the objects of train/xml/<id>.xml");
        BenchmarkTree.VOC_DHR.write(root.resolve("voc"));
        image("voc/test/image/2008_000006.jpg");
        Dataset test = TreeDataset.of(LabelSet.VOC, root.resolve("voc"), "test").build();
        assertThat(test.hasTruth()).isFalse();
        assertThat(test.id(0)).isEqualTo("2008_000006");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.builder()
                        .setSpec("voc:" + root.resolve("voc"))
                        .optClasses(root)
                        .open())
                .withMessageContaining("voc as DHR packs it");
        BenchmarkTree.CONTEXT_DHR.write(root.resolve("context"));
        assertInvalid(
                () -> Datasets.open("context60:" + root.resolve("context")), "not numbered as context60", "vocfirst");
        BenchmarkTree.VOC.write(root.resolve("context"));
        assertInvalid(() -> Datasets.open("voc:" + root.resolve("context")), "both as published", "as DHR packs it");
        BenchmarkTree.ADE20K.write(root);
        assertInvalid(() -> Datasets.open("ade20k:" + root), "ade20k in two forms", "DHR", "ADE20K");
        TestFiles.text(root.resolve("voc/train_aug/xml/2007_000032.xml"), "<!DOCTYPE a []><annotation/>");
        assertThat(Datasets.open("voc:" + root.resolve("voc")).train().notes())
                .anyMatch(note -> note.contains(": tags of 1 image cannot be read") && note.contains("document type"));
    }

    @Test
    void matFilesOfOtherValuesAreRefused() throws IOException {
        BenchmarkTree.COCO_STUFF_10K.write(root);
        assertThat(Datasets.open("cocostuff27:" + root).train().tags(0).names()).containsExactly("person", "solid");
        BenchmarkTree.Writer to = new BenchmarkTree.Writer(root);
        for (BenchmarkTree.Picture p : BenchmarkTree.COCO_STUFF_10K.train()) {
            to.mat("annotations/" + p.id() + ".mat", "S", Mat5.newScalar(183));
        }
        assertInvalid(() -> Datasets.open("cocostuff:" + root), ".mat", "value 183.0", "an id of COCO-Stuff");
        for (BenchmarkTree.Picture p : BenchmarkTree.COCO_STUFF_10K.train()) {
            to.mat("annotations/" + p.id() + ".mat", "S", Mat5.newScalar(1.5));
        }
        assertInvalid(() -> Datasets.open("cocostuff:" + root), ".mat", "value 1.5");
        for (BenchmarkTree.Picture p : BenchmarkTree.COCO_STUFF_10K.train()) {
            to.mat("annotations/" + p.id() + ".mat", "S", Mat5.newMatrix(0, 3));
        }
        assertInvalid(() -> Datasets.open("cocostuff:" + root), ".mat", "'S'", "a value for each pixel");
    }

    @Test
    void theOriginalReleaseOfPascalContextNeedsItsNames() throws IOException {
        BenchmarkTree.CONTEXT_ORIGINAL.write(root);
        Dataset with = Datasets.open("context60:" + root).train();
        assertThat(with.truth(0).get(0, 0))
                .isEqualTo(with.classes().labelNames().indexOf("aeroplane"));
        assertThat(with.truth(0).get(0, BenchmarkTree.WIDTH - 1)).isZero();
        Files.move(root.resolve("ImageSets/SegmentationContext"), root.resolve("ImageSets/Main"));
        assertThat(Datasets.open("context60:" + root).train().notes().get(0))
                .as("VOC 2010's own parts")
                .contains("2 images of ImageSets/Main/train.txt");
        Path names = root.resolve("labels.txt");
        String text = Files.readString(names);
        Files.writeString(names, text.replace(": train\n", ": locomotive\n"));
        assertInvalid(() -> Datasets.open("context59:" + root), "labels.txt", "does not name 'train'");
        Files.writeString(names, text + "416: train\n");
        assertInvalid(() -> Datasets.open("context59:" + root), "labels.txt:460", "416 stands twice");
        Files.writeString(names, "aeroplane\n");
        assertInvalid(() -> Datasets.open("context59:" + root), "labels.txt:1", "'number: name'");
        Files.delete(names);
        assertInvalid(() -> Datasets.open("context59:" + root), "labels.txt", "no such file");
    }
}
