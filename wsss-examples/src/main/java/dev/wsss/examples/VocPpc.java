package dev.wsss.examples;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.SaliencySource;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.affinity.RandomWalk;
import dev.wsss.core.crf.CrfLabelRule;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.core.io.TorchArchive;
import dev.wsss.core.label.ArgmaxRule;
import dev.wsss.core.label.Background;
import dev.wsss.core.label.ConfidenceBand;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.pipeline.PipelineResult;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.ScoreFolder;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.saliency.MinimumBarrierSaliency;
import dev.wsss.core.saliency.SaliencyFolder;
import dev.wsss.core.train.BatchSource;
import dev.wsss.core.train.ImageBatch;
import dev.wsss.core.train.ImageBatches;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Sgd;
import dev.wsss.datasets.Augmentation;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.datasets.VocLayout;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.deeplab.DeepLabGroups;
import dev.wsss.models.deeplab.NetworkSegmenter;
import dev.wsss.models.irn.IrnNet;
import dev.wsss.models.ppc.PpcModel;
import dev.wsss.models.ppc.PpcOptimizer;
import dev.wsss.models.resnet.Backbone;
import dev.wsss.models.resnet.ResNet;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * PPC from image tags to a trained segmenter, step by step: CAM network, CAMs, AffinityNet, random walk, segmenter,
 * evaluation. Each step finds what the earlier ones left under {@code --out} and makes what is not there, so that the last
 * one alone runs everything; the original programs' files may take the place of any. Masks are read by {@link RunReport}
 * alone.
 */
final class VocPpc implements AutoCloseable {
    /** Of IRN's training. */
    private static final double IRN_RATE = 0.1;

    private static final double IRN_DECAY = 1e-4;

    /** How far a CRF trusts hard labels. */
    private static final double HARD_LABEL = 0.7;

    private final PpcOptions options;
    private final PpcSettings settings;
    private final Dataset train;
    private final ClassCatalog classes;
    private final ComputeDevice device;
    private final PrintStream console;
    private final ProgramRun run;
    private @Nullable PpcModel camNetwork;
    private @Nullable Network affinityNetwork;
    private @Nullable NetworkSegmenter segmenter;
    private @Nullable PipelineResult result;

    VocPpc(PpcOptions options, PrintStream console) {
        this.options = options;
        this.console = console;
        settings = options.settings();
        device = ComputeDevice.parse(options.device);
        Torch.setThreads(options.threads);
        options.requireMeaning();
        DatasetSplits splits = open(options);
        train = splits.train();
        run = new ProgramRun(splits, options.out, device, options.seed, console);
        classes = train.classes();
        if (!classes.hasBackground()) {
            throw new IllegalArgumentException("dataset " + train.name()
                    + " has no background class; PPC tells classes from a background: expected VOC or the like");
        }
        console.printf(
                "%s: %d images with tags of %d classes, %s on %s%n",
                train.name(), train.size(), classes.tagCount(), options.variant, device);
    }

