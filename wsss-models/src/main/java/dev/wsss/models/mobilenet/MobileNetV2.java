package dev.wsss.models.mobilenet;

import dev.wsss.core.nn.ConvNorm.Activation;

/**
 * MobileNet v2 (Sandler et al., CVPR 2018) without its classifier, with torchvision's key names, {@code
 * features.1.conv.0.0.weight} and so on.
 *
 * <pre>{@code
 * MobileNetV2 plain = MobileNetV2.builder().build();                             // stride 32, 1280 channels
 * MobileNetV2 half = MobileNetV2.builder().optWidth(0.5).optOutputStride(16).build();
 * Classifier network = new Classifier(plain, 20);
 * }</pre>
 *
 * <p>Maps are those at the end of each stride: 16, 24, 32, 96 and 1280 channels at full width, the last 320 without the
 * {@linkplain Builder#optLastConv last convolution}. Convolutions start from Kaiming's normal over the output fan,
 * normalizations as the identity.
 */
public final class MobileNetV2 extends MobileNet {
    /** Expansion, channels, blocks and stride of each group: table 2 of the paper. */
    private static final int[][] GROUPS = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
    };

    private static final int FIRST = 32;
    private static final int LAST = 1280;

    private MobileNetV2(MobileNetSettings s) {
        super(s);
        int in = s.channels(FIRST);
        append(child("features.0", unit("0", "1", new Kernel(3, in, 3, place(2), 1), Activation.RELU6, s)), in);
        int i = 1;
        for (int[] group : GROUPS) {
            int out = s.channels(group[1]);
            for (int b = 0; b < group[2]; b++) {
                int stride = b == 0 ? group[3] : 1;
                var config = new InvertedResidual.Config(
                        in,
                        in * group[0],
                        out,
                        3,
                        place(stride),
                        InvertedResidual.Inside.DEPTHWISE,
                        stride == 1 && in == out);
                append(child("features." + i, new InvertedResidual(config, Activation.RELU6, s)), out);
                in = out;
                i++;
            }
        }
        if (s.lastConv()) {
            int out = s.lastChannels(LAST);
            append(child("features." + i, unit("0", "1", Kernel.pointwise(in, out), Activation.RELU6, s)), out);
        }
    }

    /** Starts a network: full width, stride 32, PyTorch's padding unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts another network with this one's settings, such as for another output stride; weights are not taken over. */
    public Builder toBuilder() {
        return new Builder().with(settings);
    }

    /** Settings of a network. */
    public static final class Builder extends MobileNetBuilder<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** What channels are a multiple of; 8 by default, 1 in TensorFlow's DeepLab of other widths than 1. */
        public Builder optDivisor(int divisor) {
            return with(settings.withDivisor(divisor));
        }

        /** Whether the 1x1 convolution to 1280 channels ends it, on which classifiers build; it does by default. */
        public Builder optLastConv(boolean last) {
            return with(settings.withLastConv(last));
        }

        /** Builds, with weights drawn from libtorch's generator. */
        public MobileNetV2 build() {
            return new MobileNetV2(settings);
        }
    }
}
