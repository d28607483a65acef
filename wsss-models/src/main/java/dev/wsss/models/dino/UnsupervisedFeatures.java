package dev.wsss.models.dino;

import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.Backbone;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Dense features of a network that learnt without labels, of several scales and the mirrored image: what DHR tells classes of
 * different kinds apart by.
 *
 * <pre>{@code
 * FeatureSource features = UnsupervisedFeatures.builder()
 *         .setBackbone(vit)                           // a DinoVit, or any other backbone
 *         .optHead(head)                              // a CauseHead or StegoHead on it
 *         .build();
 * Stage<FeatureMap> stage = Stages.features(features).build();     // <id>.safetensors, float16
 * Channel<FeatureMap, FeatureBatch> cells = Channel.features("uss", 14);   // moved with its image's augmentation
 * }</pre>
 *
 * <p>At each scale the image is resized bilinearly, corners not aligned and not antialiased, so that both sides are multiples of the
 * backbone's stride: {@code int(side * scale)} rounded up. The map of the image and that of its mirror, mirrored back, are
 * averaged. The first scale decides the grid; maps of the others are resized to it, and the mean of all is taken. Nothing is
 * scaled to length 1. Networks stay their owner's, are put into evaluation mode, and compute on their own device and in their own
 * type; no gradient is recorded. Safe for use from several threads.
 */
public final class UnsupervisedFeatures implements FeatureSource {
    private final Backbone backbone;
    private final @Nullable Layer head;
    private final double[] scales;
    private final boolean flip;
    private final Normalize normalize;
    private final boolean half;
    private final int patch;

    private UnsupervisedFeatures(Builder b, Backbone backbone) {
        this.backbone = backbone;
        head = b.head;
        scales = b.scales;
        flip = b.flip;
        normalize = b.normalize;
        half = b.half;
        int[] strides = backbone.strides();
        patch = strides[strides.length - 1];
        backbone.train(false);
        if (head != null) {
            head.train(false);
        }
    }

    /** Starts: no head, DHR's scales 2, 1, 1.5 and 0.5 with mirrors, ImageNet's statistics, float16 unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Features of an image.
     *
     * @param image {@code [1][3][H][W]}, normalized, on the backbone's device
     * @return float32 {@code [1][D][ceil(int(H * s) / patch)][ceil(int(W * s) / patch)]}, where {@code s} is the first scale; in
     *     the current scope
     * @throws InvalidDataException if no pixel is left at a scale
     */
    public Tensor features(Tensor image) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad();
                Torch.Mode precision = Torch.withoutAutocast(backbone.device())) {
            Tensor sum = level(image, scales[0]);
            for (int i = 1; i < scales.length; i++) {
                try (Scope inner = Scope.open()) {
                    sum.add_(Ops.bilinear(level(image, scales[i]), sum.size(2), sum.size(3), false));
                }
            }
            return scope.keep(sum.div(new Scalar((double) scales.length)));
        }
    }

    /** The map of one scale, in float32. */
    private Tensor level(Tensor image, double scale) {
        try (Scope scope = Scope.open()) {
            Tensor resized = Ops.bilinear(image, side(image.size(2), scale), side(image.size(3), scale), false)
                    .to(type());
            Tensor both = flip ? torch.cat(new TensorVector(resized, Ops.flip(resized)), 0) : resized;
            Tensor maps = backbone.forward(both);
            maps = (head == null ? maps : head.forward(maps)).to(ScalarType.Float);
            return scope.keep(
                    flip
                            ? maps.narrow(0, 0, 1)
                                    .add(Ops.flip(maps.narrow(0, 1, 1)))
                                    .div(new Scalar(2.0))
                            : maps);
        }
    }

    private long side(long side, double scale) {
        long scaled = (long) (side * scale);
        if (scaled < 1) {
            throw new InvalidDataException("image has no pixel left at scale " + scale + " of a side of " + side);
        }
        return (scaled + patch - 1) / patch * patch;
    }

    private ScalarType type() {
        return backbone.parameters().values().iterator().next().scalar_type();
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException naming the sample, if features are not finite, all 0 at a place, beyond float16 where that
     *     is asked for, or no pixel is left at a scale
     */
    @Override
    public FeatureMap get(Sample sample) {
        RgbImage image = sample.image();
        return Torch.call(() -> {
            try (Scope scope = Scope.open()) {
                Tensor input = Tensors.of(normalize.apply(image), 1, 3, image.height(), image.width());
                Tensor map = features(Tensors.to(input, backbone.device()));
                FeatureMap features = FeatureMap.builder()
                        .setGrid((int) map.size(1), (int) map.size(2), (int) map.size(3))
                        .setImageSize(image.height(), image.width())
                        .setFloats(Tensors.toFloats(map))
                        .build();
                FeatureMap stored = half ? features.toHalf() : features;
                stored.requireDirections("features of " + sample.id());
                return stored;
            } catch (InvalidDataException e) {
                String message = String.valueOf(e.getMessage());
                throw message.contains(sample.id())
                        ? e
                        : new InvalidDataException("features of " + sample.id() + ": " + message, e);
            }
        });
    }

    @Override
    public Description description() {
        return Description.of("UnsupervisedFeatures")
                .put("backbone", backbone)
                .put("head", Optional.<Network>ofNullable(head))
                .put("scales", scales)
                .put("flip", flip)
                .put("normalize", normalize)
                .put("half", half)
                .build();
    }

    /** Settings: the backbone is required. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private @Nullable Layer head;
        private double[] scales = {2, 1, 1.5, 0.5};
        private boolean flip = true;
        private Normalize normalize = Normalize.IMAGENET;
        private boolean half = true;

        private Builder() {}

        /** The network whose last map is taken. Required. */
        public Builder setBackbone(Backbone backbone) {
            this.backbone = backbone;
            return this;
        }

        /** What makes codes of the map, {@code [N][C][h][w]} to {@code [N][D][h][w]}; on the backbone's device. None unless set. */
        public Builder optHead(Layer head) {
            this.head = head;
            return this;
        }

        /**
         * Scales of the image; the first decides the grid. 2, 1, 1.5, 0.5 unless set.
         *
         * @throws IllegalArgumentException if there is none, or one is not positive
         */
        public Builder optScales(double... scales) {
            if (scales.length == 0 || Arrays.stream(scales).anyMatch(s -> !(s > 0 && s < Double.POSITIVE_INFINITY))) {
                throw new IllegalArgumentException("scales must be positive, got " + Arrays.toString(scales));
            }
            this.scales = scales.clone();
            return this;
        }

        /** Whether the mirrored image is looked at too; on unless set. */
        public Builder optFlip(boolean on) {
            flip = on;
            return this;
        }

        /** The statistics of the images; {@link Normalize#IMAGENET} unless set. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** Whether the maps that {@link UnsupervisedFeatures#get} gives are rounded to float16; on unless set. */
        public Builder optHalf(boolean on) {
            half = on;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the backbone is not set
         * @throws IllegalArgumentException if the head is on another device than the backbone
         */
        public UnsupervisedFeatures build() {
            Backbone b = backbone;
            if (b == null) {
                throw new IllegalStateException("setBackbone is required");
            }
            if (head != null) {
                ComputeDevice other = head.device();
                if (!other.equals(b.device())) {
                    throw new IllegalArgumentException(
                            "head and backbone must be on one device, got " + other + " and " + b.device());
                }
            }
            return new UnsupervisedFeatures(this, b);
        }
    }
}
