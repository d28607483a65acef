package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.affinity.RandomWalk;
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
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.train.AdamW;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Trainer;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.finetune.BackboneStart;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.systems.segment.SegmenterTraining;
import java.util.List;
import java.util.Map;

/**
 * The whole walk on one page, from image tags to a trained segmenter: classifier, multi-scale CAM, AffinityNet and random
 * walk, dense CRF, pseudo labels, DeepLab v3+.
 */
final class QuickstartWalk implements AutoCloseable {
    /** Below this score a pixel is background. There are no masks to tune it on. */
    private static final double BACKGROUND = 0.3;

    private final RunFolder run;
    private final ClassCatalog classes;
    private final BackboneStart start;
    private final QuickstartSettings settings;
    private final boolean bf16;
    private final Classifier classifier;
    private final AffinityNet affinity;
    private final DeepLabV3Plus deepLab;
    private final DenseCrf crf = DenseCrf.psa(1).build();

    QuickstartWalk(RunFolder run, BackboneStart start, QuickstartSettings settings, boolean bf16) {
        this.run = run;
        this.start = start;
        this.settings = settings;
        this.bf16 = bf16;
        classes = run.data().classes();
        classifier = new Classifier(start.create(), classes.tagCount());
        affinity = AffinityNet.builder()
                .setBackbone(start.create())
                .optStride(4)
                .optNormalize(start.normalize())
                .build();
        deepLab = DeepLabV3Plus.builder()
                .setBackbone(start.create())
                .setClasses(classes.labelCount())
                .optAsppRates(0, 1, 2, 3)
                .optWidth(64)
                .build();
        List.of(classifier, affinity, deepLab).forEach(network -> network.to(run.device(), DType.F32));
    }

    /**
     * Trains the networks and makes the labels.
     *
     * @param report told what there is to evaluate, which must be before this is closed
     */
    void go(RunReport.Builder report) {
        ProductStore<LabelMap> pseudo = pseudoLabels(report);
        report.optSegmenter("segmenter", segmenter(pseudo)).optRun(run);
    }

    /**
     * Makes the labels, of tags alone.
     *
     * @param report told what there is of them to evaluate
     */
    ProductStore<LabelMap> pseudoLabels(RunReport.Builder report) {
        // 1. What is in the image? A classifier learns it from the tags.
        fit(
                "classifier",
                classifier,
                settings.classifierSteps(),
                batches(),
                LossStep.named(
                        "multi-label soft margin",
                        Map.of(),
                        (batch, step) ->
                                Losses.multiLabelSoftMargin(classifier.forward(batch.images()), batch.tags())));

        // 2. Where does it look? Class activation maps, and the pixels at which they are sure.
        Cam generator = Cam.builder()
                .setNetwork(classifier)
                .optScales(settings.camScales())
                .optNormalize(start.normalize())
                .optDevice(run.device())
                .build();
        Stage<ScoreMaps> cam = Stages.cam(generator).build();
        Stage<LabelMap> raw = label("raw", threshold(), cam);
        Stage<LabelMap> sure = label("sure", confident(), cam);
        run.make(raw, sure);

        // 3. Which pixels belong together? AffinityNet learns it from those pixels, and CAMs walk along.
        affinity.backbone().load(classifier.backbone().stateDict());
        ImageBatches.Builder banded = batches().optChannel(Channel.LABELS, run.store(sure));
        fit("affinity", affinity, settings.affinitySteps(), banded, affinity.loss());
        RandomWalk walker = RandomWalk.builder()
                .setAffinity(affinity)
                .optStride(affinity.stride())
                .optSteps(64)
                .optBackground(Background.constant(BACKGROUND))
                .build();
        Stage<ScoreMaps> walk = Stages.refine(walker, cam).optName("walk").build();
        Stage<LabelMap> walked = label("walked", ArgmaxRule.create(), walk);
        Stage<LabelMap> pseudo = label("pseudo", crfRule(Background.none()), walk);
        run.make(walked, pseudo);
        report.optScores("CAM", run.store(cam))
                .optLabels("raw CAM", run.store(raw))
                .optLabels("+ random walk", run.store(walked))
                .optLabels("+ dense CRF", run.store(pseudo));
        return run.store(pseudo);
    }

    private NetworkSegmenter segmenter(ProductStore<LabelMap> pseudo) {
        // 4. The pseudo labels train a segmenter, which needs no tags.
        deepLab.backbone().load(classifier.backbone().stateDict());
        try (Optimizer adam = adamW(deepLab)) {
            SegmenterTraining.builder()
                    .setNetwork(deepLab)
                    .setLabels(pseudo)
                    .setOptimizer(adam)
                    .setSteps(settings.segmenterSteps())
                    .optBatchSize(settings.batch())
                    .optAugmentation(settings.augmentation())
                    .optNormalize(start.normalize())
                    .optSchedule(steps -> Schedule.cosine(steps, 0))
                    .optAutocastBf16(bf16)
                    .build()
                    .train(run);
        }
        return NetworkSegmenter.builder()
                .setNetwork(deepLab)
                .optNormalize(start.normalize())
                .optScales(settings.segmenterScales())
                .optFlip(true)
                .build();
    }

    private LabelRule threshold() {
        return classes.hasBackground() ? ThresholdRule.of(BACKGROUND) : ArgmaxRule.create();
    }

    /** IRN's rule where there is a background: a CRF behind a high and a low threshold; elsewhere a high threshold. */
    private LabelRule confident() {
        return classes.hasBackground()
                ? ConfidenceBand.of(crfRule(Background.constant(0.4)), crfRule(Background.constant(0.15)))
                : ThresholdRule.of(0.6);
    }

    private CrfLabelRule crfRule(Background background) {
        return CrfLabelRule.of(
                CrfRefiner.builder().setCrf(crf).optBackground(background).build());
    }

    private Stage<LabelMap> label(String name, LabelRule rule, Stage<ScoreMaps> from) {
        return Stages.label(rule, from, classes).optName(name).build();
    }

    private ImageBatches.Builder batches() {
        return ImageBatches.builder()
                .setData(run.data())
                .setBatchSize(settings.batch())
                .optAugmentation(settings.augmentation())
                .optNormalize(start.normalize())
                .optDevice(run.device());
    }

    /** Layers that start from nothing learn faster by Adam. */
    private Optimizer adamW(Network network) {
        return AdamW.builder()
                .setGroups(start.groups(network, 1e-2))
                .setLearningRate(2e-3)
                .build();
    }

    private void fit(String name, Network network, int steps, ImageBatches.Builder batches, LossStep<Batch> loss) {
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
                            .optAutocastBf16(bf16));
        }
    }

    @Override
    public void close() {
        crf.close();
        deepLab.close();
        affinity.close();
        classifier.close();
    }
}
