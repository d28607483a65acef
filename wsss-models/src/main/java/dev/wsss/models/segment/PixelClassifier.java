package dev.wsss.models.segment;

import org.bytedeco.pytorch.Tensor;

/** What a network does that scores every pixel, whatever its parts: images in, logits out. */
@FunctionalInterface
public interface PixelClassifier {
    /**
     * Pixel logits of images, in the current scope.
     *
     * @param images {@code [N][3][H][W]}, normalized
     * @return {@code [N][classes][h][w]}, of any size; resizing is left to the caller
     */
    Tensor forward(Tensor images);
}
