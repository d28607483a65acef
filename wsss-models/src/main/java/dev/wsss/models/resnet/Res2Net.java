package dev.wsss.models.resnet;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * Res2Net without its classifier: Gao, Cheng, Zhao, Zhang, Yang and Torr, "Res2Net: A New Multi-scale Backbone Architecture",
 * IEEE TPAMI 43(2), 2021. A residual network whose 3x3 convolutions are several small ones in a row, so that one block sees at
 * several scales. Key names are those of the authors' weights.
 *
 * <pre>{@code
 * Res2Net net = Res2Net.builder().setDepth(101).optOutputStride(8).build();   // 26w x 4s, for segmentation
 * Weights.load(net, file, ResNetCheckpoints.RES2NET);
 * }</pre>
 *
 * <p>Stem, groups and maps are those of {@link ResNet} with a 7x7 stem. Of the authors' two lines this is the first; the other, v1b,
 * has a stem of three convolutions, and pools before its shortcuts.
 */
public final class Res2Net extends Backbone {
    private static final int GROUPS = 4;
    private static final int STEM_STRIDE = 4;
    private static final int WIDTH = 64;

    private final ConvNorm stem;
    private final List<List<Res2NetBlock>> groups = new ArrayList<>();
    private final int[] channels = new int[GROUPS + 1];
    private final int[] strides = new int[GROUPS + 1];

    private Res2Net(Builder b) {
        IntFunction<BatchNorm2d> norms = c -> new BatchNorm2d(c, b.momentum, BatchNorm2d.EPS);
        int stemWidth = WIDTH / b.shrink;
        Conv2d conv = Conv2d.same(3, stemWidth, 7, 2, 1);
        Init.kaimingNormalFanOut(conv);
        stem = child(new ConvNorm("conv1", conv, "bn1", norms.apply(stemWidth), true));
        int in = stemWidth;
        channels[0] = in;
        strides[0] = STEM_STRIDE;
        int[] blocks = {3, 4, b.depth == 50 ? 6 : 23, 3};
        for (int g = 0; g < GROUPS; g++) {
            List<Res2NetBlock> group = new ArrayList<>();
            int planes = stemWidth << g;
            int width = planes * b.baseWidth / WIDTH;
            int out = planes * ResidualBlock.EXPANSION;
            for (int i = 0; i < blocks[g]; i++) {
                boolean first = i == 0;
                group.add(child(
                        "layer" + (g + 1) + "." + i,
                        new Res2NetBlock(
                                in,
                                width,
                                b.scale,
                                out,
                                first ? b.strides[g] : 1,
                                first ? b.firstDilations[g] : b.dilations[g],
                                first,
                                norms)));
                in = out;
            }
            groups.add(group);
            channels[g + 1] = out;
            strides[g + 1] = strides[g] * b.strides[g];
        }
    }

    /** Starts a network: 26w x 4s, stride 32 unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public int[] channels() {
        return channels.clone();
    }

    @Override
    public int[] strides() {
        return strides.clone();
    }

    @Override
    public FeaturePyramid features(Tensor images) {
        requireImages(images);
        Tensor c1 = stem(images);
        Tensor c2 = chain(groups.get(0), c1);
        Tensor c3 = chain(groups.get(1), c2);
        Tensor c4 = chain(groups.get(2), c3);
        return FeaturePyramid.of(strides, c1, c2, c3, c4, chain(groups.get(3), c4));
    }

    private Tensor stem(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(Ops.maxPool(stem.forward(images), 3, 2, 1, false));
        }
    }

    /** Settings of a network. */
    public static final class Builder {
        private int depth;
        private int baseWidth = 26;
        private int scale = 4;
        private int shrink = 1;
        private int[] strides = {1, 2, 2, 2};
        private int[] dilations = {1, 1, 1, 1};
        private int[] firstDilations = {1, 1, 1, 1};
        private double momentum = BatchNorm2d.MOMENTUM;

        private Builder() {}

        /** Number of layers of the residual network it is made from: 50 or 101. */
        public Builder setDepth(int layers) {
            if (layers != 50 && layers != 101) {
                throw new IllegalArgumentException("depth must be 50 or 101, got " + layers);
            }
            depth = layers;
            return this;
        }

        /**
         * Channels of a part in the first group, w, doubled by each later one; 26 by default, 14 and 48 are published too.
         *
         * @throws IllegalArgumentException if it is not in 1..64
         */
        public Builder optBaseWidth(int channels) {
            if (channels < 1 || channels > WIDTH) {
                throw new IllegalArgumentException("base width must be in 1..64, got " + channels);
            }
            baseWidth = channels;
            return this;
        }

        /**
         * Number of parts, s; 4 by default, 2, 6 and 8 are published too.
         *
         * @throws IllegalArgumentException if it is below 2
         */
        public Builder optScale(int parts) {
            if (parts < 2) {
                throw new IllegalArgumentException("scale must be at least 2, got " + parts);
            }
            scale = parts;
            return this;
        }

        /**
         * Divides all widths, for tests and small tasks; 1 by default.
         *
         * @throws IllegalArgumentException if it is none of 1, 2, 4, 8 and 16
         */
        public Builder optShrink(int divisor) {
            if (divisor < 1 || divisor > 16 || Integer.bitCount(divisor) != 1) {
                throw new IllegalArgumentException("shrink must be 1, 2, 4, 8 or 16, got " + divisor);
            }
            shrink = divisor;
            return this;
        }

        /**
         * Image pixels to one pixel of the last map: 8, 16 or 32 (the default). Below 32 the last groups dilate in place of
         * striding, first blocks with the dilation of the group before, as {@link ResNet}.
         */
        public Builder optOutputStride(int stride) {
            switch (stride) {
                case 32 -> groups(new int[] {1, 2, 2, 2}, new int[] {1, 1, 1, 1}, new int[] {1, 1, 1, 1});
                case 16 -> groups(new int[] {1, 2, 2, 1}, new int[] {1, 1, 1, 2}, new int[] {1, 1, 1, 1});
                case 8 -> groups(new int[] {1, 2, 1, 1}, new int[] {1, 1, 2, 4}, new int[] {1, 1, 1, 2});
                default -> throw new IllegalArgumentException("output stride must be 8, 16 or 32, got " + stride);
            }
            return this;
        }

        private void groups(int[] newStrides, int[] newDilations, int[] newFirst) {
            strides = newStrides;
            dilations = newDilations;
            firstDilations = newFirst;
        }

        /** How fast the running statistics follow; {@link BatchNorm2d#MOMENTUM} by default. */
        public Builder optBatchNormMomentum(double momentum) {
            this.momentum = momentum;
            return this;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if the depth is not set
         * @throws IllegalArgumentException if a part would have no channel
         */
        public Res2Net build() {
            if (depth == 0) {
                throw new IllegalStateException("setDepth is required");
            }
            if (baseWidth / shrink == 0) {
                throw new IllegalArgumentException(
                        "a part of base width " + baseWidth + " has no channel when all is" + " divided by " + shrink);
            }
            return new Res2Net(this);
        }
    }
}
