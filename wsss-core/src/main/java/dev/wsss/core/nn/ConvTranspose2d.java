package dev.wsss.core.nn;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A transposed two-dimensional convolution, which makes maps larger: {@code H' = (H - 1) * stride - 2 * padding + dilation *
 * (kernel - 1) + outputPadding + 1}. Keys {@code weight} [in][out/groups][k][k] and, unless switched off, {@code bias}.
 */
public final class ConvTranspose2d extends Layer {
    private final Tensor weight;
    private final @Nullable Tensor bias;
    private final int stride;
    private final int padding;
    private final int outputPadding;
    private final int dilation;
    private final int groups;

    private ConvTranspose2d(Builder b) {
        stride = b.stride;
        padding = b.padding;
        outputPadding = b.outputPadding;
        dilation = b.dilation;
        groups = b.groups;
        // PyTorch's default, which takes the second dimension for the input's also where a convolution is transposed
        double bound = 1 / Math.sqrt((double) b.out / b.groups * b.kernel * b.kernel);
        weight = parameter("weight", Init.uniform(bound, b.in, b.out / b.groups, b.kernel, b.kernel));
        bias = b.bias ? parameter("bias", Init.uniform(bound, b.out)) : null;
    }

    /**
     * Starts a transposed convolution of {@code in} to {@code out} channels with a square kernel; stride 1, no padding,
     * dilation 1, one group, with bias unless set otherwise.
     */
    public static Builder builder(int in, int out, int kernel) {
        return new Builder(in, out, kernel);
    }

    /** The kernel, [in][out/groups][k][k]. */
    public Tensor weight() {
        return weight;
    }

    /** The bias, or null without one. */
    public @Nullable Tensor bias() {
        return bias;
    }

    /** {@code [N][in][H][W]} to {@code [N][out][H'][W']}. */
    @Override
    public Tensor forward(Tensor x) {
        return torch.conv_transpose2d(
                x,
                weight,
                bias == null ? new TensorOptional() : new TensorOptional(bias),
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {outputPadding, outputPadding},
                groups,
                dilation,
                dilation);
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of(
                "stride", stride,
                "padding", padding,
                "outputPadding", outputPadding,
                "dilation", dilation,
                "groups", groups);
    }

    /** Settings of a transposed convolution. */
    public static final class Builder {
        private final int in;
        private final int out;
        private final int kernel;
        private int stride = 1;
        private int padding;
        private int outputPadding;
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

        /** How much larger maps become; 1 by default. */
        public Builder optStride(int stride) {
            this.stride = stride;
            return this;
        }

        /** Rows and columns cut from each side of the result; 0 by default. */
        public Builder optPadding(int padding) {
            this.padding = padding;
            return this;
        }

        /** Rows and columns added to the bottom and the right of the result; 0 by default. */
        public Builder optOutputPadding(int padding) {
            outputPadding = padding;
            return this;
        }

        /** Distance of the kernel's elements; 1 by default. */
        public Builder optDilation(int dilation) {
            this.dilation = dilation;
            return this;
        }

        /** Groups of channels that do not see each other; 1 by default. */
        public Builder optGroups(int groups) {
            this.groups = groups;
            return this;
        }

        /** Whether there is a bias; on by default. */
        public Builder optBias(boolean bias) {
            this.bias = bias;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalArgumentException if there is no such convolution
         */
        public ConvTranspose2d build() {
            boolean fits = stride >= 1 && padding >= 0 && dilation >= 1 && groups >= 1;
            if (!fits
                    || outputPadding < 0
                    || outputPadding >= Math.max(stride, dilation)
                    || in % groups != 0
                    || out % groups != 0) {
                throw new IllegalArgumentException("no such transposed convolution: stride " + stride + ", padding "
                        + padding + ", output padding " + outputPadding + ", dilation " + dilation + ", groups "
                        + groups + " for " + in + " to " + out + " channels");
            }
            return new ConvTranspose2d(this);
        }
    }
}
