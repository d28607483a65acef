package dev.wsss.core.cam;

import dev.wsss.api.Described;
import org.bytedeco.pytorch.Tensor;

/** A classifier cut in two at the feature map that {@link GradCam} looks at. */
public interface GradCamNetwork extends Described {
    /**
     * The first part.
     *
     * @param images {@code [N][3][H][W]}, normalized
     * @return {@code [N][D][h][w]}
     */
    Tensor features(Tensor images);

    /**
     * The second part, differentiable in its argument.
     *
     * @param features {@code [N][D][h][w]}
     * @return class scores {@code [N][C]}, one for each tag of the catalog, in its order
     */
    Tensor logits(Tensor features);
}
