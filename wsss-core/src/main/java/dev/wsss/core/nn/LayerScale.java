package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A learnt factor for each channel of the last dimension, small at first (Touvron et al., ICCV 2021). Key {@code gamma},
 * as in timm and DINOv2, unless another is given.
 */
public final class LayerScale extends Layer {
    private final Tensor gamma;

    /** Factors that start from {@code initial}. */
    public LayerScale(int channels, double initial) {
        this("gamma", channels, initial);
    }

    /**
     * Factors under a key of their own.
     *
     * @throws IllegalArgumentException if {@code channels < 1}
     */
    public LayerScale(String key, int channels, double initial) {
        if (channels < 1) {
            throw new IllegalArgumentException("channels must be at least 1, got " + channels);
        }
        try (Scope scope = Scope.open()) {
            gamma = parameter(key, Init.ones(channels).mul(new Scalar(initial)));
        }
    }

    /** {@code [...][channels]} to the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        return x.mul(gamma);
    }
}
