package dev.wsss.core.nn;

import dev.wsss.core.runtime.Torch;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Functions of tensors that networks share; results belong to the current scope. */
public final class Ops {
    /** Elements of the softmax from which on it pays to tell OpenBLAS how many threads it has. */
    private static final long PARALLEL_PRODUCTS = 1L << 12;

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

    /**
     * Bilinear resize of {@code [N][C][H][W]} to {@code floor(H * factor)} by {@code floor(W * factor)}, sampled at exactly
     * {@code 1 / factor}: as PyTorch's {@code interpolate(scale_factor)}, which differs from a resize to that size where
     * the product is no integer.
     */
    public static Tensor bilinearBy(Tensor x, double factor, boolean alignCorners) {
        long[] size = {(long) (x.size(2) * factor), (long) (x.size(3) * factor)};
        return torch.upsample_bilinear2d(x, size, alignCorners, new DoubleOptional(factor), new DoubleOptional(factor));
    }

    /** Tensors of {@code [N][C][H][W]} one after the other along the channels. */
    public static Tensor concat(Tensor... parts) {
        return torch.cat(new TensorVector(parts), 1);
    }

    /** The flipped copy of {@code [N][C][H][W]}, left and right exchanged. */
    public static Tensor flip(Tensor x) {
        return torch.flip(x, 3);
    }

    /**
     * {@code softmax(q k^T / sqrt d + mask) v} by libtorch's fused kernel, in which the softmax never is as a whole.
     *
     * @param query {@code [N][heads][L][d]}
     * @param key {@code [N][heads][S][d]}
     * @param value {@code [N][heads][S][d]}
     * @param mask as {@link MultiHeadAttention} takes it, or null for none
     * @param dropout probability with which elements of the softmax drop
     * @return {@code [N][heads][L][d]}
     */
    public static Tensor attention(Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, double dropout) {
        long products = query.numel() / query.size(3) * key.size(2);
        boolean parallel = query.is_cpu() && products >= PARALLEL_PRODUCTS;
        try (Torch.Mode blas = parallel ? Torch.callersOwnBlas() : () -> {}) {
            return torch.scaled_dot_product_attention(
                    query,
                    key,
                    value,
                    mask == null ? new TensorOptional() : new TensorOptional(mask),
                    dropout,
                    false,
                    new DoubleOptional(),
                    false);
        }
    }
}
