package dev.wsss.models.cam;

import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.core.affinity.AffinityHead;
import dev.wsss.core.affinity.AffinityLoss;
import dev.wsss.core.affinity.AffinityNetwork;
import dev.wsss.core.affinity.AffinitySource;
import dev.wsss.core.affinity.ConfidentChannel;
import dev.wsss.core.affinity.FeatureAffinity;
import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.PairLabels;
import dev.wsss.core.affinity.PairRule;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.image.Resize;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.TrainingStep;
import dev.wsss.models.backbone.Backbone;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * AffinityNet on any backbone: how alike are two nearby nodes of an image's grid? Trained on pairs that confident labels
 * tell, it gives the affinities that a {@link dev.wsss.core.affinity.RandomWalk} spreads class activation maps with.
 *
 * <pre>{@code
 * AffinityNet net = AffinityNet.builder().setBackbone(backbone).build();
 * // a Trainer's setLoss takes net.loss(); its batches' labels are confident, 255 elsewhere
 * ScoreRefiner walk = RandomWalk.psa().setAffinity(net).optStride(net.stride()).build();
 * }</pre>
 *
 * <p>The grid is that of the backbone's third map, at stride 8, or of its second, at stride 4; the maps after it are
 * resized to it. Keys {@code backbone.*}, {@code
 * head.*} unless set otherwise; with {@link dev.wsss.models.resnet.ResNet38} and flat keys it is the paper's network, and
 * its checkpoints load as they are. The network owns its backbone and closes it.
 *
 * @see <a href="https://arxiv.org/abs/1803.10464">Ahn and Kwak, Learning Pixel-level Semantic Affinity</a>
 */
public final class AffinityNet extends Network implements AffinityNetwork, AffinitySource {
    private final Backbone backbone;
    private final AffinityHead head;
    private final int radius;
    private final int stride;
    private final boolean borderPairs;
    private final Normalize normalize;

    private AffinityNet(Builder b, Backbone backbone) {
        backbone.requireMaps(5);
        this.backbone = b.flatKeys ? child(backbone) : child("backbone", backbone);
        int[] channels = backbone.channels();
        stride = b.stride;
        AffinityHead.Builder taps = AffinityHead.builder();
        for (int map = firstMap(); map < 5; map++) {
            taps.addTap("f8_" + (map + 1), channels[map], reduced(channels[map]));
        }
        AffinityHead merged = taps.build();
        head = b.flatKeys ? child(merged) : child("head", merged);
        radius = b.radius;
        borderPairs = b.borderPairs;
        normalize = b.normalize;
    }

    /** Starts a network: radius 5, stride 8, ImageNet's normalization unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    private int firstMap() {
        return stride == 4 ? 1 : 2;
    }

    /** ResNet-38's 512, 1024 and 4096 channels are reduced to 64, 128 and 256; small backbones keep some width. */
    private static int reduced(int channels) {
        return Math.max(16, Math.min(256, channels / 8));
    }

    /** The backbone, which stays this network's. */
    public Backbone backbone() {
        return backbone;
    }

    /** Pixels of the image for one node of the grid, in each direction. */
    public int stride() {
        return stride;
    }

    /** The feature vectors of the grid, {@code [N][C][h][w]} of images {@code [N][3][H][W]}. */
    @Override
    public Tensor features(Tensor images) {
        try (Scope scope = Scope.open()) {
            List<Tensor> all = backbone.features(images).maps();
            return scope.keep(head.features(all.subList(firstMap(), all.size())));
        }
    }

    /**
     * The loss of batches whose {@linkplain Channel#LABELS labels} are sure, or {@link LabelMap#IGNORE}; they are sampled at
     * the grid's nodes. A scalar; its three terms are reported as {@code background}, {@code foreground}, {@code different}.
     */
    public LossStep<Batch> loss() {
        return LossStep.named(
                "AffinityNet.loss",
                Map.of("radius", radius, "stride", stride, "pairs", AffinityLoss.DEFAULT),
                (batch, step) -> loss(batch, step, Optional.empty()));
    }

