package dev.wsss.models.resnet;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * ResNet-38, a wide and shallow residual network of stride 8 with normalization before each convolution (Wu, Shen and
 * van den Hengel, "Wider or Deeper", model A1), in the dilated form that AffinityNet, SEAM and PPC share. 105 million
 * weights at width 64. Key names are theirs: {@code conv1a.weight, b2.conv_branch2a.weight, b4_3.bn_branch2b1.bias, ...}
 * and {@code bn7.weight}.
 *
 * <pre>{@code
 * ResNet38 backbone = ResNet38.fineTuning().build();      // what is frozen in the papers is frozen
 * backbone.load(Safetensors.read(file));
 * ResNet38 small = ResNet38.builder().optWidth(8).build();    // 1/64 of the work, all of it trains
 * }</pre>
 *
 * <p>The maps are the activations <em>before</em> a block, which the papers name after the block's input:
 *
 * <table>
 * <caption>maps at width 64</caption>
 * <tr><th>map</th><th>papers' name</th><th>of</th><th>channels</th><th>stride</th></tr>
 * <tr><td>c1</td><td></td><td>{@code b3}</td><td>128</td><td>2</td></tr>
 * <tr><td>c2</td><td>conv3</td><td>{@code b4}</td><td>256</td><td>4</td></tr>
 * <tr><td>c3</td><td>conv4</td><td>{@code b5}</td><td>512</td><td>8</td></tr>
 * <tr><td>c4</td><td>conv5</td><td>{@code b6}</td><td>1024</td><td>8</td></tr>
 * <tr><td>c5</td><td>conv6</td><td>{@code bn7}, the end</td><td>4096</td><td>8</td></tr>
 * </table>
 *
 * @see <a href="https://arxiv.org/abs/1611.10080">Wider or Deeper: Revisiting the ResNet Model</a>
 */
public final class ResNet38 extends Backbone {
    /** Stages of blocks, b2 to b7. */
    private static final int STAGES = 6;

    private static final int[] STRIDES = {2, 4, 8, 8, 8};

    private final Conv2d conv1a;
    private final List<List<PreActivationBlock>> stages = new ArrayList<>();
    private final BatchNorm2d bn7;
    private final int width;
    /** Maps, of the first, that are taken before the normalization. */
    private final int bareMaps;

    private ResNet38(Builder b) {
        IntFunction<BatchNorm2d> norms = c -> new BatchNorm2d(c, b.momentum, b.eps);
        int w = b.width;
        width = w;
        bareMaps = b.bareMaps;
        conv1a = child("conv1a", Conv2d.same(3, w, 3, 1, 1));
        Init.kaimingNormalFanOut(conv1a);
        stage(PreActivationBlock.plain(w, 2 * w, 2 * w, 2, 1, 1, norms), plain(2, 2 * w, 2 * w, 1, norms));
        stage(PreActivationBlock.plain(2 * w, 4 * w, 4 * w, 2, 1, 1, norms), plain(2, 4 * w, 4 * w, 1, norms));
        stage(PreActivationBlock.plain(4 * w, 8 * w, 8 * w, 2, 1, 1, norms), plain(5, 8 * w, 8 * w, 1, norms));
        stage(PreActivationBlock.plain(8 * w, 8 * w, 16 * w, 1, 1, 2, norms), plain(2, 8 * w, 16 * w, 2, norms));
        stage(PreActivationBlock.bottleneck(16 * w, 32 * w, 4, b.dropout6, norms), List.of());
        stage(PreActivationBlock.bottleneck(32 * w, 64 * w, 4, b.dropout7, norms), List.of());
        bn7 = child("bn7", norms.apply(64 * w));
        freeze(b);
    }

