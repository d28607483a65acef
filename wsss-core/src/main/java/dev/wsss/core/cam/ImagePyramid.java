package dev.wsss.core.cam;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.image.Resize;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** An image at several scales, as networks are run on it at test time. */
public final class ImagePyramid {
    private ImagePyramid() {}

    /**
     * One level: the image resized as Pillow's bicubic does, sides rounded half to even, and normalized. At scale 1 its
     * bytes are untouched.
     *
     * @param flip whether the flipped copy follows as a second image of the batch
     * @return {@code [1 or 2][3][height * scale][width * scale]} in the current scope, on the device
     * @throws IllegalArgumentException if the scale is not positive and finite
     * @throws InvalidDataException if no pixel is left at the scale
     */
    public static Tensor level(RgbImage image, double scale, Normalize normalize, boolean flip, ComputeDevice device) {
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("scale must be positive, got " + scale);
        }
        int height = (int) Math.rint(image.height() * scale);
        int width = (int) Math.rint(image.width() * scale);
        if (height < 1 || width < 1) {
            throw new InvalidDataException(
                    "image of " + image.height() + "x" + image.width() + " has no pixel left at scale " + scale);
        }
        RgbImage resized = height == image.height() && width == image.width()
                ? image
                : Resize.PIL_BICUBIC.apply(image, height, width);
        Tensor one = Tensors.to(Tensors.of(normalize.apply(resized), 1, 3, height, width), device);
        return flip ? torch.cat(new TensorVector(one, torch.flip(one, 3)), 0) : one;
    }
}
