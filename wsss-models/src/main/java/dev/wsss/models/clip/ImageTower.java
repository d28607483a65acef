package dev.wsss.models.clip;

import org.bytedeco.pytorch.Tensor;

/**
 * The part of CLIP that sees images. Those are {@code [N][3][H][W]}, normalized, of the network's type and on its device;
 * {@link ClipPreprocess} makes them.
 */
public sealed interface ImageTower permits ClipVit, ClipResNet {
    /** Its shape. */
    ClipConfig.Image config();

    /** Channels of the space that it maps to. */
    int embedding();

    /**
     * Whole images as vectors.
     *
     * @return {@code [N][embedding]}, not normalized; belongs to the current scope
     * @throws IllegalArgumentException if the images are not of shape {@code [N][3][H][W]}, smaller than a patch, or of a size
     *     that the settings refuse
     */
    Tensor embed(Tensor images);

    /**
     * Each place of images as a vector, by the value path of the last attention (MaskCLIP, ECCV 2022): what a place would
     * give to the attention if it alone were looked at. {@link ClipVit#dense} and {@link ClipResNet#dense} say what is computed.
     *
     * @param keys whether the keys are wanted as well
     * @throws IllegalArgumentException as {@link #embed}
     */
    DenseEmbedding dense(Tensor images, boolean keys);

    /** {@link #dense(Tensor, boolean)} without keys. */
    default DenseEmbedding dense(Tensor images) {
        return dense(images, false);
    }
}
