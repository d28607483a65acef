package dev.wsss.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image with, perhaps, a label for each pixel and maps of scores: what training takes, and what augmentation changes
 * alike.
 *
 * @param image the pixels
 * @param labels of the image's size; null where there are none
 * @param scores such as saliency or the confident scores of AffinityNet, each of the image's size; stay the caller's
 */
public record LabelledImage(RgbImage image, @Nullable LabelMap labels, List<ScoreMaps> scores) {
    public LabelledImage {
        if (labels != null) {
            require("labels", labels.height(), labels.width(), image);
        }
        scores = List.copyOf(scores);
        for (ScoreMaps maps : scores) {
            require("scores", maps.height(), maps.width(), image);
        }
    }

    /** An image without scores. */
    public LabelledImage(RgbImage image, @Nullable LabelMap labels) {
        this(image, labels, List.of());
    }

    private static void require(String what, int height, int width, RgbImage image) {
        if (height != image.height() || width != image.width()) {
            throw new IllegalArgumentException(what + " are " + height + "x" + width + "; expected " + image.height()
                    + "x" + image.width() + " as the image");
        }
    }
}
