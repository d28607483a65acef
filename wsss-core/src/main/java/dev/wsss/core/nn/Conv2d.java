package dev.wsss.core.nn;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A two-dimensional convolution. Keys {@code weight} [out][in/groups][k][k] and, unless switched off, {@code bias}.
 *
 * <p>Kernels lie in memory with the channels last, and so then do the maps that come out, whatever the images' layout:
 * shapes and values are the same, and oneDNN computes on that layout as it is. Checkpoints are not concerned.
 */
public final class Conv2d extends Layer {
    private static final long[] TWO = {2, 2};

    private final Tensor weight;
    private final @Nullable Tensor bias;
    private final long[] stride;
    private final long[] padding;
    private final long[] dilation;
    private final long groups;
    private final boolean pointwise;

    private Conv2d(Builder b) {
        stride = new long[] {b.stride, b.stride};
        padding = new long[] {b.padding, b.padding};
        dilation = new long[] {b.dilation, b.dilation};
        groups = b.groups;
        pointwise = b.kernel == 1;
        // PyTorch's default: Kaiming uniform with a = sqrt 5, that is U(-1/sqrt(fan_in), 1/sqrt(fan_in))
        double bound = 1 / Math.sqrt((double) b.in / b.groups * b.kernel * b.kernel);
        Tensor drawn = Init.uniform(bound, b.out, b.in / b.groups, b.kernel, b.kernel);
        weight = parameter("weight", drawn.contiguous(torch.MemoryFormat.ChannelsLast));
        drawn.close();
        bias = b.bias ? parameter("bias", Init.uniform(bound, b.out)) : null;
    }

    /**
     * Starts a convolution of {@code in} to {@code out} channels with a square kernel; stride 1, no padding, dilation 1,
     * one group, with bias unless set otherwise.
     */
    public static Builder builder(int in, int out, int kernel) {
        return new Builder(in, out, kernel);
    }

    /** {@code kernel x kernel} without bias, padded so that stride 1 keeps the size: the usual one before a norm. */
    public static Conv2d same(int in, int out, int kernel, int stride, int dilation) {
        return builder(in, out, kernel)
                .optStride(stride)
                .optPadding(dilation * (kernel - 1) / 2)
                .optDilation(dilation)
                .optBias(false)
                .build();
    }

    /** The kernel. */
    public Tensor weight() {
        return weight;
    }

    /** The bias, or null without one. */
    public @Nullable Tensor bias() {
        return bias;
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("stride", stride[0], "padding", padding[0], "dilation", dilation[0], "groups", groups);
    }

    /** {@code [N][in][H][W]} to {@code [N][out][H'][W']}. */
    @Override
    public Tensor forward(Tensor x) {
        return torch.conv2d(
                x,
                weight,
                bias == null ? new TensorOptional() : new TensorOptional(bias),
                stride,
                padding,
                takesAnyDilation(x) ? TWO : dilation,
                groups);
    }

    /**
     * Whether a dilation that changes nothing pays. A 1x1 kernel has nothing to dilate; but on one thread libtorch
     * computes it as a matrix product, up to ten times slower than oneDNN, to which it leaves whatever is dilated.
     */
    private boolean takesAnyDilation(Tensor x) {
        return pointwise && x.is_cpu() && x.scalar_type().intern() == torch.ScalarType.Float;
    }

    /** Settings of a convolution. */
    public static final class Builder {
        private final int in;
        private final int out;
        private final int kernel;
        private int stride = 1;
        private int padding;
        private int dilation = 1;
        private int groups = 1;
        private boolean bias = true;

        private Builder(int in, int out, int kernel) {
            if (in < 1 || out < 1 || kernel < 1) {
                throw new IllegalArgumentException(
                        "channels and kernel must be at least 1, got in " + in + ", out " + out + ", kernel " + kernel);
            }
            this.in = in;
            this.out = out;
            this.kernel = kernel;
        }

        public Builder optStride(int stride) {
            this.stride = stride;
            return this;
        }

        public Builder optPadding(int padding) {
            this.padding = padding;
            return this;
        }

        public Builder optDilation(int dilation) {
            this.dilation = dilation;
            return this;
        }

        public Builder optGroups(int groups) {
            this.groups = groups;
            return this;
        }

        public Builder optBias(boolean bias) {
            this.bias = bias;
            return this;
        }

        /** Builds. */
        public Conv2d build() {
            if (stride < 1 || padding < 0 || dilation < 1 || groups < 1 || in % groups != 0 || out % groups != 0) {
                throw new IllegalArgumentException("no such convolution: stride " + stride + ", padding " + padding
                        + ", dilation " + dilation + ", groups " + groups + " for " + in + " to " + out + " channels");
            }
            return new Conv2d(this);
        }
    }
}
