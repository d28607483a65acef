package dev.wsss.core.metrics;

import dev.wsss.api.ClassCatalog;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The figures of one evaluation, with what they were measured on.
 *
 * @param subject what was evaluated, such as {@code random walk}
 * @param split the dataset and split, such as {@code shapes/val}
 * @param images how many images
 * @param imageSet which images: a hash of their dataset and ids
 * @param classes the labels
 * @param confusion all counts
 * @param convention how classes without a pixel count
 * @param byImage what each image adds to the counts; of none where it is not known
 * @param skipped why images could not be counted, by id, in the order of the dataset
 */
public record Evaluation(
        String subject,
        String split,
        int images,
        String imageSet,
        ClassCatalog classes,
        ConfusionMatrix confusion,
        IouConvention convention,
        ImageCounts byImage,
        Map<String, String> skipped) {
    public Evaluation {
        skipped = Collections.unmodifiableMap(new LinkedHashMap<>(skipped));
    }

    /** Figures that were counted elsewhere, without a count of each image. */
    public Evaluation(
            String subject,
            String split,
            int images,
            String imageSet,
            ClassCatalog classes,
            ConfusionMatrix confusion,
            IouConvention convention) {
        this(subject, split, images, imageSet, classes, confusion, convention, ImageCounts.NONE, Map.of());
    }

    /** Mean IoU over the labels, 0 to 1; NaN if no pixel was counted, whatever the convention. */
    public double meanIou() {
        return confusion.total() == 0 ? Double.NaN : confusion.meanIou(convention);
    }

    /** IoU of each label, 0 to 1; NaN for one that does not occur where the convention leaves it out. */
    public double[] iou() {
        return confusion.iou(convention);
    }

    /**
     * The same evaluation of some of its images alone, for a comparison with another of those.
     *
     * @param ids of images; those that this has not counted are passed over
     */
    public Evaluation on(Set<String> ids) {
        ImageCounts some = byImage.only(ids::contains);
        return new Evaluation(
                subject, split, some.ids().size(), some.imageSet(), classes, some.sum(), convention, some, Map.of());
    }

    @Override
    public String toString() {
        String head = String.format(
                Locale.ROOT,
                "%s on %s (%d images, %spixels of value 255 ignored): ",
                subject,
                split,
                images,
                skipped.isEmpty() ? "" : skipped.size() + " more left out, ");
        return confusion.total() == 0
                ? head + "no pixel was counted"
                : head
                        + String.format(
                                Locale.ROOT,
                                "mIoU %.1f %%, pixel accuracy %.1f %%",
                                100 * meanIou(),
                                100 * confusion.pixelAccuracy());
    }
}
