package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.wsss.api.ImageTags;
import dev.wsss.datasets.DatasetReport.Finding;
import dev.wsss.datasets.DatasetReport.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is named and not there: the first is refused by whoever opens a dataset, and a check tells of all. */
class GapsTest {
    @TempDir
    Path folder;

    private static List<Finding> findings(Datasets.Builder builder) {
        return DatasetCheck.builder().setData(builder).build().run().findings();
    }

    @Test
    void everyImageAndAnnotationOfVocIsTold() throws IOException {
        Path voc = BenchmarkTree.VOC.write(folder.resolve("VOC2012"));
        Datasets.Builder builder = BenchmarkTree.VOC.builder(voc);
        Files.delete(voc.resolve("JPEGImages/2007_000032.jpg"));
        Files.delete(voc.resolve("JPEGImages/2007_000042.jpg"));
        Files.move(voc.resolve("JPEGImages/2007_000039.jpg"), voc.resolve("JPEGImages/2007_000039.heic"));
        Files.delete(voc.resolve("Annotations/2008_000008.xml"));
        TestFiles.text(voc.resolve("Annotations/2007_000033.xml"), "<annotation><object><name>cat</na");
        List<Finding> findings = findings(builder);
        assertThat(findings)
                .extracting(Finding::kind, Finding::part, Finding::id)
                .containsExactly(
                        tuple(Kind.IMAGE_MISSING, "VOC2012/train", "2007_000032"),
                        tuple(Kind.IMAGE_MISSING, "VOC2012/train", "2007_000039"),
                        tuple(Kind.TAGS_UNREADABLE, "VOC2012/train", "2008_000008"),
                        tuple(Kind.TAGS_UNREADABLE, "VOC2012/val", "2007_000033"),
                        tuple(Kind.IMAGE_MISSING, "VOC2012/val", "2007_000042"));
        assertThat(findings)
                .extracting(Finding::message)
                .anyMatch(m -> m.contains("train.txt:1: there is no image '2007_000032' in "))
                .anyMatch(m -> m.contains("there is 2007_000039.heic, which is not called like an image"))
                .anyMatch(m -> m.endsWith("2008_000008.xml: no such file; expected a VOC annotation"))
                .anyMatch(m -> m.contains("2007_000033.xml: is not well-formed XML"))
                .allMatch(m -> m.lines().count() == 1);
        // the builder opens as before
        assertInvalid(builder::open, "train.txt:1: there is no image '2007_000032'");
    }

    @Test
    void pathsOfAListAreTold() throws IOException {
        Path voc = BenchmarkTree.VOC_AUG.write(folder.resolve("VOC2012"));
        Files.delete(voc.resolve("JPEGImages/2007_000039.jpg"));
        assertThat(findings(BenchmarkTree.VOC_AUG.builder(voc)))
                .extracting(Finding::kind, Finding::id)
                .containsExactly(tuple(Kind.IMAGE_MISSING, "2007_000039"));
        assertInvalid(
                BenchmarkTree.VOC_AUG.builder(voc)::open, "train_aug.txt:2: names '/JPEGImages/2007_000039.jpg', but");
    }

    /** A data set of which no image was unpacked yet. */
    @ParameterizedTest
    @EnumSource(
            value = BenchmarkTree.class,
            names = {"VOC", "VOC_AUG", "CAMVID", "COCO_AFA"})
    void allImagesMayBeGone(BenchmarkTree tree) throws IOException {
        Path root = tree.write(folder.resolve("d"));
        DatasetSplits whole = tree.builder(root).open();
        for (int i = 0; i < whole.train().size(); i++) {
            Files.delete(((FileDataset) whole.train()).image(i));
        }
        DatasetReport report =
                DatasetCheck.builder().setData(tree.builder(root)).build().run();
        assertThat(report.counts())
                .isEqualTo(Map.of(Kind.IMAGE_MISSING, whole.train().size()));
        assertThat(report.parts().get(0).images()).isZero();
        assertThat(report.parts().get(0).masks()).isEqualTo(whole.train().size());
    }

    @Test
    void missingTagsAreTold() throws IOException {
        for (BenchmarkTree tree : List.of(BenchmarkTree.VOC, BenchmarkTree.COCO_AFA, BenchmarkTree.ADE20K)) {
            Path root = tree.write(folder.resolve(tree.name()));
            DatasetSplits whole = tree.builder(root).open();
            Map<String, ImageTags> tags = new HashMap<>();
            tags.putAll(TagSource.of(whole.train()));
            tags.putAll(TagSource.of(whole.val().orElseThrow()));
            String id = whole.train().id(1);
            tags.remove(id);
            Datasets.Builder builder = tree.builder(root).optTags(tags);
            assertThat(findings(builder))
                    .extracting(Finding::kind, Finding::id, f -> f.message().replaceAll(".*: ", ""))
                    .containsExactly(tuple(Kind.TAGS_UNREADABLE, id, "'" + id + "' has no tags in the tags given"));
            assertInvalid(builder::open, "'" + id + "' has no tags in the tags given");
        }
    }

