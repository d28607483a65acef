package dev.wsss.core.affinity;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Affinities from the features of a network, as AffinityNet infers them: the normalized image is padded with zeros right
 * and below to multiples of the stride, and near nodes of the feature map are compared by {@link
 * AffinityHead#affinity}.
 *
 * <p>Put the network in evaluation mode first. As safe for use by several threads as the network is.
 */
public final class FeatureAffinity implements AffinitySource {
    private final AffinityNetwork network;
    private final int stride;
    private final int radius;
    private final boolean smallGridRule;
    private final boolean borderPairs;
    private final Normalize normalize;
    private final ComputeDevice device;

    private FeatureAffinity(Builder b, AffinityNetwork network) {
        this.network = network;
        stride = b.stride;
        radius = b.radius;
        smallGridRule = b.smallGridRule;
        borderPairs = b.borderPairs;
        normalize = b.normalize;
        device = b.device;
    }

    /** Starts with stride 8, radius 5, the rule for small grids, ImageNet's normalization, on the CPU. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException if the network gives NaN
     * @throws IllegalArgumentException if its features are not on the grid
     */
    @Override
    public GridAffinity affinities(Sample sample) {
        RgbImage image = sample.image();
        int rows = (image.height() + stride - 1) / stride;
        int columns = (image.width() + stride - 1) / stride;
        int reach = smallGridRule ? PairGeometry.smallGridRadius(radius, rows, columns) : radius;
        int margin = borderPairs ? reach - 1 : 0;
        PairGeometry geometry = PairGeometry.of(PairRule.HALF_DISC, reach, rows + margin, columns + 2 * margin);
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor x = Tensors.to(Tensors.of(normalize.apply(image), 1, 3, image.height(), image.width()), device);
                long[] padding = {0, columns * stride - image.width(), 0, rows * stride - image.height()};
                Tensor features = network.features(torch.constant_pad_nd(x, padding));
                if (Tensors.item(features.isfinite().all()) == 0) {
                    throw new InvalidDataException(
                            "the affinity network gives NaN or infinite features for sample " + sample.id());
                }
                if (margin == 0) {
                    return GridAffinity.ofPairs(geometry, pairs(features, geometry));
                }
                requireGrid(features, rows, columns);
                Tensor wide = torch.constant_pad_nd(features, new long[] {margin, margin, 0, margin});
                return GridAffinity.ofWidePairs(geometry, pairs(wide, geometry), rows, columns);
            }
        });
    }

    private static float[] pairs(Tensor features, PairGeometry geometry) {
        return Tensors.toFloats(AffinityHead.affinity(features, geometry));
    }

    private static void requireGrid(Tensor features, int rows, int columns) {
        if (features.size(2) != rows || features.size(3) != columns) {
            throw new IllegalArgumentException("features are " + features.size(2) + "x" + features.size(3)
                    + "; expected the grid's " + rows + "x" + columns);
        }
    }

    @Override
    public Description description() {
        return Description.of("FeatureAffinity")
                .put("network", network)
                .put("stride", stride)
                .put("radius", radius)
                .put("smallGridRule", smallGridRule)
                .put("borderPairs", borderPairs)
                .put("normalize", normalize)
                .build();
    }

    /** Settings. */
    public static final class Builder {
        private @Nullable AffinityNetwork network;
        private int stride = 8;
        private int radius = PairGeometry.RADIUS;
        private boolean smallGridRule = true;
        private boolean borderPairs = true;
        private Normalize normalize = Normalize.IMAGENET;
        private ComputeDevice device = ComputeDevice.CPU;

        private Builder() {}

        /** The network. Required. */
        public Builder setNetwork(AffinityNetwork network) {
            this.network = network;
            return this;
        }

        /** Pixels of the image for one node of the feature map, in each direction. */
        public Builder optStride(int stride) {
            if (stride < 1) {
                throw new IllegalArgumentException("stride must be at least 1, got " + stride);
            }
            this.stride = stride;
            return this;
        }

        /** Nodes closer than this are pairs. */
        public Builder optRadius(int radius) {
            if (radius < 1) {
                throw new IllegalArgumentException("radius must be at least 1, got " + radius);
            }
            this.radius = radius;
            return this;
        }

        /** Whether the radius shrinks on small grids, by {@link PairGeometry#smallGridRadius}, as in SEAM. */
        public Builder optSmallGridRule(boolean on) {
            smallGridRule = on;
            return this;
        }

        /**
         * Whether nodes near the border have all their pairs that lie on the grid; true unless set. As published, only
         * nodes all of whose pairs do are compared: the four corners have no pair at all, so that a walk leaves their
         * scores as they are. Matters in a rim of {@code radius - 1} nodes.
         */
        public Builder optBorderPairs(boolean on) {
            borderPairs = on;
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

        /**
         * Builds.
         *
         * @throws IllegalStateException if no network is set
         */
        public FeatureAffinity build() {
            if (network == null) {
                throw new IllegalStateException("setNetwork is required");
            }
            return new FeatureAffinity(this, network);
        }
    }
}
