package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;

/** {@link LayerNorm} over the channels of each pixel of {@code [N][C][H][W]}. Keys {@code weight, bias}. */
public final class LayerNorm2d extends Layer {
    /** The epsilon of Segment Anything and ConvNeXt. */
    public static final double EPS = 1e-6;

    private final LayerNorm norm;

    /** A normalisation of {@code channels} with {@link #EPS}. */
    public LayerNorm2d(int channels) {
        this(channels, EPS);
    }

    /**
     * A normalisation that starts as the identity after it.
     *
     * @throws IllegalArgumentException if {@code channels < 1}
     */
    public LayerNorm2d(int channels, double eps) {
        norm = child(new LayerNorm(channels, eps));
    }

    /** {@code [N][C][H][W]} to the same shape; the result lies in memory with the channels last. */
    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            return scope.keep(norm.forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2));
        }
    }
}
