package dev.wsss.models.resnet;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * A residual network (He et al., CVPR 2016) without its classifier, with torchvision's key names.
 *
 * <pre>{@code
 * ResNet plain = ResNet.builder().setDepth(50).build();                        // stride 32
 * ResNet dense = ResNet.builder().setDepth(101).optOutputStride(8).build();    // dilated, for segmentation
 * ResNet small = ResNet.builder().setDepth(18).optWidth(16).build();           // 1/16 of the work
 * dense.loadPartial(Safetensors.read(file), List.of(), List.of("fc."));        // an ImageNet checkpoint
 * }</pre>
 *
 * <p>Depths 18 and 34 are made of basic blocks, 50, 101 and 152 of bottlenecks with the stride on the 3x3 convolution.
 * Convolutions start from Kaiming's normal over the output fan, normalizations as the identity.
 *
 * <p>Code bases disagree about the dilation of the first block of a dilated group: torchvision, PyTorch-Encoding and
 * mmsegmentation give it that of the group before, others 1. {@link Builder#optFirstBlockDilations} says which.
 */
public final class ResNet extends Backbone {
    /** The layers before the first group of blocks. All halve the size, then pool 3x3 with stride 2. */
    public enum Stem {
        /** One 7x7 convolution; keys {@code conv1, bn1}. */
        CONV7,
        /** Three 3x3 convolutions of 64, 64, 128 channels, as PyTorch-Encoding; keys {@code conv1.0} to {@code bn1}. */
        DEEP_128,
        /** Three 3x3 convolutions of 32, 32, 64 channels, as ResNet-C; keys {@code stem.0} to {@code stem.7}. */
        DEEP_64
    }

    private static final int GROUPS = 4;
    private static final int STEM_STRIDE = 4;

    private final List<ConvNorm> stem = new ArrayList<>();
    private final List<List<ResidualBlock>> groups = new ArrayList<>();
    private final int[] channels = new int[GROUPS + 1];
    private final int[] strides = new int[GROUPS + 1];

    private ResNet(Builder b) {
        IntFunction<BatchNorm2d> norms = c -> new BatchNorm2d(c, b.momentum, b.eps);
        int w = b.width;
        switch (b.stem) {
            case CONV7 -> stem("conv1", "bn1", Conv2d.same(3, w, 7, 2, 1), norms);
            case DEEP_128 -> {
                stem("conv1.0", "conv1.1", Conv2d.same(3, w, 3, 2, 1), norms);
                stem("conv1.3", "conv1.4", Conv2d.same(w, w, 3, 1, 1), norms);
                stem("conv1.6", "bn1", Conv2d.same(w, 2 * w, 3, 1, 1), norms);
            }
            case DEEP_64 -> {
                stem("stem.0", "stem.1", Conv2d.same(3, w / 2, 3, 2, 1), norms);
                stem("stem.3", "stem.4", Conv2d.same(w / 2, w / 2, 3, 1, 1), norms);
                stem("stem.6", "stem.7", Conv2d.same(w / 2, w, 3, 1, 1), norms);
            }
        }
        int in = b.stem == Stem.DEEP_128 ? 2 * w : w;
        channels[0] = in;
        strides[0] = STEM_STRIDE;
        for (int g = 0; g < GROUPS; g++) {
            List<ResidualBlock> group = new ArrayList<>();
            for (int i = 0; i < b.depth.blocks[g]; i++) {
                int stride = i == 0 ? b.strides[g] : 1;
                int first = i == 0 ? b.firstDilations[g] : b.dilations[g];
                group.add(child(
                        "layer" + (g + 1) + "." + i,
                        b.depth.bottlenecks
                                ? ResidualBlock.bottleneck(in, w << g, stride, first, norms)
                                : ResidualBlock.basic(in, w << g, stride, first, b.dilations[g], norms)));
                in = b.depth.bottlenecks ? (w << g) * ResidualBlock.EXPANSION : w << g;
            }
            groups.add(group);
            channels[g + 1] = in;
            strides[g + 1] = strides[g] * b.strides[g];
        }
    }

    private void stem(String convKey, String normKey, Conv2d conv, IntFunction<BatchNorm2d> norms) {
        Init.kaimingNormalFanOut(conv);
        BatchNorm2d norm = norms.apply((int) conv.weight().size(0));
        stem.add(child(new ConvNorm(convKey, conv, normKey, norm, true)));
    }

    /** Starts a network: 7x7 stem, width 64, stride 32 unless set otherwise. */
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
            return scope.keep(Ops.maxPool(chain(stem, images), 3, 2, 1, false));
        }
    }

    @Override
    public List<String> onnxFeatures(OnnxGraph graph, String images) {
        List<String> maps = new ArrayList<>();
        maps.add(graph.maxPool(onnxChain(stem, graph, images), 3, 2, 1, false));
        for (List<ResidualBlock> group : groups) {
            maps.add(onnxChain(group, graph, maps.get(maps.size() - 1)));
        }
        return maps;
    }

    private enum Depth {
        D18(false, 2, 2, 2, 2),
        D34(false, 3, 4, 6, 3),
        D50(true, 3, 4, 6, 3),
        D101(true, 3, 4, 23, 3),
        D152(true, 3, 8, 36, 3);

        private final boolean bottlenecks;
        private final int[] blocks;

        Depth(boolean bottlenecks, int... blocks) {
            this.bottlenecks = bottlenecks;
            this.blocks = blocks;
        }
    }

    /** Settings of a network. */
    public static final class Builder {
        private Depth depth = Depth.D50;
        private boolean hasDepth;
        private Stem stem = Stem.CONV7;
        private int width = 64;
        private int[] strides = {1, 2, 2, 2};
        private int[] dilations = {1, 1, 1, 1};
        private int[] firstDilations = {1, 1, 1, 1};
        private double momentum = BatchNorm2d.MOMENTUM;
        private double eps = BatchNorm2d.EPS;

        private Builder() {}

        /** Number of layers: 18, 34, 50, 101 or 152. */
        public Builder setDepth(int layers) {
            depth = switch (layers) {
                case 18 -> Depth.D18;
                case 34 -> Depth.D34;
                case 50 -> Depth.D50;
                case 101 -> Depth.D101;
                case 152 -> Depth.D152;
                default -> throw new IllegalArgumentException("depth must be 18, 34, 50, 101 or 152, got " + layers);
            };
            hasDepth = true;
            return this;
        }

        /** The layers before the first block; {@link Stem#CONV7} by default. */
        public Builder optStem(Stem stem) {
            this.stem = stem;
            return this;
        }

        /** Inner channels of the first group, doubled by each later one; 64 by default, even and at least 2. */
        public Builder optWidth(int channels) {
            if (channels < 2 || channels % 2 != 0) {
                throw new IllegalArgumentException("width must be even and at least 2, got " + channels);
            }
            width = channels;
            return this;
        }

        /**
         * Image pixels to one pixel of the last map: 8, 16 or 32 (the default). Below 32 the last groups dilate in place
         * of striding, first blocks with the dilation of the group before, as torchvision.
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

        /** Stride of each of the four groups' first block; 1, 2, 2, 2 by default. */
        public Builder optLayerStrides(int... strides) {
            this.strides = four("layer strides", strides);
            return this;
        }

        /** Dilation of each group's 3x3 convolutions but its first block's leading one; 1, 1, 1, 1 by default. */
        public Builder optDilations(int... dilations) {
            this.dilations = four("dilations", dilations);
            return this;
        }

        /** Dilation of the leading 3x3 convolution of each group's first block; 1, 1, 1, 1 by default. */
        public Builder optFirstBlockDilations(int... dilations) {
            this.firstDilations = four("first-block dilations", dilations);
            return this;
        }

        /** How fast the running statistics follow; {@link BatchNorm2d#MOMENTUM} by default. */
        public Builder optBatchNormMomentum(double momentum) {
            this.momentum = momentum;
            return this;
        }

        /** What is added to variances; {@link BatchNorm2d#EPS} by default. */
        public Builder optBatchNormEps(double eps) {
            this.eps = eps;
            return this;
        }

        private static int[] four(String name, int[] values) {
            if (values.length != GROUPS || Arrays.stream(values).anyMatch(v -> v < 1)) {
                throw new IllegalArgumentException(
                        name + " must be four numbers of at least 1, got " + Arrays.toString(values));
            }
            return values.clone();
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if the depth is not set
         */
        public ResNet build() {
            if (!hasDepth) {
                throw new IllegalStateException("setDepth is required");
            }
            return new ResNet(this);
        }
    }
}
