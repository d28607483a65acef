package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** {@code x * sigmoid(1.702 x)}, the activation of OpenAI's CLIP models. */
public final class QuickGelu extends Layer {
    private static final double SLOPE = 1.702;

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor gate = x.mul(new Scalar(SLOPE));
            // in place: the gradient of a product by a number needs no product
            gate.sigmoid_();
            return scope.keep(x.mul(gate));
        }
    }
}
