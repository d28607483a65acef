package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RunManifest;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.datasets.Datasets;
import dev.wsss.systems.ppc.PpcRecipe;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The steps of {@code wsss ppc}, alone and together, with our files and the original programs'. */
class PpcIT {
    private static final String SCENES = "shapes:train=12,val=4,size=32,seed=5";

    private final Path tmp;

    PpcIT(@TempDir Path tmp) {
        this.tmp = tmp;
    }

    private static CommandLineRun run(String step, Path out, String... more) {
        return runOn(SCENES, step, out, more);
    }

    private static CommandLineRun runOn(String data, String step, Path out, String... more) {
        List<String> args = new ArrayList<>(
                List.of("ppc", step, "--quick", "--device=cpu", "--threads=1", "--data=" + data, "--out=" + out));
        args.addAll(List.of(more));
        return CommandLineRun.of(args.toArray(String[]::new));
    }

    private static List<String> table(CommandLineRun run) {
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        return run.out().stream()
                .filter(line -> line.contains(" % ") || line.endsWith(" %"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"SEAM_PPC, irn, v1", "eps_ppc, PSA, v2", "EPS, psa, v3plus"})
    void allStepsOneByOneAreAllAtOnce(String variant, String affinity, String segmenter) {
        String[] options = {"--variant=" + variant, "--affinity=" + affinity, "--segmenter=" + segmenter};
        Path out = tmp.resolve("steps");
        for (String step : List.of("train-cam", "infer-cam", "affinity", "walk", "segment")) {
            CommandLineRun run = run(step, out, options);
            assertThat(run.err()).as(step).isEmpty();
            assertThat(run.status()).as(step).isZero();
        }
        List<String> table = table(run("eval", out, options));
        assertThat(table).hasSize(7);
        assertThat(table(run("all", tmp.resolve("all"), options))).isEqualTo(table);
        assertThat(out.resolve("report.html")).isNotEmptyFile();
        try (Checkpoint weights = Checkpoint.open(out.resolve("weights/cam.pth"))) {
            assertThat(weights.info()).isNotEmpty();
        }
    }

    @Test
    void aProgramOfOnesOwnEmbedsIt() {
        Path out = tmp.resolve("embedded");
        PpcRecipe recipe = PpcOptions.quick(PpcRecipe.small());
        assertThat(EmbedPpc.run(Datasets.open(SCENES), out, recipe).evaluations())
                .hasSize(6);
        assertThat(out.resolve("report.html")).isNotEmptyFile();
        assertThat(out.resolve("weights/segmenter.pth")).isNotEmptyFile();
    }

    @Test
    void shardsMakeTheWhole() throws IOException {
        Path parts = tmp.resolve("parts");
        run("train-cam", parts, "--variant=CAM");
        for (String shard : List.of("0/2", "1/2")) {
            assertThat(run("infer-cam", parts, "--variant=CAM", "--shard=" + shard)
                            .status())
                    .isZero();
        }
        CommandLineRun again = run("infer-cam", parts, "--variant=CAM");
        assertThat(again.out()).anyMatch(line -> line.matches("\\s*cam\\s+0 made\\s+12 reused\\s+0 failed.*"));
        run("infer-cam", tmp.resolve("whole"), "--variant=CAM");
        Path cam = Path.of("cam/shapes_000003.npy");
        assertThat(parts.resolve(cam))
                .hasSameBinaryContentAs(tmp.resolve("whole").resolve(cam));
    }

    @Test
    void theOriginalsFilesTakeThePlaceOfOurs() {
        Path made = tmp.resolve("made");
        run("affinity", made, "--variant=SEAM");
        Path out = tmp.resolve("out");
        CommandLineRun run = run(
                "walk",
                out,
                "--cams=" + made.resolve("cam"),
                "--affinity-weights=" + made.resolve("weights/affinity.pth"));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(out.resolve("checkpoints")).doesNotExist();
        assertThat(out.resolve("pseudo/shapes_000000.png")).isNotEmptyFile();
        CommandLineRun affinity = run(
                "affinity",
                tmp.resolve("affinity"),
                "--cams=" + made.resolve("cam"),
                "--la=" + made.resolve("crf_la"),
                "--ha=" + made.resolve("crf_ha"));
        assertThat(affinity.err()).isEmpty();
        assertThat(tmp.resolve("affinity/crf_la")).doesNotExist();
        assertThat(tmp.resolve("affinity/weights/affinity.pth")).isNotEmptyFile();
        CommandLineRun segment = run("segment", tmp.resolve("seg"), "--labels=" + out.resolve("pseudo"));
        assertThat(segment.err()).isEmpty();
        assertThat(tmp.resolve("seg/weights/segmenter.pth")).isNotEmptyFile();
    }

    @Test
    void irnsNetworkGoesOutAndComesInUnderItsOwnNames() throws IOException {
        Path made = tmp.resolve("made");
        run("walk", made, "--variant=CAM", "--affinity=irn");
        Path weights = made.resolve("weights/irn.pth");
        try (Checkpoint written = Checkpoint.open(weights)) {
            assertThat(written.read()).containsKeys("resnet50.conv1.weight", "fc_edge6.bias", "fc_dp7.3.weight");
            assertThat(written.get("mean_shift.running_mean").toFloats()).doesNotContain(0);
        }
        Path out = tmp.resolve("out");
        String cams = "--cams=" + made.resolve("cam");
        CommandLineRun run = run("walk", out, "--affinity=IRN", cams, "--affinity-weights=" + weights);
        assertThat(run.err()).isEmpty();
        assertThat(out.resolve("checkpoints")).doesNotExist();
        assertThat(out.resolve("ir_label")).doesNotExist();
        for (int i = 0; i < 12; i++) {
            Path mask = Path.of(String.format("pseudo/shapes_%06d.png", i));
            assertThat(out.resolve(mask)).hasSameBinaryContentAs(made.resolve(mask));
        }
        assertThat(run("walk", tmp.resolve("psa"), cams, "--affinity-weights=" + weights)
                        .err())
                .singleElement()
                .asString()
                .contains(weights.toString(), "does not fit AffinityNet");
    }

    @Test
    void filesThatDoNotFitAreLeftOutOfTrainingAndListed() throws IOException {
        String eight = "shapes:train=8,val=1,size=32,seed=5"; // as many as the few steps look at
        Path made = tmp.resolve("made");
        runOn(eight, "affinity", made, "--variant=EPS");
        Path la = made.resolve("crf_la");
        Path ha = made.resolve("crf_ha");
        HostArray small = HostArray.ofFloats(new float[4], 2, 2);
        ObjectNpy.writeCamDict(la.resolve("shapes_000000.npy"), Map.of(0, small, 1, small));
        ObjectNpy.writeCamDict(la.resolve("shapes_000001.npy"), Map.of(0, HostArray.ofFloats(new float[1024], 32, 32)));
        Files.delete(ha.resolve("shapes_000002.npy"));
        CommandLineRun affinity = runOn(
                eight,
                "affinity",
                tmp.resolve("affinity"),
                "--cams=" + made.resolve("cam"),
                "--la=" + la,
                "--ha=" + ha,
                "--allow-left-out=50%");
        assertThat(affinity.status()).isZero();
        assertThat(affinity.out())
                .filteredOn(line -> line.startsWith("  left out of training: "))
                .hasSize(3)
                .anyMatch(line -> line.contains("shapes_000000.npy: maps are 2x2; expected 32x32"))
                .anyMatch(line -> line.contains("shapes_000001.npy: its keys are [0]; expected the image's labels"))
                .anyMatch(line -> line.contains("shapes_000002.npy: no such file"));

        Path saliency = made.resolve("saliency");
        Files.writeString(file(saliency, 0).toPath(), "not a picture");
        ImageIO.write(grey(BufferedImage.TYPE_BYTE_GRAY, 31), "png", file(saliency, 1));
        Files.delete(file(saliency, 2).toPath());
        ImageIO.write(grey(BufferedImage.TYPE_BYTE_GRAY, 32), "png", file(saliency, 3)); // black: nothing is salient
        CommandLineRun cam = runOn(
                eight,
                "train-cam",
                tmp.resolve("cam"),
                "--variant=EPS_PPC",
                "--saliency=" + saliency,
                "--allow-left-out=.5");
        assertThat(cam.status()).isZero();
        assertThat(cam.out())
                .filteredOn(line -> line.startsWith("  left out of training: "))
                .hasSize(3)
                .anyMatch(line -> line.contains("shapes_000000.png") && line.contains("begins with bytes"))
                .anyMatch(line -> line.contains("shapes_000001.png: saliency map is 31x31; expected 32x32"))
                .anyMatch(line -> line.contains("sample shapes_000002 has no saliency map"));
    }

    /** What was made of something else is never taken for what was asked for. */
    @Test
    void anotherInputIsRefusedByNameOrMadeAgain() {
        Path out = tmp.resolve("out");
        run("train-cam", out, "--variant=CAM");
        Path weights = out.resolve("weights/backbone.pth");
        assertThat(runOn(SCENES.replace("seed=5", "seed=6"), "train-cam", out, "--variant=CAM")
                        .err())
                .singleElement()
                .asString()
                .contains("training 'cam' was trained otherwise", "seed is '5' there and '6' here");
        assertThat(run("train-cam", out, "--variant=CAM", "--weights=" + weights)
                        .err())
                .singleElement()
                .asString()
                .contains("training 'cam' was trained otherwise", "network.start is 'drawn' there");
        assertThat(run("train-cam", out, "--variant=SEAM").err())
                .singleElement()
                .asString()
                .contains("variant is 'CAM' there and 'SEAM' here");
        CommandLineRun again = run("train-cam", out, "--variant=SEAM", "--remake");
        assertThat(again.err()).isEmpty();
        assertThat(again.out()).anyMatch(line -> line.startsWith("cam: 3 steps"));

        Path labels = tmp.resolve("made/pseudo");
        run("walk", tmp.resolve("made"), "--variant=CAM");
        Path seg = tmp.resolve("seg");
        assertThat(run("segment", seg, "--labels=" + labels).status()).isZero();
        assertThat(run("segment", seg, "--labels=" + labels.resolveSibling("raw"))
                        .err())
                .singleElement()
                .asString()
                .contains("training 'segmenter' was trained otherwise", "channel.labels.content");
    }

    @Test
    void aShardDoesNotTrain() {
        assertThat(run("infer-cam", tmp.resolve("out"), "--variant=CAM", "--shard=0/2")
                        .err())
                .singleElement()
                .asString()
                .contains("shard 0/2 cannot train 'cam'");
    }

    @Test
    void curvesForTensorBoard() {
        Path board = tmp.resolve("board");
        assertThat(run("train-cam", tmp.resolve("out"), "--variant=CAM", "--tensorboard=" + board)
                        .status())
                .isZero();
        assertThat(board.resolve("cam")).isDirectoryContaining("glob:**.wsss");
    }

    private static BufferedImage grey(int type, int side) {
        return new BufferedImage(side, side, type);
    }

    private static File file(Path folder, int scene) {
        return folder.resolve("shapes_00000" + scene + ".png").toFile();
    }

    /** Scores of 0 everywhere: background is all that can be learnt, and each batch has pixels of no other class. */
    @ParameterizedTest
    @ValueSource(strings = {"PSA", "IRN"})
    void nothingButBackgroundIsWalkedToNothingButBackground(String affinity) throws IOException {
        Path cams = Files.createDirectories(tmp.resolve("cams"));
        Dataset scenes = Datasets.open(SCENES).train();
        for (int i = 0; i < scenes.size(); i++) {
            Map<Integer, HostArray> dict = new HashMap<>();
            for (int tag : scenes.tags(i).toArray()) {
                dict.put(tag, HostArray.ofFloats(new float[1024], 32, 32));
            }
            ObjectNpy.writeCamDict(cams.resolve(scenes.id(i) + ".npy"), dict);
        }
        String[] options = {"--cams=" + cams, "--affinity=" + affinity};
        assertThat(run("affinity", tmp.resolve("out"), options).err()).isEmpty();
        CommandLineRun run = run("walk", tmp.resolve("out"), options);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        for (int i = 0; i < scenes.size(); i++) {
            LabelMap mask = LabelPng.read(tmp.resolve("out/pseudo/" + scenes.id(i) + ".png"));
            assertThat(mask.histogram()[0]).isEqualTo(1024);
        }
    }

    @Test
    void whatDoesNotFitIsListedByName() throws IOException {
        Path cams = Files.createDirectories(tmp.resolve("cams"));
        run("infer-cam", tmp.resolve("made"), "--variant=CAM");
        SortedMap<Integer, HostArray> good = ObjectNpy.readCamDict(tmp.resolve("made/cam/shapes_000000.npy"));
        float[] spoilt = new float[32 * 32];
        spoilt[7] = Float.NaN;
        ObjectNpy.writeCamDict(cams.resolve("shapes_000000.npy"), good);
        ObjectNpy.writeCamDict(
                cams.resolve("shapes_000001.npy"), Map.of(8, HostArray.ofFloats(new float[1024], 32, 32)));
        ObjectNpy.writeCamDict(cams.resolve("shapes_000002.npy"), Map.of(1, HostArray.ofFloats(new float[4], 2, 2)));
        ObjectNpy.writeCamDict(cams.resolve("shapes_000003.npy"), Map.of(1, HostArray.ofFloats(spoilt, 32, 32)));
        assertThat(run("infer-cam", tmp.resolve("out"), "--cams=" + cams).err())
                .singleElement()
                .asString()
                .contains("CAMs: 11 images of 12 cannot be used, more than 5 %: ", "--allow-left-out SHARE goes on");
        CommandLineRun run = run("infer-cam", tmp.resolve("out"), "--cams=" + cams, "--allow-left-out=100%");
        assertThat(run.status()).isEqualTo(Wsss.SOME_FAILED);
        assertThat(run.out())
                .anyMatch(line -> line.contains("1 made") && line.contains("11 failed"))
                .anyMatch(line -> line.contains("shapes_000001.npy: has a map of class 8; expected classes 0..7"))
                .anyMatch(line -> line.contains("shapes_000002.npy: maps are 2x2; expected 32x32"))
                .anyMatch(line -> line.contains("shapes_000003.npy") && line.contains("column 7 is NaN"))
                .anyMatch(line -> line.contains("shapes_000004.npy: no such file"));
        assertThat(run("eval", tmp.resolve("out")).out())
                .anyMatch(line -> line.startsWith("raw CAM") && line.contains("   1 "));
    }

    @Test
    void wrongUsageIsExplained() {
        assertThat(run("infer-cam", tmp, "--variant=CAM", "--shard=3").err())
                .containsExactly("wsss: --shard is '3'; expected I/N, the I-th of N parts counted from 0, such as 0/4");
        assertThat(run("infer-cam", tmp, "--variant=CAM", "--shard=3/3").err().get(0))
                .contains("--shard is '3/3'");
        assertThat(run("segment", tmp, "--segmenter=v9").err().get(0))
                .contains("--segmenter", "[V1, V2, V3PLUS]", "'v9'");
        assertThat(run("train-cam", tmp, "--backbone=vgg").err().get(0)).contains("--backbone", "RESNET38", "'vgg'");
        assertThat(run("affinity", tmp, "--affinity=irn", "--la=" + tmp).err())
                .containsExactly(
                        "wsss: scores of CRFs (la, ha) are for AffinityNet, got the method IRN, which makes its labels"
                                + " from CAMs");
        assertThat(CommandLineRun.of("ppc").err().get(0)).contains("name a step");
    }

    /** Told at once, and not after days of training; a number that trains nothing is no number of steps. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            eval      | --labels=x             | --labels is not read by the step 'eval'; it is for segment, all
            eval      | --cams=x               | --cams is not read by the step 'eval'; it is for infer-cam, affinity
            train-cam | --cam-weights=x        | --cam-weights is not read by the step 'train-cam'
            walk      | --segmenter-weights=x  | --segmenter-weights is not read by the step 'walk'; it is for eval, all
            all       | --cams=x --irn-cams=y  | --cams and --irn-cams are both given
            all       | --rate=0               | --learning-rate is 0.0; expected a positive number
            all       | --steps=-5             | --steps is -5; expected at least 1
            all       | --batch=0              | --batch is 0; expected at least 1
            all       | --allow-left-out=7     | --allow-left-out is '7'; expected a share
            all       | --labels=nosuch        | pseudo masks: 12 images of 12 cannot be used
            all       | --la=nosuch            | scores of a CRF (la): 12 images of 12 cannot be used
            all       | --affinity-weights=no  | no: expected a file, there is nothing
            all       | --saliency=.           | saliency maps are for the variants of EPS, got SEAM_PPC
            eval      | --seed=1               | out: no such folder; expected one that a run has made
            all       | --cam-weights=a --steps=5 | --steps is for the CAM network's training, which a takes the place of
            all       | --inert                | --inert is for files of weights, and none is given
            all       | --allow-extra=x*       | --allow-extra is for files of weights, and none is given
            """)
    void whatCanBeKnownIsToldBeforeTraining(String step, String options, String message) {
        CommandLineRun run = run(step, tmp.resolve("out"), options.split(" "));
        assertThat(run.err()).singleElement().asString().startsWith("wsss: ").contains(message);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).noneMatch(line -> line.startsWith("cam: "));
    }

    /** A part that cannot train leaves nothing that the run of the whole would stumble over. */
    @Test
    void aShardThatDoesNotTrainBlocksNoOther() {
        Path out = tmp.resolve("out");
        run("train-cam", out, "--variant=CAM");
        for (String shard : List.of("0/2", "1/2")) {
            assertThat(run("walk", out, "--variant=CAM", "--shard=" + shard).err())
                    .singleElement()
                    .asString()
                    .contains("cannot train 'affinity'");
        }
        assertThat(run("walk", out, "--variant=CAM").err()).isEmpty();
    }

    @Test
    void productsOfOtherTagsAreNotEvaluated() throws IOException {
        Path folder = SceneFolder.write(tmp.resolve("scenes"), 4, true);
        Path out = tmp.resolve("out");
        assertThat(runOn("folder:" + folder, "infer-cam", out, "--small", "--variant=CAM")
                        .status())
                .isZero();
        List<String> rows = Files.readAllLines(SceneFolder.table(folder));
        rows.set(2, "s2,disk;ring;star");
        Files.write(SceneFolder.table(folder), rows);
        assertThat(runOn("folder:" + folder, "eval", out, "--small", "--variant=CAM")
                        .err())
                .singleElement()
                .asString()
                .contains("1 of 4 products were made of other tags or images than the samples have now, such as 's2'");
    }

    @Test
    void anotherNumberOfStepsIsExplained() {
        Path out = tmp.resolve("out");
        assertThat(run("train-cam", out, "--variant=CAM", "--steps=2").status()).isZero();
        assertThat(run("train-cam", out, "--variant=CAM", "--steps=4").err())
                .singleElement()
                .asString()
                .contains(
                        "training 'cam' was trained otherwise: steps are '2' there and '4' here, and the learning rates go"
                                + " by how many there are",
                        "--remake makes it again")
                .doesNotContain("schedule");
        assertThat(run("train-cam", out, "--variant=CAM", "--steps=4", "--remake")
                        .out())
                .anyMatch(line -> line.startsWith("cam: 4 steps"));
    }

    @Test
    void allNetworksTakeTheBatch() {
        Path out = tmp.resolve("out");
        run("segment", out, "--variant=CAM", "--batch=3");
        assertThat(RunManifest.read(out).trainings()).hasSize(3).allSatisfy(t -> assertThat(t.settings())
                .containsEntry("data.batchSize", "3"));
    }
}
