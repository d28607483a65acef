package dev.wsss.core.nn;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Group normalisation over {@code [N][C][H][W]} (Wu and He, ECCV 2018): each group of channels of each image gets mean 0
 * and variance 1, in training and evaluation alike. Keys {@code weight, bias}.
 */
public final class GroupNorm extends Layer {
    /** PyTorch's default epsilon. */
    public static final double EPS = 1e-5;

    private final int groups;
    private final Tensor weight;
    private final Tensor bias;

    /**
     * A normalisation that starts as the identity after it.
     *
     * @throws IllegalArgumentException if {@code groups} does not divide {@code channels}
     */
    public GroupNorm(int groups, int channels) {
        if (groups < 1 || channels < 1 || channels % groups != 0) {
            throw new IllegalArgumentException(
                    "groups must divide the channels, got " + groups + " groups of " + channels + " channels");
        }
        this.groups = groups;
        weight = parameter("weight", Init.ones(channels));
        bias = parameter("bias", Init.zeros(channels));
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("groups", groups, "eps", EPS);
    }

    @Override
    public Tensor forward(Tensor x) {
        return torch.group_norm(x, groups, new TensorOptional(weight), new TensorOptional(bias), EPS, true);
    }
}
