package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** A linear map of the last dimension, {@code x W^T + b}. Keys {@code weight} [out][in] and, unless switched off, {@code bias}. */
public final class Linear extends Layer {
    /** From so many rows on a convolution pays. */
    private static final int CONVOLVED_ROWS = 64;

    private static final boolean X86 = Loader.getPlatform().endsWith("x86_64");
    private static final long[] TWO = {2, 2};

    private final Tensor weight;
    private final @Nullable Tensor bias;

    /** A map with bias. */
    public Linear(int in, int out) {
        this(in, out, true);
    }

    /**
     * A map that starts from U(-1/sqrt(in), 1/sqrt(in)), PyTorch's default.
     *
     * @throws IllegalArgumentException if {@code in} or {@code out} is less than 1
     */
    public Linear(int in, int out, boolean bias) {
        if (in < 1 || out < 1) {
            throw new IllegalArgumentException("in and out must be at least 1, got " + in + " and " + out);
        }
        double bound = 1 / Math.sqrt(in);
        weight = parameter("weight", Init.uniform(bound, out, in));
        this.bias = bias ? parameter("bias", Init.uniform(bound, out)) : null;
    }

    /** The matrix, [out][in]. */
    public Tensor weight() {
        return weight;
    }

    /** The bias, or null without one. */
    public @Nullable Tensor bias() {
        return bias;
    }

    /** {@code [...][in]} to {@code [...][out]}. */
    @Override
    public Tensor forward(Tensor x) {
        return apply(x, weight, bias == null ? new TensorOptional() : new TensorOptional(bias));
    }

    /**
     * {@code x W^T + b}, of many rows on a processor as a 1x1 convolution: oneDNN, which computes that, takes half the time
     * of the matrix product of libtorch's BLAS.
     */
    static Tensor apply(Tensor x, Tensor weight, TensorOptional bias) {
        long in = weight.size(1);
        long rows = in == 0 ? 0 : x.numel() / in;
        if (rows < CONVOLVED_ROWS || !isConvolved(x) || x.size(x.dim() - 1) != in) {
            return torch.linear(x, weight, bias);
        }
        try (Scope scope = Scope.open()) {
            // rows as the places of an image of one line, which lies channels last as it is
            Tensor line = x.reshape(1, rows, in).transpose(1, 2).unsqueeze(2);
            // a dilation, which changes nothing here, keeps libtorch from making a matrix product of it again
            Tensor y = torch.conv2d(line, weight.view(-1, in, 1, 1), bias, new long[] {1, 1}, new long[2], TWO, 1);
            long[] shape = Tensors.shape(x);
            shape[shape.length - 1] = weight.size(0);
            return scope.keep(y.squeeze(2).transpose(1, 2).reshape(shape));
        }
    }

    private static boolean isConvolved(Tensor x) {
        return X86
                && x.is_cpu()
                && x.scalar_type().intern() == torch.ScalarType.Float
                && !torch.is_autocast_enabled(torch.DeviceType.CPU);
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("bias", bias != null);
    }
}
