package dev.wsss.core.nn;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer normalisation over the last dimension (Ba, Kiros and Hinton, 2016): {@code (x - mean) / sqrt(var + eps) * weight +
 * bias} with the biased variance. Keys {@code weight, bias}.
 */
public final class LayerNorm extends Layer {
    /** PyTorch's default epsilon. Vision transformers of timm have 1e-6. */
    public static final double EPS = 1e-5;

    private final long[] shape;
    private final double eps;
    private final Tensor weight;
    private final Tensor bias;

    /** A normalisation of {@code channels} with {@link #EPS}. */
    public LayerNorm(int channels) {
        this(channels, EPS);
    }

    /**
     * A normalisation that starts as the identity after it.
     *
     * @throws IllegalArgumentException if {@code channels < 1}
     */
    public LayerNorm(int channels, double eps) {
        if (channels < 1) {
            throw new IllegalArgumentException("channels must be at least 1, got " + channels);
        }
        shape = new long[] {channels};
        this.eps = eps;
        weight = parameter("weight", Init.ones(channels));
        bias = parameter("bias", Init.zeros(channels));
    }

    /** {@code [...][channels]} to the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        return torch.layer_norm(x, shape, new TensorOptional(weight), new TensorOptional(bias), eps, true);
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("eps", eps);
    }
}
