package dev.wsss.core.nn;

import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Functions of tensors that networks share; results belong to the current scope. */
public final class Ops {
    private Ops() {}

    /** max(x, 0). */
    public static Tensor relu(Tensor x) {
        return torch.relu(x);
    }

    /** Bilinear resize of {@code [N][C][H][W]}. */
    public static Tensor bilinear(Tensor x, long height, long width, boolean alignCorners) {
        return x.size(2) == height && x.size(3) == width
                ? x
                : torch.upsample_bilinear2d(x, new long[] {height, width}, alignCorners);
    }

    /** Max pooling with a square window. */
    public static Tensor maxPool(Tensor x, int kernel, int stride, int padding, boolean ceilMode) {
        return torch.max_pool2d(
                x,
                new long[] {kernel, kernel},
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {1, 1},
                ceilMode);
    }

    /** The mean over height and width: {@code [N][C][H][W]} to {@code [N][C]}. */
    public static Tensor globalAverage(Tensor x) {
        return x.mean(new long[] {2, 3}, false, new ScalarTypeOptional());
    }
}
