package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.report.Overlay;
import dev.wsss.core.runtime.Torch;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.datasets.LabelSet;
import dev.wsss.datasets.ShapesDataset;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipConfig;
import dev.wsss.models.maskclip.TextEmbeddings;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.systems.carb.CarbLabels;
import dev.wsss.systems.carb.CarbRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss carb} on a Cityscapes of six frames, with a CLIP of one layer. */
class CarbCommandTest {
    private static final int HEIGHT = 48;
    private static final int WIDTH = 96;

    @TempDir
    private static Path folder;

    private static Path clip;
    private static Path city;

    @BeforeAll
    static void write() throws IOException {
        clip = folder.resolve("clip.safetensors");
        city = folder.resolve("cityscapes");
        Torch.seed(1);
        // heads are told from widths that are multiples of 64
        try (Clip network = Clip.builder()
                .setConfig(new ClipConfig(
                        new ClipConfig.Vit(64, 16, 64, 1, 1), new ClipConfig.Text(77, 49408, 64, 1, 1), 8))
                .build()) {
            Safetensors.write(clip, network.stateDict(), Map.of());
        }
        frames("train", "aachen", 4);
        frames("val", "lindau", 2);
    }

    /** Road below, sky above, and in the second half of the frames a car. */
    private static void frames(String split, String town, int count) {
        ClassCatalog names = ClassCatalog.withoutBackground(
                IntStream.range(0, 19).mapToObj(i -> "class" + i).toList());
        for (int i = 0; i < count; i++) {
            byte[] labels = new byte[HEIGHT * WIDTH];
            byte[] rgb = new byte[3 * labels.length];
            for (int p = 0; p < labels.length; p++) {
                int y = p / WIDTH;
                boolean car = 2 * i >= count && y > 20 && y < 36 && p % WIDTH < 40;
                labels[p] = (byte) (car ? 13 : y < HEIGHT / 2 ? 10 : 0);
                for (int c = 0; c < 3; c++) {
                    rgb[3 * p + c] = (byte) (labels[p] * 16 + c * 20 + p % 7);
                }
            }
            String id = "%s_000000_%06d".formatted(town, i);
            Path image = city.resolve("leftImg8bit/" + split + "/" + town + "/" + id + "_leftImg8bit.png");
            Overlay.writePng(image, new RgbImage(HEIGHT, WIDTH, rgb));
            Path mask = city.resolve("gtFine/" + split + "/" + town + "/" + id + "_gtFine_labelTrainIds.png");
            LabelPng.write(mask, LabelMap.of(HEIGHT, WIDTH, labels), names);
        }
    }

    private static CommandLineRun carb(String step, Path out, String... more) {
        Stream<String> run = Stream.of(
                "carb", step, "--data", "cityscapes:" + city, "--out", out.toString(), "--device", "cpu", "--quick");
        return CommandLineRun.of(Stream.concat(run, Stream.of(more)).toArray(String[]::new));
    }

    /** Drawn scenes for training and for validation have the same names. */
    @Test
    void labelsOfDrawnStreetsAreThoseOfTheTrainingScenes() {
        Path out = folder.resolve("streets");
        CommandLineRun masks = CommandLineRun.of(
                "carb", "masks", "--data", "shapes:street,train=3,val=2", "--out", out.toString(), "--device", "cpu");
        assertThat(masks.status()).as(masks.err().toString()).isZero();
        DatasetSplits streets = Datasets.open("shapes:street,train=3,val=2");
        assertThat(CarbLabels.read(out.resolve("labels.npy"), streets.train().classes()))
                .containsOnlyKeys("shapes_000000", "shapes_000001", "shapes_000002")
                .containsEntry("shapes_000002", streets.train().tags(2));
    }

    @Test
    void theStepsFollowOneAnother() throws IOException {
        Path out = folder.resolve("out");
        CommandLineRun prompts = carb("prompts", out, "--clip", clip.toString());
        assertThat(prompts.status()).as(prompts.err().toString()).isZero();
        assertThat(String.join(" ", prompts.out())).contains("19 classes [road, sidewalk", "pedestrian");
        Path text = out.resolve("text_embeddings.safetensors");
        assertThat(TextEmbeddings.read(text).prompts()).startsWith("road").contains("tree", "grass");

        String[] single = {"--clip", clip.toString(), "--text", text.toString(), "--single"};
        CommandLineRun masks = carb("masks", out, single);
        assertThat(masks.status()).as(masks.err().toString()).isZero();
        LabelMap mask = LabelPng.read(out.resolve("masks/aachen_000000_000000.png"));
        assertThat(mask.histogram()[0] + mask.histogram()[10]).isEqualTo(HEIGHT * WIDTH);

        // as the published code has it, and read back in place of the masks' tags
        Path labels = out.resolve("labels.npy");
        Map<String, ImageTags> tags = CarbLabels.read(labels, LabelSet.CITYSCAPES.catalog());
        assertThat(tags).containsKeys("aachen/aachen_000000_000000");
        CommandLineRun again =
                carb("prompts", folder.resolve("again"), "--clip", clip.toString(), "--cls-labels", labels.toString());
        assertThat(again.status()).as(again.err().toString()).isZero();
        assertThat(CarbLabels.read(folder.resolve("again/labels.npy"), LabelSet.CITYSCAPES.catalog()))
                .isEqualTo(tags);

        String[] weighing = {"--warm-up", "0", "--min-lambda", "0.1", "--queue-size", "2"};
        CommandLineRun train = carb(
                "train",
                out,
                Stream.concat(Stream.of(single), Stream.of(weighing)).toArray(String[]::new));
        assertThat(train.status()).as(train.err().toString()).isZero();
        assertThat(String.join(" ", train.out())).contains("student: 3 steps");
        assertThat(Files.readString(out.resolve("checkpoints/student/training.json")))
                .contains("minLambda");

        CommandLineRun test =
                carb("test", out, "--text", text.toString(), "--scales", "1,1.5", "--flip", "--window", "32x48");
        assertThat(test.status()).as(test.err().toString()).isZero();
        assertThat(String.join(" ", test.out())).contains("student", "CLIP masks");
        assertThat(test.out())
                .filteredOn(line -> line.matches("(road|bicycle|flat|vehicle|Score Average|Small classes) +: .*"))
                .extracting(line -> line.replaceAll(" *:.*", ""))
                .containsExactly(
                        "road",
                        "bicycle",
                        "Score Average",
                        "flat",
                        "vehicle",
                        "Score Average",
                        "Small classes",
                        "road",
                        "bicycle",
                        "Score Average",
                        "flat",
                        "vehicle",
                        "Score Average",
                        "Small classes");
        assertThat(test.out())
                .anyMatch(line ->
                        line.endsWith("(pole, traffic light, traffic sign, person, rider, motorcycle, bicycle)"));
        CommandLineRun chosen = carb("test", out, "--text", text.toString(), "--small", "sky,road");
        assertThat(chosen.out()).anyMatch(line -> line.startsWith("Small classes") && line.endsWith("(road, sky)"));
        assertThat(String.join(
                        " ",
                        carb("test", out, "--text", text.toString(), "--small", "moon")
                                .err()))
                .contains("--small has 'moon'; expected classes of road, sidewalk");
        assertThat(out.resolve("report.html")).exists();
    }

