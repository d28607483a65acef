package dev.wsss.models.segment;

import ai.djl.modality.cv.Image;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Segmenter;
import dev.wsss.api.SplitMix;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.Interpolation;
import dev.wsss.core.augment.RandomFit;
import dev.wsss.core.augment.Resampling;
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
 * overlap their logits are averaged. With {@link Builder#optFit} scales are those of a box in place of the image. The
 * computation runs where the network's parameters are, in their type. Any number of threads may use one segmenter.
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
    private final @Nullable SlidingWindow window;
    private final @Nullable Box box;
    private final @Nullable DType fused;

    /** What images are fitted into. */
    private record Box(int longSide, int shortSide) {
        private static final Resampling RESAMPLING = Resampling.of(Interpolation.OPENCV_LINEAR);

        RgbImage fit(RgbImage image, double scale) {
            Augmentation fit = Augmentation.builder()
                    .optResampling(RESAMPLING)
                    .optTransforms(new RandomFit(longSide, shortSide, scale, scale))
                    .build();
            // nothing is left to chance
            return fit.draw(image, new SplitMix(0)).image(image);
        }
    }

    private NetworkSegmenter(Builder b, Network network, PixelClassifier classifier) {
        this.network = network;
        this.classifier = classifier;
        normalize = b.normalize;
        scales = b.scales;
        flip = b.flip;
        alignCorners = b.alignCorners;
        window = b.window;
        box = b.box;
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
        Tensor own = box == null ? input(image) : null;
        Tensor sum = null;
        for (double scale : scales) {
            try (Scope scope = Scope.open()) {
                Tensor seen = own == null
                        ? input(Objects.requireNonNull(box).fit(image, scale))
                        : Ops.bilinear(
                                own, Math.max(1, (long) (h * scale)), Math.max(1, (long) (w * scale)), alignCorners);
                Tensor one = scope.keep(seen(seen, h, w));
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

    private Tensor input(RgbImage image) {
        Tensor like = network.parameters().values().iterator().next();
        return Tensors.of(normalize.apply(image), 1, 3, image.height(), image.width())
                .to(like.device(), like.scalar_type());
    }

    /** The logits of one size, resized to that of the image. */
    private Tensor seen(Tensor x, long height, long width) {
        Tensor views = flip ? torch.cat(new TensorVector(x, Ops.flip(x)), 0) : x;
        Tensor y = precise(logits(views));
        if (box != null) {
            // as mmsegmentation: first to what the network saw
            y = Ops.bilinear(y, x.size(2), x.size(3), alignCorners);
        }
        Tensor both = Ops.bilinear(y, height, width, alignCorners);
        return flip ? both.narrow(0, 0, 1).add(Ops.flip(both.narrow(0, 1, 1))).mul(new Scalar(0.5)) : both;
    }

    /** Means of several are not for 16 bits. */
    private static Tensor precise(Tensor logits) {
        boolean half = Tensors.dtype(logits).bytes() < Float.BYTES;
        return half ? logits.to(torch.ScalarType.Float) : logits;
    }

    private Tensor logits(Tensor x) {
        SlidingWindow sliding = window;
        if (sliding == null) {
            return classifier.forward(x);
        }
        long h = Math.min(sliding.height(), x.size(2));
        long w = Math.min(sliding.width(), x.size(3));
        Tensor sum = null;
        Tensor windows = torch.zeros(new long[] {1, 1, x.size(2), x.size(3)}, x.options());
        for (long top : sliding.tops(x.size(2))) {
            for (long left : sliding.lefts(x.size(3))) {
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

    @Override
    public Description description() {
        Description.Builder description = Description.of("NetworkSegmenter")
                .put("network", network)
                .put("normalize", normalize)
                .put("scales", scales)
                .put("flip", flip)
                .put("alignCorners", alignCorners)
                .put("window", window == null ? 0 : pair(window, window.height(), window.width()))
                .put("step", window == null ? 0 : pair(window, window.verticalStep(), window.horizontalStep()));
        if (box != null) {
            description.put("fit", box.longSide + "x" + box.shortSide);
        }
        if (fused != null) {
            description.put("fused", fused);
        }
        return description.build();
    }

    /** One number for a square window, as it was when there was no other: what a product was made of is compared by text. */
    private static Object pair(SlidingWindow window, int down, int across) {
        return window.isSquare() ? (Object) down : down + "x" + across;
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
        private @Nullable SlidingWindow window;
        private @Nullable Box box;

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
            return optWindow(SlidingWindow.square(side, step));
        }

        /** As {@link #optWindow(int, int)}, of any sides and steps. */
        public Builder optWindow(SlidingWindow window) {
            this.window = window;
            return this;
        }

        /**
         * Fits images, in their own ratio, into a box before they are run, larger or smaller than they are: mmsegmentation's
         * test-time {@code Resize} with {@code keep_ratio}, of bytes, as OpenCV does it. {@linkplain #optScales Scales} are
         * then of the box. Off by default.
         *
         * @param longSide bounds the image's longer side, whichever that is
         * @param shortSide bounds the other
         */
        public Builder optFit(int longSide, int shortSide) {
            if (shortSide < 1 || longSide < shortSide) {
                throw new IllegalArgumentException(
                        "a box needs 1 <= short side <= long side, got " + longSide + " and " + shortSide);
            }
            box = new Box(longSide, shortSide);
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
