package dev.wsss.core.nn;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The Gaussian error linear unit, {@code x * P(X <= x)} of the standard normal distribution (Hendrycks and Gimpel, 2016). */
public final class Gelu extends Layer {
    private final String approximation;

    private Gelu(String approximation) {
        this.approximation = approximation;
    }

    /** The exact one, {@code x / 2 * (1 + erf(x / sqrt 2))}. */
    public static Gelu exact() {
        return new Gelu("none");
    }

    /** Its approximation {@code x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))}. */
    public static Gelu tanh() {
        return new Gelu("tanh");
    }

    @Override
    public Tensor forward(Tensor x) {
        return torch.gelu(x, approximation);
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("approximation", approximation);
    }
}
