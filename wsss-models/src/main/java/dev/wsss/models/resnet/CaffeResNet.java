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
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * The residual network of the original DeepLab v2 models (Chen et al., TPAMI 2018), at stride 8, with the key names of
 * their PyTorch conversion: {@code layer1.conv1.conv.weight, layer2.block1.reduce.conv.weight, ...}.
 *
 * <p>It differs from {@link ResNet} in four ways: the stride of a bottleneck sits on its first 1x1 convolution, the stem
 * pools with rounding up, every block of a dilated group has the group's dilation (2 in {@code layer4}, 4 in {@code
 * layer5}), and running statistics follow with momentum 0.001.
 */
public final class CaffeResNet extends Backbone {
    /** {@code 1 - 0.999}, the Caffe models' moving average fraction. */
    public static final double MOMENTUM = 1 - 0.999;

    private static final int GROUPS = 4;
    private static final int[] STRIDES = {1, 2, 1, 1};
    private static final int[] MAP_STRIDES = {4, 4, 8, 8, 8};
    private static final int[] DILATIONS = {1, 1, 2, 4};

    private final ConvNorm stem;
    private final boolean ceilPool;
    private final List<List<ResidualBlock>> groups = new ArrayList<>();
    private final int[] channels = new int[GROUPS + 1];

    private CaffeResNet(Builder b) {
        IntFunction<BatchNorm2d> norms = c -> new BatchNorm2d(c, b.momentum, b.eps);
        Conv2d conv = Conv2d.same(3, b.width, 7, 2, 1);
        Init.kaimingNormalFanOut(conv);
        stem = child("layer1.conv1", new ConvNorm("conv", conv, "bn", norms.apply(b.width), true));
        ceilPool = b.ceilPool;
        int in = b.width;
        channels[0] = in;
        for (int g = 0; g < GROUPS; g++) {
            List<ResidualBlock> group = new ArrayList<>();
            for (int i = 0; i < b.blocks[g]; i++) {
                group.add(child(
                        "layer" + (g + 2) + ".block" + (i + 1),
                        ResidualBlock.caffe(in, b.width << g, i == 0 ? STRIDES[g] : 1, DILATIONS[g], i == 0, norms)));
                in = (b.width << g) * ResidualBlock.EXPANSION;
            }
            groups.add(group);
            channels[g + 1] = in;
        }
    }

    /** Starts a network: 101 layers and width 64 unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public int[] channels() {
        return channels.clone();
    }

    @Override
    public int[] strides() {
        return MAP_STRIDES.clone();
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("ceilPool", ceilPool);
    }

    @Override
    public FeaturePyramid features(Tensor images) {
        requireImages(images);
        Tensor c1;
        try (Scope scope = Scope.open()) {
            c1 = scope.keep(Ops.maxPool(stem.forward(images), 3, 2, 1, ceilPool));
        }
        Tensor c2 = ResNet.chain(groups.get(0), c1);
        Tensor c3 = ResNet.chain(groups.get(1), c2);
        Tensor c4 = ResNet.chain(groups.get(2), c3);
        return FeaturePyramid.of(MAP_STRIDES, c1, c2, c3, c4, ResNet.chain(groups.get(3), c4));
    }

    @Override
    public List<String> onnxFeatures(OnnxGraph graph, String images) {
        List<String> maps = new ArrayList<>();
        maps.add(graph.maxPool(stem.onnx(graph, images), 3, 2, 1, ceilPool));
        for (List<ResidualBlock> group : groups) {
            maps.add(onnxChain(group, graph, maps.get(maps.size() - 1)));
        }
        return maps;
    }

    /** Settings of a network. */
    public static final class Builder {
        private int[] blocks = {3, 4, 23, 3};
        private int width = 64;
        private boolean ceilPool = true;
        private double momentum = MOMENTUM;
        private double eps = BatchNorm2d.EPS;

        private Builder() {}

        /** Bottlenecks in {@code layer2} to {@code layer5}; 3, 4, 23, 3 by default, which makes 101 layers. */
        public Builder optBlocks(int... blocks) {
            if (blocks.length != GROUPS || Arrays.stream(blocks).anyMatch(n -> n < 1)) {
                throw new IllegalArgumentException(
                        "blocks must be four numbers of at least 1, got " + Arrays.toString(blocks));
            }
            this.blocks = blocks.clone();
            return this;
        }

        /** Inner channels of {@code layer2}, doubled by each later one; 64 by default. */
        public Builder optWidth(int channels) {
            if (channels < 1) {
                throw new IllegalArgumentException("width must be at least 1, got " + channels);
            }
            width = channels;
            return this;
        }

        /** Whether the stem's pooling rounds sizes up, as Caffe does; on by default. */
        public Builder optCeilPool(boolean up) {
            ceilPool = up;
            return this;
        }

        /** How fast the running statistics follow; {@link CaffeResNet#MOMENTUM} by default. */
        public Builder optBatchNormMomentum(double momentum) {
            this.momentum = momentum;
            return this;
        }

        /** What is added to variances; {@link BatchNorm2d#EPS} by default. */
        public Builder optBatchNormEps(double eps) {
            this.eps = eps;
            return this;
        }

        /** Builds, with weights drawn from libtorch's generator. */
        public CaffeResNet build() {
            return new CaffeResNet(this);
        }
    }
}
