package dev.wsss.models.deeplab;

import dev.wsss.api.LabelMap;
import dev.wsss.core.image.Resize;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.segment.PixelClassifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A network run on several sizes of its input, fused by the largest logit of each pixel (DeepLab v2, "MSC"). The network
 * has the key prefix {@code base.}.
 *
 * <p>{@link #forward} gives the fused logits. Training takes {@link #pyramid}, whose members {@link #loss} supervises one
 * by one.
 */
public final class MultiScale extends Layer implements PixelClassifier {
    private final Layer base;
    private final double[] scales;
    private final boolean exactFactor;
    private final boolean alignCorners;

    private MultiScale(Builder b, Layer base) {
        this.base = child("base", base);
        scales = b.scales;
        exactFactor = b.exactFactor;
        alignCorners = b.alignCorners;
    }

    /** Starts a network. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("scales", scales, "exactFactor", exactFactor, "alignCorners", alignCorners);
    }

    /**
     * All logits of images {@code [N][3][H][W]}, each {@code [N][classes][h][w]}: those of the images as they are, of each
     * scale in its own size, and last the largest of them all in the size of the first.
     */
    public List<Tensor> pyramid(Tensor images) {
        try (Scope scope = Scope.open()) {
            List<Tensor> all = new ArrayList<>();
            all.add(base.forward(images));
            for (double scale : scales) {
                all.add(base.forward(resize(images, scale)));
            }
            all.add(largest(all, alignCorners));
            all.forEach(scope::keep);
            return all;
        }
    }

    /** The images at a scale, sampled as this network was built to. */
    public Tensor resize(Tensor images, double scale) {
        return exactFactor
                ? Ops.bilinearBy(images, scale, alignCorners)
                : Ops.bilinear(images, (long) (images.size(2) * scale), (long) (images.size(3) * scale), alignCorners);
    }

    /** The largest value of each element over maps {@code [N][C][h][w]}, in the size of the first. */
    public static Tensor largest(List<Tensor> maps, boolean alignCorners) {
        try (Scope scope = Scope.open()) {
            Tensor first = maps.get(0);
            Tensor[] same = maps.stream()
                    .map(m -> Ops.bilinear(m, first.size(2), first.size(3), alignCorners))
                    .toArray(Tensor[]::new);
            // not amax, which would split the gradient between equal values; get0 lends a part of the pair, which ends
            // here
            return scope.keep(new Tensor(
                    torch.max(torch.stack(new TensorVector(same), 0), 0).get0()));
        }
    }

    /** The fused logits {@code [N][classes][h][w]} of images {@code [N][3][H][W]}. */
    @Override
    public Tensor forward(Tensor images) {
        try (Scope scope = Scope.open()) {
            List<Tensor> all = pyramid(images);
            return scope.keep(all.get(all.size() - 1));
        }
    }

    /**
     * The loss of DeepLab v2: for each member of a pyramid the mean cross-entropy over its labelled pixels, summed.
     *
     * @param pyramid logits, of {@link #pyramid}
     * @param labels int64 {@code [N][H][W]} on the logits' device, resized to each member's size by Pillow's nearest;
     *     {@link LabelMap#IGNORE} takes no part
     * @return one element; a member without any labelled pixel adds zero
     */
    public static Tensor loss(List<Tensor> pyramid, Tensor labels) {
        try (Scope scope = Scope.open()) {
            Tensor sum = pyramid.get(0).sum().mul(new Scalar(0.0));
            for (Tensor logits : pyramid) {
                Tensor target =
                        LabelTensors.resize(labels, Resize.PIL_NEAREST, (int) logits.size(2), (int) logits.size(3));
                sum = sum.add(Losses.crossEntropy(logits, target));
            }
            return scope.keep(sum);
        }
    }

    /** Settings of a network. */
    public static final class Builder {
        private @Nullable Layer base;
        private double[] scales = {0.5, 0.75};
        private boolean exactFactor = true;
        private boolean alignCorners;

        private Builder() {}

        /** The network to run; this one takes it over. */
        public Builder setBase(Layer base) {
            this.base = base;
            return this;
        }

        /** The sizes beside 1; 0.5 and 0.75 by default. */
        public Builder optScales(double... scales) {
            if (Arrays.stream(scales).anyMatch(s -> !(s > 0))) {
                throw new IllegalArgumentException("scales must be positive, got " + Arrays.toString(scales));
            }
            this.scales = scales.clone();
            return this;
        }

        /** Whether images are sampled at exactly {@code 1 / scale} ({@link Ops#bilinearBy}), the default, or by size. */
        public Builder optExactFactor(boolean exact) {
            exactFactor = exact;
            return this;
        }

        /** Whether images and logits are resized with corners aligned; off by default. */
        public Builder optAlignCorners(boolean alignCorners) {
            this.alignCorners = alignCorners;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the base is not set
         */
        public MultiScale build() {
            if (base == null) {
                throw new IllegalStateException("setBase is required");
            }
            return new MultiScale(this, base);
        }
    }
}
