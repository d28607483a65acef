package dev.wsss.core.nn;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** A linear map of the last dimension, {@code x W^T + b}. Keys {@code weight} [out][in] and, unless switched off, {@code bias}. */
public final class Linear extends Layer {
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
        return torch.linear(x, weight, bias == null ? new TensorOptional() : new TensorOptional(bias));
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("bias", bias != null);
    }
}
