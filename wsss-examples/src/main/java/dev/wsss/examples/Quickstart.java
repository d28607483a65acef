package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.affinity.RandomWalk;
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
import dev.wsss.core.nn.Ops;
import dev.wsss.core.pipeline.PipelineResult;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.ImageBatch;
import dev.wsss.core.train.ImageBatches;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.datasets.Augmentation;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.deeplab.NetworkSegmenter;
import dev.wsss.models.resnet.ResNet;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

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
    @Option(names = "--data", paramLabel = "SPEC", description = "shapes, camvid:DIR, voc:DIR or folder:DIR")
    private String data = "shapes";

    @Option(names = "--out", paramLabel = "DIR", description = "where products and the report go")
    private Path out = Path.of("out");

    @Option(names = "--device", paramLabel = "NAME", description = "cpu, cuda, cuda:N or auto")
    private String device = "auto";

    @Option(names = "--seed", paramLabel = "N", description = "fixes everything that is random")
    private long seed = 1;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "threads of one operation; one core is left to decoding by default")
    private int threads = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() - 1));

    @Option(names = "--quick", hidden = true, description = "a few small steps: everything runs, nothing is learnt")
    private boolean quick;

    private final PrintStream console = System.out;

    /** Below this score a pixel is background. There are no masks to tune it on. */
    private static final double BACKGROUND = 0.3;

    /** What fits the size of the images: the drawn scenes are small, photographs are not. */
    private record Settings(
            int crop,
            double minScale,
            double maxScale,
            double[] camScales,
            int batch,
            int classifierSteps,
            int affinitySteps,
            int segmenterSteps) {
        static Settings of(String data, boolean quick) {
            if (quick) {
                return new Settings(32, 1, 1, new double[] {1, 1.5}, 4, 4, 2, 2);
            }
            return data.startsWith("shapes")
                    ? new Settings(96, 0.8, 1.25, new double[] {1, 1.5, 2}, 16, 500, 150, 400)
                    : new Settings(192, 0.4, 0.8, new double[] {0.5, 0.75}, 8, 400, 100, 400);
        }
    }

    @Override
    public Integer call() {
        ComputeDevice on = ComputeDevice.parse(device);
        Torch.setThreads(threads);
        Torch.seed(seed);
        requireWritable(out);
        DatasetSplits splits = Datasets.open(data.equals("shapes") ? "shapes:train=400,val=200,seed=" + seed : data);
        Dataset train = splits.train();
        ProgramRun run = new ProgramRun(splits, out, on, seed, console);
        ClassCatalog classes = train.classes();
        Settings settings = Settings.of(data, quick);
        console.printf(
                "%s: %d images with tags of %d classes, on %s%n", train.name(), train.size(), classes.tagCount(), on);
        if (!data.startsWith("shapes")) {
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
                        .build()) {
            List.of(classifier, affinity, deepLab).forEach(network -> network.to(on, DType.F32));

            // 1. What is in the image? A classifier learns it from the tags.
            ImageBatches.Builder tagged = batches(train, settings, on);
            fit(
                    run,
                    "classifier",
                    classifier,
                    settings.classifierSteps,
                    tagged,
                    (batch, step) -> Losses.multiLabelSoftMargin(classifier.forward(batch.images()), batch.tags()));

            // 2. Where does it look? Class activation maps, and the pixels at which they are sure.
            Cam generator = Cam.builder()
                    .setNetwork(classifier::activations)
                    .optScales(settings.camScales)
                    .optDevice(on)
                    .build();
            Stage<ScoreMaps> cam = Stages.cam(generator)
                    .optConfig("cam", generator.toString())
                    .optConfig("weights", classifier.fingerprint())
                    .build();
            Stage<LabelMap> raw = run.label("raw", threshold(classes), cam);
            Stage<LabelMap> sure = run.label("sure", confident(classes), cam);
            PipelineResult seeds = run.run("seeds", cam, raw, sure);

            // 3. Which pixels belong together? AffinityNet learns it from those pixels, and CAMs walk along.
            affinity.backbone().load(classifier.backbone().stateDict());
            ImageBatches.Builder banded = batches(train, settings, on).optLabels(run.labels(seeds.store(sure)));
            fit(run, "affinity", affinity, settings.affinitySteps, banded, affinity::loss);
            RandomWalk walker = RandomWalk.builder()
                    .setAffinity(affinity)
                    .optStride(affinity.stride())
                    .optSteps(64)
                    .optBackground(Background.constant(BACKGROUND))
                    .build();
            Stage<ScoreMaps> walk = Stages.refine(walker, cam)
                    .optName("walk")
                    .optConfig("walk", walker.toString())
                    .optConfig("weights", affinity.fingerprint())
                    .build();
            Stage<LabelMap> walked = run.label("walked", ArgmaxRule.create(), walk);
            Stage<LabelMap> pseudo = run.label("pseudo", CrfLabelRule.of(crf(Background.none())), walk);
            PipelineResult refined = run.run("pseudo labels", cam, raw, sure, walk, walked, pseudo);

            // 4. The pseudo labels train a segmenter, which needs no tags.
            deepLab.backbone().load(classifier.backbone().stateDict());
            ImageBatches.Builder labelled = batches(train, settings, on).optLabels(run.labels(refined.store(pseudo)));
            fit(
                    run,
                    "segmenter",
                    deepLab,
                    settings.segmenterSteps,
                    labelled,
                    (batch, step) -> segmentationLoss(deepLab, batch));

            // 5. How good is it? Only now masks are read.
            try (NetworkSegmenter segmenter =
                    NetworkSegmenter.builder().setNetwork(deepLab).optFlip(true).build()) {
                run.report()
                        .scores("CAM", seeds.store(cam))
                        .labels("raw CAM", seeds.store(raw))
                        .labels("+ random walk", refined.store(walked))
                        .labels("+ dense CRF", refined.store(pseudo))
                        .segmenter("segmenter", segmenter::segment)
                        .manifest(refined.manifest().orElseThrow())
                        .write(out.resolve("report.html"));
            }
        }
        return 0;
    }

    /** Training would take minutes to find out. */
    private static void requireWritable(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".writable", null));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "--out " + folder + ": cannot be written (" + e + "); expected a folder that can", e);
        }
    }

    /** The parts that the three networks share: a small ResNet-18, as there are no ImageNet weights to start from. */
    private static ResNet backbone() {
        return ResNet.builder().setDepth(18).optWidth(24).optOutputStride(16).build();
    }

    private static LabelRule threshold(ClassCatalog classes) {
        return classes.hasBackground() ? ThresholdRule.of(BACKGROUND) : ArgmaxRule.create();
    }

    /** IRN's rule where there is a background: a CRF behind a high and a low threshold; elsewhere a high threshold. */
    private static LabelRule confident(ClassCatalog classes) {
        return classes.hasBackground()
                ? ConfidenceBand.of(
                        CrfLabelRule.of(crf(Background.constant(0.4))), CrfLabelRule.of(crf(Background.constant(0.15))))
                : ThresholdRule.of(0.6);
    }

    private static CrfRefiner crf(Background background) {
        return CrfRefiner.builder()
                .setCrf(DenseCrf.psa(1).optThreads(2).build())
                .optBackground(background)
                .build();
    }

    private static Tensor segmentationLoss(DeepLabV3Plus network, ImageBatch batch) {
        Tensor labels = batch.labels();
        Tensor logits = Ops.bilinear(network.forward(batch.images()), labels.size(1), labels.size(2), false);
        return Losses.crossEntropy(logits, labels);
    }

    private static ImageBatches.Builder batches(Dataset train, Settings settings, ComputeDevice on) {
        return ImageBatches.builder()
                .setData(train)
                .setBatchSize(settings.batch)
                .optAugmentation(Augmentation.builder()
                        .optScale(settings.minScale, settings.maxScale)
                        .optCrop(settings.crop, settings.crop)
                        .optFlip(true)
                        .optColourJitter(0.2, 0.2, 0.2)
                        .build())
                .optDevice(on);
    }

    private static void fit(
            ProgramRun run,
            String name,
            Network network,
            int steps,
            ImageBatches.Builder batches,
            LossStep<ImageBatch> loss) {
        try (Optimizer adam = ProgramRun.adam(ParameterGroups.all(network, 1e-2), 2e-3)) {
            run.fit(name, network, batches.build(), loss, adam, steps, false);
        }
    }
}
