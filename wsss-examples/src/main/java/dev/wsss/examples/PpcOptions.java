package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.pipeline.ScoreFolder;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.saliency.SaliencyFolder;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.systems.ppc.Ppc;
import dev.wsss.systems.ppc.PpcBackbone;
import dev.wsss.systems.ppc.PpcCompat;
import dev.wsss.systems.ppc.PpcRecipe;
import dev.wsss.systems.ppc.PpcVariant;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every step of {@code wsss ppc} is told. All steps of one run need the same. */
final class PpcOptions {
    /** The command that these options are of. */
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private CheckpointOptions checkpoints = new CheckpointOptions();

    @Mixin
    private RunOptions run = new RunOptions();

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = "what CAMs are learnt from: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private PpcVariant variant = PpcVariant.SEAM_PPC;

    @Option(names = "--original", description = "repeat the accidents of the published code")
    private boolean original;

    @Option(names = "--small", negatable = true, description = "small networks and few steps; default for shapes only")
    @Nullable
    private Boolean small;

    @Option(names = "--backbone", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}")
    @Nullable
    private PpcBackbone backbone;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "the backbone's ImageNet weights, of any known form")
    @Nullable
    private Path weights;

    @Option(
            names = "--affinity",
            paramLabel = "NAME",
            description = "what the random walk goes by: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private PpcRecipe.Method affinity = PpcRecipe.Method.PSA;

    @Option(
            names = "--cam-weights",
            paramLabel = "FILE",
            description = "the CAM network's weights in place of training")
    @Nullable
    private Path camWeights;

    @Option(names = "--affinity-weights", paramLabel = "FILE", description = "AffinityNet's or IRN's weights, likewise")
    @Nullable
    private Path affinityWeights;

    @Option(names = "--segmenter-weights", paramLabel = "FILE", description = "the segmenter's weights, likewise")
    @Nullable
    private Path segmenterWeights;

    @Option(names = "--cams", paramLabel = "DIR", description = "CAM dicts (npy) in place of inference")
    @Nullable
    private Path cams;

    @Option(names = "--irn-cams", paramLabel = "DIR", description = "CAM files of IRN, likewise")
    @Nullable
    private Path irnCams;

    @Option(
            names = "--la",
            paramLabel = "DIR",
            description = "CRF files (npy) with the strong background, in place of ours")
    @Nullable
    private Path la;

    @Option(
            names = "--ha",
            paramLabel = "DIR",
            description = "CRF files (npy) with the weak background, in place of ours")
    @Nullable
    private Path ha;

    @Option(names = "--labels", paramLabel = "DIR", description = "pseudo masks (png) in place of ours")
    @Nullable
    private Path labels;

    @Option(
            names = "--saliency",
            paramLabel = "DIR",
            description = "saliency maps for EPS; default are those of the minimum barrier distance")
    @Nullable
    private Path saliency;

    @Option(
            names = "--segmenter",
            paramLabel = "NAME",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private PpcRecipe.Head segmenter = PpcRecipe.Head.V1;

    @Option(names = "--steps", paramLabel = "N", description = "steps of the CAM network's training")
    @Nullable
    private Long steps;

    @Option(
            names = {"--learning-rate", "--rate"},
            paramLabel = "X",
            description = "learning rate of the CAM network's training")
    @Nullable
    private Double rate;

    @Option(names = "--batch", paramLabel = "N", description = "images of a step, in all trainings")
    @Nullable
    private Integer batch;

    @Option(
            names = "--shard",
            paramLabel = "I/N",
            description = "infer only the I-th of N parts (from 0); a run without it, when all have ended, goes on")
    @Nullable
    private String shard;

    /** The output folder. */
    Path out() {
        return run.out("out-ppc");
    }

    /** The exit status after a run that was heard by this. */
    int status(ConsoleListener heard) {
        return run.status(heard.failed());
    }

    /**
     * Opens the run of a step.
     *
     * @param listener hears of it, beside the console
     * @throws IllegalArgumentException if an option was given that the step does not read
     */
    Ppc open(PpcStep step, PrintStream console, RunListener listener) {
        OptionUse.requireRead(step, PpcStep.values(), command.commandLine().getParseResult());
        if (cams != null && irnCams != null) {
            throw new IllegalArgumentException("--cams and --irn-cams are both given; expected one of them");
        }
        requireTraining();
        if (step == PpcStep.EVAL && !Files.isDirectory(out())) {
            throw new InvalidDataException(out() + ": no such folder; expected one that a run has made");
        }
        ComputeDevice device = run.start();
        DatasetSplits splits = data.open(run.seed);
        ClassCatalog classes = splits.train().classes();
        int[] part = shard();
        Ppc.Builder ppc = run.tell(Ppc.builder(), device, splits, checkpoints.policy(), console, listener)
                .setOut(out())
                .optRecipe(recipe())
                .optShard(part[0], part[1]);
        given(weights, ppc::optWeights);
        given(camWeights, ppc::optCamWeights);
        given(affinityWeights, ppc::optAffinityWeights);
        given(segmenterWeights, ppc::optSegmenterWeights);
        given(irnCams, folder -> ppc.optCams(ScoreFolder.irn(folder)));
        given(cams, folder -> ppc.optCams(new ScoreFolder(folder, ProductCodec.camDicts(classes))));
        given(la, folder -> ppc.optStrongBackground(new ScoreFolder(folder, ProductCodec.labelDicts(classes))));
        given(ha, folder -> ppc.optWeakBackground(new ScoreFolder(folder, ProductCodec.labelDicts(classes))));
        given(labels, folder -> ppc.optLabels(new LabelFolder(folder, classes)));
        given(
                saliency,
                folder -> ppc.optSaliency(
                        SaliencyFolder.builder().setFolder(folder).build()));
        console.println(variant + " on " + device);
        return ppc.build();
    }

    /** Refuses numbers of a training that something else takes the place of, and ways to read weights that are not given. */
    private void requireTraining() {
        Path instead = camWeights == null ? cams == null ? irnCams : cams : camWeights;
        if (instead != null && (steps != null || rate != null)) {
            throw new IllegalArgumentException((steps == null ? "--learning-rate" : "--steps")
                    + " is for the CAM network's training, which " + instead + " takes the place of");
        }
        boolean none = Stream.of(weights, camWeights, affinityWeights, segmenterWeights)
                .allMatch(Objects::isNull);
        if (none && (checkpoints.inert() || !checkpoints.extra().isEmpty())) {
            throw new IllegalArgumentException((checkpoints.inert() ? "--inert" : "--allow-extra")
                    + " is for files of weights, and none is given");
        }
    }

    private static void given(@Nullable Path path, Consumer<Path> use) {
        if (path != null) {
            use.accept(path);
        }
    }

    private PpcRecipe recipe() {
        PpcRecipe base = small == null
                ? data.isShapes() ? PpcRecipe.small() : PpcRecipe.voc()
                : small ? PpcRecipe.small() : PpcRecipe.voc();
        PpcRecipe recipe = (run.quick ? quick(base) : base)
                .withVariant(variant)
                .withCompat(original ? PpcCompat.original() : PpcCompat.sound())
                .withBackbone(backbone == null ? base.backbone() : backbone);
        recipe = recipe.withAffinity(recipe.affinity().withMethod(affinity))
                .withSegmenter(recipe.segmenter().withHead(segmenter));
        PpcRecipe.CamTraining cam = recipe.camTraining();
        if (weights != null) {
            // from weights, a network learns as published
            cam = cam.withOptimization(PpcRecipe.voc().camTraining().optimization());
        }
        if (rate != null) {
            if (!(rate > 0) || Double.isInfinite(rate)) {
                throw new IllegalArgumentException("--learning-rate is " + rate + "; expected a positive number");
            }
            cam = cam.withOptimization(cam.optimization().withLearningRate(rate));
        }
        if (steps != null) {
            cam = cam.withSteps(RunOptions.requirePositive("--steps", steps));
        }
        if (batch != null) {
            int images = (int) RunOptions.requirePositive("--batch", batch);
            cam = cam.withBatch(images);
            recipe = recipe.withSegmenter(recipe.segmenter().withBatch(images));
        }
        return recipe.withCamTraining(cam);
    }

    /** A few small steps: everything runs, nothing is learnt. */
    static PpcRecipe quick(PpcRecipe r) {
        PpcRecipe.CamTraining cam = r.camTraining();
        return r.withCamTraining(new PpcRecipe.CamTraining(cam.optimization(), 4, 32, 24, 28, 36, 0, 3))
                .withCamInference(r.camInference().withScales(List.of(1.0, 1.5)))
                .withAffinity(r.affinity().withSteps(2).withIrnPaddedSize(32))
                .withWalk(r.walk().withCrfIterations(2))
                .withSegmenter(r.segmenter().withBatch(4).withSteps(2));
    }

    /** The part and the number of parts. */
    private int[] shard() {
        String text = shard == null ? "0/1" : shard;
        if (text.matches("\\d{1,6}/\\d{1,6}")) {
            int slash = text.indexOf('/');
            int i = Integer.parseInt(text.substring(0, slash));
            int n = Integer.parseInt(text.substring(slash + 1));
            if (i < n) {
                return new int[] {i, n};
            }
        }
        throw new IllegalArgumentException(
                "--shard is '" + text + "'; expected I/N, the I-th of N parts counted from 0, such as 0/4");
    }
}
