package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.LabelPng;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.datasets.ShapesDataset;
import dev.wsss.datasets.VocLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tags from the original programs' {@code cls_labels.npy}, for images laid out as VOC's without its annotations. */
class ClsLabelsIT {
    private static final int CAT = 7;
    private static final int DOG = 11;

    private final Path root;
    private final Path file;

    ClsLabelsIT(@TempDir Path tmp) {
        root = tmp.resolve("VOC2012");
        file = tmp.resolve("cls_labels.npy");
    }

    @BeforeEach
    void writeImages() throws IOException {
        Dataset scenes =
                ShapesDataset.builder().setCount(4).setSeed(3).optSize(32, 32).build();
        Files.createDirectories(root.resolve("JPEGImages"));
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < scenes.size(); i++) {
            ids.add(id(i));
            ImageIO.write(
                    scenes.get(i).image().toBufferedImage(),
                    "jpg",
                    root.resolve("JPEGImages/" + id(i) + ".jpg").toFile());
        }
        Files.createDirectories(root.resolve("ImageSets/Segmentation"));
        Files.write(root.resolve("ImageSets/Segmentation/train_aug.txt"), ids);
    }

    private static String id(int i) {
        return "2007_00000" + i;
    }

    /** The tags of the first images; those of the second are none. */
    private void write(int images, int classes) {
        Map<String, float[]> labels = new LinkedHashMap<>();
        for (int i = 0; i < images; i++) {
            float[] hot = new float[classes];
            if (i != 1) {
                hot[DOG] = 1;
                hot[CAT] = i == 2 ? 1 : 0;
            }
            labels.put(id(i), hot);
        }
        ObjectNpy.writeClassLabels(file, labels);
    }

    private CommandLineRun run(String data, String... more) {
        List<String> args = new ArrayList<>(List.of(
                "ppc",
                "infer-cam",
                "--small",
                "--quick",
                "--variant=SEAM_PPC",
                "--device=cpu",
                "--threads=1",
                "--data=" + data,
                "--cls-labels=" + file,
                "--out=" + root.resolveSibling("out")));
        args.addAll(List.of(more));
        return CommandLineRun.of(args.toArray(String[]::new));
    }

    private void assertRefused(CommandLineRun run, String... words) {
        assertThat(run.err()).singleElement().asString().startsWith("wsss: ").contains(words);
        assertThat(run.status()).isEqualTo(1);
        assertThat(root.resolveSibling("out")).doesNotExist();
    }

    @Test
    void tagsAreThoseOfTheFileAndAnImageWithoutIsAllBackground() {
        write(5, VocLayout.VOC_CLASSES.tagCount()); // one more than there are images does no harm
        CommandLineRun run = run("voc:" + root);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .anyMatch(line ->
                        line.startsWith("VOC2012/train_aug: 4 images of ImageSets/Segmentation/train_aug.txt, "))
                .anyMatch(line -> line.contains("4 of 4 samples done"));
        Path cam = root.resolveSibling("out/cam");
        assertThat(ObjectNpy.readCamDict(cam.resolve("2007_000000.npy"))).containsOnlyKeys(DOG);
        assertThat(ObjectNpy.readCamDict(cam.resolve("2007_000002.npy"))).containsOnlyKeys(CAT, DOG);
        assertThat(ObjectNpy.readCamDict(cam.resolve("2007_000001.npy"))).isEmpty();
        assertThat(LabelPng.read(root.resolveSibling("out/raw/2007_000001.png")).histogram()[0])
                .isEqualTo(ImageFiles.readRgb(root.resolve("JPEGImages/2007_000001.jpg"))
                                .height()
                        * ImageFiles.readRgb(root.resolve("JPEGImages/2007_000001.jpg"))
                                .width());
    }

    @Test
    void aFileThatLacksAnImageIsRefusedWithBothNames() {
        write(3, VocLayout.VOC_CLASSES.tagCount());
        assertRefused(run("voc:" + root), file.toString(), "train_aug.txt:4: '2007_000003' has no tags");
    }

    @Test
    void anotherNumberOfClassesIsRefused() {
        write(4, 80);
        assertRefused(run("voc:" + root), file + ": '2007_000000' has 80 classes; expected 20");
    }

    @Test
    void valuesThatAreNeitherZeroNorOneAreRefused() {
        for (float value : new float[] {255, 0.5f, Float.NaN, -1}) {
            Map<String, float[]> labels = new LinkedHashMap<>();
            for (int i = 0; i < 4; i++) {
                float[] hot = new float[VocLayout.VOC_CLASSES.tagCount()];
                hot[DOG] = 1;
                hot[CAT] = i == 2 ? value : 0;
                labels.put(id(i), hot);
            }
            ObjectNpy.writeClassLabels(file, labels);
            assertRefused(
                    run("voc:" + root),
                    file + ": image '2007_000002' has ",
                    " for class 7; 1 value of 1 image is neither 0 nor 1");
        }
    }

    @Test
    void classesOfAFileAreTheFoldersOfTheTags() throws IOException {
        Path classes = Files.write(root.resolveSibling("names.txt"), List.of("background", "a", "b", "c"));
        Map<String, float[]> labels = new LinkedHashMap<>();
        for (int i = 0; i < 4; i++) {
            labels.put(id(i), new float[] {1, 0, i});
        }
        labels.put(id(3), new float[] {0, 0, 1});
        labels.put(id(2), new float[] {0, 1, 1});
        ObjectNpy.writeClassLabels(file, labels);
        CommandLineRun run = run("voc:" + root, "--classes=" + classes);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .anyMatch(
                        line -> line.contains("4 images of ImageSets/Segmentation/train_aug.txt, 6 tags of 3 classes"))
                .anyMatch(line -> line.contains("'background' is the background"));
        assertThat(ObjectNpy.readCamDict(root.resolveSibling("out/cam/2007_000002.npy")))
                .containsOnlyKeys(1, 2);
    }

    @Test
    void otherDataHasItsOwnTags() {
        write(4, VocLayout.VOC_CLASSES.tagCount());
        assertRefused(run("shapes"), "--cls-labels is for voc:DIR, folder:DIR, ", "got --data shapes");
    }

    @Test
    void aMissingFileIsNamed() {
        assertRefused(run("voc:" + root), file + ": expected a file, there is nothing");
    }
}
