package dev.wsss.systems.carb;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Source;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.Interpolation;
import dev.wsss.core.augment.Nearest;
import dev.wsss.core.augment.PadTo;
import dev.wsss.core.augment.PhotometricDistortion;
import dev.wsss.core.augment.RandomCrop;
import dev.wsss.core.augment.RandomFit;
import dev.wsss.core.augment.RandomFlip;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.DType;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.BatchSource;
import dev.wsss.core.train.OnNonFinite;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipPreprocess;
import dev.wsss.models.deeplab.TextDeepLab;
import dev.wsss.models.maskclip.MaskClip;
import dev.wsss.models.maskclip.TextEmbeddings;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.models.segment.SlidingWindow;
import dev.wsss.systems.SystemBuilder;
import dev.wsss.systems.SystemInputs;
import dev.wsss.systems.segment.LabelsOfClasses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CARB from image tags to a trained segmenter of driving scenes: text embeddings, masks of CLIP, a student, its evaluation.
 *
 * <pre>{@code
 * try (Clip clip = Clip.load(Path.of("ViT-B-16.pt"));
 *         Carb carb = Carb.builder()
 *                 .setData(train)                           // a dataset with tags, in which each label can be one
 *                 .setOut(Path.of("out"))
 *                 .optRecipe(CarbRecipe.cityscapes())
 *                 .optClip(clip)
 *                 .optWeights(Path.of("resnet50_v1c-2cccc1ad.pth"))
 *                 .optUnseen(val)
 *                 .build()) {
 *     NetworkSegmenter segmenter = carb.train();
 *     carb.evaluate().write(Path.of("out/report.html"));
 * }
 * }</pre>
 *
 * <p>Each step finds what a run before has left in the output folder and makes what is not there. Masks of the dataset are
 * read by {@link #evaluate} alone. The trained network is left in {@code weights/student.pth} under the names of the published
 * code.
 *
 * <p>A step whose gradient is not finite, or whose labels hold no pixel that counts, is left out, logged and counted: {@link
 * dev.wsss.core.train.TrainingHistory#skipped}, which the report tells.
 *
 * @see <a href="https://arxiv.org/abs/2312.13646">Kim et al., Weakly Supervised Semantic Segmentation for Driving Scenes</a>
 */
public final class Carb implements AutoCloseable {
    /** The stage of CLIP's masks, which the single path learns from. */
    private static final String MASKS = "masks";

    private static final String STUDENT = "student";
    private static final Normalize NORMALIZE = Normalize.IMAGENET_LEVELS;

    private final Builder given;
    private final SystemInputs in;
    private final CarbRecipe recipe;
    private final Dataset train;
    private final ClassCatalog classes;
    private final RunFolder run;
    private @Nullable TextEmbeddings embeddings;
    private @Nullable MaskClip teacher;
    private @Nullable NetworkSegmenter segmenter;

    private Carb(Builder b, SystemInputs in) {
        given = b;
        this.in = in;
        recipe = b.recipe;
        run = in.run();
        train = in.train();
        classes = train.classes();
        run.requireFree(List.of(MASKS));
    }

    /** Starts a run by {@link CarbRecipe#cityscapes()}, on the CPU. */
    public static Builder builder() {
        return new Builder();
    }

    /** The folder of the run, its seconds and manifest. */
    public RunFolder run() {
        return run;
    }

    // 1. What classes are called.

    /** The text embeddings of the classes: those that were given, or the CLIP's of the recipe's prompts. */
    public TextEmbeddings textEmbeddings() {
        TextEmbeddings made = embeddings;
        if (made == null) {
            if (given.embeddings != null) {
                made = given.embeddings;
            } else {
                List<String> names = recipe.prompts().names();
                made = TextEmbeddings.of(
                        clip("text embeddings"),
                        names.isEmpty() ? classes.tagNames() : names,
                        recipe.prompts().templates());
            }
            embeddings = made.requireClasses(classes);
        }
        return made;
    }

    private Clip clip(String what) {
        Clip clip = given.clip;
        if (clip == null) {
            throw new IllegalStateException("optClip is required for " + what + ", which were not given");
        }
        return clip;
    }

    /**
     * Writes {@code labels.npy} in the folder: {@link CarbLabels}. It has the tags of the training images, and in the published
     * forms of the unseen ones too, as the published files have. Elsewhere images of both may have the same name.
     *
     * @return the file
     * @throws IllegalArgumentException as {@link CarbLabels#write}
     */
    public Path writeLabels(CarbLabels.Form form) {
        Path file = run.folder().resolve("labels.npy");
        boolean both = form != CarbLabels.Form.PLAIN && in.unseen() != null;
        CarbLabels.write(file, form, both ? List.of(train, in.unseen()) : List.of(train));
        return file;
    }

    // 2. CLIP's labels.

    /** CLIP as it labels images among their tags; it stays this object's. */
    public MaskClip teacher() {
        MaskClip made = teacher;
        if (made == null) {
            Clip clip = clip("labels of images");
            clip.to(run.device(), DType.F32);
            boolean asItIs = recipe.compat().paddedViews();
            ClipPreprocess preprocess = asItIs
                    ? ClipPreprocess.asItIs()
                    : ClipPreprocess.wholePatches(clip.config().image().stride());
            made = MaskClip.builder()
                    .setTower(clip.image())
                    .setTextEmbeddings(textEmbeddings().rows())
                    .optDenoise(recipe.teacher().denoise())
                    .optSmooth(recipe.teacher().smooth())
                    .optAutocastBf16(recipe.teacher().autocastBf16())
                    .optSqueezePadding(asItIs)
                    .optPreprocess(
                            recipe.compat().imageNetStatistics() ? preprocess.withNormalize(NORMALIZE) : preprocess)
                    .build();
            teacher = made;
        }
        return made;
    }

    /** CLIP's masks of all training images, in {@code masks/}: what the single path learns from. */
    public ProductStore<LabelMap> masks() {
        Stage<LabelMap> stage = Stages.label(teacher().labeler(recipe.compat().gate()), classes)
                .optName(MASKS)
                .build();
        run.make(stage);
        return run.store(stage);
    }

    // 3. The student.

    /** The trained student: of this run, of a run before, or the one that was given. It stays this object's. */
    public NetworkSegmenter train() {
        NetworkSegmenter made = segmenter;
        if (made != null) {
            return made;
        }
        if (given.studentWeights != null) {
            return loadedSegmenter(given.studentWeights);
        }
        TextDeepLab network = student();
        made = segmenter(network);
        in.start(network.backbone(), this::backbone, this::images);
        CarbRecipe.Optimization how = recipe.optimization();
        try (CarbLoss loss = loss();
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(network, how.weightDecay()))
                        .setLearningRate(how.learningRate())
                        .optMomentum(how.momentum())
                        .build()) {
            run.train(
                    STUDENT,
                    Trainer.<Batch>builder()
                            .setNetwork(network)
                            .setData(batches())
                            .setLoss(step(network, loss))
                            .setOptimizer(sgd)
                            .optSchedule(Schedule.polyToMinimum(0.9, how.steps(), how.minimumRate()))
                            .optSteps(how.steps())
                            .optLogEvery(10)
                            .optAutocastBf16(in.autocastBf16())
                            .optOnNonFinite(OnNonFinite.SKIP));
        }
        Weights.export(network, weights(), CheckpointFamily.WSSS);
        network.train(false);
        return made;
    }

    private TextDeepLab student() {
        // so that initial weights do not depend on what was made before
        Torch.seed(BatchSource.mix(run.seed(), 0));
        CarbRecipe.Student s = recipe.student();
        TextDeepLab network = TextDeepLab.builder()
                .setBackbone(backbone())
                .setTextEmbeddings(textEmbeddings().rows())
                .optAsppRates(s.rates().stream().mapToInt(Integer::intValue).toArray())
                .optScore(s.score())
                .build();
        if (s.norms() != CarbRecipe.Norms.BATCH) {
            network.freezeBatchNorm(s.norms() == CarbRecipe.Norms.FROZEN);
        }
        return network;
    }

    private ResNet backbone() {
        CarbRecipe.Student s = recipe.student();
        return ResNet.builder()
                .setDepth(s.depth())
                .optWidth(s.width())
                .optStem(ResNet.Stem.DEEP_64)
                .optOutputStride(8)
                .build();
    }

    private CarbLoss loss() {
        CarbRecipe.Loss l = recipe.loss();
        return CarbLoss.builder()
                .optWarmUp(l.balanced() ? l.warmUp() : Long.MAX_VALUE)
                .optAdaptive(l.adaptive())
                .optQueueSize(l.queueSize())
                .optCoefficient(l.coefficient())
                .optMinLambda(l.minLambda())
                .optCompat(recipe.compat())
                .build();
    }

    private CarbTraining step(TextDeepLab network, CarbLoss loss) {
        CarbRecipe.Views v = recipe.views();
        CarbTraining.Builder step = CarbTraining.builder()
                .setNetwork(network)
                .setLoss(loss)
                .optNormalize(NORMALIZE)
                .optCompat(recipe.compat());
        if (recipe.loss().dualPath() || v.localViews()) {
            step.optTeacher(teacher());
        }
        if (!recipe.loss().dualPath()) {
            step.optMasks(Channel.LABELS);
        }
        if (v.localViews()) {
            int stride = clip("labels of patches").config().image().stride();
            step.optLocalViews(
                    new LocalViewSampler(v.patchHeight(), v.patchWidth(), v.minScale(), v.maxScale(), stride, false));
        }
        return step.build();
    }

    private ImageBatches batches() {
        ImageBatches.Builder batches = views();
        if (!recipe.loss().dualPath()) {
            batches.optChannel(Channel.LABELS, new LabelsOfClasses(given.labels == null ? masks() : given.labels));
        }
        return batches.build();
    }

    /** Crops with their tags alone. */
    private ImageBatches images() {
        return views().build();
    }

    private ImageBatches.Builder views() {
        CarbRecipe.Views v = recipe.views();
        return ImageBatches.builder()
                .setData(train)
                .setBatchSize(recipe.optimization().batch())
                .optNormalize(NORMALIZE)
                .optAugmentation(Augmentation.builder()
                        .optResampling(new Resampling(Interpolation.OPENCV_LINEAR, Nearest.OPENCV))
                        .optTransforms(
                                new RandomFit(v.baseWidth(), v.baseHeight(), v.minRatio(), v.maxRatio()),
                                new RandomCrop(v.cropHeight(), v.cropWidth(), RandomCrop.SmallImage.STAYS),
                                new RandomFlip(0.5),
                                PhotometricDistortion.MMSEG,
                                PadTo.size(v.cropHeight(), v.cropWidth()))
                        .build())
                .optDevice(run.device());
    }

    /** The segmenter of this network, which {@link #close} closes. */
    private NetworkSegmenter segmenter(TextDeepLab network) {
        CarbRecipe.Inference i = recipe.inference();
        NetworkSegmenter.Builder builder = NetworkSegmenter.builder()
                .setNetwork(network)
                .optNormalize(NORMALIZE)
                .optScales(i.scales().stream().mapToDouble(Double::doubleValue).toArray())
                .optFlip(i.flip());
        if (i.fit()) {
            CarbRecipe.Views v = recipe.views();
            builder.optFit(Math.max(v.baseWidth(), v.baseHeight()), Math.min(v.baseWidth(), v.baseHeight()));
        }
        SlidingWindow window = i.window();
        if (window != null) {
            builder.optWindow(window);
        }
        NetworkSegmenter made = builder.build();
        segmenter = made;
        network.to(run.device(), DType.F32);
        return made;
    }

    private NetworkSegmenter loadedSegmenter(Path file) {
        TextDeepLab network = student();
        NetworkSegmenter made = segmenter(network);
        Weights.load(network, file, in.loadPolicy());
        network.train(false);
        return made;
    }

    private Path weights() {
        return run.folder().resolve("weights").resolve(STUDENT + ".pth");
    }

    // 4. How good is it? Only now masks are read.

    /**
     * Measures what there is: CLIP's masks in the folder, and the student that was given or that a run has left. Makes nothing.
     * Rows are classes as in Cityscapes' own table; {@link dev.wsss.core.metrics.Evaluation#grouped} gives its categories.
     *
     * @throws InvalidDataException if there is nothing yet, or masks were made of other tags or images than the samples have
     *     now
     */
    public RunReport evaluate() {
        NetworkSegmenter trained = segmenter;
        if (trained == null) {
            Path file = given.studentWeights == null ? weights() : given.studentWeights;
            trained = Files.exists(file) ? loadedSegmenter(file) : null;
        }
        Path masks = run.folder().resolve(MASKS);
        boolean hasMasks = Files.exists(masks.resolve("stage.json"));
        if (trained == null && !hasMasks) {
            throw new InvalidDataException(
                    run.folder() + ": holds nothing to evaluate yet; expected what a step has made");
        }
        RunReport.Builder report = RunReport.builder().setTrain(train).optRun(run);
        if (in.unseen() != null) {
            report.optUnseen(in.unseen());
        }
        if (hasMasks) {
            ProductStore<LabelMap> store = ProductStore.open(masks, ProductCodec.labelMaps(classes));
            store.requireCurrent(train);
            report.optLabels("CLIP masks", store);
        }
        if (trained != null) {
            report.optSegmenter(STUDENT, trained);
        }
        return report.build();
    }

    /** Closes the student, which was handed out, too; the CLIP that was given stays its owner's. */
    @Override
    public void close() {
        if (teacher != null) {
            teacher.close();
        }
        if (segmenter != null) {
            segmenter.close();
        }
    }

    /** What a run starts from: data and output folder are required. */
    public static final class Builder extends SystemBuilder<Builder> {
        private CarbRecipe recipe = CarbRecipe.cityscapes();
        private @Nullable Clip clip;
        private @Nullable TextEmbeddings embeddings;
        private @Nullable Path studentWeights;
        private @Nullable Source<LabelMap> labels;

        private Builder() {}

        @Override
        protected Builder self() {
            return this;
        }

        /** All numbers; {@link CarbRecipe#cityscapes()} unless set. */
        public Builder optRecipe(CarbRecipe recipe) {
            this.recipe = recipe;
            return this;
        }

        /**
         * The CLIP that labels images, and makes text embeddings if none are given. It stays its owner's, and goes to the run's
         * device. To repeat the published arithmetic, load it with {@link dev.wsss.models.clip.ClipSettings#MASKCLIP}; crops
         * whose sides are no multiples of its patches need settings that {@linkplain
         * dev.wsss.models.clip.ClipSettings#withPad pad}.
         */
        public Builder optClip(Clip clip) {
            this.clip = clip;
            return this;
        }

        /** Text embeddings of the classes, in the order of the tags, in place of the CLIP's. */
        public Builder optTextEmbeddings(TextEmbeddings embeddings) {
            this.embeddings = embeddings;
            return this;
        }

        /** A trained student, in place of training it; a file of any known form. */
        public Builder optStudentWeights(Path file) {
            studentWeights = file;
            return this;
        }

        /** Masks for the single path in place of CLIP's, such as a {@link dev.wsss.core.pipeline.LabelFolder}. */
        public Builder optLabels(Source<LabelMap> labels) {
            this.labels = labels;
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

        /** Makes one of several parts of the masks only, {@link RunFolder.Builder#optShard}. */
        public Builder optShard(int i, int n) {
            shard(i, n);
            return this;
        }

        /**
         * Opens the run.
         *
         * @throws IllegalStateException if data or output folder are not set
         * @throws IllegalArgumentException if the dataset has a background class, its classes are not those of the prompts or
         *     text embeddings, the folder cannot be written, or masks are given for the dual path
         */
        public Carb build() {
            Dataset d = data();
            ClassCatalog classes = d.classes();
            if (classes.hasBackground()) {
                throw new IllegalArgumentException("dataset " + d.name() + " has a background class, which no text"
                        + " describes; CARB expects one in which every label can be a tag, such as Cityscapes");
            }
            int prompts = recipe.prompts().names().size();
            if (embeddings != null) {
                embeddings.requireClasses(classes);
            } else if (prompts > 0 && prompts != classes.tagCount()) {
                throw new IllegalArgumentException("the recipe has prompts of " + prompts + " classes, dataset "
                        + d.name() + " has " + classes.tagCount() + "; expected a name for each"
                        + (prompts > classes.tagCount()
                                ? ""
                                : ", and none is left for '"
                                        + classes.tagNames().get(prompts) + "'"));
            }
            if (labels != null && recipe.loss().dualPath()) {
                throw new IllegalArgumentException(
                        "masks are given, and the dual path, whose labels are made anew for each"
                                + " crop; expected masks for the single path alone");
            }
            return new Carb(this, open());
        }
    }
}
