package dev.wsss.api;

import org.jspecify.annotations.Nullable;

/**
 * An image with, perhaps, a label for each pixel: what training on masks takes.
 *
 * @param image the pixels
 * @param labels of the image's size; null where there are none
 */
public record LabelledImage(RgbImage image, @Nullable LabelMap labels) {
    public LabelledImage {
        if (labels != null && (labels.height() != image.height() || labels.width() != image.width())) {
            throw new IllegalArgumentException("labels are " + labels.height() + "x" + labels.width() + "; expected "
                    + image.height() + "x" + image.width() + " as the image");
        }
    }
}
