package dev.wsss.systems.ppc;

import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Dropout;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.FeaturePyramid;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * SEAM's head: class activations from the backbone's last map, an embedding of pixels from the image and the two maps
 * before, and the pixel correlation of the two; PPC adds a projection of the last map. Layers {@code fc8}, {@code f8_3},
 * {@code f8_4} and {@code f9} are 1x1 convolutions without bias, and so is the projection.
 *
 * <p>The embedding looks at the maps without passing gradients on, and the activations are prepared without gradients:
 * the correlation trains the embedding only, the activations and the projection train the backbone.
 *
 * @see <a href="https://arxiv.org/abs/2004.04581">Wang et al., Self-supervised Equivariant Attention Mechanism</a>
 * @see <a href="https://arxiv.org/abs/2110.07110">Du et al., Pixel-to-Prototype Contrast</a>
 */
public final class SeamHead extends Network {
    /** Gain of the initial weights of the layer that merges the embedding. */
    private static final double MERGE_GAIN = 4;

    private final int background;
    private final boolean resize;
    private final Dropout dropout;
    private final Conv2d fc8;
    private final @Nullable Conv2d projection;
    private final Conv2d f8c3;
    private final Conv2d f8c4;
    private final Conv2d f9;

    private SeamHead(Builder b) {
        background = b.backgroundLast ? b.tags : 0;
        resize = b.resize;
        dropout = child(Dropout.channels(b.dropout));
        fc8 = child("fc8", Conv2d.same(b.c5, b.tags + 1, 1, 1, 1));
        Init.xavierUniform(fc8, 1);
        String key = b.projectionKey;
        projection = key == null ? null : child(key, Conv2d.same(b.c5, b.projection, 1, 1, 1));
        if (projection != null) {
            Init.xavierUniform(projection, 1);
        }
        f8c3 = child("f8_3", Conv2d.same(b.c3, b.reduced3, 1, 1, 1));
        Init.kaimingNormalFanIn(f8c3);
        f8c4 = child("f8_4", Conv2d.same(b.c4, b.reduced4, 1, 1, 1));
        Init.kaimingNormalFanIn(f8c4);
        f9 = child("f9", Conv2d.same(3 + b.reduced3 + b.reduced4, b.embedding, 1, 1, 1));
        Init.xavierUniform(f9, MERGE_GAIN);
    }

    /** Starts SEAM's head: background first, dropout 0.5, maps resized to the images, no projection. */
    public static Builder seam() {
        return new Builder();
    }

    /** Starts the head of PPC on SEAM: as {@link #seam()} with a projection to 128 channels, {@code fc_proj}. */
    public static Builder ppc() {
        return seam().optProjection("fc_proj", 128);
    }

    /** Starts the head of PPC on EPS: background last, no dropout, maps on the grid, a projection named {@code proj_fc}. */
    public static Builder eps() {
        return seam().optProjection("proj_fc", 128)
                .optBackgroundLast(true)
                .optDropout(0)
                .optResize(false);
    }

    /** Channel of the background in all maps; the tags have the others, in order. */
    public int backgroundIndex() {
        return background;
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("background", background, "resize", resize);
    }

    /**
     * All maps.
     *
     * @param images {@code [N][3][H][W]}, normalized
     * @param features the backbone's maps of them
     */
    public SeamMaps forward(Tensor images, FeaturePyramid features) {
        try (Scope scope = Scope.open()) {
            // one mask for both: activations and projection see the same channels
            Tensor last = dropout.forward(features.last());
            Tensor cam = fc8.forward(last);
            Tensor onGrid =
                    scope.keep(PixelCorrelation.correlate(prepare(cam, background), embedding(images, features)));
            Tensor projected = projection == null ? null : scope.keep(torch.relu(projection.forward(last)));
            if (!resize) {
                return new SeamMaps(scope.keep(cam), onGrid, onGrid, projected);
            }
            Tensor refined = resized(onGrid, images);
            return new SeamMaps(
                    scope.keep(resized(cam, images)),
                    refined.equals(onGrid) ? onGrid : scope.keep(refined),
                    onGrid,
                    projected);
        }
    }

    private static Tensor resized(Tensor maps, Tensor images) {
        return Ops.bilinear(maps, images.size(2), images.size(3), true);
    }

    /** The activations alone, {@code [N][C][h][w]} on the grid of the backbone's last map. */
    public Tensor activations(FeaturePyramid features) {
        try (Scope scope = Scope.open()) {
            return scope.keep(fc8.forward(dropout.forward(features.last())));
        }
    }

