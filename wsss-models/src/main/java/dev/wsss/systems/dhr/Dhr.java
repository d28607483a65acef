package dev.wsss.systems.dhr;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Source;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.ColourJitter;
import dev.wsss.core.augment.Interpolation;
import dev.wsss.core.augment.Nearest;
import dev.wsss.core.augment.RandomCrop;
import dev.wsss.core.augment.RandomFlip;
import dev.wsss.core.augment.RandomLongSide;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.io.DType;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.Evaluator;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.BatchSource;
import dev.wsss.core.train.OnNonFinite;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.deeplab.DeepLabCheckpoints;
import dev.wsss.systems.SystemBuilder;
import dev.wsss.systems.SystemInputs;
import dev.wsss.systems.segment.LabelsOfClasses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * DHR from label maps and unsupervised features to a trained segmenter, its masks and their evaluation.
 *
 * <pre>{@code
 * try (Dhr dhr = Dhr.builder()
 *         .setData(train)
 *         .setOut(Path.of("out"))
 *         .optLabels(new LabelFolder(Path.of("pseudo"), train.classes()))
 *         .optFeatures(FeatureFolder.of(Path.of("out/features")))
 *         .optRecipe(DhrRecipe.voc())
 *         .optWeights(Path.of("resnet101-5d3b4d8f.pth"))
 *         .optUnseen(val)
 *         .build()) {
 *     DhrSegmenter segmenter = dhr.train();
 *     dhr.masks();
 *     dhr.evaluate().write(Path.of("out/report.html"));
 * }
 * }</pre>
 *
 * <p>Labels come from anywhere, and features from any network. Images without tags take no part in the training, as published,
 * and {@link dev.wsss.core.pipeline.RunListener#onNote} says how many. A sample without labels or features, or with such of
 * another size or of other classes, is left out and counted, and too many of them end the training. Masks of the dataset are
 * read by {@link #evaluate} alone. A run finds what a run before has left in the output folder, and goes on from its last
 * checkpoint. The moving average of the network's weights is the result; it is left in {@code weights/segmenter.pth} under the
 * names of the published code.
 *
 * @see <a href="https://arxiv.org/abs/2404.00380">Jo et al., DHR: Dual Features-Driven Hierarchical Rebalancing in Inter- and
 *     Intra-Class Regions for Weakly-Supervised Semantic Segmentation</a>
 */
public final class Dhr implements AutoCloseable {
    private static final String SEGMENTER = "segmenter";
    private static final String ANEW = "labels made anew";
    private static final double HEAD = 10;

    private final Builder given;
    private final SystemInputs in;
    private final DhrRecipe recipe;
    private final Dataset train;
    /** Those that the training looks at. */
    private final Dataset tagged;

    private final RunFolder run;
    private final DenseCrf crf = DenseCrf.deeplabPytorch().build();
    private @Nullable DhrSegmenter segmenter;
    private @Nullable Stage<LabelMap> masks;
    private @Nullable Stage<LabelMap> labels;

    private Dhr(Builder b, SystemInputs in, Dataset tagged) {
        given = b;
        this.in = in;
        this.tagged = tagged;
        recipe = b.recipe;
        run = in.run();
        train = in.train();
        run.requireFree(List.of("maps", "masks", "labels"));
    }

    /** Starts a run by {@link DhrRecipe#voc()}, on the CPU. */
    public static Builder builder() {
        return new Builder();
    }

    /** The folder of the run, its seconds and manifest. */
    public RunFolder run() {
        return run;
    }

    // 1. The network and what it learns from.

    private DhrNetwork network() {
        // so that initial weights do not depend on what was made before
        Torch.seed(BatchSource.mix(run.seed(), 0));
        DhrRecipe.Network n = recipe.network();
        return DhrNetwork.builder()
                .setBackbone(backbone())
                .setClasses(train.classes().labelCount())
                .setTags(train.classes().tagCount())
                .optAsppRates(n.rates().stream().mapToInt(Integer::intValue).toArray())
                .optWidth(n.head(), n.low())
                .build();
    }

    private Backbone backbone() {
        DhrRecipe.Network n = recipe.network();
        return switch (n.backbone()) {
            case RESNET -> DhrNetwork.resNet(n.depth(), n.width());
            case WIDE_RESNET -> DhrNetwork.wideResNet();
        };
    }

    private DhrRefiner refiner() {
        DhrRecipe.Labels l = recipe.labels();
        return DhrRefiner.builder()
                .setClasses(train.classes())
                .optTau(l.tau())
                .optSeedThresholds(l.foreground(), l.background())
                .optSeed(l.seed())
                .optInterClass(l.interClass())
                .optIntraClass(l.intraClass())
                .optCrf(l.crf() ? crf : null)
                .optCompat(recipe.compat())
                .build();
    }

    /** Crops with nothing but their tags. */
    private ImageBatches.Builder views() {
        DhrRecipe.Views v = recipe.views();
        return ImageBatches.builder()
                .setData(tagged)
                .setBatchSize(recipe.optimization().batch())
                .optAugmentation(Augmentation.builder()
                        .optResampling(new Resampling(Interpolation.PILLOW_BICUBIC, Nearest.PILLOW))
                        .optTransforms(
                                new RandomLongSide(v.minSide(), v.maxSide()),
                                new RandomFlip(0.5),
                                new ColourJitter(v.jitter(), v.jitter(), v.jitter(), v.jitter() / 3),
                                new RandomCrop(v.crop(), v.crop()))
                        .build())
                .optDevice(run.device());
    }

    private Source<LabelMap> givenLabels() {
        Source<LabelMap> found = given.labels;
        if (found == null) {
            throw new IllegalStateException("optLabels is required for a training");
        }
        return new LabelsOfClasses(found);
    }

    private FeatureSource givenFeatures() {
        FeatureSource found = given.features;
        if (found == null) {
            throw new IllegalStateException("optFeatures is required for labels that are made anew");
        }
        return found;
    }

    private boolean looksAtFeatures() {
        return recipe.labels().isAny();
    }

    // 2. The training.

    /**
     * The trained segmenter: of this run, of a run before, or the one that was given. It stays this object's.
     *
     * @throws IllegalStateException if neither labels, and features if they are looked at, nor a trained network were given
     * @throws InvalidDataException if too many samples lack what they should have, or weights do not fit
     */
    public DhrSegmenter train() {
        DhrSegmenter made = segmenter;
        if (made != null) {
            return made;
        }
        if (given.trained != null) {
            return loaded(given.trained);
        }
        ImageBatches.Builder batches = views().optChannel(Channel.LABELS, givenLabels());
        if (looksAtFeatures()) {
            batches.optChannel(DhrTraining.FEATURES, givenFeatures());
        }
        DhrNetwork network = network();
        made = own(network);
        in.start(network.backbone(), this::backbone, () -> views().build());
        network.train(true);
        DhrRecipe.Optimization how = recipe.optimization();
        ImageBatches data = batches.build();
        long steps = how.steps() > 0
                ? how.steps()
                : Math.max(1, (long) how.epochs() * data.batchesPerEpoch() / how.accumulate());
        try (Sgd sgd = Sgd.builder()
                .setGroups(groups(network, how.weightDecay()))
                .setLearningRate(how.learningRate())
                .optMomentum(how.momentum())
                .build()) {
            run.train(
                    SEGMENTER,
                    Trainer.<Batch>builder()
                            .setNetwork(network)
                            .setData(data)
                            .setLoss(new DhrTraining(
                                    network, looksAtFeatures() ? refiner() : null, new DhrLoss(recipe.compat())))
                            .setOptimizer(sgd)
                            .optSchedule(Schedule.polyHoldingLast(how.power(), steps))
                            .optSteps(steps)
                            .optAccumulate(how.accumulate())
                            .optEma(how.ema())
                            .optEmaIsResult(true)
                            .optLogEvery(10)
                            .optAutocastBf16(in.autocastBf16())
                            .optOnNonFinite(OnNonFinite.SKIP));
        }
        Weights.export(network, weights(), DeepLabCheckpoints.DHR_DEEPLAB);
        network.train(false);
        return made;
    }

    /** The backbone at the optimizer's rate and all else at ten times it, both with weight decay. */
    private static List<ParameterGroup> groups(DhrNetwork network, double weightDecay) {
        return ParameterGroups.of(network)
                .group("backbone", name -> name.startsWith("model."), 1, weightDecay)
                .rest("head", HEAD, weightDecay)
                .build();
    }

    /** The segmenter of this network, which {@link #close} closes. */
    private DhrSegmenter own(DhrNetwork network) {
        DhrSegmenter made = new DhrSegmenter(network, recipe.inference().look());
        segmenter = made;
        network.to(run.device(), DType.F32);
        return made;
    }

    private DhrSegmenter loaded(Path file) {
        DhrNetwork network = network();
        DhrSegmenter made = own(network);
        Weights.load(network, file, in.loadPolicy());
        network.train(false);
        return made;
    }

    private Path weights() {
        return run.folder().resolve("weights").resolve(SEGMENTER + ".pth");
    }

    private DhrSegmenter trained() {
        DhrSegmenter made = segmenter;
        if (made == null) {
            Path file = given.trained == null ? weights() : given.trained;
            if (!Files.exists(file)) {
                throw new InvalidDataException(file + ": no such file; expected the network that a training has left");
            }
            made = loaded(file);
        }
        return made;
    }

    // 3. What it makes of images: masks of any, and new labels of those that have some.

    private DhrMasks rule() {
        DhrRecipe.Inference i = recipe.inference();
        return new DhrMasks(i.threshold(), i.crf() ? crf : null, recipe.compat().equals(DhrCompat.original()));
    }

    /**
     * The masks of all images of the dataset, {@code masks/<id>.png}, by the segmenter that was given or that a run has left.
     * Tags are not looked at, and images without any have masks too. What is between, {@code maps/}, may be deleted when
     * they are there.
     *
     * @throws InvalidDataException if there is no segmenter yet, or there are masks of another
     */
    public ProductStore<LabelMap> masks() {
        DhrSegmenter looking = trained();
        Stage<LabelMap> stage = masks;
        if (stage == null) {
            DhrMasks rule = rule();
            Stage<ScoreMaps> maps = Stage.builder(ProductCodec.scoreMaps())
                    .setName("maps")
                    .optConfig("segmenter", looking)
                    .optConfig("masks", rule)
                    .setFunction((sample, inputs) -> {
                        try (ScoreMaps all = looking.probabilities(sample.image())) {
                            return rule.kept(all);
                        }
                    })
                    .build();
            stage = Stages.label(rule, maps, train.classes()).optName("masks").build();
            run.make(stage);
            masks = stage;
        }
        return run.store(stage);
    }

    /**
     * The given labels of all images made anew by the trained network, {@code labels/<id>.png}: what it learnt from in the end,
     * on whole images. For a network of another kind to learn from, or to see what each part of the method does.
     *
     * @throws IllegalStateException if labels or features were not given, or the recipe makes none anew
     * @throws InvalidDataException if there is no segmenter yet, or there are labels of another
     */
    public ProductStore<LabelMap> labels() {
        if (!looksAtFeatures()) {
            throw new IllegalStateException(
                    "the recipe leaves labels as they are given; expected a part of it switched on");
        }
        DhrSegmenter looking = trained();
        Stage<LabelMap> stage = labels;
        if (stage == null) {
            DhrRefiner refiner = refiner();
            Source<LabelMap> from = givenLabels();
            FeatureSource features = givenFeatures();
            stage = Stage.builder(ProductCodec.labelMaps(train.classes()))
                    .setName("labels")
                    .optConfig("segmenter", looking)
                    .optConfig("refiner", refiner)
                    .optConfig("given", from)
                    .optConfig("features", features)
                    .setFunction((sample, inputs) ->
                            refined(looking.network(), refiner, sample, from.get(sample), features.get(sample)))
                    .build();
            run.make(stage);
            labels = stage;
        }
        return run.store(stage);
    }

    private static LabelMap refined(
            DhrNetwork network, DhrRefiner refiner, Sample sample, LabelMap given, FeatureMap map) {
        int height = sample.image().height();
        int width = sample.image().width();
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor image = DhrSegmenter.input(network, sample.image());
                DhrNetwork.Maps maps = network.maps(image);
                Tensor features = Tensors.of(map.toFloats(), 1, map.channels(), map.height(), map.width())
                        .to(image.device(), ScalarType.Float);
                Tensor labels = refiner.refine(new DhrSample(
                        image.squeeze(0),
                        Tensors.of(longs(given), height, width).to(image.device(), ScalarType.Long),
                        Tensors.of(
                                        sample.tags().toMultiHot(),
                                        sample.tags().catalog().tagCount())
                                .to(image.device(), ScalarType.Float),
                        ContentBox.whole(height, width),
                        maps.cams().squeeze(0),
                        Ops.bilinear(features, cells(height), cells(width), false)
                                .squeeze(0),
                        maps.levels().stream().map(t -> t.squeeze(0)).toList()));
                return LabelMap.wrap(height, width, Tensors.toBytes(labels));
            }
        });
    }

    private static int cells(int side) {
        return (side + CellGrid.PATCH - 1) / CellGrid.PATCH;
    }

    private static long[] longs(LabelMap map) {
        byte[] values = map.toArray();
        return IntStream.range(0, values.length).mapToLong(i -> values[i] & 255).toArray();
    }

    // 4. How good is it? Only now masks are read.

    /**
     * Measures the segmenter that was given or that a run has left, and with its masks' CRF if the recipe has one; and, where
     * {@link #masks} or {@link #labels} were made before, these. Trains nothing. {@link DhrScores#line} gives each evaluation
     * in the published form.
     *
     * @throws InvalidDataException if there is no segmenter yet
     */
    public RunReport evaluate() {
        DhrSegmenter made = trained();
        ClassCatalog classes = train.classes();
        RunReport.Builder report =
                RunReport.builder().setTrain(train).optRun(run).optSegmenter(SEGMENTER, made);
        if (recipe.inference().crf()) {
            report.optSegmenter(SEGMENTER + " with CRF", made.with(rule(), classes));
        }
        if (labels != null) {
            report.optLabels(ANEW, run.store(labels));
        }
        if (masks != null) {
            report.optLabels("masks", run.store(masks));
        }
        if (in.unseen() != null) {
            report.optUnseen(in.unseen());
        }
        return report.build();
    }

    /**
     * Measures the labels that were given and those that {@link #labels} makes of them, in this order; empty without masks.
     *
     * @throws IllegalStateException as {@link #labels}
     * @throws InvalidDataException as {@link #labels}
     */
    public List<Evaluation> evaluateLabels() {
        ProductStore<LabelMap> anew = labels();
        if (!train.hasTruth()) {
            return List.of();
        }
        Source<LabelMap> from = givenLabels();
        return List.of(
                Evaluator.on(train).compare("labels as given", i -> from.get(train.get(i))),
                Evaluator.on(train).compare(ANEW, i -> anew.contains(train.id(i)) ? anew.load(train.id(i)) : null));
    }

    /** Closes the segmenter, which was handed out, too. */
    @Override
    public void close() {
        if (segmenter != null) {
            segmenter.close();
        }
        crf.close();
    }

    /** What a run starts from: data and output folder are required, and labels and features for a training. */
    public static final class Builder extends SystemBuilder<Builder> {
        private DhrRecipe recipe = DhrRecipe.voc();
        private @Nullable Source<LabelMap> labels;
        private @Nullable FeatureSource features;
        private @Nullable Path trained;

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

        /** Unsupervised features of the training images, such as a {@link dev.wsss.core.pipeline.FeatureFolder}. */
        public Builder optFeatures(FeatureSource features) {
            this.features = features;
            return this;
        }

        /** All numbers; {@link DhrRecipe#voc()} unless set. */
        public Builder optRecipe(DhrRecipe recipe) {
            this.recipe = recipe;
            return this;
        }

        /** A trained network, in place of training it; a file of any known form, such as one of the published code. */
        public Builder optTrained(Path file) {
            trained = file;
            return this;
        }

        /**
         * Steps in which the backbone learns to tell the tags of the training images, before anything else: for networks that
         * have no weights of ImageNet to start from. 0 unless set.
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
         * @throws IllegalArgumentException if the folder cannot be written
         */
        public Dhr build() {
            Dataset all = data();
            int[] tagged = IntStream.range(0, all.size())
                    .filter(i -> !all.tags(i).isEmpty())
                    .toArray();
            boolean some = labels != null && tagged.length > 0 && tagged.length < all.size();
            if (some) {
                note((all.size() - tagged.length) + " of " + all.size()
                        + " images have no tags and take no part in the training");
            }
            return new Dhr(this, open(), some ? all.subset(all.name() + " with tags", tagged) : all);
        }
    }
}