    private static DatasetSplits open(PpcOptions options) {
        Path tags = options.clsLabels;
        if (tags == null) {
            return Datasets.open(
                    options.data.equals("shapes") ? "shapes:train=400,val=200,seed=" + options.seed : options.data);
        }
        Path root = Path.of(options.data.substring(4));
        Map<String, ImageTags> given = tags(tags);
        try {
            return Datasets.voc(root, given);
        } catch (InvalidDataException e) {
            throw new InvalidDataException("with the tags of " + tags + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, ImageTags> tags(Path file) {
        Map<String, ImageTags> tags = new HashMap<>();
        ObjectNpy.readClassLabels(file).forEach((id, scores) -> {
            if (scores.length != VocLayout.VOC_CLASSES.tagCount()) {
                throw new InvalidDataException(file + ": '" + id + "' has " + scores.length + " classes; expected "
                        + VocLayout.VOC_CLASSES.tagCount());
            }
            int[] present =
                    IntStream.range(0, scores.length).filter(i -> scores[i] > 0).toArray();
            tags.put(id, ImageTags.of(VocLayout.VOC_CLASSES, present));
        });
        return tags;
    }

    // 1. The CAM network.

    /** The trained network: of this run, of a run before, or of {@code --cam-weights}. */
    PpcModel trainCam() {
        if (camNetwork != null) {
            return camNetwork;
        }
        seed(0);
        PpcModel.Builder builder = PpcModel.builder()
                .setBackbone(backbone())
                .setTags(classes.tagCount())
                .optVariant(options.variant)
                .optCompat(options.compat())
                .optSecondView(settings.secondView(), settings.secondView());
        if (name().equals("small")) {
            builder.optEmbedding(16, 32, 48); // the backbone has few channels itself
        }
        PpcModel model = builder.build();
        camNetwork = model;
        model.network().to(device, DType.F32);
        if (!loaded(model.network(), options.camWeights)) {
            ImageBatches data = camBatches();
            long steps = options.steps != null ? options.steps : settings.camSteps();
            // as published from weights; from nothing, small networks learn too slowly so
            boolean adam = settings.adam() && options.weights == null;
            double rate = adam ? settings.rate() : PpcSettings.published().rate();
            rate = options.rate != null ? options.rate : rate;
            try (Optimizer optimizer = adam
                    ? ProgramRun.adam(ParameterGroups.all(model.network(), 1e-2), rate)
                    : model.sgd(rate, PpcSettings.published().weightDecay())) {
                fit("cam", model.network(), model, data, optimizer, stepsOf(steps, data));
            }
            // for --weights of other variants
            TorchArchive.write(
                    options.out.resolve("weights/backbone.pth"),
                    model.backbone().stateDict());
        }
        model.network().train(false);
        return model;
    }

    private ImageBatches camBatches() {
        ImageBatches.Builder batches = ImageBatches.builder()
                .setData(train)
                .setBatchSize(options.batch != null ? options.batch : settings.batch())
                .optAugmentation(Augmentation.builder()
                        .optLongSide(settings.minLongSide(), settings.maxLongSide())
                        .optBicubic(true)
                        .optCrop(settings.crop(), settings.crop())
                        .optFlip(true)
                        .optColourJitter(0.3, 0.3, 0.3)
                        .optHsvShift(0.1, 0, 0)
                        .build())
                .optDevice(device);
        if (options.variant.hasSaliency()) {
            SaliencySource source = saliency();
            batches.optScores(sample -> List.of(source.saliency(sample).toScores()));
        }
        return batches.build();
    }

    /** EPS's saliency: the maps given, or those of the minimum barrier distance, computed once. */
    private SaliencySource saliency() {
        if (options.saliency != null) {
            return SaliencyFolder.builder().setFolder(options.saliency).build();
        }
        Path folder = options.out.resolve("saliency");
        SaliencySource source = MinimumBarrierSaliency.builder().build();
        Dataset images = train.tagsOnly();
        for (int i = 0; i < images.size(); i++) {
            if (!Files.exists(folder.resolve(images.id(i) + ".png"))) {
                try {
                    SaliencyFolder.write(folder, images.id(i), source.saliency(images.get(i)));
                } catch (InvalidDataException e) {
                    console.println("no saliency of " + images.id(i) + ": " + e.getMessage());
                }
            }
        }
        return SaliencyFolder.builder().setFolder(folder).build();
    }

    // 2. CAMs in the original's files, and what a threshold and a CRF make of them.

    /** Infers the maps of all training images. */
    PipelineResult inferCam() {
        Stage<ScoreMaps> cam = cam();
        return run("CAMs", cam, raw(cam), camCrf(cam));
    }

    private Stage<ScoreMaps> cam() {
        CamGenerator generator;
        String what;
        String weights = "given";
        if (options.cams != null) {
            generator = new ScoreFolder(options.cams, ProductCodec.camDicts(classes));
            what = "files in " + options.cams;
        } else if (options.irnCams != null) {
            generator = ScoreFolder.irn(options.irnCams);
            what = "IRN's in " + options.irnCams;
        } else {
            PpcModel model = trainCam();
            generator = model.cam().optScales(settings.camScales()).build();
            what = generator.toString();
            weights = model.network().fingerprint();
        }
        return Stage.builder(ProductCodec.camDicts(classes))
                .setName("cam")
                .setFunction((sample, inputs) -> rectified(generator.generate(sample)))
                .optConfig("cam", what)
                .optConfig("weights", weights)
                .build();
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

    private Stage<LabelMap> raw(Stage<ScoreMaps> cam) {
        return run.label("raw", ArgmaxRule.with(Background.constant(settings.camBackground())), cam);
    }

    /** The variant's own: SEAM and PPC look at hard labels, EPS makes its pseudo masks, for which it has no walk. */
    private Stage<LabelMap> camCrf(Stage<ScoreMaps> cam) {
        CrfLabelRule rule = options.variant.hasSaliency()
                ? CrfLabelRule.of(crf(DenseCrf.psa(1).optIterations(5), Background.power(8))
                        .build())
                : hardCrf(settings.camBackground());
        return run.label("cam_crf", rule, cam);
    }

    // 3. Affinities, from pixels that CRFs are sure of.

    /** The trained network: of this run, of a run before, or of {@code --affinity-weights}. */
    Network trainAffinity() {
        if (affinityNetwork == null) {
            affinityNetwork = options.affinity == PpcOptions.Affinity.IRN ? irNet() : affinityNet();
            affinityNetwork.train(false);
        }
        return affinityNetwork;
    }

    /** PSA's network, from where a CRF with a strong background and one with a weak background are sure. */
    private AffinityNet affinityNet() {
        seed(1);
        AffinityNet network = AffinityNet.builder()
                .setBackbone(backbone())
                .optStride(settings.stride())
                .optFlatKeys(true)
                .optBorderPairs(!options.compat().isolatedNodes())
                .build();
        network.to(device, DType.F32);
        if (loaded(network, options.affinityWeights)) {
            return network;
        }
        startFromCamNetwork(network.backbone());
        CamGenerator strong = confident("crf_la", options.la, 4);
        CamGenerator weak = confident("crf_ha", options.ha, 24);
        ImageBatches data = ImageBatches.builder()
                .setData(train)
                .setBatchSize(settings.batch())
                .optAugmentation(Augmentation.builder()
                        .optCrop(settings.crop(), settings.crop())
                        .optFlip(true)
                        .optFill(0)
                        .build())
                .optScores(sample -> CrfPair.of(sample, strong, weak).scores())
                .optDevice(device)
                .build();
        try (Optimizer optimizer = settings.adam()
                ? ProgramRun.adam(ParameterGroups.all(network, 1e-2), settings.rate())
                : PpcOptimizer.of(
                        network, network.backbone(), settings.rate(), settings.weightDecay(), options.compat())) {
            fit("affinity", network, network::scoreLoss, data, optimizer, stepsOf(settings.affinitySteps(), data));
        }
        return network;
    }

    /** IRN's network, from where CRFs behind a high and a low threshold are sure; its backbone is the CAM network's. */
    private IrnNet irNet() {
        seed(1);
        IrnNet network = IrnNet.builder()
                .setBackbone(PpcNetworks.boundaryBackbone(name(), options.weights))
                .optPaddedSize(settings.irnPaddedSize())
                .build();
        network.to(device, DType.F32);
        if (loaded(network, options.affinityWeights)) {
            return network;
        }
        startFromCamNetwork(network.backbone());
        Stage<ScoreMaps> cam = cam();
        Stage<LabelMap> sure = run.label(
                "ir_label",
                ConfidenceBand.of(hardCrf(settings.sureForeground()), hardCrf(settings.sureBackground())),
                cam);
        run("IR labels", cam, sure);
        ProductStore<LabelMap> labels = labels("ir_label");
        ImageBatches data = ImageBatches.builder()
                .setData(train)
                .setBatchSize(settings.batch())
                .optLabels(run.labels(labels))
                .optAugmentation(Augmentation.builder()
                        .optScale(0.5, 1.5)
                        .optFlip(true)
                        .optCrop(settings.irnPaddedSize(), settings.irnPaddedSize())
                        .build())
                .optDevice(device)
                .build();
        List<ParameterGroup> groups = network.parameterGroups(IRN_DECAY);
        try (Optimizer optimizer = settings.adam()
                ? ProgramRun.adam(groups, settings.rate())
                : Sgd.builder()
                        .setGroups(groups)
                        .setRate(options.original ? IRN_RATE : IRN_RATE / 10) // as PpcOptimizer
                        .optMomentum(options.original ? IRN_DECAY : 0.9)
                        .build()) {
            fit("irn", network, network::loss, data, optimizer, stepsOf(settings.affinitySteps(), data));
        }
        return network;
    }

    private CrfLabelRule hardCrf(double background) {
        return CrfLabelRule.of(crf(DenseCrf.irnLabels(), Background.constant(background))
                .optFromLabels(HARD_LABEL)
                .build());
    }

    /** The probabilities of a CRF whose background is {@code (1 - max)^alpha}, or those of a folder. */
    private CamGenerator confident(String name, @Nullable Path given, double alpha) {
        if (given != null) {
            return new ScoreFolder(given, ProductCodec.labelDicts(classes));
        }
        Stage<ScoreMaps> cam = cam();
        CrfRefiner crf = crf(DenseCrf.psa(1), Background.power(alpha)).build();
        Stage<ScoreMaps> stage = Stage.builder(ProductCodec.labelDicts(classes))
                .setName(name)
                .optInputs(cam)
                .setFunction((sample, inputs) -> crf.refine(sample, inputs.get(cam)))
                .optConfig("crf", crf.toString())
                .build();
        ProductStore<ScoreMaps> store = run(name, cam, stage).store(stage);
        return sample -> ProgramRun.product(store, sample.id());
    }

    // 4. The random walk, and pseudo masks.

    /** Makes the pseudo masks of all training images. */
    PipelineResult walk() {
        Stage<ScoreMaps> cam = cam();
        Network affinity = trainAffinity();
        RandomWalk walker = affinity instanceof IrnNet irn
                ? RandomWalk.irn()
                        .setAffinity(irn)
                        .optSteps(settings.irnSteps())
                        .optBackground(Background.constant(settings.irnBackground()))
                        .build()
                : RandomWalk.ppc()
                        .setAffinity((AffinityNet) affinity)
                        .optStride(settings.stride())
                        .optBackground(Background.constant(settings.walkBackground()))
                        .build();
        Stage<ScoreMaps> walk = Stages.refine(walker, cam)
                .optName("walk")
                .optConfig("walk", walker.toString())
                .optConfig("weights", affinity.fingerprint())
                .optConfig("border pairs", !options.compat().isolatedNodes())
                .build();
        CrfRefiner crf = crf(DenseCrf.psa(1).optIterations(settings.crfIterations()), Background.none())
                .build();
        return run(
                "pseudo masks",
                cam,
                raw(cam),
                camCrf(cam),
                walk,
                run.label("walked", ArgmaxRule.create(), walk),
                run.label("pseudo", CrfLabelRule.of(crf), walk));
    }

    // 5. The segmenter.

    /** The trained segmenter: of this run, of a run before, or of {@code --segmenter-weights}. */
    NetworkSegmenter segment() {
        if (segmenter != null) {
            return segmenter;
        }
        seed(2);
        Backbone backbone = PpcNetworks.segmenterBackbone(name(), options.weights);
        Layer network =
                PpcNetworks.segmenter(options.segmenter, backbone, classes.labelCount(), name().equals("small"));
        segmenter = NetworkSegmenter.builder()
                .setNetwork(network)
                .optScales(settings.segmenterScales())
                .optFlip(true)
                .optAlignCorners(true)
                .build();
        network.to(device, DType.F32);
        if (!loaded(network, options.segmenterWeights)) {
            IntFunction<LabelMap> labels = pseudoLabels();
            startFromCamNetwork(backbone);
            ImageBatches data = ImageBatches.builder()
                    .setData(train)
                    .setBatchSize(settings.segmenterBatch())
                    .optLabels(labels)
                    .optAugmentation(Augmentation.builder()
                            .optHsvShift(10 / 180.0, 10 / 255.0, 10 / 255.0)
                            .optFlip(true)
                            .optScale(0.5, 1.5)
                            .optBicubic(true)
                            .optCrop(settings.crop(), settings.crop())
                            .build())
                    .optDevice(device)
                    .build();
            try (Optimizer optimizer = settings.adam()
                    ? ProgramRun.adam(ParameterGroups.all(network, 1e-2), settings.segmenterRate())
                    : Sgd.builder()
                            .setGroups(DeepLabGroups.of(network, backbone, settings.weightDecay(), !options.original))
                            .setRate(settings.segmenterRate())
                            .build()) {
                LossStep<ImageBatch> loss = (batch, step) -> segmentationLoss(network, batch);
                fit("segmenter", network, loss, data, optimizer, settings.segmenterSteps());
            }
        }
        network.train(false);
        return segmenter;
    }

    private static Tensor segmentationLoss(Layer network, ImageBatch batch) {
        Tensor labels = batch.labels();
        Tensor logits = Ops.bilinear(network.forward(batch.images()), labels.size(1), labels.size(2), true);
        return Losses.crossEntropy(logits, labels);
    }

    /** Our pseudo masks, or those of a folder; a sample without is left out of training. */
    private IntFunction<LabelMap> pseudoLabels() {
        Path given = options.labels;
        if (given != null) {
            return i -> LabelPng.read(given.resolve(train.id(i) + ".png"));
        }
        walk();
        return run.labels(labels("pseudo"));
    }

    // 6. How good is it? Only now masks are read.

    /** Evaluates what there is under {@code --out}, and the segmenter, and writes the report. */
    void evaluate(boolean withSegmenter) {
        RunReport report = run.report();
        if (Files.exists(options.out.resolve("cam/stage.json"))) {
            report.scores("CAM", ProductStore.open(options.out.resolve("cam"), ProductCodec.camDicts(classes)));
        }
        for (String[] row : new String[][] {
            {"raw", "raw CAM"}, {"cam_crf", "CAM + dense CRF"}, {"walked", "+ random walk"}, {"pseudo", "+ dense CRF"}
        }) {
            if (Files.exists(options.out.resolve(row[0] + "/stage.json"))) {
                report.labels(row[1], labels(row[0]));
            }
        }
        if (withSegmenter) {
            NetworkSegmenter trained = segment();
            CrfRefiner crf = crf(DenseCrf.deeplabPytorch(), Background.none()).build();
            report.segmenter("segmenter", trained::segment).segmenter("segmenter + CRF", image -> {
                Sample sample = new Sample("image", image.toImage(), ImageTags.of(classes));
                try (ScoreMaps p = trained.probabilities(image);
                        ScoreMaps q = crf.refine(sample, p)) {
                    return ArgmaxRule.of(q);
                }
            });
        }
        if (result != null) {
            result.manifest().ifPresent(report::manifest);
        }
        report.write(options.out.resolve("report.html"));
    }

    /** Whether a run has trained a segmenter. */
    boolean hasSegmenter() {
        return Files.exists(options.out.resolve("weights/segmenter.pth"));
    }

    // What the steps share.

    /** So that the initial weights of a network do not depend on which were made before it. */
    private void seed(int network) {
        Torch.seed(BatchSource.mix(options.seed, network));
    }

    private String name() {
        return options.backbone == null ? settings.backbone() : options.backbone;
    }

    /** A backbone for CAMs and affinities, with its ImageNet weights if there are such. */
    private Backbone backbone() {
        return PpcNetworks.backbone(name(), options.weights);
    }

    /** Small networks have no ImageNet weights; what the CAM network has learnt is better than nothing. */
    private void startFromCamNetwork(Backbone backbone) {
        if (options.weights == null && options.cams == null && options.irnCams == null) {
            backbone.load(trainCam().backbone().stateDict());
        }
    }

    private static boolean loaded(Network network, @Nullable Path file) {
        if (file == null) {
            return false;
        }
        Weights.load(network, file);
        network.train(false);
        return true;
    }

    private long stepsOf(long steps, ImageBatches data) {
        return steps > 0 ? steps : (long) settings.camEpochs() * data.batchesPerEpoch();
    }

    private void fit(
            String name,
            Network network,
            LossStep<ImageBatch> loss,
            ImageBatches data,
            Optimizer optimizer,
            long steps) {
        run.fit(name, network, data, loss, optimizer, steps, options.bf16);
        write(network, options.out.resolve("weights").resolve(name + ".pth"));
    }

    /** What Python's torch.load reads, under the original's names, which mostly are ours. */
    private static void write(Network network, Path file) {
        if (network instanceof IrnNet irn && irn.backbone() instanceof ResNet) {
            Weights.export(network, file, CheckpointFamily.IRN);
        } else {
            TorchArchive.write(file, network.stateDict());
        }
    }

    private static CrfRefiner.Builder crf(DenseCrf.Builder crf, Background background) {
        return CrfRefiner.builder().setCrf(crf.build()).optBackground(background);
    }

    private ProductStore<LabelMap> labels(String stage) {
        return ProductStore.open(options.out.resolve(stage), ProductCodec.labelMaps(classes));
    }

    private PipelineResult run(String name, Stage<?>... stages) {
        PipelineResult done = run.run(name, options.shard(), stages);
        result = done;
        return done;
    }

    @Override
    public void close() {
        for (AutoCloseable part : new @Nullable AutoCloseable[] {camNetwork, affinityNetwork, segmenter}) {
            try {
                if (part != null) {
                    part.close();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