    @Test
    void theSmallClassesOfDrivingScenesAreKnown() {
        assertThat(ClassTables.known(LabelSet.CAMVID.catalog())).containsExactly(2, 6, 9, 10);
        assertThat(ClassTables.known(LabelSet.WILDDASH2.catalog())).containsExactly(7, 8, 9, 13, 14, 18, 19, 23);
        ShapesDataset street = ShapesDataset.builder()
                .setCount(1)
                .setSeed(5)
                .optScenery(ShapesDataset.Scenery.STREET)
                .build();
        assertThat(ClassTables.known(street.classes()))
                .isEqualTo(street.smallClasses())
                .isNotEmpty();
        assertThat(ClassTables.known(LabelSet.VOC.catalog())).isEmpty();
    }

    @Test
    void theExampleRuns() {
        Path backbone = folder.resolve("resnet.pth");
        CarbRecipe small = CarbRecipe.small();
        CarbRecipe recipe = CarbRecipe.cityscapes()
                .withStudent(small.student().withWidth(4))
                .withViews(new CarbRecipe.Views(64, 48, 1, 1.5, 32, 48, true, 32, 16, 1, 2))
                .withOptimization(small.optimization().withBatch(2).withSteps(2));
        try (ResNet network = ResNet.builder()
                        .setDepth(18)
                        .optWidth(4)
                        .optStem(ResNet.Stem.DEEP_64)
                        .build();
                Clip network2 = Clip.load(clip)) {
            Weights.export(network, backbone, CheckpointFamily.WSSS);
            assertThat(CityscapesCarb.run(
                                    Datasets.open("cityscapes:" + city),
                                    network2,
                                    backbone,
                                    folder.resolve("example"),
                                    recipe)
                            .evaluations())
                    .hasSize(1);
        }
        assertThat(folder.resolve("example/report.html")).exists();
    }

    @Test
    void whatIsMissingOrNotReadIsTold() {
        Path out = folder.resolve("bad");
        assertThat(fails("train")).contains("neither --clip nor --text");
        assertThat(fails("masks", "--clip", clip.toString(), "--steps", "3"))
                .contains("--steps is not read by the step 'masks'; it is for train");
        assertThat(fails("train", "--clip", clip.toString(), "--recipe", "camvid"))
                .contains("prompts of 11 classes");
        assertThat(fails("train", "--clip", folder.resolve("none.pt").toString()))
                .contains("none.pt");
        assertThat(fails("train", "--clip", clip.toString(), "--labels", "x")).contains("the dual path");
        assertThat(fails("train", "--clip", clip.toString(), "--learning-rate", "-1"))
                .contains("--learning-rate is -1.0");
        assertThat(fails("train", "--clip", clip.toString(), "--warm-up", "-1")).contains("--warm-up is -1");
        assertThat(fails("train", "--clip", clip.toString(), "--min-lambda", "NaN"))
                .contains("--min-lambda is NaN");
        assertThat(fails("train", "--clip", clip.toString(), "--queue-size", "0"))
                .contains("--queue-size");
        assertThat(fails("train", "--clip", clip.toString(), "--plain", "--min-lambda", "0.1"))
                .contains("--plain weighs nothing");
        assertThat(fails("test", "--clip", clip.toString(), "--window", "32x")).contains("--window is '32x'");
        CommandLineRun shapes = CommandLineRun.of(
                "carb", "train", "--data", "shapes:train=4,val=2", "--clip", clip.toString(), "--out", out.toString());
        assertThat(String.join(" ", shapes.err())).contains("has a background class");
        assertThat(CommandLineRun.of("carb").status()).isEqualTo(2);
    }

    private static String fails(String step, String... more) {
        CommandLineRun run = carb(step, folder.resolve("bad"), more);
        assertThat(run.status()).isEqualTo(1);
        return String.join(" ", run.err());
    }
}
