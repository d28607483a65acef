package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.affinity.RandomWalk;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.cam.Cam;
import dev.wsss.core.crf.CrfLabelRule;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.io.DType;
import dev.wsss.core.label.ArgmaxRule;
import dev.wsss.core.label.Background;
import dev.wsss.core.label.ConfidenceBand;
import dev.wsss.core.label.ThresholdRule;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Network;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.AdamW;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Trainer;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.systems.segment.SegmenterTraining;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The whole walk, from image tags to a trained segmenter and a report: classifier, multi-scale CAM, AffinityNet and
 * random walk, dense CRF, pseudo labels, DeepLab v3+, evaluation. Masks are read by {@link RunReport} alone, at the end.
 *
 * <p>Every step leaves its product under {@code --out}; a run that was interrupted goes on where it was.
 */
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = "Tags to pseudo labels, a trained segmenter and a report.")
final class Quickstart implements Callable<Integer> {
    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private RunOptions options = new RunOptions();

    private final PrintStream console = System.out;

    /** Below this score a pixel is background. There are no masks to tune it on. */
    private static final double BACKGROUND = 0.3;

    /**
     * What fits the images: the drawn scenes are small, photographs are not; and their light does not change, so that learning
     * to see past it costs more than it gives.
     */
    private record Settings(
            int crop,
            double minScale,
            double maxScale,
            double jitter,
            double[] camScales,
            int batch,
            int classifierSteps,
            int affinitySteps,
            int segmenterSteps) {
        static Settings of(boolean shapes, boolean quick) {
            if (quick) {
                return new Settings(32, 1, 1, 0.2, new double[] {1, 1.5}, 4, 4, 2, 2);
            }
            return shapes
                    ? new Settings(96, 0.8, 1.25, 0, new double[] {1, 1.5, 2}, 16, 500, 150, 400)
                    : new Settings(192, 0.4, 0.8, 0.2, new double[] {0.5, 0.75}, 8, 400, 100, 400);
        }

        Augmentation augmentation() {
            return Augmentation.builder()
                    .optScale(minScale, maxScale)
                    .optCrop(crop, crop)
                    .optFlip(true)
                    .optColourJitter(jitter, jitter, jitter)
                    .build();
        }
    }

    @Override
    public Integer call() {
        long start = System.nanoTime();
        ComputeDevice on = options.start();
        Torch.seed(options.seed);
        Path out = options.out("out");
        DatasetSplits splits = data.open(options.seed);
        Dataset train = splits.train();
        ClassCatalog classes = train.classes();
        Settings settings = Settings.of(data.isShapes(), options.quick);
        ConsoleListener listener = new ConsoleListener(console);
        RunFolder.Builder folder = RunFolder.builder()
                .setData(train)
                .setFolder(out)
                .optSeed(options.seed)
                .optDevice(on)
                .optRemake(options.remake)
                .optOverwrite(options.overwrite)
                .optMaxLeftOut(options.maxLeftOut())
                .optProgress(new TerminalProgress(console))
                .optListener(listener);
        if (options.tensorboard != null) {
            folder.optTensorBoard(options.tensorboard);
        }
        RunFolder run = folder.build();
        splits.notes().forEach(console::println);
        console.println("on " + on);
        if (!data.isShapes()) {
            console.println("The networks start from nothing, not from ImageNet: expect poor labels on photographs.");
        }

        try (Classifier classifier = new Classifier(backbone(), classes.tagCount());
                AffinityNet affinity = AffinityNet.builder()
                        .setBackbone(backbone())
                        .optStride(4)
                        .build();
                DeepLabV3Plus deepLab = DeepLabV3Plus.builder()
                        .setBackbone(backbone())
                        .setClasses(classes.labelCount())
                        .optAsppRates(0, 1, 2, 3)
                        .optWidth(64)
                        .build();
                DenseCrf crf = DenseCrf.psa(1).build()) {
            List.of(classifier, affinity, deepLab).forEach(network -> network.to(on, DType.F32));

            // 1. What is in the image? A classifier learns it from the tags.
            fit(
                    run,
                    "classifier",
                    classifier,
                    settings.classifierSteps,
                    batches(train, settings, on),
                    LossStep.named(
                            "multi-label soft margin",
                            Map.of(),
                            (batch, step) ->
                                    Losses.multiLabelSoftMargin(classifier.forward(batch.images()), batch.tags())));

            // 2. Where does it look? Class activation maps, and the pixels at which they are sure.
            Cam generator = Cam.builder()
                    .setNetwork(classifier)
                    .optScales(settings.camScales)
                    .optDevice(on)
                    .build();
            Stage<ScoreMaps> cam = Stages.cam(generator).build();
            Stage<LabelMap> raw = label("raw", threshold(classes), cam, classes);
            Stage<LabelMap> sure = label("sure", confident(crf, classes), cam, classes);
            run.make(raw, sure);

            // 3. Which pixels belong together? AffinityNet learns it from those pixels, and CAMs walk along.
            affinity.backbone().load(classifier.backbone().stateDict());
            ImageBatches.Builder banded = batches(train, settings, on).optChannel(Channel.LABELS, run.store(sure));
            fit(run, "affinity", affinity, settings.affinitySteps, banded, affinity.loss());
            RandomWalk walker = RandomWalk.builder()
                    .setAffinity(affinity)
                    .optStride(affinity.stride())
                    .optSteps(64)
                    .optBackground(Background.constant(BACKGROUND))
                    .build();
            Stage<ScoreMaps> walk = Stages.refine(walker, cam).optName("walk").build();
            Stage<LabelMap> walked = label("walked", ArgmaxRule.create(), walk, classes);
            Stage<LabelMap> pseudo = label("pseudo", crfRule(crf, Background.none()), walk, classes);
            run.make(walked, pseudo);

            // 4. The pseudo labels train a segmenter, which needs no tags.
            deepLab.backbone().load(classifier.backbone().stateDict());
            try (Optimizer adam = adamW(deepLab)) {
                SegmenterTraining.builder()
                        .setNetwork(deepLab)
                        .setLabels(run.store(pseudo))
                        .setOptimizer(adam)
                        .setSteps(settings.segmenterSteps)
                        .optBatchSize(settings.batch)
                        .optAugmentation(settings.augmentation())
                        .optSchedule(steps -> Schedule.cosine(steps, 0))
                        .optAutocastBf16(options.bf16)
                        .build()
                        .train(run);
            }

            // 5. How good is it? Only now masks are read.
            try (NetworkSegmenter segmenter =
                    NetworkSegmenter.builder().setNetwork(deepLab).optFlip(true).build()) {
                RunReport.Builder report = RunReport.builder()
                        .setTrain(train)
                        .optScores("CAM", run.store(cam))
                        .optLabels("raw CAM", run.store(raw))
                        .optLabels("+ random walk", run.store(walked))
                        .optLabels("+ dense CRF", run.store(pseudo))
                        .optSegmenter("segmenter", segmenter)
                        .optRun(run);
                splits.val().ifPresent(report::optUnseen);
                Reports.show(report.build(), out, (System.nanoTime() - start) / 1e9, listener);
            }
        }
        return options.status(listener.failed());
    }

