package dev.wsss.models.maskclip;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.PseudoLabeler;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.TensorScoreMaps;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.clip.ClipPreprocess;
import dev.wsss.models.clip.ClipResNet;
import dev.wsss.models.clip.DenseEmbedding;
import dev.wsss.models.clip.ImageTower;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * MaskCLIP: where CLIP, which has seen whole images alone, sees classes in an image. Each place's dense embedding is compared
 * with the text embeddings of the classes; nothing is trained.
 *
 * <pre>{@code
 * MaskClip maskClip = MaskClip.builder()
 *         .setTower(clip.image())
 *         .setTextEmbeddings(embeddings)                       // [classes][width], unit rows
 *         .build();
 * LabelMap mask = maskClip.labeler(LabelGate.MINUS_INFINITY).label(sample);
 * run.make(Stages.cam(maskClip.cam()).build());                // or as score maps, for refiners and label rules
 * Tensor labels = maskClip.labels(images, tags, 512, 1024, LabelGate.MINUS_INFINITY);
 * }</pre>
 *
 * <p>Scores are cosines. They may be refined by prompt denoising, which drops classes that no place is sure of, and by key
 * smoothing, which replaces the scores of places that are not sure by those of places with like keys. Nothing here records a
 * gradient. The tower stays its owner's, is put into evaluation mode, and computes on its own device and in its own type; for
 * a tower that trains meanwhile this is not the class. Safe for use from several threads.
 *
 * @see <a href="https://arxiv.org/abs/2112.01071">Zhou et al., Extract Free Dense Labels from CLIP</a>
 */
public final class MaskClip implements Described, AutoCloseable {
    /** A largest score that is no more than rounding is not divided by. */
    private static final double SMALLEST = 1e-6;

    private final ImageTower tower;
    private final Network network;
    private final TextClassifier classifier;
    private final DenseScoring scoring;
    private final ClipPreprocess preprocess;
    private final boolean attentionPooling;
    private final boolean squeezePadding;
    private final boolean autocastBf16;

    private MaskClip(Builder b, ImageTower tower, HostArray embeddings) {
        this.tower = tower;
        network = (Network) tower;
        scoring = new DenseScoring(
                b.denoise, b.smooth, b.original ? KeyAffinity.ORIGINAL : b.affinity, b.temperature, !b.original);
        attentionPooling = b.attentionPooling;
        squeezePadding = b.squeezePadding;
        autocastBf16 = b.autocastBf16;
        preprocess = b.preprocess == null
                ? ClipPreprocess.wholePatches(tower.config().stride())
                : b.preprocess;
        if (attentionPooling && !(tower instanceof ClipResNet)) {
            throw new IllegalArgumentException("attention pooling is a ResNet's, got a " + network);
        }
        classifier = new TextClassifier(embeddings, TextClassifier.Score.COSINE);
        if (classifier.width() != tower.embedding()) {
            int width = classifier.width();
            classifier.close();
            throw new IllegalArgumentException(
                    "text embeddings must have the tower's " + tower.embedding() + " channels, got " + width);
        }
        classifier.to(network.device(), DType.F32);
        network.train(false);
    }

    /** Starts: cosines as they are, whole patches, the tower's own type. */
    public static Builder builder() {
        return new Builder();
    }

    /** Number of classes. */
    public int classes() {
        return classifier.classes();
    }

