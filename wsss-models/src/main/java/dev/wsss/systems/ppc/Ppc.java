package dev.wsss.systems.ppc;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Source;
import dev.wsss.core.affinity.ConfidentChannel;
import dev.wsss.core.affinity.RandomWalk;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.Crop;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.crf.CrfLabelRule;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.io.DType;
import dev.wsss.core.label.ArgmaxRule;
import dev.wsss.core.label.Background;
import dev.wsss.core.label.ConfidenceBand;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Network;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.saliency.MinimumBarrierSaliency;
import dev.wsss.core.train.Adam;
import dev.wsss.core.train.AdamW;
import dev.wsss.core.train.BatchSource;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.deeplab.DeepLabGroups;
import dev.wsss.models.irn.IrnCheckpoints;
import dev.wsss.models.irn.IrnNet;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.systems.SystemBuilder;
import dev.wsss.systems.SystemInputs;
import dev.wsss.systems.segment.CrfSegmenter;
import dev.wsss.systems.segment.SegmenterTraining;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * PPC from image tags to a trained segmenter: CAM network, CAMs, affinity network, random walk, segmenter, evaluation.
 *
 * <pre>{@code
 * try (Ppc ppc = Ppc.builder()
 *         .setData(train)                               // a dataset with tags and a background class
 *         .setOut(Path.of("out"))
 *         .optRecipe(PpcRecipe.voc())
 *         .optWeights(Path.of("ilsvrc-cls_rna-a1_cls1000_ep-0001.params"))
 *         .optUnseen(val)
 *         .build()) {
 *     NetworkSegmenter segmenter = ppc.trainSegmenter();        // and all steps before it
 *     RunReport report = ppc.evaluate();
 *     report.write(Path.of("out/report.html"));
 * }
 * }</pre>
 *
 * <p>Each step finds what the earlier ones left in the output folder and makes what is not there, so that the last one alone
 * runs everything; files of other programs may take the place of any. What was made of other data, settings or weights is
 * refused by name, or made again: {@link Builder#optRemake}. Masks are read by {@link #evaluate} alone.
 *
 * <p>Trained networks are left in {@code weights/<name>.pth} under the names of the published code.
 *
 * @see <a href="https://arxiv.org/abs/2110.07110">Du et al., Weakly Supervised Semantic Segmentation by Pixel-to-Prototype
 *     Contrast</a>
 */
public final class Ppc implements AutoCloseable {
    /** How far a CRF trusts hard labels, as IRN has it. */
    private static final double HARD_LABEL = 0.7;

    private static final double MOMENTUM = 0.9;

    /** What is evaluated, CAMs first, and what a report calls it. */
    private static final Map<String, String> STAGES = stages();

    private final Builder given;
    private final SystemInputs in;
    private final PpcRecipe recipe;
    private final Dataset train;
    private final ClassCatalog classes;
    private final RunFolder run;
    private final List<DenseCrf> crfs = new ArrayList<>();
    private @Nullable Stage<ScoreMaps> cam;
    private @Nullable PpcModel camModel;
    private @Nullable Network affinityNetwork;
    private @Nullable NetworkSegmenter segmenter;

    private Ppc(Builder b, SystemInputs in) {
        given = b;
        this.in = in;
        recipe = b.recipe;
        run = in.run();
        train = in.train();
        classes = train.classes();
        run.requireFree(STAGES.keySet());
        run.requireFree(List.of("saliency", "crf_la", "crf_ha", "ir_label", "walk"));
    }

    /** Weights that do not fit are told of now, and not after days of training what comes before. */
    private void loadWhatIsGiven() {
        if (given.inputs.camWeights != null) {
            trainCam();
        }
        if (given.inputs.affinityWeights != null) {
            trainAffinity();
        }
        if (given.inputs.segmenterWeights != null) {
            trainSegmenter();
        }
        if (in.weights() != null && camModel == null && affinityNetwork == null && segmenter == null) {
            backbone().close();
        }
    }

    /** Starts a run by {@link PpcRecipe#voc()}, on the CPU. */
    public static Builder builder() {
        return new Builder();
    }

    /** The folder of the run, its seconds and manifest. */
    public RunFolder run() {
        return run;
    }

    // 1. The CAM network.

    /** The trained network: of this run, of a run before, or the one that was given. It stays this object's. */
    public PpcModel trainCam() {
        if (camModel != null) {
            return camModel;
        }
        seed(0);
        PpcRecipe.CamTraining settings = recipe.camTraining();
        PpcModel.Builder builder = PpcModel.builder()
                .setBackbone(backbone())
                .setTags(classes.tagCount())
                .optVariant(recipe.variant())
                .optCompat(recipe.compat())
                .optSecondView(settings.secondView(), settings.secondView());
        if (isSmall()) {
            builder.optEmbedding(16, 32, 48); // the backbone has few channels itself
        }
        PpcModel model = builder.build();
        camModel = model;
        model.network().to(run.device(), DType.F32);
        if (!loaded(model.network(), given.inputs.camWeights)) {
            ImageBatches data = camBatches();
            PpcRecipe.Optimization how = settings.optimization();
            try (Optimizer optimizer = how.adamW()
                    ? adamW(ParameterGroups.all(model.network(), how.weightDecay()), how)
                    : model.sgd(how.learningRate(), how.weightDecay())) {
                fit("cam", model.network(), model, data, optimizer, stepsOf(settings.steps(), data), () -> {});
            }
            Weights.export(model.backbone(), weights("backbone"), CheckpointFamily.WSSS);
        }
        model.network().train(false);
        return model;
    }

    private ImageBatches camBatches() {
        PpcRecipe.CamTraining settings = recipe.camTraining();
        ImageBatches.Builder batches = ImageBatches.builder()
                .setData(train)
                .setBatchSize(settings.batch())
                .optAugmentation(Augmentation.builder()
                        .optLongSide(settings.minLongSide(), settings.maxLongSide())
                        .optBicubic(true)
                        .optCrop(settings.crop(), settings.crop())
                        .optFlip(true)
                        .optColourJitter(0.3, 0.3, 0.3, 0.1)
                        .build())
                .optDevice(run.device());
        if (recipe.variant().hasSaliency()) {
            batches.optChannel(Channel.SALIENCY, saliency());
        }
        return batches.build();
    }

    /** EPS's saliency: the maps that were given, or those of the minimum barrier distance. */
    private Source<SaliencyMap> saliency() {
        if (given.inputs.saliency != null) {
            return given.inputs.saliency;
        }
        Stage<SaliencyMap> stage =
                Stages.saliency(MinimumBarrierSaliency.builder().build()).build();
        run.make(stage);
        return run.store(stage);
    }

    // 2. CAMs in the original's files, and what a threshold and a CRF make of them.

    /** The class activation maps of all training images, in {@code cam/}; {@code raw/} and {@code cam_crf/} are their labels. */
    public ProductStore<ScoreMaps> cams() {
        run.make(cam(), raw(), camCrf());
        return run.store(cam());
    }

    private Stage<ScoreMaps> cam() {
        Stage<ScoreMaps> stage = cam;
        if (stage == null) {
            CamGenerator generator = given.inputs.cams;
            if (generator == null) {
                generator = trainCam()
                        .cam()
                        .optScales(scales(recipe.camInference().scales()))
                        .build();
            }
            CamGenerator from = generator;
            stage = Stage.builder(ProductCodec.camDicts(classes))
                    .setName("cam")
                    .setFunction((sample, inputs) -> rectified(from.generate(sample)))
                    .optConfig("cam", from)
                    .build();
            cam = stage;
        }
        return stage;
    }

    /** SEAM's own files have scores below 0, which its next steps clip. */
    private static ScoreMaps rectified(ScoreMaps maps) {
        try (maps) {
            float[] values = maps.toArray().clone();
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.max(0, values[i]);
            }
            return ScoreMaps.of(maps.labels(), maps.height(), maps.width(), values);
        }
    }

    private Stage<LabelMap> raw() {
        double background = recipe.camInference().background();
        return Stages.label(ArgmaxRule.with(Background.constant(background)), cam(), classes)
                .optName("raw")
                .build();
    }

    /** The variant's own: SEAM and PPC look at hard labels, EPS makes its pseudo masks, for which it has no walk. */
    private Stage<LabelMap> camCrf() {
        CrfLabelRule rule = recipe.variant().hasSaliency()
                ? CrfLabelRule.of(crf(DenseCrf.psa(1).optIterations(5), Background.power(8))
                        .build())
                : hardCrf(recipe.camInference().background());
        return Stages.label(rule, cam(), classes).optName("cam_crf").build();
    }

    // 3. Affinities, from pixels that CRFs are sure of.

    /**
     * The trained affinity network, an {@link AffinityNet} or an {@link IrnNet}: of this run, of a run before, or the one
     * that was given. It stays this object's.
     */
    public Network trainAffinity() {
        Network network = affinityNetwork;
        if (network == null) {
            network = recipe.affinity().method() == PpcRecipe.Method.IRN ? irNet() : affinityNet();
            network.train(false);
            affinityNetwork = network;
        }
        return network;
    }

    /** PSA's network, from where a CRF with a strong background and one with a weak background are sure. */
    private AffinityNet affinityNet() {
        seed(1);
        AffinityNet network = AffinityNet.builder()
                .setBackbone(backbone())
                .optStride(recipe.affinity().stride())
                .optFlatKeys(true)
                .optBorderPairs(!recipe.compat().isolatedNodes())
                .build();
        affinityNetwork = network;
        network.to(run.device(), DType.F32);
        if (loaded(network, given.inputs.affinityWeights)) {
            return network;
        }
        startFromCamNetwork(network.backbone());
        int crop = recipe.camTraining().crop();
        ConfidentChannel confident = ConfidentChannel.ofStride(network.stride());
        ImageBatches data = ImageBatches.builder()
                .setData(train)
                .setBatchSize(recipe.camTraining().batch())
                .optAugmentation(Augmentation.builder()
                        .optCrop(crop, crop)
                        .optFlip(true)
                        .optFill(0)
                        .build())
                .optChannel(
                        confident,
                        ConfidentChannel.source(
                                confident("crf_la", given.inputs.strong, 4),
                                confident("crf_ha", given.inputs.weak, 24)))
                .optDevice(run.device())
                .build();
        PpcRecipe.Optimization how = recipe.affinity().optimization();
        try (Optimizer optimizer = how.adamW()
                ? adamW(ParameterGroups.all(network, how.weightDecay()), how)
                : PpcOptimizer.of(
                        network, network.backbone(), how.learningRate(), how.weightDecay(), recipe.compat())) {
            long steps = stepsOf(recipe.affinity().steps(), data);
            fit("affinity", network, network.loss(confident), data, optimizer, steps, () -> {});
        }
        return network;
    }

    /** The probabilities of a CRF whose background is {@code (1 - max)^alpha}, or those that were given. */
    private Source<ScoreMaps> confident(String name, @Nullable Source<ScoreMaps> files, double alpha) {
        if (files != null) {
            return files;
        }
        Stage<ScoreMaps> from = cam();
        CrfRefiner crf = crf(DenseCrf.psa(1), Background.power(alpha)).build();
        Stage<ScoreMaps> stage = Stage.builder(ProductCodec.labelDicts(classes))
                .setName(name)
                .optInputs(from)
                .setFunction((sample, inputs) -> crf.refine(sample, inputs.get(from)))
                .optConfig("refiner", crf)
                .optWorkerPerProcessor()
                .build();
        run.make(stage);
        return run.store(stage);
    }

    /** IRN's network, from where CRFs behind a high and a low threshold are sure; its backbone is the CAM network's. */
    private IrnNet irNet() {
        seed(1);
        PpcRecipe.Affinity settings = recipe.affinity();
        int size = settings.irnPaddedSize();
        IrnNet network = IrnNet.builder()
                .setBackbone(pretrained(PpcNetworks.boundaryBackbone(recipe.backbone())))
                .optPaddedSize(size)
                .build();
        affinityNetwork = network;
        network.to(run.device(), DType.F32);
        if (loaded(network, given.inputs.affinityWeights)) {
            return network;
        }
        startFromCamNetwork(network.backbone());
        ConfidenceBand rule = ConfidenceBand.of(hardCrf(settings.sureForeground()), hardCrf(settings.sureBackground()));
        Stage<LabelMap> sure =
                Stages.label(rule, cam(), classes).optName("ir_label").build();
        run.make(sure);
        ImageBatches data = ImageBatches.builder()
                .setData(train)
                .setBatchSize(recipe.camTraining().batch())
                .optChannel(Channel.LABELS, run.store(sure))
                .optAugmentation(Augmentation.builder()
                        .optScale(0.5, 1.5)
                        .optFlip(true)
                        .optCrop(size, size)
                        .build())
                .optDevice(run.device())
                .build();
        ImageBatches corners = ImageBatches.builder()
                .setData(train)
                .setBatchSize(recipe.camTraining().batch())
                .optAugmentation(Augmentation.of(Crop.topLeft(size, size)))
                .optDevice(run.device())
                .build();
        PpcRecipe.Optimization how = settings.irnOptimization();
        boolean asPublished = recipe.compat().momentum();
        List<ParameterGroup> groups = network.parameterGroups(how.weightDecay());
        try (Optimizer optimizer = how.adamW()
                ? adamW(groups, how)
                : Sgd.builder()
                        .setGroups(groups)
                        // as PpcOptimizer
                        .setLearningRate(asPublished ? how.learningRate() : how.learningRate() * (1 - MOMENTUM))
                        .optMomentum(asPublished ? how.weightDecay() : MOMENTUM)
                        .build()) {
            fit(
                    "irn",
                    network,
                    network.loss(),
                    data,
                    optimizer,
                    stepsOf(settings.steps(), data),
                    () -> network.fitDisplacementMean(corners));
        }
        return network;
    }

    private CrfLabelRule hardCrf(double background) {
        return CrfLabelRule.of(crf(DenseCrf.irnLabels(), Background.constant(background))
                .optFromLabels(HARD_LABEL)
                .build());
    }

    // 4. The random walk, and pseudo masks.

    /**
     * The pseudo masks of all training images, in {@code pseudo/}; {@code walk/} has the walk's scores, {@code walked/} its
     * labels before the CRF.
     */
    public ProductStore<LabelMap> pseudoLabels() {
        Network network = trainAffinity();
        PpcRecipe.Walk settings = recipe.walk();
        RandomWalk walker = network instanceof IrnNet irn
                ? RandomWalk.irn()
                        .setAffinity(irn)
                        .optSteps(settings.irnSteps())
                        .optBackground(Background.constant(settings.irnBackground()))
                        .build()
                : RandomWalk.ppc()
                        .setAffinity((AffinityNet) network)
                        .optStride(recipe.affinity().stride())
                        .optBackground(Background.constant(settings.background()))
                        .build();
        Stage<ScoreMaps> walk = Stages.refine(walker, cam()).optName("walk").build();
        CrfRefiner crf = crf(DenseCrf.psa(1).optIterations(settings.crfIterations()), Background.none())
                .build();
        Stage<LabelMap> walked = Stages.label(ArgmaxRule.create(), walk, classes)
                .optName("walked")
                .build();
        Stage<LabelMap> pseudo = Stages.label(CrfLabelRule.of(crf), walk, classes)
                .optName("pseudo")
                .build();
        run.make(raw(), camCrf(), walked, pseudo);
        return run.store(pseudo);
    }

    // 5. The segmenter.

    /** The trained segmenter: of this run, of a run before, or the one that was given. It stays this object's. */
    public NetworkSegmenter trainSegmenter() {
        if (segmenter != null) {
            return segmenter;
        }
        Path file = given.inputs.segmenterWeights;
        if (file != null) {
            return loadedSegmenter(file);
        }
        Backbone backbone = segmenterBackbone();
        Layer network = segmenterNetwork(backbone);
        NetworkSegmenter trained = segmenter(network);
        Source<LabelMap> labels = given.inputs.labels == null ? pseudoLabels() : given.inputs.labels;
        startFromCamNetwork(backbone);
        PpcRecipe.Segmenter settings = recipe.segmenter();
        PpcRecipe.Optimization how = settings.optimization();
        int crop = recipe.camTraining().crop();
        try (Optimizer optimizer = how.adamW()
                ? adamW(ParameterGroups.all(network, how.weightDecay()), how)
                : Sgd.builder()
                        .setGroups(DeepLabGroups.of(
                                network,
                                backbone,
                                how.weightDecay(),
                                !recipe.compat().untrainedNorms()))
                        .setLearningRate(how.learningRate())
                        .build()) {
            SegmenterTraining.builder()
                    .setNetwork(network)
                    .setLabels(labels)
                    .setOptimizer(optimizer)
                    .setSteps(settings.steps())
                    .optBatchSize(settings.batch())
                    .optAugmentation(Augmentation.builder()
                            .optHsvShift(10, 10, 10)
                            .optFlip(true)
                            .optScale(0.5, 1.5)
                            .optBicubic(true)
                            .optCrop(crop, crop)
                            .build())
                    .optSchedule(steps -> schedule(how.adamW(), steps))
                    .optAlignCorners(true)
                    .optAutocastBf16(in.autocastBf16())
                    .build()
                    .train(run);
        }
        Weights.export(network, weights("segmenter"), CheckpointFamily.WSSS);
        network.train(false);
        return trained;
    }

    private Backbone segmenterBackbone() {
        seed(2);
        return pretrained(PpcNetworks.segmenterBackbone(recipe.backbone()));
    }

    private Layer segmenterNetwork(Backbone backbone) {
        return PpcNetworks.segmenter(recipe.segmenter().head(), backbone, classes.labelCount(), isSmall());
    }

    /** The segmenter of this network, which {@link #close} closes. */
    private NetworkSegmenter segmenter(Layer network) {
        NetworkSegmenter made = NetworkSegmenter.builder()
                .setNetwork(network)
                .optScales(scales(recipe.segmenter().scales()))
                .optFlip(true)
                .optAlignCorners(true)
                .build();
        segmenter = made;
        network.to(run.device(), DType.F32);
        return made;
    }

    private NetworkSegmenter loadedSegmenter(Path file) {
        Layer network = segmenterNetwork(segmenterBackbone());
        NetworkSegmenter made = segmenter(network);
        loaded(network, file);
        network.train(false);
        return made;
    }

    // 6. How good is it? Only now masks are read.

    /**
     * Measures what there is: products in the folder, and the segmenter that was given or that a run has left. Makes nothing.
     *
     * @throws InvalidDataException if there is nothing yet, or products were made of other tags or images than the samples
     *     have now
     */
    public RunReport evaluate() {
        NetworkSegmenter trained = segmenter == null && Files.exists(weights("segmenter"))
                ? loadedSegmenter(weights("segmenter"))
                : segmenter;
        Map<String, String> made = new LinkedHashMap<>(STAGES);
        made.keySet().removeIf(stage -> !isMade(stage));
        if (made.isEmpty() && trained == null) {
            throw new InvalidDataException(
                    run.folder() + ": holds nothing to evaluate yet; expected what a step has made");
        }
        RunReport.Builder report = RunReport.builder().setTrain(train).optRun(run);
        if (in.unseen() != null) {
            report.optUnseen(in.unseen());
        }
        made.forEach((stage, name) -> {
            Path folder = run.folder().resolve(stage);
            if (stage.equals("cam")) {
                report.optScores(name, current(ProductStore.open(folder, ProductCodec.camDicts(classes))));
            } else {
                report.optLabels(name, current(ProductStore.open(folder, ProductCodec.labelMaps(classes))));
            }
        });
        if (trained != null) {
            CrfRefiner crf = crf(DenseCrf.deeplabPytorch(), Background.none()).build();
            report.optSegmenter("segmenter", trained)
                    .optSegmenter("segmenter + CRF", new CrfSegmenter(trained, crf, classes));
        }
        return report.build();
    }

    private <P> ProductStore<P> current(ProductStore<P> products) {
        products.requireCurrent(train);
        return products;
    }

    private static Map<String, String> stages() {
        Map<String, String> rows = new LinkedHashMap<>();
        rows.put("cam", "CAM");
        rows.put("raw", "raw CAM");
        rows.put("cam_crf", "CAM + dense CRF");
        rows.put("walked", "+ random walk");
        rows.put("pseudo", "+ dense CRF");
        return rows;
    }

    private boolean isMade(String stage) {
        return Files.exists(run.folder().resolve(stage).resolve("stage.json"));
    }

    // What the steps share.

    /** So that the initial weights of a network do not depend on which were made before it. */
    private void seed(int network) {
        Torch.seed(BatchSource.mix(run.seed(), network));
    }

    private boolean isSmall() {
        return recipe.backbone() == PpcBackbone.SMALL;
    }

    /** A backbone for CAMs and affinities, with its ImageNet weights if there are such. */
    private Backbone backbone() {
        return pretrained(PpcNetworks.backbone(recipe.backbone()));
    }

    /** Small networks have no ImageNet weights; what the CAM network has learnt is better than nothing. */
    private void startFromCamNetwork(Backbone backbone) {
        if (in.weights() == null && given.inputs.cams == null) {
            backbone.load(trainCam().backbone().stateDict());
        }
    }

    /** With its ImageNet weights, if there are such. */
    private Backbone pretrained(Backbone backbone) {
        loaded(backbone, in.weights());
        return backbone;
    }

    private boolean loaded(Network network, @Nullable Path file) {
        if (file == null) {
            return false;
        }
        Weights.load(network, file, in.loadPolicy());
        return true;
    }

    private long stepsOf(long steps, ImageBatches data) {
        return steps > 0 ? steps : (long) recipe.camTraining().epochs() * data.batchesPerEpoch();
    }

    private static double[] scales(List<Double> scales) {
        return scales.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static Optimizer adamW(List<ParameterGroup> groups, PpcRecipe.Optimization how) {
        return AdamW.builder()
                .setGroups(groups)
                .setLearningRate(how.learningRate())
                .build();
    }

    private static Schedule schedule(boolean adamW, long steps) {
        return adamW ? Schedule.cosine(steps, 0) : Schedule.polyHoldingLast(0.9, steps);
    }

    private void fit(
            String name,
            Network network,
            LossStep<Batch> loss,
            ImageBatches data,
            Optimizer optimizer,
            long steps,
            Runnable finish) {
        run.train(
                name,
                Trainer.<Batch>builder()
                        .setNetwork(network)
                        .setData(data)
                        .setLoss(loss)
                        .setOptimizer(optimizer)
                        .optSchedule(schedule(optimizer instanceof Adam, steps))
                        .optSteps(steps)
                        .optLogEvery(10)
                        .optAutocastBf16(in.autocastBf16())
                        .optFinish(finish));
        // what Python's torch.load reads, under the original's names, which mostly are ours
        boolean published = network instanceof IrnNet irn && irn.backbone() instanceof ResNet;
        Weights.export(network, weights(name), published ? IrnCheckpoints.IRN : CheckpointFamily.WSSS);
    }

    private Path weights(String name) {
        return run.folder().resolve("weights").resolve(name + ".pth");
    }

    private CrfRefiner.Builder crf(DenseCrf.Builder builder, Background background) {
        DenseCrf crf = builder.build();
        crfs.add(crf);
        return CrfRefiner.builder().setCrf(crf).optBackground(background);
    }

    /** Closes all networks, those that were handed out too. */
    @Override
    public void close() {
        crfs.forEach(DenseCrf::close);
        if (camModel != null) {
            camModel.close();
        }
        if (affinityNetwork != null) {
            affinityNetwork.close();
        }
        if (segmenter != null) {
            segmenter.close();
        }
    }

    /** What a run starts from: data and output folder are required. */
    public static final class Builder extends SystemBuilder<Builder> {
        private PpcRecipe recipe = PpcRecipe.voc();
        private final PpcInputs inputs = new PpcInputs();

        private Builder() {}

        @Override
        protected Builder self() {
            return this;
        }

        /** All numbers; {@link PpcRecipe#voc()} unless set. */
        public Builder optRecipe(PpcRecipe recipe) {
            this.recipe = recipe;
            return this;
        }

        /** Infers one of several parts only, {@link RunFolder.Builder#optShard}; networks must have been trained. */
        public Builder optShard(int i, int n) {
            shard(i, n);
            return this;
        }

        /** A trained CAM network, in place of training it; a file of any known form. */
        public Builder optCamWeights(Path file) {
            inputs.camWeights = file;
            return this;
        }

        /** A trained affinity network, likewise. */
        public Builder optAffinityWeights(Path file) {
            inputs.affinityWeights = file;
            return this;
        }

        /** A trained segmenter, likewise. */
        public Builder optSegmenterWeights(Path file) {
            inputs.segmenterWeights = file;
            return this;
        }

        /**
         * Class activation maps in place of inference, such as a {@link dev.wsss.core.pipeline.ScoreFolder} of another
         * program's files. No CAM network is trained then.
         */
        public Builder optCams(CamGenerator cams) {
            inputs.cams = cams;
            return this;
        }

        /** Probabilities of a CRF with a strong background ("la"), which AffinityNet learns from, in place of ours. */
        public Builder optStrongBackground(Source<ScoreMaps> probabilities) {
            inputs.strong = probabilities;
            return this;
        }

        /** Probabilities of a CRF with a weak background ("ha"), likewise. */
        public Builder optWeakBackground(Source<ScoreMaps> probabilities) {
            inputs.weak = probabilities;
            return this;
        }

        /** Pseudo masks in place of ours, such as a {@link dev.wsss.core.pipeline.LabelFolder}. */
        public Builder optLabels(Source<LabelMap> labels) {
            inputs.labels = labels;
            return this;
        }

        /** Saliency maps for EPS, in place of those of the minimum barrier distance. */
        public Builder optSaliency(Source<SaliencyMap> saliency) {
            inputs.saliency = saliency;
            return this;
        }

        /**
         * Opens the run. What can be known before a training is found out now: weights that were given are loaded, and a few
         * files of each folder are read.
         *
         * @throws IllegalStateException if data or output folder are not set
         * @throws IllegalArgumentException if the dataset has no background class, the folder cannot be written, or
         *     something was given that no step of the recipe would read
         * @throws dev.wsss.api.InvalidDataException naming the file, if weights do not fit, or the files of a folder do not for
         *     more than the {@linkplain #optMaxLeftOut share} of images that may be left out
         */
        public Ppc build() {
            Dataset d = data();
            if (!d.classes().hasBackground()) {
                throw new IllegalArgumentException("dataset " + d.name()
                        + " has no background class; PPC tells classes from a background: expected VOC or the like");
            }
            inputs.requireRead(recipe, hasWeights());
            inputs.check(d, maxLeftOut(), this::note);
            Ppc ppc = new Ppc(this, open());
            try {
                ppc.loadWhatIsGiven();
                return ppc;
            } catch (RuntimeException e) {
                ppc.close();
                throw e;
            }
        }
    }
}
