package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A convolution, its batch normalisation and, unless switched off, a rectifier: the brick of most networks. */
public final class ConvNorm extends Layer {
    private final Conv2d conv;
    private final BatchNorm2d norm;
    private final boolean relu;

    /**
     * Joins the two.
     *
     * @param convKey key of the convolution in checkpoints, such as {@code conv} or {@code 0}
     * @param normKey key of the normalisation
     * @param relu whether max(x, 0) follows
     */
    public ConvNorm(String convKey, Conv2d conv, String normKey, BatchNorm2d norm, boolean relu) {
        this.conv = child(convKey, conv);
        this.norm = child(normKey, norm);
        this.relu = relu;
    }

    /** The convolution. */
    public Conv2d conv() {
        return conv;
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("relu", relu);
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor y = norm.forwardOver(conv.forward(x));
            if (relu) {
                // in place: the gradients of convolution and normalisation need neither's output
                y.relu_();
            }
            return scope.keep(y);
        }
    }
}
