package dev.wsss.models.segment;

import ai.djl.modality.cv.Image;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Segmenter;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Labels images with a network of pixel logits, such as {@link dev.wsss.models.deeplab.DeepLabV3Plus}.
 *
 * <pre>{@code
 * try (NetworkSegmenter segmenter = NetworkSegmenter.builder()
 *         .setNetwork(network)
 *         .optScales(0.5, 1, 1.5)
 *         .optFlip(true)
 *         .build()) {
 *     LabelMap labels = segmenter.segment(image);
 * }
 * }</pre>
 *
 * <p>The image is normalized and, for each scale, resized bilinearly; the logits are resized to the image's size and
 * averaged over scales and mirror images; each pixel gets the class of its largest mean. A network whose input may not be
 * larger than what it was trained on, such as a transformer, runs on a window that slides over each size; where windows
 * overlap their logits are averaged. The computation runs where the
 * network's parameters are, in their type. Any number of threads may use one segmenter.
 *
 * <p>The segmenter owns its network: it puts it into evaluation mode and closes it.
 */
public final class NetworkSegmenter implements Segmenter, AutoCloseable {
    private final Network network;
    private final PixelClassifier classifier;
    private final Normalize normalize;
    private final double[] scales;
    private final boolean flip;
    private final boolean alignCorners;
    /** Side of the sliding window; 0 for the whole image. */
    private final int window;

    private final int step;
    private final @Nullable DType fused;

    private NetworkSegmenter(Builder b, Network network, PixelClassifier classifier) {
        this.network = network;
        this.classifier = classifier;
        normalize = b.normalize;
        scales = b.scales;
        flip = b.flip;
        alignCorners = b.alignCorners;
        window = b.window;
        step = b.step;
        network.train(false);
        fused = b.fused;
        if (fused != null) {
            network.fuse(fused);
        }
    }

    /** Starts a segmenter: ImageNet's normalization, the whole image in its own size, no mirror unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Labels an image.
     *
     * @throws InvalidDataException if the network's logits are not finite
     */
    @Override
    public LabelMap segment(Image image) {
        return segment(RgbImage.of(image));
    }