    /**
     * The scores of images, refined as the settings say.
     *
     * @param images {@code [N][3][H][W]}, normalized, on the tower's device
     * @return float32 {@code [N][C][h][w]} on the tower's grid, in the current scope: cosines, or probabilities where they were
     *     smoothed
     * @throws IllegalArgumentException if the tower refuses the images
     */
    public Tensor scores(Tensor images) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Dense dense = dense(images, scoring.needsKeys());
            return scope.keep(scoring.refine(classifier.forward(dense.features), dense.keys));
        }
    }

    /** Features and, of those that have them, keys. */
    private record Dense(Tensor features, @Nullable Tensor keys) {}

    /** In float32, from now on without autocast. */
    private Dense dense(Tensor images, boolean keys) {
        ComputeDevice device = network.device();
        Dense dense;
        try (Torch.Mode precision = autocastBf16 ? Torch.autocastBf16(device) : Torch.withoutAutocast(device)) {
            Tensor x = images.to(network.parameters().values().iterator().next().scalar_type());
            if (attentionPooling && tower instanceof ClipResNet resNet) {
                // as published, without keys, so that such maps are not smoothed
                dense = new Dense(resNet.pool().attended(resNet.forward(x)), null);
            } else {
                DenseEmbedding all = tower.dense(x, keys);
                dense = new Dense(all.features(), keys ? all.keys() : null);
            }
        }
        Tensor k = dense.keys;
        return new Dense(dense.features.to(ScalarType.Float), k == null ? null : k.to(ScalarType.Float));
    }

    /**
     * The labels of images among their tags: scores resized bilinearly, gated, and the largest taken.
     *
     * @param images {@code [N][3][H][W]}, normalized, on the tower's device
     * @param tags {@code [N][C]}, 1 for the classes in the image and 0 for the others, floating point
     * @param height rows of the labels
     * @param width columns of the labels
     * @return int64 {@code [N][height][width]}, in the current scope
     * @throws IllegalArgumentException if the tower refuses the images, or the tags are not of these images and classes
     */
    public Tensor labels(Tensor images, Tensor tags, int height, int width, LabelGate gate) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            return scope.keep(labels(scores(images), images, tags, height, width, gate));
        }
    }

    private Tensor labels(Tensor scores, Tensor images, Tensor tags, int height, int width, LabelGate gate) {
        // in the type of the tags before the resize, as the published code does
        Tensor typed = tags.scalar_type().intern() == ScalarType.Double ? scores.to(ScalarType.Double) : scores;
        return gate.labels(resized(typed, images.size(2), images.size(3), height, width), tags);
    }

    /** Maps on the tower's grid over images of a size, in another size. */
    private Tensor resized(Tensor maps, long imageHeight, long imageWidth, long height, long width) {
        long stride = tower.config().stride();
        long rows = maps.size(2) * stride;
        long columns = maps.size(3) * stride;
        if (squeezePadding || rows <= imageHeight && columns <= imageWidth) {
            return Ops.bilinear(maps, height, width, false);
        }
        Tensor padded = Ops.bilinear(maps, rows, columns, false);
        Tensor shown = padded.narrow(2, 0, Math.min(rows, imageHeight)).narrow(3, 0, Math.min(columns, imageWidth));
        return Ops.bilinear(shown, height, width, false);
    }

    /**
     * Score maps of a sample's tags, in the image's size: of each pixel the probabilities among the tags, a softmax of the
     * resized scores at the temperature. They are in [0, 1], sum to 1, and the largest is that of {@link
     * LabelGate#MINUS_INFINITY}. An image without tags has no map.
     */
    public CamGenerator cam() {
        return new Maps(this, false);
    }

    /**
     * Score maps of a sample's tags as CAMs are: of each tag the resized scores, negative ones cut, divided by the largest;
     * 0 where none is positive. They are in [0, 1], and each tag has its 1 somewhere, so that a {@code ThresholdRule} or the
     * background of a random walk or CRF tells what belongs to no tag, which {@link #cam} does not.
     */
    public CamGenerator activations() {
        return new Maps(this, true);
    }

    /** Pseudo labels of samples, of the image's size. */
    public PseudoLabeler labeler(LabelGate gate) {
        return new Labeler(this, gate);
    }

    /** The dense embeddings of samples, scaled to length 1, on the tower's grid. */
    public FeatureSource features() {
        return new Features(this);
    }

    private void requireClasses(Sample sample) {
        ClassCatalog catalog = sample.tags().catalog();
        if (catalog.tagCount() != classes()) {
            throw new IllegalArgumentException("text embeddings are of " + classes() + " classes, got " + sample.id()
                    + " with tags of " + catalog.tagCount());
        }
    }

    /** The image as the tower takes it, in the tower's type and on its device. */
    private Tensor input(RgbImage image) {
        return Tensors.to(preprocess.apply(image), network.device());
    }

    private static void requireFinite(Tensor t, Sample sample) {
        if (Tensors.item(t.isfinite().all()) == 0) {
            throw new InvalidDataException("CLIP gives NaN or infinite embeddings for sample " + sample.id());
        }
    }

    /**
     * Maps of tags.
     *
     * @param alone whether each tag is scaled by itself, or all are probabilities
     */
    private record Maps(MaskClip maskClip, boolean alone) implements CamGenerator {
        @Override
        public ScoreMaps generate(Sample sample) {
            maskClip.requireClasses(sample);
            RgbImage image = sample.image();
            int[] tags = sample.tags().toArray();
            if (tags.length == 0) {
                return ScoreMaps.none(image.height(), image.width());
            }
            return Torch.call(() -> {
                try (Scope scope = Scope.open();
                        Torch.Mode noGrad = Torch.noGrad()) {
                    Tensor x = maskClip.input(image);
                    Tensor scores = maskClip.scores(x);
                    requireFinite(scores, sample);
                    long[] present = Arrays.stream(tags).asLongStream().toArray();
                    Tensor index = Tensors.to(Tensors.of(present, present.length), maskClip.network.device());
                    Tensor some = maskClip.resized(
                            scores.index_select(1, index), x.size(2), x.size(3), image.height(), image.width());
                    Tensor maps = alone
                            ? shareOfLargest(some)
                            : some.mul(new Scalar(maskClip.scoring.temperature()))
                                    .softmax(1);
                    return TensorScoreMaps.of(sample.tags().labels(), maps.squeeze(0));
                }
            });
        }

        @Override
        public Description description() {
            return maskClip.describe(alone ? "MaskClipActivations" : "MaskClip").build();
        }

        private static Tensor shareOfLargest(Tensor maps) {
            Tensor positive = maps.clamp_min(new Scalar(0.0));
            return positive.div(positive.amax(new long[] {2, 3}, true).clamp_min(new Scalar(SMALLEST)));
        }
    }

    private record Labeler(MaskClip maskClip, LabelGate gate) implements PseudoLabeler {
        @Override
        public LabelMap label(Sample sample) {
            maskClip.requireClasses(sample);
            RgbImage image = sample.image();
            ImageTags tags = sample.tags();
            return Torch.call(() -> {
                try (Scope scope = Scope.open()) {
                    ComputeDevice device = maskClip.network.device();
                    Tensor hot = Tensors.to(Tensors.of(tags.toMultiHot(), 1, maskClip.classes()), device);
                    Tensor x = maskClip.input(image);
                    Tensor scores = maskClip.scores(x);
                    requireFinite(scores, sample);
                    Tensor tag = maskClip.labels(scores, x, hot, image.height(), image.width(), gate);
                    return LabelMap.wrap(image.height(), image.width(), labels(tags.catalog(), Tensors.toBytes(tag)));
                }
            });
        }

        /** Numbers of tags as labels, which begin with the background where there is one. */
        private static byte[] labels(ClassCatalog catalog, byte[] tags) {
            for (int i = 0; i < tags.length; i++) {
                int tag = tags[i] & 255;
                tags[i] = (byte) (tag == LabelMap.IGNORE ? tag : catalog.labelOfTag(tag));
            }
            return tags;
        }

        @Override
        public Description description() {
            return maskClip.describe("MaskClipLabels").put("gate", gate).build();
        }
    }

    private record Features(MaskClip maskClip) implements FeatureSource {
        @Override
        public FeatureMap get(Sample sample) {
            RgbImage image = sample.image();
            return Torch.call(() -> {
                try (Scope scope = Scope.open();
                        Torch.Mode noGrad = Torch.noGrad()) {
                    Tensor unit = TextClassifier.unit(maskClip.dense(maskClip.input(image), false).features, 1);
                    requireFinite(unit, sample);
                    return FeatureMap.builder()
                            .setGrid((int) unit.size(1), (int) unit.size(2), (int) unit.size(3))
                            .setImageSize(image.height(), image.width())
                            .setFloats(Tensors.toFloats(unit))
                            .build();
                }
            });
        }

        @Override
        public Description description() {
            return maskClip.describe("MaskClipFeatures").build();
        }
    }

    private Description.Builder describe(String name) {
        return scoring.describe(Description.of(name)
                .put("tower", network)
                .put("classifier", classifier)
                .put("preprocess", preprocess)
                .put("attentionPooling", attentionPooling)
                .put("squeezePadding", squeezePadding)
                .put("autocastBf16", autocastBf16));
    }

    @Override
    public Description description() {
        return describe("MaskClip").build();
    }

    /** Frees the text embeddings; the tower is its owner's. Idempotent. */
    @Override
    public void close() {
        classifier.close();
    }

    /** Settings: tower and text embeddings are required. */
    public static final class Builder {
        private @Nullable ImageTower tower;
        private @Nullable HostArray embeddings;
        private double denoise;
        private double smooth;
        private KeyAffinity affinity = KeyAffinity.MEAN;
        private double temperature = 100;
        private boolean original;
        private @Nullable ClipPreprocess preprocess;
        private boolean attentionPooling;
        private boolean squeezePadding;
        private boolean autocastBf16;

        private Builder() {}

        /** The tower of images; stays its owner's, in evaluation mode from then on. */
        public Builder setTower(ImageTower tower) {
            this.tower = tower;
            return this;
        }

        /** The embedding of each class, floating point {@code [classes][width]} in rows of length 1; used as they are. */
        public Builder setTextEmbeddings(HostArray embeddings) {
            this.embeddings = embeddings;
            return this;
        }

        /**
         * Prompt denoising: a class is dropped from an image if no place's probability of it, among all classes, reaches the
         * threshold. The best class stays. 0, for none, unless set; the paper's 0.5.
         */
        public Builder optDenoise(double threshold) {
            denoise = threshold;
            return this;
        }

        /**
         * Key smoothing: a place of which no class's probability reaches the threshold gets the probabilities of places with
         * like keys. 0, for none, unless set; the paper's 1, for all places.
         */
        public Builder optSmooth(double threshold) {
            smooth = threshold;
            return this;
        }

        /** What "like" means for key smoothing; {@link KeyAffinity#MEAN} unless set. */
        public Builder optAffinity(KeyAffinity affinity) {
            this.affinity = affinity;
            return this;
        }

        /** What cosines are multiplied by before a softmax; CLIP's 100 unless set. */
        public Builder optTemperature(double temperature) {
            this.temperature = temperature;
            return this;
        }

        /**
         * Refines as the published code: {@link KeyAffinity#ORIGINAL}, and denoising may drop all classes of an image. Off
         * unless set.
         */
        public Builder optOriginal(boolean original) {
            this.original = original;
            return this;
        }

        /**
         * How an image becomes the tower's input; {@link ClipPreprocess#wholePatches} unless set. For tensors, which come
         * as they are, it does not count.
         */
        public Builder optPreprocess(ClipPreprocess preprocess) {
            this.preprocess = preprocess;
            return this;
        }

        /** Whether a ResNet's places attend to each other, as MaskCLIP's option of that name. Off unless set. */
        public Builder optAttentionPooling(boolean on) {
            attentionPooling = on;
            return this;
        }

        /**
         * Whether what a tower that pads its images has computed for the padding is squeezed into the labels, as the published
         * code does. Off unless set: it is cut off.
         */
        public Builder optSqueezePadding(boolean on) {
            squeezePadding = on;
            return this;
        }

        /** Whether the tower computes in bfloat16; scores are float32 all the same. Off unless set. */
        public Builder optAutocastBf16(boolean on) {
            autocastBf16 = on;
            return this;
        }

        /**
         * Builds. To be closed.
         *
         * @throws IllegalStateException if tower or text embeddings are not set
         * @throws IllegalArgumentException if a threshold is not in [0, 1], or the embeddings are not of the tower's width
         */
        public MaskClip build() {
            if (tower == null || embeddings == null) {
                throw new IllegalStateException((tower == null ? "setTower" : "setTextEmbeddings") + " is required");
            }
            return new MaskClip(this, tower, embeddings);
        }
    }
}