    /** What pixels are compared by, {@code [N][D][h][w]} on the grid of the backbone's last map. */
    public Tensor embedding(Tensor images, FeaturePyramid features) {
        long h = features.last().size(2);
        long w = features.last().size(3);
        try (Scope scope = Scope.open()) {
            Tensor c3 = torch.relu(f8c3.forward(features.maps().get(2).detach()));
            Tensor c4 = torch.relu(f8c4.forward(features.maps().get(3).detach()));
            return scope.keep(f9.forward(Ops.concat(
                    Ops.bilinear(images, h, w, true), Ops.bilinear(c3, h, w, true), Ops.bilinear(c4, h, w, true))));
        }
    }

    /**
     * Activations as scores for pixel correlation, without gradients. Rectified, they are divided by each map's maximum;
     * the background becomes 1 minus the highest score of a pixel, and every other tag's score there becomes 0. Image
     * tags play no part.
     *
     * @param cam {@code [N][C][h][w]}
     * @param background channel of the background, whose activation is not used
     * @return scores in [0, 1] of the same shape
     * @throws IllegalArgumentException if there is no such channel
     */
    public static Tensor prepare(Tensor cam, int background) {
        if (background < 0 || background >= cam.size(1)) {
            throw new IllegalArgumentException(
                    "background channel " + background + " is not in 0.." + (cam.size(1) - 1));
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Scalar eps = new Scalar(PixelCorrelation.EPS);
            Tensor positive = torch.relu(cam.detach());
            Tensor max = torch.amax(positive, new long[] {2, 3}, true).add(eps);
            Tensor scores = torch.relu(positive.sub(eps)).div(max);
            // scores are not negative, so a background of 0 never is a pixel's maximum over the tags
            scores.narrow(1, background, 1).zero_();
            Tensor winner = torch.amax(scores, new long[] {1}, true);
            Tensor prepared = scores.masked_fill(scores.lt(winner), new Scalar(0.0));
            prepared.narrow(1, background, 1).copy_(winner.neg().add(new Scalar(1.0)));
            return scope.keep(prepared);
        }
    }

    /** Settings of a head. */
    public static final class Builder {
        private int c3;
        private int c4;
        private int c5;
        private int tags;
        private boolean backgroundLast;
        private double dropout = 0.5;
        private boolean resize = true;
        private @Nullable String projectionKey;
        private int projection;
        private int reduced3 = 64;
        private int reduced4 = 128;
        private int embedding = 192;

        private Builder() {}

        /** Channels of the backbone's five maps, as {@code Backbone.channels()} gives them. Required. */
        public Builder setChannels(int... channels) {
            if (channels.length != 5) {
                throw new IllegalArgumentException("channels must be five numbers, got " + channels.length);
            }
            c3 = channels[2];
            c4 = channels[3];
            c5 = channels[4];
            return this;
        }

        /** Number of tags, without the background. Required. */
        public Builder setTags(int tags) {
            if (tags < 1) {
                throw new IllegalArgumentException("tags must be at least 1, got " + tags);
            }
            this.tags = tags;
            return this;
        }

        /** Whether the background's channel follows the tags', as in EPS; otherwise it is the first. */
        public Builder optBackgroundLast(boolean last) {
            backgroundLast = last;
            return this;
        }

        /** Probability with which channels of the last map drop before activations and projection. */
        public Builder optDropout(double p) {
            dropout = p;
            return this;
        }

        /** Whether the maps are resized to the images, with corners aligned. */
        public Builder optResize(boolean on) {
            resize = on;
            return this;
        }

        /**
         * Adds a projection.
         *
         * @param key of the layer, without {@code .weight}
         * @param channels of the result
         */
        public Builder optProjection(String key, int channels) {
            projectionKey = key;
            projection = channels;
            return this;
        }

        /**
         * Widths of the embedding; 64, 128 and 192 by default.
         *
         * @param c3 channels that {@code c3} is reduced to
         * @param c4 channels that {@code c4} is reduced to
         * @param merged channels of the result
         */
        public Builder optEmbedding(int c3, int c4, int merged) {
            reduced3 = c3;
            reduced4 = c4;
            embedding = merged;
            return this;
        }

        /**
         * Builds, with the papers' initial weights.
         *
         * @throws IllegalStateException if channels or tags are not set
         */
        public SeamHead build() {
            if (c5 == 0 || tags == 0) {
                throw new IllegalStateException((c5 == 0 ? "setChannels" : "setTags") + " is required");
            }
            return new SeamHead(this);
        }
    }
}
