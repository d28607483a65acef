package dev.wsss.api;

import ai.djl.modality.cv.Image;

/** Labels every pixel of an image, without tags: the end product. */
@FunctionalInterface
public interface Segmenter extends Described {
    /** The label of each pixel, of the image's size; never {@link LabelMap#IGNORE}. */
    LabelMap segment(Image image);

    /** As {@link #segment(Image)}. */
    default LabelMap segment(RgbImage image) {
        return segment(image.toImage());
    }
}
