package dev.wsss.systems.cdl;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.Interpolation;
import dev.wsss.core.augment.Nearest;
import dev.wsss.core.augment.RandomCrop;
import dev.wsss.core.augment.RandomFlip;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.augment.ScaleChoice;
import dev.wsss.core.augment.SideRounding;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.DType;
import dev.wsss.core.logits.LogitStore;
import dev.wsss.core.logits.PixelLogits;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.BatchSource;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.OnNonFinite;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.resnet.CaffeResNet;
import dev.wsss.models.resnet.Res2Net;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.systems.SystemBuilder;
import dev.wsss.systems.SystemInputs;
import dev.wsss.systems.segment.LabelsOfClasses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * CDL from noisy labels to a trained segmenter and its evaluation.
 *
 * <pre>{@code
 * try (Cdl cdl = Cdl.builder()
 *         .setData(train)
 *         .setOut(Path.of("out"))
 *         .optLabels(new LabelFolder(Path.of("pseudo"), train.classes()))
 *         .optRecipe(CdlRecipe.voc())
 *         .optWeights(Path.of("deeplabv1_resnet101-coco.pth"))
 *         .optUnseen(val)
 *         .build()) {
 *     NetworkSegmenter segmenter = cdl.train();
 *     cdl.evaluate().write(Path.of("out/report.html"));
 * }
 * }</pre>
 *
 * <p>Labels come from anywhere; tags are not looked at, and masks of the dataset are read by {@link #evaluate} alone. A sample
 * without labels, with a label that is none of the dataset's classes, or whose labels are void throughout, is left out and
 * counted, and too many of them end the training. A run finds what a run before has left in the output folder, and goes on from
 * its last checkpoint. The trained network is left in {@code weights/segmenter.pth}, on the published backbone under the names of the published code.
 *
 * @see <a href="https://doi.org/10.1007/s11263-023-01796-9">Zhang et al., Credible Dual-Expert Learning for Weakly Supervised
 *     Semantic Segmentation</a>
 */
public final class Cdl implements AutoCloseable {
    private static final String SEGMENTER = "segmenter";
    private static final Normalize CAFFE = Normalize.ofLevels(
                    new double[] {122.675, 116.669, 104.008}, new double[] {1, 1, 1})
            .blueFirst();

    private static final int RES2NET_WIDTH = 64;

    /** How much probability a pixel may lose in a store of logits. */
    private static final double DROPPED = 0.01;

    private final Builder given;
    private final SystemInputs in;
    private final CdlRecipe recipe;
    private final Dataset train;
    private final RunFolder run;
    private @Nullable NetworkSegmenter segmenter;
    private @Nullable CdlNetwork network;

    private Cdl(Builder b, SystemInputs in) {
        given = b;
        this.in = in;
        recipe = b.recipe;
        run = in.run();
        train = in.train();
    }

    /** Starts a run by {@link CdlRecipe#voc()}, on the CPU. */
    public static Builder builder() {
        return new Builder();
    }

    /** The folder of the run, its seconds and manifest. */
    public RunFolder run() {
        return run;
    }

    // 1. The network and what it learns from.

    private CdlNetwork network() {
        // so that initial weights do not depend on what was made before
        Torch.seed(BatchSource.mix(run.seed(), 0));
        CdlRecipe.Network n = recipe.network();
        CdlNetwork network = CdlNetwork.builder()
                .setBackbone(backbone(n))
                .setClasses(train.classes().labelCount())
                .setVariant(recipe.variant())
                .optRates(ints(n.rates()))
                .optScales(doubles(n.scales()))
                .optDropout(n.dropout())
                .optTestScales(doubles(recipe.inference().scales()))
                .optTemperature(recipe.inference().temperature())
                .build();
        if (n.norms() == CdlRecipe.Norms.FROZEN) {
            network.freezeNorms();
        }
        return network;
    }

    private static Backbone backbone(CdlRecipe.Network n) {
        boolean batch = n.norms() == CdlRecipe.Norms.BATCH;
        return switch (n.backbone()) {
            case CAFFE_RESNET ->
                CaffeResNet.builder()
                        .optBlocks(ints(n.blocks()))
                        .optWidth(n.width())
                        // statistics that move by a thousandth would be those of the start for thousands of steps
                        .optBatchNormMomentum(batch ? BatchNorm2d.MOMENTUM : CaffeResNet.MOMENTUM)
                        .build();
            case RES2NET ->
                Res2Net.builder()
                        .setDepth(3
                                        * n.blocks().stream()
                                                .mapToInt(Integer::intValue)
                                                .sum()
                                + 2)
                        .optShrink(RES2NET_WIDTH / n.width())
                        .optOutputStride(8)
                        .build();
        };
    }

    private Normalize normalize() {
        return recipe.network().backbone() == CdlRecipe.Backbone.CAFFE_RESNET ? CAFFE : Normalize.IMAGENET;
    }

    private DualExpertLoss loss() {
        CdlRecipe.Loss l = recipe.loss();
        return DualExpertLoss.builder()
                .setVariant(recipe.variant())
                .setStart(l.start() * recipe.optimization().steps())
                .optCorrection(l.correction())
                .optBalanced(l.balanced())
                .optWarmUp(l.warmUp())
                .optWeights(l.first(), l.second(), l.third())
                .optAffinityWeight(l.affinity())
                .optCompat(recipe.compat())
                .build();
    }

    private ImageBatches batches(Source<LabelMap> labels) {
        ImageBatches.Builder batches =
                views().optChannel(Channel.LABELS, new LearnableLabels(new LabelsOfClasses(labels)));
        if (recipe.variant().hasStrongView()) {
            batches.optView(CdlTraining.STRONG_VIEW);
        }
        return batches.build();
    }

    /** Crops without labels. */
    private ImageBatches.Builder views() {
        CdlRecipe.Views v = recipe.views();
        return ImageBatches.builder()
                .setData(train)
                .setBatchSize(recipe.optimization().batch())
                .optNormalize(normalize())
                .optAugmentation(Augmentation.builder()
                        .optResampling(new Resampling(Interpolation.BILINEAR, Nearest.PILLOW))
                        .optTransforms(
                                new ScaleChoice(v.scales(), SideRounding.FLOOR),
                                new RandomCrop(v.crop(), v.crop(), RandomCrop.SmallImage.TOP_LEFT),
                                new RandomFlip(0.5))
                        .build())
                .optDevice(run.device());
    }

    // 2. The training.

    /**
     * The trained segmenter: of this run, of a run before, or the one that was given. It stays this object's.
     *
     * @throws IllegalStateException if neither labels nor a trained network were given
     * @throws InvalidDataException if too many samples lack labels to learn from, or weights do not fit
     */
    public NetworkSegmenter train() {
        NetworkSegmenter made = segmenter;
        if (made != null) {
            return made;
        }
        if (given.trained != null) {
            return loadedSegmenter(given.trained);
        }
        Source<LabelMap> labels = given.labels;
        if (labels == null) {
            throw new IllegalStateException("optLabels is required for a training");
        }
        CdlNetwork network = network();
        made = segmenter(network);
        in.start(network.backbone(), () -> backbone(recipe.network()), () -> views().build());
        network.train(true);
        CdlRecipe.Optimization how = recipe.optimization();
        boolean norms = recipe.network().norms() == CdlRecipe.Norms.BATCH;
        try (Sgd sgd = Sgd.builder()
                .setGroups(CdlGroups.of(network, how.weightDecay(), norms, recipe.compat()))
                .setLearningRate(how.learningRate())
                .optMomentum(how.momentum())
                .build()) {
            Trainer.Builder<Batch> trainer = Trainer.<Batch>builder()
                    .setNetwork(network)
                    .setData(batches(labels))
                    .setLoss(given.loss == null ? new CdlTraining(network, loss()) : given.loss.apply(network))
                    .setOptimizer(sgd)
                    .optSchedule(Schedule.polyInStairs(how.power(), how.steps(), how.stair()))
                    .optSteps(how.steps())
                    .optAccumulate(how.accumulate())
                    .optLogEvery(10)
                    .optAutocastBf16(in.autocastBf16())
                    .optOnNonFinite(OnNonFinite.SKIP);
            if (given.teacherDecay > 0) {
                trainer.optEma(given.teacherDecay);
            }
            run.train(SEGMENTER, trainer);
        }
        boolean published = recipe.network().backbone() == CdlRecipe.Backbone.CAFFE_RESNET;
        Weights.export(network, weights(), published ? CdlCheckpoints.CDL : CheckpointFamily.WSSS);
        network.train(false);
        return made;
    }

    /** The segmenter of this network, which {@link #close} closes. */
    private NetworkSegmenter segmenter(CdlNetwork network) {
        NetworkSegmenter made = NetworkSegmenter.builder()
                .setNetwork(network)
                .optNormalize(normalize())
                .build();
        segmenter = made;
        this.network = network;
        network.to(run.device(), DType.F32);
        return made;
    }

    private NetworkSegmenter loadedSegmenter(Path file) {
        CdlNetwork network = network();
        NetworkSegmenter made = segmenter(network);
        Weights.load(network, file, in.loadPolicy());
        network.train(false);
        return made;
    }

    private Path weights() {
        return run.folder().resolve("weights").resolve(SEGMENTER + ".pth");
    }

    // 3. How good is it? Only now masks are read.

    /**
     * Measures the segmenter that was given or that a run has left. Makes nothing. {@link CdlScores#json} gives each evaluation
     * in the published form.
     *
     * @throws InvalidDataException if there is none yet
     */
    public RunReport evaluate() {
        RunReport.Builder report =
                RunReport.builder().setTrain(train).optRun(run).optSegmenter(SEGMENTER, trained());
        if (in.unseen() != null) {
            report.optUnseen(in.unseen());
        }
        return report.build();
    }

    /**
     * Runs the segmenter once on the images that it is measured on and stores its logits, at the network's own resolution, for
     * {@link dev.wsss.core.logits.LogitEvaluation}, which scores them with a dense CRF and without. What the folder holds of
     * these weights and images is not made again.
     *
     * @param folder a new one, or one of the same weights and images
     * @throws InvalidDataException if there is no segmenter yet, logits are NaN or infinite, or the folder holds something else
     */
    public LogitStore storeLogits(Path folder) {
        trained();
        CdlNetwork looking = Objects.requireNonNull(network);
        Dataset data = in.unseen() == null ? train : in.unseen();
        LogitStore store = LogitStore.create(folder, LogitStore.runOf(trainedFile(), data));
        for (int i = 0; i < data.size(); i++) {
            Sample sample = data.get(i);
            if (!store.contains(sample.id())) {
                store.write(sample.id(), logits(looking, sample.image()));
            }
        }
        return store;
    }

    private PixelLogits logits(CdlNetwork looking, RgbImage image) {
        int h = image.height();
        int w = image.width();
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor x = Tensors.of(normalize().apply(image), 1, 3, h, w)
                        .to(run.device().toTorch(), torch.ScalarType.Float);
                Tensor y = looking.forward(x);
                int rows = (int) y.size(2);
                int columns = (int) y.size(3);
                return PixelLogits.of(Tensors.toFloats(y), (int) y.size(1), rows, columns, h, w, DROPPED);
            }
        });
    }

    /** The file of the segmenter. */
    private Path trainedFile() {
        return given.trained == null ? weights() : given.trained;
    }

    private NetworkSegmenter trained() {
        NetworkSegmenter made = segmenter;
        if (made == null) {
            if (!Files.exists(trainedFile())) {
                throw new InvalidDataException(
                        trainedFile() + ": no such file; expected the network that a training has left");
            }
            made = loadedSegmenter(trainedFile());
        }
        return made;
    }

    private static int[] ints(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    private static double[] doubles(List<Double> list) {
        return list.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Closes the segmenter, which was handed out, too. */
    @Override
    public void close() {
        if (segmenter != null) {
            segmenter.close();
        }
    }

    /** What a run starts from: data and output folder are required, and labels for a training. */
    public static final class Builder extends SystemBuilder<Builder> {
        private CdlRecipe recipe = CdlRecipe.voc();
        private @Nullable Source<LabelMap> labels;
        private @Nullable Path trained;
        private @Nullable Function<? super Layer, ? extends LossStep<Batch>> loss;
        private double teacherDecay;

        private Builder() {}

        @Override
        protected Builder self() {
            return this;
        }

        /** Labels of the training images, such as a {@link dev.wsss.core.pipeline.LabelFolder}. */
        public Builder optLabels(Source<LabelMap> labels) {
            this.labels = labels;
            return this;
        }

        /** All numbers; {@link CdlRecipe#voc()} unless set. */
        public Builder optRecipe(CdlRecipe recipe) {
            this.recipe = recipe;
            return this;
        }

        /** A trained network, in place of training it; a file of any known form, such as one of the published code. */
        public Builder optTrained(Path file) {
            trained = file;
            return this;
        }

        /**
         * Another loss in place of the experts', to compare them with the general ones of {@link dev.wsss.core.noisy}: same
         * network, same crops, same steps. The logits that it gets are those by which the network labels images.
         *
         * <pre>{@code
         * Cdl.builder().optLoss(SymmetricCrossEntropy::of);
         * Cdl.builder().optLoss(network -> TeacherSmoothing.of(network, 0.3, 300)).optTeacher(0.99);
         * }</pre>
         *
         * @param loss of the network that is trained; for {@link CdlVariant#BASE}
         */
        public Builder optLoss(Function<? super Layer, ? extends LossStep<Batch>> loss) {
            this.loss = loss;
            return this;
        }

        /**
         * Keeps a moving average of the network, for {@linkplain #optLoss losses} that have a teacher.
         *
         * @param decay in (0, 1)
         */
        public Builder optTeacher(double decay) {
            if (!(decay > 0 && decay < 1)) {
                throw new IllegalArgumentException("decay must be in (0, 1), got " + decay);
            }
            teacherDecay = decay;
            return this;
        }

        /**
         * Steps in which the backbone learns to tell the tags of the training images, before anything else: for networks that
         * have no weights of ImageNet to start from. What it has learnt is then {@code weights/backbone.pth} of the run, from
         * where others may start by {@link #optWeights}. 0 unless set.
         *
         * @throws IllegalArgumentException if there are fewer than 0
         */
        public Builder optPretraining(long steps) {
            pretraining(steps);
            return this;
        }

        /**
         * Opens the run.
         *
         * @throws IllegalStateException if data or output folder are not set
         * @throws IllegalArgumentException if a balanced loss is asked of a dataset without background class, it has more
         *     classes than {@link CdlCompat#fixedClasses} bears, another loss is set for {@link CdlVariant#EXTENDED}, or the
         *     folder cannot be written
         */
        public Cdl build() {
            Dataset d = data();
            if (loss != null && recipe.variant().hasStrongView()) {
                throw new IllegalArgumentException(
                        "optLoss is for one expert; expected CdlVariant.BASE, got " + recipe.variant());
            }
            if (recipe.loss().balanced() && !d.classes().hasBackground()) {
                throw new IllegalArgumentException(
                        "dataset " + d.name() + " has no background class, and the loss balances"
                                + " background with the rest; expected withBalanced(false)");
            }
            int classes = d.classes().labelCount();
            if (recipe.compat().fixedClasses() && classes > CdlCompat.FIXED_CLASSES) {
                throw new IllegalArgumentException(
                        "the published code bears at most " + CdlCompat.FIXED_CLASSES + " classes, dataset " + d.name()
                                + " has " + classes + "; expected CdlCompat without fixedClasses");
            }
            return new Cdl(this, open());
        }
    }
}
