package dev.wsss.core.cam;

import dev.wsss.api.Described;
import org.bytedeco.pytorch.Tensor;

/** A classifier whose last feature map has one channel for each tag. Called without gradient; see {@link Cam}. */
@FunctionalInterface
public interface CamNetwork extends Described {
    /**
     * The activations before any normalization.
     *
     * @param images {@code [N][3][H][W]}, normalized
     * @return {@code [N][C][h][w]} with one channel for each tag of the catalog, in its order; further channels, such as
     *     a background, may follow, and take part in {@link CamActivation#SOFTMAX} only
     */
    Tensor activations(Tensor images);
}
