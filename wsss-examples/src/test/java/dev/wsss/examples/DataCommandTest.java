package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.LabelPng;
import dev.wsss.core.io.ObjectNpy;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss data} as a user types it. */
class DataCommandTest {
    private static final String INSTANCES =
            "{\"images\": [{\"id\": 9, \"file_name\": \"COCO_val2014_000000000009.jpg\", \"height\": 8, \"width\": 10},"
                    + " {\"id\": 7, \"file_name\": \"COCO_val2014_000000000007.jpg\", \"height\": 3, \"width\": 4}],"
                    + " \"categories\": [{\"id\": 1, \"name\": \"person\"}, {\"id\": 13, \"name\": \"stop sign\"}],"
                    + " \"annotations\": [{\"id\": 1, \"image_id\": 9, \"category_id\": 13, \"area\": 9, \"iscrowd\": 0,"
                    + " \"segmentation\": [[0, 0, 3, 0, 3, 3, 0, 3]]}, {\"id\": 2, \"image_id\": 9, \"category_id\": 1,"
                    + " \"area\": 80, \"iscrowd\": 1, \"segmentation\": {\"size\": [8, 10], \"counts\": [0, 80]}}]}";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Path folder;

    DataCommandTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private int run(Object... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        String[] line = new String[args.length + 1];
        line[0] = "data";
        for (int i = 0; i < args.length; i++) {
            line[i + 1] = args[i].toString();
        }
        return Wsss.execute(new PrintWriter(out, true), new PrintWriter(err, true), line);
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }

    private Path scenes(int count) throws IOException {
        return SceneFolder.write(folder.resolve("scenes"), count, true);
    }

    private Path instances() throws IOException {
        return Files.writeString(folder.resolve("instances.json"), INSTANCES);
    }

    @Test
    void checkPrintsWhatThereIs() throws IOException {
        Path data = scenes(12);
        Path json = folder.resolve("report.json");
        assertThat(run("check", data, "--json", json)).isZero();
        assertThat(lines())
                .contains("nothing is wrong", "scenes: 12 images", "  12 can be read, 12 with a mask, 0 without a tag")
                .contains("  height 32, width 32")
                .anyMatch(line -> line.matches("label +class +images by tag +images by mask +pixels"))
                .anyMatch(line -> line.matches(" +0 +background +- +12 +\\d+"))
                .noneMatch(line -> line.contains("without pixel"));
        assertThat(json).content().contains("\"clean\": true");
        // the kind may be said, and --data is as in other commands
        assertThat(run("check", "folder:" + data)).isZero();
        assertThat(run("check", "--data", "folder:" + data, "--fast", "--threads", "1"))
                .isZero();
        assertThat(lines())
                .contains("nothing is wrong, as far as headers tell")
                .noneMatch(line -> line.contains("pixels"));
    }

