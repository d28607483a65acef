package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.pipeline.ProductCodec;
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
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every step of {@code wsss ppc} is told. All steps of one run need the same. */
final class PpcOptions {
    @Mixin
    private DataOptions data = new DataOptions();

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

    @Option(names = "--batch", paramLabel = "N", description = "images of a step")
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

    /** Opens the run. */
    Ppc open(PrintStream console) {
        ComputeDevice device = run.start();
        requireMeaning();
        DatasetSplits splits = data.open(run.seed);
        ClassCatalog classes = splits.train().classes();
        int[] part = shard();
        Ppc.Builder ppc = Ppc.builder()
                .setData(splits.train())
                .setOut(out())
                .optRecipe(recipe())
                .optDevice(device)
                .optSeed(run.seed)
                .optRemake(run.remake)
                .optAutocastBf16(run.bf16)
                .optShard(part[0], part[1])
                .optProgress(new TerminalProgress(console))
                .optListener(new ConsoleListener(console));
        splits.val().ifPresent(ppc::optUnseen);
        given(weights, ppc::optWeights);
        given(camWeights, ppc::optCamWeights);
        given(affinityWeights, ppc::optAffinityWeights);
        given(segmenterWeights, ppc::optSegmenterWeights);
        given(run.tensorboard, ppc::optTensorBoard);
        given(irnCams, folder -> ppc.optCams(ScoreFolder.irn(folder)));
        given(cams, folder -> ppc.optCams(new ScoreFolder(folder, ProductCodec.camDicts(classes))));
        given(la, folder -> ppc.optStrongBackground(new ScoreFolder(folder, ProductCodec.labelDicts(classes))));
        given(ha, folder -> ppc.optWeakBackground(new ScoreFolder(folder, ProductCodec.labelDicts(classes))));
        given(labels, folder -> ppc.optLabels(new LabelFolder(folder)));
        given(
                saliency,
                folder -> ppc.optSaliency(
                        SaliencyFolder.builder().setFolder(folder).build()));
        console.printf(
                "%s: %d images with tags of %d classes, %s on %s%n",
                splits.train().name(), splits.train().size(), classes.tagCount(), variant, device);
        splits.notes().forEach(console::println);
        return ppc.build();
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
            cam = cam.withOptimization(cam.optimization().withLearningRate(rate));
        }
        return recipe.withCamTraining(
                cam.withSteps(steps == null ? cam.steps() : steps).withBatch(batch == null ? cam.batch() : batch));
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

    /** Refuses files that no step would read. */
    private void requireMeaning() {
        if (affinity == PpcRecipe.Method.IRN && (la != null || ha != null)) {
            throw new IllegalArgumentException("--la and --ha are for --affinity PSA, got --affinity " + affinity
                    + ", which makes its labels from CAMs");
        }
    }

    /** The part and the number of parts. */
    private int[] shard() {
        String text = shard == null ? "0/1" : shard;
        if (!text.matches("\\d{1,6}/\\d{1,6}")) {
            throw new IllegalArgumentException("--shard is '" + text + "'; expected I/N such as 0/4");
        }
        int slash = text.indexOf('/');
        return new int[] {Integer.parseInt(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1))};
    }
}
