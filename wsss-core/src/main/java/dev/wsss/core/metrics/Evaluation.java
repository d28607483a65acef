package dev.wsss.core.metrics;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
 * @param boundary IoU along contours, if it was asked for
 * @param sizes how objects are found by their size, if it was asked for
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
        Map<String, String> skipped,
        Optional<BoundaryIou> boundary,
        Optional<ObjectSizes> sizes) {
    public Evaluation {
        skipped = Collections.unmodifiableMap(new LinkedHashMap<>(skipped));
    }

    /** Figures of pixels alone. */
    public Evaluation(
            String subject,
            String split,
            int images,
            String imageSet,
            ClassCatalog classes,
            ConfusionMatrix confusion,
            IouConvention convention,
            ImageCounts byImage,
            Map<String, String> skipped) {
        this(
                subject,
                split,
                images,
                imageSet,
                classes,
                confusion,
                convention,
                byImage,
                skipped,
                Optional.empty(),
                Optional.empty());
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

    /** Pixels that count and whose prediction is {@link LabelMap#IGNORE}: misses of their labels. */
    public long unpredicted() {
        long sum = 0;
        for (int t = 0; t < confusion.labels(); t++) {
            sum += confusion.count(t, LabelMap.IGNORE);
        }
        return sum;
    }

    /**
     * All figures as one JSON object: {@code subject}, {@code split}, {@code images}, {@code imageSet}, {@code pixels}, {@code
     * unpredicted}, {@code miou} by convention, {@code convention}, {@code pixelAccuracy}, {@code meanAccuracy}, {@code
     * frequencyWeightedIou}, {@code mfpr} and {@code mfnr} in DHR's form, {@code boundary} and {@code sizes} where they were
     * asked for, {@code classes} (a list by label) and {@code skipped} (reasons by id). Ratios are 0 to 1; what is not a
     * number is null.
     */
    public String toJson() {
        return EvaluationText.json(this);
    }

    /** All figures as Markdown: a heading, the means, a table by class, and what was left out, of which 20 are named. */
    public String toMarkdown() {
        return EvaluationText.markdown(this);
    }

    /**
     * The same evaluation of groups of labels, such as the seven categories of Cityscapes: a label that was taken for another
     * of its group is right. Without boundaries and sizes.
     *
     * @param groupOfLabel the name of each label's group
     * @throws IllegalArgumentException if there is not one for each label
     */
    public Evaluation grouped(List<String> groupOfLabel) {
        List<String> names = groupOfLabel.stream().distinct().toList();
        int[] groupOf = groupOfLabel.stream().mapToInt(names::indexOf).toArray();
        return new Evaluation(
                subject,
                split,
                images,
                imageSet,
                ClassCatalog.withoutBackground(names),
                confusion.grouped(names.size(), groupOf),
                convention,
                ImageCounts.NONE,
                skipped);
    }

    /**
     * The same evaluation of some of its images alone, for a comparison with another of those; without boundaries and sizes,
     * which are not kept by image.
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
