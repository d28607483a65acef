package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Stochastic depth (Huang et al., ECCV 2016): in training mode each image of a batch loses this path with probability
 * {@code p}, and what stays is divided by {@code 1 - p}; nothing in evaluation mode. Draws as timm's.
 */
public final class DropPath extends Layer {
    private final double p;

    /**
     * A path that drops.
     *
     * @throws IllegalArgumentException if {@code p} is not in [0, 1)
     */
    public DropPath(double p) {
        if (!(p >= 0 && p < 1)) {
            throw new IllegalArgumentException("drop path probability must be in [0, 1), got " + p);
        }
        this.p = p;
    }

    /** {@code [N][...]} to the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        if (p == 0 || !isTraining()) {
            return x;
        }
        try (Scope scope = Scope.open()) {
            long[] one = new long[(int) x.dim()];
            Arrays.fill(one, 1);
            one[0] = x.size(0);
            Tensor kept = torch.empty(one, x.options(), null).bernoulli_(1 - p, new GeneratorOptional());
            kept.div_(new Scalar(1 - p));
            return scope.keep(x.mul(kept));
        }
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("p", p);
    }
}
