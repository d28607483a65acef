package dev.wsss.models.mobilenet;

import dev.wsss.core.nn.ConvNorm.Activation;

/**
 * MobileNet for the EdgeTPU (Howard and Gupta, 2019), without its classifier: MobileNet v2's blocks, of which the first are
 * fused to full convolutions, which large maps compute faster on such hardware, and plain rectifiers. Key names are as
 * {@link MobileNetV2}'s.
 *
 * <pre>{@code
 * MobileNetEdgeTpu slim = MobileNetEdgeTpu.builder().optWidth(0.75).optOutputStride(16).build();
 * DeepLabV3 network = DeepLabV3.builder().setBackbone(slim).setClasses(19).optAsppRates(0).optWidth(128).build();
 * }</pre>
 *
 * <p>Maps are those at the end of each stride: 16, 32, 48, 96 and 1280 channels at full width.
 */
public final class MobileNetEdgeTpu extends MobileNet {
    /**
     * Kind (0 none, 1 fused, 2 depthwise), kernel, expansion, channels, stride, and whether the block has a shortcut, of
     * each block.
     */
    private static final int[][] BLOCKS = {
        {0, 1, 1, 16, 1, 0},
        {1, 3, 8, 32, 2, 0},
        {1, 3, 4, 32, 1, 1},
        {1, 3, 4, 32, 1, 1},
        {1, 3, 4, 32, 1, 1},
        {1, 3, 8, 48, 2, 0},
        {1, 3, 4, 48, 1, 1},
        {1, 3, 4, 48, 1, 1},
        {1, 3, 4, 48, 1, 1},
        {2, 3, 8, 96, 2, 0},
        {2, 3, 4, 96, 1, 1},
        {2, 3, 4, 96, 1, 1},
        {2, 3, 4, 96, 1, 1},
        {2, 3, 8, 96, 1, 0},
        {2, 3, 4, 96, 1, 1},
        {2, 3, 4, 96, 1, 1},
        {2, 3, 4, 96, 1, 1},
        {2, 5, 8, 160, 2, 0},
        {2, 5, 4, 160, 1, 1},
        {2, 5, 4, 160, 1, 1},
        {2, 5, 4, 160, 1, 1},
        {2, 3, 8, 192, 1, 0},
    };

    private static final int FIRST = 32;
    private static final int LAST = 1280;

    private MobileNetEdgeTpu(MobileNetSettings s) {
        super(s);
        int in = s.channels(FIRST);
        append(child("features.0", unit("0", "1", new Kernel(3, in, 3, place(2), 1), Activation.RELU, s)), in);
        int i = 1;
        for (int[] block : BLOCKS) {
            int out = s.channels(block[3]);
            var inside =
                    switch (block[0]) {
                        case 0 -> InvertedResidual.Inside.NONE;
                        case 1 -> InvertedResidual.Inside.FUSED;
                        default -> InvertedResidual.Inside.DEPTHWISE;
                    };
            var config = new InvertedResidual.Config(
                    in, in * block[2], out, block[1], place(block[4]), inside, block[5] == 1);
            append(child("features." + i, new InvertedResidual(config, Activation.RELU, s)), out);
            in = out;
            i++;
        }
        int out = s.lastChannels(LAST);
        append(child("features." + i, unit("0", "1", Kernel.pointwise(in, out), Activation.RELU, s)), out);
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
        public MobileNetEdgeTpu build() {
            return new MobileNetEdgeTpu(settings);
        }
    }
}
