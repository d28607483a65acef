package dev.wsss.systems.ppc;

import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What the losses on class activation maps are built of. Maps are {@code [N][C][h][w]}, one channel of which may be the
 * background; results belong to the current scope and carry gradients.
 */
public final class CamMaps {
    /** Keeps quotients finite, in all published systems of this family. */
    public static final double EPS = 1e-5;

    private CamMaps() {}

    /**
     * SEAM's max_norm: each map scaled to [0, 1) over its pixels, {@code relu(r - min - eps) / (max - min + eps)} of
     * {@code r = relu(x)}. A constant or negative map becomes 0 everywhere.
     *
     * @param maps {@code [N][C][h][w]}
     * @param eps normally {@link #EPS}
     */
    public static Tensor maxNorm(Tensor maps, double eps) {
        Select.requireMaps("maps", maps);
        Tensor positive = torch.relu(maps);
        Tensor pixels = positive.flatten(2, 3);
        Tensor max = Select.max(pixels, 2).unsqueeze(3);
        Tensor min = Select.min(pixels, 2).unsqueeze(3);
        Tensor above = torch.relu(positive.sub(min).sub(new Scalar(eps)));
        return above.div(max.sub(min).add(new Scalar(eps)));
    }

    /**
     * SEAM's max_onehot: at each pixel, classes below the highest become 0. The highest keeps its value (the result is no
     * one-hot code), and so do all that tie with it; the background channel stays as it is and does not compete.
     *
     * @param maps {@code [N][C][h][w]}
     * @param background channel that is left alone
     */
    public static Tensor maxOneHot(Tensor maps, int background) {
        Select.requireMaps("maps", maps);
        Select.requireChannel("background", background, maps);
        Tensor classes = Select.without(maps, background);
        Tensor winners = classes.mul(classes.eq(Select.max(classes, 1)));
        return Select.with(winners, background, maps.narrow(1, background, 1));
    }

    /**
     * Which channels count, from tags: the tags with a 1 for the background put in.
     *
     * @param tags {@code [N][C-1]}, 1 for the classes in the image and 0 for the others
     * @param background channel of the background among the {@code C}
     * @return {@code [N][C]}
     */
    public static Tensor presence(Tensor tags, int background) {
        if (tags.dim() != 2 || background < 0 || background > tags.size(1)) {
            throw new IllegalArgumentException("tags must be [N][classes] with the background in 0..classes, got "
                    + Arrays.toString(Tensors.shape(tags)) + " and background "
                    + background);
        }
        Tensor ones = tags.new_full(new long[] {tags.size(0), 1}, new Scalar(1));
        return Select.with(tags, background, ones);
    }

    /** The maps of absent channels set to 0. */
    static Tensor present(Tensor maps, Tensor presence) {
        Select.requireShape("presence", presence, maps.size(0), maps.size(1));
        return maps.mul(presence.to(maps.scalar_type()).unsqueeze(2).unsqueeze(3));
    }
}