    @Override
    public LabelMap segment(RgbImage image) {
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor labels = logits(image).argmax(new LongOptional(1), false);
                return LabelMap.wrap(image.height(), image.width(), Tensors.toBytes(labels));
            }
        });
    }

    /**
     * The probability of each class at each pixel, as a dense CRF takes it: the softmax of the mean logits, one map for
     * each label from 0.
     *
     * @throws InvalidDataException if the network's logits are not finite
     */
    public ScoreMaps probabilities(RgbImage image) {
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor p = logits(image).softmax(1);
                int[] labels = IntStream.range(0, (int) p.size(1)).toArray();
                return ScoreMaps.of(labels, image.height(), image.width(), Tensors.toFloats(p));
            }
        });
    }

    /** Mean logits {@code [1][classes][H][W]}. */
    private Tensor logits(RgbImage image) {
        int h = image.height();
        int w = image.width();
        Tensor like = network.parameters().values().iterator().next();
        Tensor x = Tensors.of(normalize.apply(image), 1, 3, h, w).to(like.device(), like.scalar_type());
        Tensor sum = null;
        for (double scale : scales) {
            try (Scope scope = Scope.open()) {
                Tensor one = scope.keep(at(x, scale));
                if (sum == null) {
                    sum = one;
                } else {
                    sum.add_(one);
                }
            }
        }
        if (sum == null || sum.size(1) > LabelMap.IGNORE) {
            throw new IllegalStateException(
                    network + " gives " + (sum == null ? 0 : sum.size(1)) + " classes, a label map holds 255");
        }
        sum.div_(new Scalar((double) scales.length));
        if (Tensors.item(sum.isfinite().all()) == 0) {
            throw new InvalidDataException(network.getClass().getSimpleName() + " gives logits that are NaN or infinite"
                    + " for an image of " + h + "x" + w + "; its weights or this input are broken");
        }
        return sum;
    }

    private Tensor at(Tensor x, double scale) {
        long h = x.size(2);
        long w = x.size(3);
        Tensor scaled = Ops.bilinear(x, Math.max(1, (long) (h * scale)), Math.max(1, (long) (w * scale)), alignCorners);
        if (!flip) {
            return Ops.bilinear(precise(logits(scaled)), h, w, alignCorners);
        }
        Tensor pair = precise(logits(torch.cat(new TensorVector(scaled, Ops.flip(scaled)), 0)));
        Tensor both = Ops.bilinear(pair, h, w, alignCorners);
        return both.narrow(0, 0, 1).add(Ops.flip(both.narrow(0, 1, 1))).mul(new Scalar(0.5));
    }

    /** Means of several are not for 16 bits. */
    private static Tensor precise(Tensor logits) {
        boolean half = Tensors.dtype(logits).bytes() < Float.BYTES;
        return half ? logits.to(torch.ScalarType.Float) : logits;
    }

    private Tensor logits(Tensor x) {
        if (window == 0) {
            return classifier.forward(x);
        }
        long h = Math.min(window, x.size(2));
        long w = Math.min(window, x.size(3));
        Tensor sum = null;
        Tensor windows = torch.zeros(new long[] {1, 1, x.size(2), x.size(3)}, x.options());
        for (long top : starts(x.size(2))) {
            for (long left : starts(x.size(3))) {
                try (Scope scope = Scope.open()) {
                    Tensor y = precise(classifier.forward(x.narrow(2, top, h).narrow(3, left, w)));
                    if (sum == null) {
                        sum = scope.keep(
                                torch.zeros(new long[] {x.size(0), y.size(1), x.size(2), x.size(3)}, y.options()));
                    }
                    sum.narrow(2, top, h).narrow(3, left, w).add_(Ops.bilinear(y, h, w, alignCorners));
                    windows.narrow(2, top, h).narrow(3, left, w).add_(new Scalar(1.0));
                }
            }
        }
        return Objects.requireNonNull(sum).div_(windows);
    }

    /** Where windows start along a side: each {@link #step}, and the last at the end. */
    private long[] starts(long side) {
        long last = Math.max(0, side - window);
        long count = (last + step - 1) / step + 1;
        return LongStream.range(0, count).map(i -> Math.min(i * step, last)).toArray();
    }

    @Override
    public Description description() {
        Description.Builder description = Description.of("NetworkSegmenter")
                .put("network", network)
                .put("normalize", normalize)
                .put("scales", scales)
                .put("flip", flip)
                .put("alignCorners", alignCorners)
                .put("window", window)
                .put("step", step);
        if (fused != null) {
            description.put("fused", fused);
        }
        return description.build();
    }

    /** Closes the network. Idempotent. */
    @Override
    public void close() {
        network.close();
    }

    /** Settings of a segmenter. */
    public static final class Builder {
        private @Nullable Network network;
        private @Nullable PixelClassifier classifier;
        private Normalize normalize = Normalize.IMAGENET;
        private double[] scales = {1};
        private @Nullable DType fused;
        private boolean flip;
        private boolean alignCorners;
        private int window;
        private int step;

        private Builder() {}

        /** The network, from images {@code [N][3][H][W]} to logits {@code [N][classes][h][w]}; taken over. */
        public Builder setNetwork(Layer network) {
            return setNetwork(network, network::forward);
        }

        /**
         * A network that gives its logits by a method of its own; taken over.
         *
         * @param classifier computes the logits with {@code network} alone
         */
        public Builder setNetwork(Network network, PixelClassifier classifier) {
            this.network = network;
            this.classifier = classifier;
            return this;
        }

        /**
         * Runs the network on a window that slides over the image at each scale; off by default. A side that is shorter
         * than the window is taken whole.
         *
         * @param side height and width of the window, in pixels
         * @param step from one window to the next, in pixels, at most {@code side}
         */
        public Builder optWindow(int side, int step) {
            if (step < 1 || side < step) {
                throw new IllegalArgumentException(
                        "a window needs 1 <= step <= side, got side " + side + ", step " + step);
            }
            window = side;
            this.step = step;
            return this;
        }

        /**
         * Computes in the network's {@linkplain Network#fuse fused form}, in this type: {@link DType#BF16} is the fastest on
         * processors that multiply it, {@link DType#F32} differs by rounding only. Off by default.
         *
         * @throws IllegalArgumentException if the type is no floating-point type
         */
        public Builder optFused(DType dtype) {
            if (!dtype.isFloating()) {
                throw new IllegalArgumentException("fused must be a floating-point type, got " + dtype);
            }
            fused = dtype;
            return this;
        }

        /** How bytes become input; {@link Normalize#IMAGENET} by default. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** The sizes to run, as factors; 1 by default. */
        public Builder optScales(double... scales) {
            if (scales.length == 0 || Arrays.stream(scales).anyMatch(s -> !(s > 0))) {
                throw new IllegalArgumentException(
                        "scales must be at least one, all positive, got " + Arrays.toString(scales));
            }
            this.scales = scales.clone();
            return this;
        }

        /** Whether each size is run flipped too; off by default. */
        public Builder optFlip(boolean flip) {
            this.flip = flip;
            return this;
        }

        /** Whether resizing aligns corners; off by default. */
        public Builder optAlignCorners(boolean alignCorners) {
            this.alignCorners = alignCorners;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the network is not set
         */
        public NetworkSegmenter build() {
            if (network == null || classifier == null) {
                throw new IllegalStateException("setNetwork is required");
            }
            return new NetworkSegmenter(this, network, classifier);
        }
    }
}
