package dev.wsss.models.irn;

import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.GroupNorm;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;

/** A 1x1 convolution without bias, group normalisation, a bilinear resize and a rectifier. Keys {@code 0} and {@code 1}. */
final class Branch extends Network {
    private final Conv2d conv;
    private final GroupNorm norm;

    Branch(int in, int out, int groups) {
        conv = child("0", Conv2d.same(in, out, 1, 1, 1));
        norm = child("1", new GroupNorm(groups, out));
    }

    /** {@code [N][in][h'][w']} to {@code [N][out][h][w]}; the size is that of {@code grid}. */
    Tensor forward(Tensor x, Tensor grid) {
        try (Scope scope = Scope.open()) {
            Tensor normed = norm.forward(conv.forward(x));
            // the rectifier comes after the resize, as published
            return scope.keep(Ops.relu(Ops.bilinear(normed, grid.size(2), grid.size(3), false)));
        }
    }
}
