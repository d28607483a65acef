package dev.wsss.core.metrics;

import dev.wsss.api.ClassCatalog;
import java.util.Locale;

/**
 * The figures of one evaluation, with what they were measured on.
 *
 * @param subject what was evaluated, such as {@code random walk}
 * @param split the dataset and split, such as {@code shapes/val}
 * @param images how many images
 * @param imageSet which images: a hash of their ids
 * @param classes the labels
 * @param confusion all counts
 * @param convention how classes without a pixel count
 */
public record Evaluation(
        String subject,
        String split,
        int images,
        String imageSet,
        ClassCatalog classes,
        ConfusionMatrix confusion,
        IouConvention convention) {
    /** Mean IoU over the labels, 0 to 1. */
    public double meanIou() {
        return confusion.meanIou(convention);
    }

    /** IoU of each label, 0 to 1; NaN for one that does not occur where the convention leaves it out. */
    public double[] iou() {
        return confusion.iou(convention);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s on %s (%d images, pixels of value 255 ignored): mIoU %.1f %%, pixel accuracy %.1f %%",
                subject,
                split,
                images,
                100 * meanIou(),
                100 * confusion.pixelAccuracy());
    }
}
