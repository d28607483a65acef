package dev.wsss.systems.ppc;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.ScoreRefiner;
import dev.wsss.core.affinity.AffinityNetwork;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.TensorScoreMaps;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * SEAM's pixel correlation: the score of a pixel becomes the mean of all pixels' scores, weighted by the rectified cosine
 * of their embeddings with its own (Wang et al., CVPR 2020, eq. 9).
 *
 * <p>{@link #correlate} is the module as a function of tensors, with gradients. As a {@link ScoreRefiner} it refines maps
 * from anywhere with the embedding of a network, usually a trained SEAM's:
 *
 * <pre>{@code
 * ScoreRefiner pcm = PixelCorrelation.builder().setEmbedding(seam.embedding()).build();
 * }</pre>
 *
 * <p>The refiner works at the embedding's grid and resizes the result to the size of the maps it was given. Put the
 * network in evaluation mode first. As safe for use by several threads as the network is.
 *
 * @see <a href="https://arxiv.org/abs/2004.04581">Self-supervised Equivariant Attention Mechanism</a>
 */
public final class PixelCorrelation implements ScoreRefiner {
    /** SEAM's epsilon. */
    public static final double EPS = 1e-5;

    /** Weights are made for so many pixels at once: {@code [hw][hw]} in full is half a gigabyte for a large image. */
    private static final long BLOCK = 1024;

    private final AffinityNetwork embedding;
    private final Normalize normalize;
    private final ComputeDevice device;
    private final double eps;
    private final boolean alignCorners;

    private PixelCorrelation(Builder b, AffinityNetwork embedding) {
        this.embedding = embedding;
        normalize = b.normalize;
        device = b.device;
        eps = b.eps;
        alignCorners = b.alignCorners;
    }

    /** Starts with ImageNet's normalization, epsilon 1e-5 and aligned corners, on the CPU. */
    public static Builder builder() {
        return new Builder();
    }

    /** {@link #correlate(Tensor, Tensor, double, boolean)} with SEAM's epsilon and aligned corners. */
    public static Tensor correlate(Tensor scores, Tensor embedding) {
        return correlate(scores, embedding, EPS, true);
    }

    /**
     * Scores after pixel correlation. With {@code f_i} the embedding of pixel i over {@code |f_i| + eps} and {@code a_ij =
     * max(0, f_i . f_j)}, pixel j gets {@code sum_i score_i a_ij / (sum_i a_ij + eps)}.
     *
     * @param scores {@code [N][C][h'][w']}, resized bilinearly to the embedding's grid where it is of another size
     * @param embedding {@code [N][D][h][w]}
     * @param eps added to norms and to sums of weights
     * @param alignCorners how the resize places its samples
     * @return {@code [N][C][h][w]} in the current scope; without gradients, in memory linear in the number of pixels
     * @throws IllegalArgumentException if the two are not four-dimensional, or of different batches
     */
    public static Tensor correlate(Tensor scores, Tensor embedding, double eps, boolean alignCorners) {
        if (scores.dim() != 4 || embedding.dim() != 4 || scores.size(0) != embedding.size(0)) {
            throw new IllegalArgumentException("expected scores [N][C][h'][w'] and an embedding [N][D][h][w], got "
                    + Arrays.toString(Tensors.shape(scores)) + " and " + Arrays.toString(Tensors.shape(embedding)));
        }
        long n = scores.size(0);
        long classes = scores.size(1);
        long h = embedding.size(2);
        long w = embedding.size(3);
        try (Scope scope = Scope.open()) {
            Tensor onGrid = Ops.bilinear(scores, h, w, alignCorners).flatten(2, 3);
            // a class that is 1 everywhere: the same product then gives the sums of the weights
            Tensor weighed = torch.cat(new TensorVector(onGrid, onGrid.new_ones(n, 1, h * w)), 1);
            Tensor features = embedding.flatten(2, 3);
            Tensor norms = torch.norm(features, new ScalarOptional(new Scalar(2)), new long[] {1}, true);
            Tensor unit = features.div(norms.add(new Scalar(eps)));
            Tensor rows = unit.transpose(1, 2);
            TensorVector blocks = new TensorVector();
            for (long start = 0; start < h * w; start += BLOCK) {
                try (Scope block = Scope.open()) {
                    Tensor columns = unit.narrow(2, start, Math.min(BLOCK, h * w - start));
                    Tensor weights = torch.bmm(rows, columns);
                    weights.relu_();
                    blocks.push_back(block.keep(torch.bmm(weighed, weights)));
                }
            }
            Tensor sums = torch.cat(blocks, 2);
            Tensor total = sums.narrow(1, classes, 1).add(new Scalar(eps));
            return scope.keep(sums.narrow(1, 0, classes).div(total).view(n, classes, h, w));
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException also if a score or the embedding is NaN or infinite, or there is no map
     */
    @Override
    public ScoreMaps refine(Sample sample, ScoreMaps scores) {
        int[] labels = scores.labels();
        if (labels.length == 0) {
            return ScoreMaps.none(scores.height(), scores.width());
        }
        RgbImage image = sample.image();
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor x = Tensors.to(Tensors.of(normalize.apply(image), 1, 3, image.height(), image.width()), device);
                Tensor maps = TensorScoreMaps.tensor(scores, device).unsqueeze(0);
                Tensor refined = correlate(maps, embedding.features(x), eps, alignCorners);
                if (Tensors.item(refined.isfinite().all()) == 0) {
                    throw new InvalidDataException("pixel correlation of sample " + sample.id()
                            + " is NaN or infinite: the scores or the network's embedding are");
                }
                Tensor resized = Ops.bilinear(refined, scores.height(), scores.width(), alignCorners);
                return TensorScoreMaps.of(labels, resized.squeeze(0));
            }
        });
    }

    @Override
    public Description description() {
        return Description.of("PixelCorrelation")
                .put("embedding", embedding)
                .put("normalize", normalize)
                .put("eps", eps)
                .put("alignCorners", alignCorners)
                .build();
    }

    @Override
    public String toString() {
        return "PixelCorrelation[eps " + eps + (alignCorners ? ", corners aligned]" : "]");
    }

    /** Settings of a refiner. */
    public static final class Builder {
        private @Nullable AffinityNetwork embedding;
        private Normalize normalize = Normalize.IMAGENET;
        private ComputeDevice device = ComputeDevice.CPU;
        private double eps = EPS;
        private boolean alignCorners = true;

        private Builder() {}

        /** The network whose features are compared, such as {@code seam.embedding()}. Required. */
        public Builder setEmbedding(AffinityNetwork embedding) {
            this.embedding = embedding;
            return this;
        }

        /** How pixels become the network's input. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** Where the network is. */
        public Builder optDevice(ComputeDevice device) {
            this.device = device;
            return this;
        }

        /** Added to norms and to sums of weights; 1e-5 by default. */
        public Builder optEps(double eps) {
            if (!(eps > 0) || Double.isInfinite(eps)) {
                throw new IllegalArgumentException("eps must be positive, got " + eps);
            }
            this.eps = eps;
            return this;
        }

        /** Whether the resizes align the corners; on by default. */
        public Builder optAlignCorners(boolean on) {
            alignCorners = on;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if no embedding is set
         */
        public PixelCorrelation build() {
            AffinityNetwork e = embedding;
            if (e == null) {
                throw new IllegalStateException("setEmbedding is required");
            }
            return new PixelCorrelation(this, e);
        }
    }
}
