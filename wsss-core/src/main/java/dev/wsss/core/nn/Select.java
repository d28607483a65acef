package dev.wsss.core.nn;

import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Maxima, ranks and channels of tensors, and the checks that losses share. */
public final class Select {
    private Select() {}

    /** The maximum along a dimension, which stays; its gradient goes to one position, as the reference code's does. */
    public static Tensor max(Tensor t, int dim) {
        return first(torch.max(t, dim, true));
    }

    /** The minimum along a dimension, which stays. */
    public static Tensor min(Tensor t, int dim) {
        return first(torch.min(t, dim, true));
    }

    /** The {@code k} largest or smallest values along the last dimension. */
    public static Tensor top(Tensor t, long k, boolean largest) {
        return first(torch.topk(t, k, -1, largest, false));
    }

    /** Positions along the last dimension by falling value; those of equal values ascend. */
    public static Tensor descending(Tensor t) {
        T_TensorTensor_T sorted = torch.sort(t, new BoolOptional(true), -1, true);
        return new Tensor(sorted.get1());
    }

    private static Tensor first(T_TensorTensor_T pair) {
        // get0 lends a reference that ends with the pair
        return new Tensor(pair.get0());
    }

    /** All channels but one of {@code [N][C][h][w]}. */
    public static Tensor without(Tensor maps, int channel) {
        long after = maps.size(1) - channel - 1;
        if (channel == 0) {
            return maps.narrow(1, 1, after);
        }
        Tensor before = maps.narrow(1, 0, channel);
        return after == 0 ? before : torch.cat(new TensorVector(before, maps.narrow(1, channel + 1, after)), 1);
    }

    /** {@code [N][C-1][h][w]} with {@code [N][1][h][w]} put in as a channel. */
    public static Tensor with(Tensor others, int channel, Tensor plane) {
        TensorVector parts = new TensorVector();
        if (channel > 0) {
            parts.push_back(others.narrow(1, 0, channel));
        }
        parts.push_back(plane);
        if (channel < others.size(1)) {
            parts.push_back(others.narrow(1, channel, others.size(1) - channel));
        }
        return torch.cat(parts, 1);
    }

    /** @throws IllegalArgumentException unless the tensor has four dimensions, {@code [N][C][h][w]} */
    public static void requireMaps(String name, Tensor t) {
        if (t.dim() != 4) {
            throw new IllegalArgumentException(
                    name + " must be [N][C][h][w], got " + Arrays.toString(Tensors.shape(t)));
        }
    }

    /** @throws IllegalArgumentException unless the tensor has this shape */
    public static void requireShape(String name, Tensor t, long... shape) {
        if (!Arrays.equals(Tensors.shape(t), shape)) {
            throw new IllegalArgumentException(
                    name + " must be " + Arrays.toString(shape) + ", got " + Arrays.toString(Tensors.shape(t)));
        }
    }

    /** @throws IllegalArgumentException unless {@code [N][C][h][w]} maps have such a channel */
    public static void requireChannel(String name, int channel, Tensor maps) {
        if (channel < 0 || channel >= maps.size(1)) {
            throw new IllegalArgumentException(
                    name + " must be a channel of " + maps.size(1) + " (0 is the first), got " + channel);
        }
    }
}
