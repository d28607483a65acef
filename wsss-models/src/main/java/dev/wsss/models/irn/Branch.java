package dev.wsss.models.irn;

import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.GroupNorm;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;

/** A 1x1 convolution without bias, group normalization, a bilinear resize and a rectifier, in this order. Keys {@code 0} and {@code 1}. */
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
            return scope.keep(Ops.relu(resized(normed, grid)));
        }
    }

    /**
     * Smaller maps are enlarged by the power of two that is the ratio of the strides, and cut: where sides are no multiples
     * of the stride, the last row and column of a map reach beyond the image.
     */
    private static Tensor resized(Tensor x, Tensor grid) {
        long h = grid.size(2);
        long w = grid.size(3);
        if (x.size(2) >= h && x.size(3) >= w) {
            return Ops.bilinear(x, h, w, false);
        }
        long factor = 2;
        while (factor * x.size(2) < h || factor * x.size(3) < w) {
            factor *= 2;
        }
        Tensor large = Ops.bilinear(x, factor * x.size(2), factor * x.size(3), false);
        return large.narrow(2, 0, h).narrow(3, 0, w);
    }
}