    @Test
    void everyLineOfAFolderIsTold() throws IOException {
        Path root = folder.resolve("pets");
        TestFiles.text(root.resolve("classes.txt"), "cat", "dog");
        TestFiles.text(root.resolve("labels.csv"), "a.png,cat", "b.png,dog", "c,dog");
        TestFiles.image(root.resolve("images/a.png"), 4, 4, 20);
        TestFiles.image(root.resolve("images/d.png"), 4, 4, 40);
        Datasets.Builder builder = Datasets.builder().setSpec("folder:" + root);
        assertThat(findings(builder))
                .extracting(Finding::kind, Finding::id)
                .containsExactly(tuple(Kind.IMAGE_MISSING, "b"), tuple(Kind.IMAGE_MISSING, "c"));
        assertInvalid(builder::open, "labels.csv:2: there is no image 'b.png'");
        TestFiles.text(root.resolve("train.txt"), "b", "d", "e", "a");
        assertThat(findings(builder))
                .extracting(Finding::kind, Finding::id, Finding::message)
                .contains(tuple(
                        Kind.TAGS_UNREADABLE, "d", root + "/train.txt:2: 'd' has no line in labels.csv, and no tags"))
                .extracting(t -> t.toList().get(1))
                .containsExactly("b", "d", "e", "e");
    }

    /** Objects that are left out, as of an image of no size that can be, are told, and not taken for nothing wrong. */
    @Test
    void problemsOfAnnotationsAreFindings() throws IOException {
        Path coco = BenchmarkTree.COCO_OFFICIAL.write(folder.resolve("coco"));
        Path json = coco.resolve("annotations/instances_train2014.json");
        Files.writeString(
                json,
                Files.readString(json)
                        .replaceFirst("\"height\":12,\"width\":18", "\"height\":1000000,\"width\":1000000"));
        DatasetReport report = DatasetCheck.builder()
                .setData(BenchmarkTree.COCO_OFFICIAL.builder(coco))
                .build()
                .run();
        assertThat(report.counts()).isEqualTo(Map.of(Kind.ANNOTATIONS, 4));
        assertThat(report.findings().get(0).message())
                .contains("image 9 has 1000000x1000000 pixels; expected at least 1x1");
        assertThat(report.findings().get(0).id()).isEmpty();
    }

    /** What is listed and gone is no mask of the count, and a pipe is not waited for. */
    @Test
    void filesOfOtherKindsAreTold() throws Exception {
        Path camvid = BenchmarkTree.CAMVID.write(folder.resolve("camvid"));
        Files.delete(camvid.resolve("trainannot/0001TP_006690.png"));
        DatasetReport report = DatasetCheck.builder()
                .setData(BenchmarkTree.CAMVID.builder(camvid))
                .build()
                .run();
        assertThat(report.counts()).containsOnlyKeys(Kind.MASK_MISSING, Kind.TAGS_UNREADABLE);
        assertThat(report.parts().get(0).masks()).isEqualTo(1);

        Path voc = BenchmarkTree.VOC.write(folder.resolve("VOC2012"));
        for (String name : List.of("Annotations/2007_000032.xml", "Annotations/2007_000039.xml")) {
            Files.delete(voc.resolve(name));
        }
        Files.createDirectory(voc.resolve("Annotations/2007_000032.xml"));
        Process pipe = new ProcessBuilder(
                        "mkfifo",
                        voc.resolve("Annotations/2007_000039.xml").toString(),
                        voc.resolve("pipe.txt").toString())
                .start();
        assumeThat(pipe.waitFor()).isZero();
        assertThat(findings(BenchmarkTree.VOC.builder(voc)))
                .extracting(Finding::kind)
                .containsExactly(Kind.TAGS_UNREADABLE, Kind.TAGS_UNREADABLE);
        assertInvalid(() -> Datasets.classes(voc.resolve("pipe.txt"), true), "pipe.txt: is a folder or another thing");
        assertInvalid(() -> CocoInstances.open(voc.resolve("pipe.txt")), "pipe.txt: is a folder or another thing");
        assertInvalid(() -> PanopticSegments.read(voc.resolve("pipe.txt")), "pipe.txt: is a folder or another thing");
    }

    @Test
    void anEmptyListIsNamed() throws IOException {
        Path voc = BenchmarkTree.VOC.write(folder.resolve("VOC2012"));
        TestFiles.text(voc.resolve("ImageSets/Segmentation/train.txt"), "", " ");
        assertInvalid(
                () -> findings(BenchmarkTree.VOC.builder(voc)),
                "ImageSets/Segmentation/train.txt lists no image; expected at least one");
    }

    /** What a list names that leads elsewhere is refused still. */
    @Test
    void aPathThatLeadsOutIsRefused() throws IOException {
        Path voc = BenchmarkTree.VOC.write(folder.resolve("VOC2012"));
        TestFiles.text(voc.resolve("ImageSets/Segmentation/train.txt"), "2007_000032", "../../outside");
        assertInvalid(() -> findings(BenchmarkTree.VOC.builder(voc)), "train.txt:2: '../../outside' leads out of");
    }
}
