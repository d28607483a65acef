package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A transformer's perceptron with a gate (Shazeer, "GLU Variants Improve Transformer", 2020): {@code W3 (silu(W1 x) * W2 x)},
 * the two first maps in one. Keys {@code w12.*}, the gate's rows first, and {@code w3.*}, as in DINOv2.
 */
public final class SwiGlu extends Layer {
    private final int hidden;
    private final Linear both;
    private final Linear last;

    /**
     * A perceptron whose weights are drawn from libtorch's generator.
     *
     * @param channels that come in and go out
     * @param hidden channels of the gate, and of what it gates
     * @throws IllegalArgumentException if one is less than 1
     */
    public SwiGlu(int channels, int hidden) {
        if (hidden < 1) {
            throw new IllegalArgumentException("hidden must be at least 1, got " + hidden);
        }
        this.hidden = hidden;
        both = child("w12", new Linear(channels, 2 * hidden));
        last = child("w3", new Linear(hidden, channels));
    }

    /** The channels that stand for those of a plain perceptron: two thirds, rounded up to a multiple of 8, as in DINOv2. */
    public static int hiddenOf(int plain) {
        return (plain * 2 / 3 + 7) / 8 * 8;
    }

    /** {@code [...][channels]} to the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor all = both.forward(x);
            long axis = all.dim() - 1;
            Tensor gate = torch.silu(all.narrow(axis, 0, hidden));
            return scope.keep(last.forward(gate.mul(all.narrow(axis, hidden, hidden))));
        }
    }
}