    /** The loss of batches with the sure labels of two sets of scores, as the paper trains; as {@link #loss()}. */
    public LossStep<Batch> loss(ConfidentChannel confident) {
        return LossStep.named(
                "AffinityNet.loss",
                Map.of("radius", radius, "stride", stride, "pairs", AffinityLoss.DEFAULT, "labels", confident.name()),
                (batch, step) -> loss(batch, step, Optional.of(confident)));
    }

    private Tensor loss(Batch batch, TrainingStep step, Optional<ConfidentChannel> confident) {
        Tensor features = features(batch.images());
        int h = Math.toIntExact(features.size(2));
        int w = Math.toIntExact(features.size(3));
        PairGeometry geometry = geometry(h, w);
        Tensor labels = confident
                .map(batch::get)
                .orElseGet(() -> LabelTensors.resize(batch.labels(), Resize.PIL_NEAREST, h, w));
        PairLabels pairs = PairLabels.of(geometry, labels, LabelMap.IGNORE);
        AffinityLoss.Terms terms = AffinityLoss.DEFAULT.apply(
                AffinityHead.affinity(features, geometry), pairs.background(), pairs.foreground(), pairs.different());
        step.report("background", terms.background());
        step.report("foreground", terms.foreground());
        step.report("different", terms.different());
        return terms.total();
    }

    /** The affinities of an image, as {@link FeatureAffinity} infers them. */
    @Override
    public GridAffinity affinities(Sample sample) {
        return FeatureAffinity.builder()
                .setNetwork(this)
                .optStride(stride)
                .optRadius(radius)
                .optBorderPairs(borderPairs)
                .optNormalize(normalize)
                .optDevice(device())
                .build()
                .affinities(sample);
    }

    /** The network, and how it compares nodes. */
    @Override
    public Description description() {
        return Description.of("AffinityNet")
                .putAll(super.description())
                .put("radius", radius)
                .put("stride", stride)
                .put("borderPairs", borderPairs)
                .put("normalize", normalize)
                .build();
    }

    private PairGeometry geometry(int height, int width) {
        return PairGeometry.of(PairRule.HALF_DISC, PairGeometry.smallGridRadius(radius, height, width), height, width);
    }

    /** Settings of a network. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private int radius = PairGeometry.RADIUS;
        private int stride = 8;
        private boolean flatKeys;
        private boolean borderPairs = true;
        private Normalize normalize = Normalize.IMAGENET;

        private Builder() {}

        /** The backbone, which the network takes over and closes. Its third map must have stride 8. */
        public Builder setBackbone(Backbone backbone) {
            this.backbone = backbone;
            return this;
        }

        /** Pairs closer than this many nodes have an affinity; at least 2, 5 in the paper. */
        public Builder optRadius(int radius) {
            if (radius < 2) {
                throw new IllegalArgumentException("radius must be at least 2, got " + radius);
            }
            this.radius = radius;
            return this;
        }

        /** Pixels for one node of the grid, 8 as in the paper, or 4 for small images. */
        public Builder optStride(int stride) {
            if (stride != 4 && stride != 8) {
                throw new IllegalArgumentException("stride must be 4 or 8, got " + stride);
            }
            this.stride = stride;
            return this;
        }

        /** Whether the keys of backbone and head stand side by side without a prefix, as in AffinityNet's checkpoints. */
        public Builder optFlatKeys(boolean on) {
            flatKeys = on;
            return this;
        }

        /** Whether nodes near the border have pairs at inference: {@link FeatureAffinity.Builder#optBorderPairs}. */
        public Builder optBorderPairs(boolean on) {
            borderPairs = on;
            return this;
        }

        /** How pixels become numbers; default ImageNet's mean and deviation. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the backbone is not set
         */
        public AffinityNet build() {
            Backbone b = backbone;
            if (b == null) {
                throw new IllegalStateException("setBackbone is required");
            }
            return new AffinityNet(this, b);
        }
    }
}
