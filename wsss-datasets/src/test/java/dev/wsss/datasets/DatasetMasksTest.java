package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.wsss.api.Dataset;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetMasksTest {
    private final Path root;
    private final Path out;

    DatasetMasksTest(@TempDir Path folder) {
        root = folder.resolve("cityscapes");
        out = folder.resolve("out");
    }

    private Path mask(String split, String city, int n) {
        return root.resolve("gtFine/" + split + "/" + city + "/" + city + "_" + n + "_gtFine_labelIds.png");
    }

    private void write(String split, String city, int n, int... ids) throws IOException {
        TestFiles.image(
                root.resolve("leftImg8bit/" + split + "/" + city + "/" + city + "_" + n + "_leftImg8bit.png"), 2, 4, n);
        TestFiles.mask(mask(split, city, n), 2, 4, ids);
    }

    private MaskExport export() {
        return export(Datasets.open("cityscapes:" + root), out);
    }

    private static MaskExport export(DatasetSplits data, Path to) {
        return DatasetMasks.builder().setData(data).setOut(to).build().run();
    }

    @Test
    void labelIdsBecomeTrainIds() throws IOException {
        write("train", "ulm", 1, 7, 33, 0, 26);
        write("train", "ulm", 2, 7, 8, 9, 10);
        write("val", "lindau", 1, 31, 31, 11, 4);
        assertThat(export()).extracting(MaskExport::written, MaskExport::kept).containsExactly(3, 0);
        assertThat(LabelPng.read(out.resolve("ulm_1.png")))
                .isEqualTo(LabelMap.of(2, 4, new byte[] {0, 18, -1, 13, 0, 18, -1, 13}));
        assertThat(LabelPng.read(out.resolve("lindau_1.png")).get(0, 0)).isEqualTo(16);
        assertThat(export().kept()).isEqualTo(3);

        // a mask that has changed is another source
        TestFiles.mask(mask("train", "ulm", 2), 2, 4, 8);
        assertInvalid(this::export, "masks.cityscapes/train is '");
    }

    @Test
    void oneBadMaskIsToldAndMissingOnesAreLeftOut() throws IOException {
        for (int i = 0; i < 20; i++) {
            write("train", "ulm", i, 7, 26);
        }
        Path bad = mask("train", "ulm", 3);
        Files.write(bad, Arrays.copyOf(Files.readAllBytes(bad), 80));
        Files.delete(mask("train", "ulm", 4));
        MaskExport export = export();
        assertThat(export.written()).isEqualTo(18);
        assertThat(export.left()).containsExactly("ulm_4");
        assertThat(export.failed()).containsOnlyKeys("ulm_3");
        assertThat(export.failed().get("ulm_3")).contains("ulm_3_gtFine_labelIds.png");
    }

    /** The PNG of an earlier run is not taken for one of the run that could not make it. */
    @Test
    void overwritingLeavesNothingOfBefore() throws IOException {
        write("train", "ulm", 1, 7, 26);
        write("train", "ulm", 2, 7, 8);
        write("train", "ulm", 3, 7, 8);
        write("train", "ulm", 4, 7, 8);
        write("train", "ulm", 5, 7, 8);
        export();
        Path bad = mask("train", "ulm", 1);
        Files.write(bad, Arrays.copyOf(Files.readAllBytes(bad), 70));
        MaskExport again = DatasetMasks.builder()
                .setData(Datasets.open("cityscapes:" + root))
                .setOut(out)
                .optOverwrite(true)
                .build()
                .run();
        assertThat(again.failed()).containsOnlyKeys("ulm_1");
        assertThat(out.resolve("ulm_1.png")).doesNotExist();
        assertThat(export().failed()).containsOnlyKeys("ulm_1");
    }

    @Test
    void anIdOfTwoMasksIsRefused() throws IOException {
        write("train", "ulm", 1, 7, 26);
        write("val", "ulm", 1, 7, 8);
        assertInvalid(this::export, "'ulm_1' is in cityscapes/train and in cityscapes/val");
        assertThat(out).doesNotExist();
    }

    @Test
    void anImageInTwoListsIsWrittenOnce() throws IOException {
        Path folder = root.resolveSibling("plain");
        TestFiles.text(folder.resolve("classes.txt"), "cat");
        TestFiles.image(folder.resolve("images/a.png"), 2, 3, 9);
        TestFiles.mask(folder.resolve("masks/a.png"), 2, 3, 0, 1);
        TestFiles.text(folder.resolve("labels.csv"), "a,cat");
        TestFiles.text(folder.resolve("train.txt"), "a");
        TestFiles.text(folder.resolve("val.txt"), "a");
        MaskExport export = DatasetMasks.builder()
                .setData(Datasets.open("folder:" + folder))
                .setOut(out)
                .build()
                .run();
        assertThat(export.written()).isEqualTo(1);
    }

    /** Two lists may have one name, in folders of their own. */
    @Test
    void listsOfOneNameAreTold() {
        Dataset data = Datasets.open("shapes:train=2,val=1,size=32").train();
        MaskExport export = DatasetMasks.builder()
                .setData(new DatasetSplits(data.subset("s", 0), Optional.of(data.subset("s", 1))))
                .setOut(out)
                .build()
                .run();
        assertThat(export.written()).isEqualTo(2);
        assertThat(LabelPng.read(out.resolve(data.id(1) + ".png"))).isEqualTo(data.truth(1));
    }

    /** What labels are made of besides the masks' files is a source too. */
    @Test
    void aFileThatExplainsMasksIsASource() throws IOException {
        Map<BenchmarkTree, String> sources = Map.of(
                BenchmarkTree.COCO_OFFICIAL, "annotations/instances_train2014.json",
                BenchmarkTree.WILDDASH2, "panoptic.json",
                BenchmarkTree.CONTEXT_ORIGINAL, "labels.txt");
        for (Map.Entry<BenchmarkTree, String> source : sources.entrySet()) {
            BenchmarkTree tree = source.getKey();
            Path data = tree.write(out.resolveSibling(tree.name()));
            Path masks = out.resolve(tree.name());
            assertThat(export(tree.builder(data).open(), masks).written())
                    .isEqualTo(tree.train().size() + tree.val().size());
            assertThat(LabelPng.read(masks.resolve(tree.train().get(1).id() + ".png")))
                    .isEqualTo(tree.train().get(1).truth());
            // another image is no other mask, where masks are drawn
            if (tree == BenchmarkTree.COCO_OFFICIAL) {
                TestFiles.image(
                        data.resolve("train2014/" + tree.train().get(0).id() + ".jpg"),
                        BenchmarkTree.HEIGHT,
                        BenchmarkTree.WIDTH,
                        99);
            }
            assertThat(export(tree.builder(data).open(), masks).written()).isZero();
            Path file = data.resolve(source.getValue());
            Files.writeString(file, Files.readString(file) + "\n");
            assertInvalid(() -> export(tree.builder(data).open(), masks), "its label PNGs are made otherwise: masks.");
        }
        Path coco = out.resolveSibling(BenchmarkTree.COCO_OFFICIAL.name());
        CocoDataset.Builder part = CocoDataset.builder().setRoot(coco).setSplit("train");
        Path rule = out.resolve("rule");
        export(new DatasetSplits(part.build(), Optional.empty()), rule);
        part.optOverlap(OverlapRule.LAST_ON_TOP);
        assertInvalid(
                () -> export(new DatasetSplits(part.build(), Optional.empty()), rule), "masks.coco/train2014 is '");
    }

    @Test
    void dataWithoutMasksAreRefused() {
        Dataset tags = Datasets.open("shapes:train=2,val=1,size=32").train().tagsOnly();
        assertInvalid(
                () -> DatasetMasks.builder().setData(tags).setOut(out).build().run(), "has no mask of any of 2 images");
        assertThatIllegalStateException()
                .isThrownBy(() -> DatasetMasks.builder().setOut(out).build())
                .withMessage("setData is required");
        assertThatIllegalStateException()
                .isThrownBy(() -> DatasetMasks.builder().setData(tags).build())
                .withMessage("setOut is required");
    }
}