    /** The parts that the three networks share: a small ResNet-18, as there are no ImageNet weights to start from. */
    private static ResNet backbone() {
        return ResNet.builder().setDepth(18).optWidth(24).optOutputStride(16).build();
    }

    private static LabelRule threshold(ClassCatalog classes) {
        return classes.hasBackground() ? ThresholdRule.of(BACKGROUND) : ArgmaxRule.create();
    }

    /** IRN's rule where there is a background: a CRF behind a high and a low threshold; elsewhere a high threshold. */
    private static LabelRule confident(DenseCrf crf, ClassCatalog classes) {
        return classes.hasBackground()
                ? ConfidenceBand.of(crfRule(crf, Background.constant(0.4)), crfRule(crf, Background.constant(0.15)))
                : ThresholdRule.of(0.6);
    }

    private static CrfLabelRule crfRule(DenseCrf crf, Background background) {
        return CrfLabelRule.of(
                CrfRefiner.builder().setCrf(crf).optBackground(background).build());
    }

    private static Stage<LabelMap> label(String name, LabelRule rule, Stage<ScoreMaps> from, ClassCatalog classes) {
        return Stages.label(rule, from, classes).optName(name).build();
    }

    private static ImageBatches.Builder batches(Dataset train, Settings settings, ComputeDevice on) {
        return ImageBatches.builder()
                .setData(train)
                .setBatchSize(settings.batch)
                .optAugmentation(settings.augmentation())
                .optDevice(on);
    }

    /** Networks that start from nothing learn faster by Adam. */
    private static Optimizer adamW(Network network) {
        return AdamW.builder()
                .setGroups(ParameterGroups.all(network, 1e-2))
                .setLearningRate(2e-3)
                .build();
    }

    private void fit(
            RunFolder run,
            String name,
            Network network,
            int steps,
            ImageBatches.Builder batches,
            LossStep<Batch> loss) {
        try (Optimizer adam = adamW(network)) {
            run.train(
                    name,
                    Trainer.<Batch>builder()
                            .setNetwork(network)
                            .setData(batches.build())
                            .setLoss(loss)
                            .setOptimizer(adam)
                            .optSchedule(Schedule.cosine(steps, 0))
                            .optSteps(steps)
                            .optLogEvery(10)
                            .optAutocastBf16(options.bf16));
        }
    }
}