    @Test
    void checkListsWhatIsWrong() throws IOException {
        Path data = scenes(12);
        byte[] image = Files.readAllBytes(SceneFolder.image(data, 3));
        Files.write(SceneFolder.image(data, 3), Arrays.copyOf(image, image.length / 2));
        Files.copy(
                SceneFolder.mask(data, 0),
                SceneFolder.mask(data, 1),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.delete(SceneFolder.mask(data, 5));
        assertThat(run("check", data)).isEqualTo(3);
        assertThat(lines())
                .contains("image that cannot be read: 1", "image without a mask: 1", "  there is no mask of 's5'")
                .anyMatch(line -> line.contains("s3.png: ") && line.contains("expected"));
        assertThat(err.toString()).doesNotContain("wsss:");

        Files.delete(SceneFolder.image(data, 2));
        Files.delete(SceneFolder.image(data, 7));
        assertThat(run("check", data)).isEqualTo(3);
        assertThat(lines())
                .contains("image that is not there: 2")
                .anyMatch(line -> line.contains("there is no image 's2'"))
                .anyMatch(line -> line.contains("there is no image 's7'"));
        assertThat(run("tags", "--data", "folder:" + data, "--out", folder.resolve("tags.csv")))
                .isEqualTo(1);
        assertThat(err.toString()).contains("there is no image 's2'").hasLineCount(1);
        assertThat(run("check", folder)).isEqualTo(1);
        assertThat(err.toString()).contains("expected its kind before it, such as voc:");
        Path both = Files.createDirectories(data.resolve("leftImg8bit"));
        assertThat(run("check", data)).isEqualTo(1);
        assertThat(err.toString())
                .contains("that of cityscapes and of folder; expected")
                .hasLineCount(1);
        Files.delete(both);
        assertThat(run("check", SceneFolder.image(data, 1))).isEqualTo(1);
        assertThat(err.toString()).contains("s1.png: no such folder; expected a dataset");
        assertThat(run("check", folder.resolve("none"))).isEqualTo(1);
        assertThat(err.toString()).contains("none: no such folder; expected a dataset");
        assertThat(run("check", "")).isEqualTo(1);
        assertThat(err.toString()).contains("dataset '' is not known").hasLineCount(1);
        assertThat(run("check", data, "--data", "shapes")).isEqualTo(2);
        assertThat(err.toString()).contains("scenes and --data; expected one of them");
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("check, tags, masks");
    }

    @Test
    void tagsGoRoundThroughEveryForm() throws IOException {
        Path data = scenes(6);
        String spec = "folder:" + data;
        for (String name : List.of("tags.csv", "tags.json", "cls_labels.npy")) {
            Path file = folder.resolve(name);
            assertThat(run("tags", "--data", spec, "--out", file)).as(name).isZero();
            assertThat(lines()).anyMatch(line -> line.startsWith(file + ": 6 images, "));
            assertThat(run("tags", "--data", spec, "--compare", file)).as(name).isZero();
            assertThat(lines()).containsExactly(file + ": tags differ on 0 of the 6 images that both have");
        }
        assertThat(ObjectNpy.readClassLabels(folder.resolve("cls_labels.npy")))
                .containsOnlyKeys("s0", "s1", "s2", "s3", "s4", "s5");
        // and into the folder again, in place of its own
        assertThat(run(
                        "tags",
                        "--data",
                        spec,
                        "--cls-labels",
                        folder.resolve("cls_labels.npy"),
                        "--compare",
                        folder.resolve("tags.csv")))
                .isZero();
        // scenes are tagged with what is drawn
        assertThat(run("tags", "--data", spec, "--from-masks", "--compare", folder.resolve("tags.csv")))
                .isZero();
        assertThat(run(
                        "tags",
                        "--data",
                        spec,
                        "--from-masks",
                        "--min-pixels",
                        100_000,
                        "--compare",
                        folder.resolve("tags.csv")))
                .isEqualTo(3);
        assertThat(lines())
                .contains("images whose tags differ: 6")
                .anyMatch(line -> line.matches("class +here +there +added +missing"));
    }

    @Test
    void tagsOfInstances() throws IOException {
        Path json = instances();
        Path file = folder.resolve("tags.csv");
        assertThat(run("tags", "--coco", json, "--out", file)).isZero();
        assertThat(file)
                .content()
                .isEqualTo("id,classes\nCOCO_val2014_000000000009,stop sign\nCOCO_val2014_000000000007,\n");
        assertThat(run("tags", "--coco", json, "--crowds", "--compare", file)).isEqualTo(3);
        assertThat(lines())
                .contains(file + ": tags differ on 1 of the 2 images that both have")
                .anyMatch(line -> line.matches("person +1 +0 +0 +1"));
        Path list = Files.writeString(folder.resolve("list.txt"), "000000000007\n");
        assertThat(run("tags", "--coco", json, "--images", list, "--names", "DIGITS", "--out", file))
                .isZero();
        assertThat(file).content().isEqualTo("id,classes\n000000000007,\n");

        assertThat(run("tags", "--coco", json)).isEqualTo(2);
        assertThat(run("tags", "--coco", json, "--from-masks", "--out", file)).isEqualTo(2);
        assertThat(run("tags", "--coco", json, "--data", "shapes", "--out", file))
                .isEqualTo(2);
        assertThat(run("tags", "--crowds", "--out", file)).isEqualTo(2);
        assertThat(run("tags", "--min-pixels", 2, "--out", file)).isEqualTo(2);
        Files.writeString(json, INSTANCES.substring(0, 500));
        assertThat(run("tags", "--coco", json, "--out", file)).isEqualTo(1);
        assertThat(err.toString())
                .contains("instances.json: ", "expected COCO's instances JSON")
                .hasLineCount(1);
    }

    @Test
    void masksOfInstances() throws IOException {
        Path json = instances();
        Path masks = folder.resolve("masks");
        assertThat(run("masks", "--coco", json, "--out", masks)).isZero();
        assertThat(lines()).containsExactly(masks + ": 2 masks written, 0 were there; overlaps by SMALLEST_ON_TOP");
        int[] counts =
                LabelPng.read(masks.resolve("COCO_val2014_000000000009.png")).histogram();
        assertThat(Map.of(1, counts[1], 2, counts[2])).isEqualTo(Map.of(1, 71, 2, 9));
        assertThat(run("masks", "--coco", json, "--out", masks)).isZero();
        assertThat(lines()).containsExactly(masks + ": 0 masks written, 2 were there; overlaps by SMALLEST_ON_TOP");

        assertThat(run("masks", "--coco", json, "--out", masks, "--rule", "last_on_top"))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains("rule is 'SMALLEST_ON_TOP' there and 'LAST_ON_TOP' here", "or --overwrite")
                .hasLineCount(1);
        assertThat(run("masks", "--coco", json, "--out", masks, "--rule", "last_on_top", "--overwrite"))
                .isZero();
        assertThat(LabelPng.read(masks.resolve("COCO_val2014_000000000009.png")).histogram()[1])
                .isEqualTo(80);

        Path raw = folder.resolve("raw");
        assertThat(run(
                        "masks",
                        "--coco",
                        json,
                        "--out",
                        raw,
                        "--names",
                        "ID",
                        "--raw-ids",
                        "--skip-unannotated",
                        "--threads",
                        1))
                .isZero();
        assertThat(lines()).contains("left out, without annotation: 1");
        assertThat(LabelPng.read(raw.resolve("9.png")).histogram()[13]).isEqualTo(9);
        assertThat(raw.resolve("7.png")).doesNotExist();

        Files.writeString(json, INSTANCES.replace("[[0, 0, 3,", "[[0, NaN, 3,"));
        assertThat(run("masks", "--coco", json, "--out", folder.resolve("broken")))
                .isEqualTo(1);
        assertThat(err.toString()).contains("annotation 1 of image 9", "'NaN'");
        assertThat(run("masks", "--coco", json, "--out", folder.resolve("broken"), "--skip-broken"))
                .isEqualTo(3);
        assertThat(lines()).contains("left out, as something is wrong with it: 1");
        assertThat(run("masks", "--coco", json, "--out", json)).isEqualTo(1);
        assertThat(run("masks", "--out", raw)).isEqualTo(2);
        assertThat(err.toString()).contains("--coco, --data or --sbd is required");
        assertThat(run("masks", "--coco", json, "--data", "shapes", "--out", raw))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--data is of a dataset; --coco was given");
        assertThat(run("masks", "--data", "shapes", "--rule", "LAST_ON_TOP", "--out", raw))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--rule is for --coco");
        assertThat(run("masks", "--coco", json, "--part", "val", "--out", raw)).isEqualTo(2);
        assertThat(err.toString()).contains("--part is of a dataset; --coco was given");
        assertThat(run("masks", "--coco", json)).isEqualTo(2);
        assertThat(err.toString()).contains("--out is required");
    }

    @Test
    void masksOfSbd() {
        assertThat(run("masks", "--sbd", folder)).isEqualTo(2);
        assertThat(err.toString()).contains("--voc is required with --sbd");
        assertThat(run("masks", "--voc", folder, "--out", folder)).isEqualTo(2);
        assertThat(err.toString()).contains("--voc is for --sbd");
        assertThat(run("masks", "--sbd", folder, "--voc", folder, "--part", "val"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--part is not read with --sbd");
        assertThat(run("masks", "--sbd", folder, "--voc", folder)).isEqualTo(1);
        assertThat(err.toString())
                .contains("cls: no such folder; expected SBD's masks")
                .hasLineCount(1);
    }

    @Test
    void masksOfADataset() throws IOException {
        Path data = scenes(20);
        byte[] mask = Files.readAllBytes(SceneFolder.mask(data, 3));
        Files.write(SceneFolder.mask(data, 3), Arrays.copyOf(mask, mask.length / 2));
        Files.delete(SceneFolder.mask(data, 4));
        Path masks = folder.resolve("masks");
        assertThat(run("masks", "--data", "folder:" + data, "--out", masks)).isEqualTo(3);
        assertThat(lines())
                .contains("image without a mask: 1", "left out, without a mask: 1")
                .contains(masks + ": 18 masks written, 0 were there")
                .anyMatch(line -> line.startsWith("  s3: ") && line.contains("s3.png"));
        assertThat(LabelPng.read(masks.resolve("s0.png"))).isEqualTo(LabelPng.read(SceneFolder.mask(data, 0)));
        assertThat(run("masks", "--data", "folder:" + data, "--part", "val", "--out", masks))
                .isEqualTo(1);
        assertThat(err.toString()).contains("--part is VAL");
    }
}
