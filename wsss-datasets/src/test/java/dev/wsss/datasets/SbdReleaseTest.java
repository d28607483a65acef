package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import us.hebi.matlab.mat.format.Mat5;

class SbdReleaseTest {
    private final Path sbd;
    private final Path voc;
    private final BenchmarkTree.Writer to;

    SbdReleaseTest(@TempDir Path folder) {
        sbd = folder.resolve("benchmark_RELEASE");
        voc = folder.resolve("VOC2012");
        to = new BenchmarkTree.Writer(sbd.resolve("dataset"));
    }

    /** Of three images of SBD one is in VOC's train, and one in VOC's val. */
    @BeforeEach
    void write() throws IOException {
        BenchmarkTree.VOC.write(voc);
        TestFiles.image(voc.resolve("JPEGImages/2008_000002.jpg"), BenchmarkTree.HEIGHT, BenchmarkTree.WIDTH, 9);
        TestFiles.text(
                voc.resolve("Annotations/2008_000002.xml"),
                "<annotation><object><name>tvmonitor</name></object></annotation>");
        to.sbd("cls/2008_000002.mat", List.of(20, 0, 20));
        to.sbd("cls/2007_000032.mat", List.of(1, 1, 1));
        to.sbd("cls/2007_000033.mat", List.of(1, 1, 1));
        to.text("train.txt", "2008_000002\n2007_000033");
        to.text("val.txt", "2007_000032");
    }

    @Test
    void augmentsVoc() throws IOException {
        Path official = voc.resolve("SegmentationClass/2007_000039.png");
        TestFiles.mask(official, BenchmarkTree.HEIGHT, BenchmarkTree.WIDTH, 15, LabelMap.IGNORE);
        LabelMap border = LabelPng.read(official);
        SbdRelease release = SbdRelease.open(sbd);
        assertThat(release.labels("2008_000002").get(11, 17)).isEqualTo(20);
        SbdRelease.Augmented made = release.augment(voc);
        assertThat(made.list()).hasContent("2007_000032\n2007_000039\n2008_000002\n2008_000008\n");
        assertThat(made).isEqualTo(new SbdRelease.Augmented(made.list(), 4, 1, 5));
        DatasetSplits splits = Datasets.open("voc:" + voc);
        Dataset train = splits.train();
        assertThat(train.name()).endsWith("/train_aug");
        assertThat(train.notes().get(0)).contains("4 images", "masks for evaluation: SegmentationClassAug");
        assertThat(train.truth(0))
                .as("VOC's goes before SBD's")
                .isEqualTo(BenchmarkTree.VOC.train().get(0).truth());
        assertThat(train.truth(1)).as("its border is kept").isEqualTo(border);
        assertThat(train.truth(2)).isEqualTo(release.labels("2008_000002"));
        assertThat(splits.val().orElseThrow().size()).isEqualTo(2);
        assertThat(voc.resolve("SegmentationClassAug/2007_000033.png")).exists();
        assertThat(SbdRelease.open(sbd.resolve("dataset")).val()).containsExactly("2007_000032");
    }

    @Test
    void goesOnWhereItWas() throws IOException {
        SbdRelease release = SbdRelease.open(sbd);
        assertInvalid(() -> release.augment(voc, false, 1, null), "SegmentationClassAug: holds", "leave to overwrite");
        TestFiles.delete(voc.resolve("SegmentationClassAug"));
        SbdRelease.Augmented made = release.augment(voc, false, 2, null);
        Path mask = voc.resolve("SegmentationClassAug/2008_000002.png");
        FileTime before = Files.getLastModifiedTime(mask);
        Files.delete(voc.resolve("SegmentationClassAug/2007_000032.png"));
        assertThat(release.augment(voc, false, 2, null)).isEqualTo(made);
        assertThat(Files.getLastModifiedTime(mask)).isEqualTo(before);
        assertThat(voc.resolve("SegmentationClassAug/2007_000032.png")).exists();
        to.sbd("cls/2008_000002.mat", List.of(3, 0, 3));
        assertInvalid(() -> release.augment(voc, false, 2, null), "its label PNGs are made otherwise: masks is '");
        release.augment(voc, true, 2, null);
        assertThat(LabelPng.read(mask).get(0, 0)).isEqualTo(3);
    }

    @Test
    void whatIsWrongIsNamed() throws IOException {
        assertInvalid(() -> SbdRelease.open(voc), "cls", "no such folder");
        SbdRelease release = SbdRelease.open(sbd);
        assertInvalid(() -> release.labels("../../x"), "leads out");
        assertInvalid(() -> release.labels("2008_000003"), "2008_000003.mat", "no such file");
        to.sbd("cls/2008_000002.mat", List.of(20, 21, 20));
        assertInvalid(() -> release.augment(voc), "2008_000002.mat", "pixel (6, 0) has value 21", "0..20");
        assertThat(voc.resolve("ImageSets/SegmentationAug/train_aug.txt")).doesNotExist();
        to.mat("cls/2008_000002.mat", "GTinst", Mat5.newScalar(3));
        assertInvalid(() -> release.labels("2008_000002"), "no variable 'GTcls'", "'GTinst'");
        to.mat("cls/2008_000002.mat", "GTcls", Mat5.newScalar(3));
        assertInvalid(() -> release.labels("2008_000002"), "'GTcls' is no structure", "'Segmentation'");
        to.text("cls/2008_000002.mat", "MATLAB 7.3 MAT-file");
        assertInvalid(() -> release.labels("2008_000002"), "2008_000002.mat", "expected a MAT file of version 5 to 7");
        to.text("val.txt", "2009_000001");
        assertInvalid(() -> SbdRelease.open(sbd).augment(voc), "no image '2009_000001'");
    }

    /** Whatever a byte is changed to, the file is read or refused by name, with bounded memory. */
    @Test
    void damagedFilesAreRefused() throws IOException {
        Path file = sbd.resolve("dataset/cls/2008_000002.mat");
        byte[] bytes = Files.readAllBytes(file);
        SbdRelease release = SbdRelease.open(sbd);
        Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 200; i++) {
            byte[] damaged = bytes.clone();
            damaged[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            if (i % 3 == 0) {
                damaged = Arrays.copyOf(damaged, random.nextInt(bytes.length));
            }
            Files.write(file, damaged);
            try {
                assertThat(release.labels("2008_000002").height()).isPositive();
            } catch (InvalidDataException e) {
                assertThat(e).hasMessageContaining("2008_000002.mat");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(66);
    }
}
