package dev.wsss.models.dino;

import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;

/** What STEGO and CAUSE end with: the sum of a linear map of each place and a perceptron of one hidden layer. */
final class TwoBranches extends Layer {
    private final Conv2d linear;
    private final Conv2d first;
    private final Conv2d second;

    /** Branches of these keys. */
    TwoBranches(int channels, int out, String linear, String first, String second) {
        this.linear = child(linear, Conv2d.builder(channels, out, 1).build());
        this.first = child(first, Conv2d.builder(channels, channels, 1).build());
        this.second = child(second, Conv2d.builder(channels, out, 1).build());
    }

    /** {@code [N][channels][h][w]} to {@code [N][out][h][w]}. */
    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            return scope.keep(linear.forward(x).add(second.forward(Ops.relu(first.forward(x)))));
        }
    }
}
