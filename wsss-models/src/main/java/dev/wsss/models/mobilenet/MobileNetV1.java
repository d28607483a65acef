package dev.wsss.models.mobilenet;

import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.ConvNorm.Activation;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;

/**
 * MobileNet (Howard et al., 2017, arXiv 1704.04861) without its classifier: depthwise 3x3 and pointwise convolutions by turns.
 * torchvision has none; key names are timm's, {@code conv_stem.weight, bn1.weight, blocks.0.0.conv_dw.weight,
 * blocks.0.0.bn1.weight, blocks.0.0.conv_pw.weight, blocks.0.0.bn2.weight} and so on.
 *
 * <pre>{@code
 * MobileNetV1 quarter = MobileNetV1.builder().optWidth(0.25).build();
 * }</pre>
 *
 * <p>Maps are those at the end of each stride: 64, 128, 256, 512 and 1024 channels at full width.
 */
public final class MobileNetV1 extends MobileNet {
    /** Channels, layers and stride of each stage: table 1 of the paper. */
    private static final int[][] STAGES = {{64, 1, 1}, {128, 2, 2}, {256, 2, 2}, {512, 6, 2}, {1024, 2, 2}};

    private static final int FIRST = 32;
    /** As slim, whose rule does not round to multiples. */
    private static final int LEAST = 8;

    private MobileNetV1(MobileNetSettings s) {
        super(s);
        int in = channels(s, FIRST);
        append(child(unit("conv_stem", "bn1", new Kernel(3, in, 3, place(2), 1), Activation.RELU6, s)), in);
        for (int g = 0; g < STAGES.length; g++) {
            int out = channels(s, STAGES[g][0]);
            for (int i = 0; i < STAGES[g][1]; i++) {
                Place place = place(i == 0 ? STAGES[g][2] : 1);
                append(child("blocks." + g + "." + i, new Separable(in, out, place, s)), out);
                in = out;
            }
        }
    }

    private static int channels(MobileNetSettings s, int atFullWidth) {
        return Math.max(LEAST, (int) (atFullWidth * s.width()));
    }

    private static final class Separable extends Layer {
        private final ConvNorm depthwise;
        private final ConvNorm pointwise;

        Separable(int in, int out, Place place, MobileNetSettings s) {
            depthwise = child(unit("conv_dw", "bn1", Kernel.depthwise(in, 3, place), Activation.RELU6, s));
            pointwise = child(unit("conv_pw", "bn2", Kernel.pointwise(in, out), Activation.RELU6, s));
        }

        @Override
        public Tensor forward(Tensor x) {
            try (Scope scope = Scope.open()) {
                return scope.keep(pointwise.forward(depthwise.forward(x)));
            }
        }

        @Override
        public String onnx(OnnxGraph graph, String x) {
            return pointwise.onnx(graph, depthwise.onnx(graph, x));
        }
    }

    /** Starts a network: full width, stride 32, PyTorch's padding unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /** Settings of a network. */
    public static final class Builder extends MobileNetBuilder<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** Builds, with weights drawn from libtorch's generator. */
        public MobileNetV1 build() {
            return new MobileNetV1(settings);
        }
    }
}
