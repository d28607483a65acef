package dev.wsss.systems.ppc;

import dev.wsss.core.nn.Select;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * SEAM's loss on background (adaptive min pooling, "rvmin"): some part of every image shows no class, so the lowest of
 * the per-pixel maxima should be 0 at most.
 *
 * <p>{@code mean over images of mean of relu(z)} over the {@code k = h * w / divisor} pixels with the lowest
 * {@code z = max over channels}. At least one pixel counts.
 *
 * @param divisor the part of an image that is taken for background is {@code 1 / divisor}; 4 in all published systems
 * @see <a href="https://arxiv.org/abs/2004.04581">Wang et al., SEAM, section 3.4 and its code</a>
 */
public record MinPoolingLoss(int divisor) {
    /** The published divisor, 4. */
    public static final MinPoolingLoss DEFAULT = new MinPoolingLoss(4);

    public MinPoolingLoss {
        if (divisor < 1) {
            throw new IllegalArgumentException("divisor must be at least 1, got " + divisor);
        }
    }

    /**
     * The loss over all channels.
     *
     * @param maps {@code [N][C][h][w]}, without a background
     */
    public Tensor apply(Tensor maps) {
        Select.requireMaps("maps", maps);
        long k = Math.max(1, maps.size(2) * maps.size(3) / divisor);
        Tensor highest = Select.max(maps, 1).flatten(1, 3);
        Tensor lowest = torch.relu(Select.top(highest, k, false));
        return lowest.sum().div(new Scalar((double) (k * maps.size(0))));
    }

    /**
     * The loss over the classes in the image; the others count as 0 and so does the background.
     *
     * @param maps {@code [N][C][h][w]}
     * @param presence {@code [N][C]} of {@link CamMaps#presence}
     * @param background channel of the background
     */
    public Tensor apply(Tensor maps, Tensor presence, int background) {
        Select.requireMaps("maps", maps);
        Select.requireChannel("background", background, maps);
        return apply(Select.without(CamMaps.present(maps, presence), background));
    }
}
