package dev.wsss.core.nn;

import dev.wsss.core.io.OnnxAttribute;
import dev.wsss.core.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
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
    private final boolean samePadding;

    private Conv2d(Builder b) {
        stride = new long[] {b.stride, b.stride};
        padding = new long[] {b.padding, b.padding};
        dilation = new long[] {b.dilation, b.dilation};
        groups = b.groups;
        pointwise = b.kernel == 1;
        samePadding = b.samePadding;
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

    /** Pixels from one window to the next, in each direction. */
    public int stride() {
        return (int) stride[0];
    }

    /** Pixels from one element of the kernel to the next. */
    public int dilation() {
        return (int) dilation[0];
    }

    /** Groups of channels that do not mix. */
    public int groups() {
        return (int) groups;
    }

    /** Zeros on each side; 0 if {@link #isSamePadding}. */
    public int padding() {
        return (int) padding[0];
    }

    /** Whether the padding is TensorFlow's "SAME". */
    public boolean isSamePadding() {
        return samePadding;
    }

    @Override
    protected Map<String, Object> settings() {
        Object pad = samePadding ? "same" : padding[0];
        return Map.of("stride", stride[0], "padding", pad, "dilation", dilation[0], "groups", groups);
    }

    /** {@code [N][in][H][W]} to {@code [N][out][H'][W']}. */
    @Override
    public Tensor forward(Tensor x) {
        Sides sides = sides(x);
        if (sides.even()) {
            return forward(x, sides.both(), weight, bias);
        }
        try (Scope scope = Scope.open()) {
            return scope.keep(forward(sides.pad(x), new long[2], weight, bias));
        }
    }

    /** Zeros around maps. */
    record Sides(long left, long right, long top, long bottom) {
        boolean even() {
            return left == right && top == bottom;
        }

        long[] both() {
            return new long[] {top, left};
        }

        Tensor pad(Tensor x) {
            return torch.constant_pad_nd(x, new long[] {left, right, top, bottom}, new Scalar(0.0));
        }
    }

    /** The zeros that belong around maps of this size. */
    Sides sides(Tensor x) {
        if (!samePadding) {
            return new Sides(padding[1], padding[1], padding[0], padding[0]);
        }
        long rows = samePadding(x.size(2));
        long columns = samePadding(x.size(3));
        return new Sides(columns / 2, columns - columns / 2, rows / 2, rows - rows / 2);
    }

    /** The same convolution with other weights. */
    Tensor forward(Tensor x, long[] pad, Tensor weight, @Nullable Tensor bias) {
        return torch.conv2d(
                x,
                weight,
                bias == null ? new TensorOptional() : new TensorOptional(bias),
                stride,
                pad,
                takesAnyDilation(x) ? TWO : dilation,
                groups);
    }

    /** Zeros on both sides together of a side of this length. */
    private long samePadding(long side) {
        long out = (side + stride[0] - 1) / stride[0];
        return Math.max(0, (out - 1) * stride[0] + (weight.size(2) - 1) * dilation[0] + 1 - side);
    }

    /**
     * Whether a dilation that changes nothing pays. A 1x1 kernel has nothing to dilate; but on one thread libtorch
     * computes it as a matrix product, up to ten times slower than oneDNN, to which it leaves whatever is dilated.
     */
    private boolean takesAnyDilation(Tensor x) {
        return pointwise && x.is_cpu() && x.scalar_type().intern() == torch.ScalarType.Float;
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        List<String> inputs =
                bias == null ? List.of(x, graph.weight(weight)) : List.of(x, graph.weight(weight), graph.weight(bias));
        Map<String, OnnxAttribute> attributes = new LinkedHashMap<>();
        attributes.put("kernel_shape", OnnxAttribute.ofInts(weight.size(2), weight.size(3)));
        attributes.put("strides", OnnxAttribute.ofInts(stride));
        attributes.put("dilations", OnnxAttribute.ofInts(dilation));
        attributes.put("group", OnnxAttribute.of(groups));
        if (samePadding && stride[0] > 1) {
            attributes.put("auto_pad", OnnxAttribute.of("SAME_UPPER"));
        } else {
            // at stride 1 "same" is symmetric for odd kernels, and runtimes refuse the word together with dilation
            long around = (weight.size(2) - 1) * dilation[0];
            long begin = samePadding ? around / 2 : padding[0];
            long end = samePadding ? around - begin : padding[0];
            attributes.put("pads", OnnxAttribute.ofInts(begin, begin, end, end));
        }
        return graph.node("Conv", inputs, attributes);
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
        private boolean samePadding;

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

        /**
         * TensorFlow's padding "SAME" in place of a fixed one: as many zeros as make the result {@code ceil(side /
         * stride)} long, of which the odd one stands below or on the right. Off by default. Where the stride is 2 it
         * depends on the image's size, and differs from PyTorch's for even sides.
         */
        public Builder optSamePadding(boolean same) {
            samePadding = same;
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
            if (samePadding && padding > 0) {
                throw new IllegalArgumentException("padding is either a number or \"same\", got both; " + padding);
            }
            if (stride < 1 || padding < 0 || dilation < 1 || groups < 1 || in % groups != 0 || out % groups != 0) {
                throw new IllegalArgumentException("no such convolution: stride " + stride + ", padding " + padding
                        + ", dilation " + dilation + ", groups " + groups + " for " + in + " to " + out + " channels");
            }
            return new Conv2d(this);
        }
    }
}