    private static List<PreActivationBlock> plain(
            int count, int mid, int channels, int dilation, IntFunction<BatchNorm2d> norms) {
        List<PreActivationBlock> blocks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            blocks.add(PreActivationBlock.plain(channels, mid, channels, 1, dilation, dilation, norms));
        }
        return blocks;
    }

    private void stage(PreActivationBlock first, List<PreActivationBlock> rest) {
        String name = "b" + (stages.size() + 2);
        List<PreActivationBlock> stage = new ArrayList<>();
        stage.add(child(name, first));
        for (int i = 0; i < rest.size(); i++) {
            stage.add(child(name + "_" + (i + 1), rest.get(i)));
        }
        stages.add(stage);
    }

    private void freeze(Builder b) {
        if (b.frozenStages > 0) {
            conv1a.requiresGrad(false);
        }
        for (List<PreActivationBlock> stage : stages.subList(0, Math.max(0, b.frozenStages - 1))) {
            for (PreActivationBlock block : stage) {
                block.requiresGrad(false);
                block.freezeBatchNorm(true);
            }
        }
        if (b.frozenNorms) {
            freezeBatchNorm(true);
        }
    }

    @Override
    protected Map<String, Object> settings() {
        return bareMaps == 0 ? Map.of() : Map.of("bareMaps", bareMaps);
    }

    /** Starts a network of width 64 that trains as a whole. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts a network that trains as AffinityNet, SEAM and PPC fine-tune theirs from ImageNet: {@code conv1a} and {@code
     * b2} are frozen, and so is every batch normalization, statistics, scale and shift. Load a checkpoint into it.
     */
    public static Builder fineTuning() {
        return new Builder().optFrozenStages(2).optFrozenBatchNorm(true);
    }

    @Override
    public int[] channels() {
        return new int[] {2 * width, 4 * width, 8 * width, 16 * width, 64 * width};
    }

    @Override
    public int[] strides() {
        return STRIDES.clone();
    }

    @Override
    public FeaturePyramid features(Tensor images) {
        requireImages(images);
        try (Scope scope = Scope.open()) {
            List<Tensor> taps = new ArrayList<>();
            Tensor x = conv1a.forward(images);
            for (int s = 0; s < STAGES; s++) {
                for (PreActivationBlock block : stages.get(s)) {
                    Tensor activated = block.activated(x);
                    Tensor next = block.forward(x, activated);
                    // without gradients what is closed are the last references, and memory is free for the next block
                    boolean tapped = isTapped(s, block);
                    boolean bare = tapped && s <= bareMaps;
                    if (tapped) {
                        taps.add(scope.keep(bare ? x : activated));
                    }
                    if (!bare) {
                        x.close();
                    }
                    if (!tapped || bare) {
                        activated.close();
                    }
                    x = next;
                }
            }
            Tensor last = scope.keep(PreActivationBlock.rectified(bn7.forward(x)));
            return FeaturePyramid.of(STRIDES, taps.get(0), taps.get(1), taps.get(2), taps.get(3), last);
        }
    }

    /** Whether what goes into a block is a map. */
    private boolean isTapped(int stage, PreActivationBlock block) {
        return stage >= 1 && stage < STAGES - 1 && block == stages.get(stage).get(0);
    }

    @Override
    public List<String> onnxFeatures(OnnxGraph graph, String images) {
        List<String> maps = new ArrayList<>();
        String x = conv1a.onnx(graph, images);
        for (int s = 0; s < STAGES; s++) {
            for (PreActivationBlock block : stages.get(s)) {
                String activated = block.onnxActivated(graph, x);
                if (isTapped(s, block)) {
                    maps.add(s <= bareMaps ? x : activated);
                }
                x = block.onnx(graph, x, activated);
            }
        }
        maps.add(graph.relu(bn7.onnx(graph, x)));
        return maps;
    }

    /** Settings of a network. */
    public static final class Builder {
        private int width = 64;
        private int frozenStages;
        private boolean frozenNorms;
        private int bareMaps;
        private double dropout6 = 0.3;
        private double dropout7 = 0.5;
        private double momentum = BatchNorm2d.MOMENTUM;
        private double eps = BatchNorm2d.EPS;

        private Builder() {}

        /** Channels of {@code conv1a}, a 64th of those of the last map; 64 by default. */
        public Builder optWidth(int channels) {
            if (channels < 1) {
                throw new IllegalArgumentException("width must be at least 1, got " + channels);
            }
            width = channels;
            return this;
        }

        /**
         * Stages that do not train: 0, the default, for none, 1 for {@code conv1a}, 2 for {@code b2} also, up to 7 for
         * all before {@code bn7}. Their normalizations keep their statistics.
         */
        public Builder optFrozenStages(int count) {
            if (count < 0 || count > STAGES + 1) {
                throw new IllegalArgumentException("frozen stages must be in 0.." + (STAGES + 1) + ", got " + count);
            }
            frozenStages = count;
            return this;
        }

        /** Whether every normalization keeps its statistics, scale and shift in training mode too; off by default. */
        public Builder optFrozenBatchNorm(boolean on) {
            frozenNorms = on;
            return this;
        }

        /**
         * How many of the first maps are what a block is given, before its normalization: 0, the default, to 4. DHR takes the
         * first two so.
         */
        public Builder optBareMaps(int count) {
            if (count < 0 || count > STAGES - 2) {
                throw new IllegalArgumentException("bare maps must be in 0.." + (STAGES - 2) + ", got " + count);
            }
            bareMaps = count;
            return this;
        }

        /** Probability with which whole channels drop inside {@code b6} and {@code b7}; 0.3 and 0.5 by default. */
        public Builder optDropout(double b6, double b7) {
            dropout6 = b6;
            dropout7 = b7;
            return this;
        }

        /** How fast running statistics follow where they are not frozen; {@link BatchNorm2d#MOMENTUM} by default. */
        public Builder optBatchNormMomentum(double momentum) {
            this.momentum = momentum;
            return this;
        }

        /** What is added to variances; {@link BatchNorm2d#EPS} by default. */
        public Builder optBatchNormEps(double eps) {
            this.eps = eps;
            return this;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalArgumentException if a dropout probability is not in [0, 1)
         */
        public ResNet38 build() {
            return new ResNet38(this);
        }
    }
}
