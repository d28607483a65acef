package dev.wsss.core.metrics;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Segmenter;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Compares label maps with a dataset's truth: the only place in a pipeline that asks for masks. Pixels whose truth is
 * {@link LabelMap#IGNORE} are skipped.
 *
 * <p>An image that cannot be counted does not cost the others their score: where mask, map or image is no valid one, the two
 * differ in size, or no pixel of the truth counts, the image is entered in {@link Evaluation#skipped} with the reason. An
 * evaluator that is {@link #strict} throws instead. Samples {@linkplain Dataset#hasTruth(int) without a mask} take no part.
 */
public final class Evaluator {
    private final Dataset data;
    private final IouConvention convention;
    private final Options options;

    private Evaluator(Dataset data, IouConvention convention, Options options) {
        this.data = data;
        this.convention = convention;
        this.options = options;
    }

    /**
     * What is counted and how.
     *
     * @param boundary width of boundaries as a share of the diagonal, 0 for none
     */
    private record Options(
            boolean strict,
            Predicate<String> which,
            boolean onlyWithForeground,
            int threads,
            double boundary,
            ObjectSizes.@Nullable Areas areas,
            Unpredicted unpredicted) {}

    /**
     * An evaluator on a dataset with masks; classes that neither side shows are left out of the mean.
     *
     * @throws InvalidDataException if the dataset has no masks
     */
    public static Evaluator on(Dataset data) {
        return on(data, IouConvention.OCCURRING);
    }

    /** As {@link #on(Dataset)} with a convention of your choice. */
    public static Evaluator on(Dataset data, IouConvention convention) {
        if (!data.hasTruth()) {
            throw new InvalidDataException("dataset " + data.name() + " has no masks to evaluate against");
        }
        return new Evaluator(data, convention, new Options(false, id -> true, false, 1, 0, null, Unpredicted.MISS));
    }

    private Evaluator with(Options other) {
        return new Evaluator(data, convention, other);
    }

    /** This evaluator, but the first image that cannot be counted ends the evaluation with its error. */
    public Evaluator strict() {
        Options o = options;
        return with(new Options(true, o.which, o.onlyWithForeground, o.threads, o.boundary, o.areas, o.unpredicted));
    }

    /** This evaluator on some of the images alone. */
    public Evaluator only(Set<String> ids) {
        Set<String> some = Set.copyOf(ids);
        Options o = options;
        return with(new Options(
                o.strict, some::contains, o.onlyWithForeground, o.threads, o.boundary, o.areas, o.unpredicted));
    }

    /**
     * This evaluator without the images whose truth shows the background alone, as DHR's evaluation does on all datasets but
     * COCO. They are entered in {@link Evaluation#skipped} and are no error of a {@link #strict} evaluator.
     */
    public Evaluator onlyWithForeground() {
        Options o = options;
        return with(new Options(o.strict, o.which, true, o.threads, o.boundary, o.areas, o.unpredicted));
    }

    /**
     * This evaluator on several threads; one, the caller's own, unless set. Figures are the same whatever the number, and so is
     * the order of ids. What is evaluated is then called from several threads at a time; at most this many images are in memory.
     *
     * @param threads 1 or more
     */
    public Evaluator optThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
        }
        Options o = options;
        return with(new Options(o.strict, o.which, o.onlyWithForeground, threads, o.boundary, o.areas, o.unpredicted));
    }

    /**
     * This evaluator with {@link BoundaryIou} for label maps, at the width of the paper; without unless set.
     *
     * @see #optBoundary(double)
     */
    public Evaluator optBoundary() {
        return optBoundary(BoundaryIou.PUBLISHED_RATIO);
    }

    /**
     * As {@link #optBoundary()} with another width.
     *
     * @param ratio of the image's diagonal, above 0 and at most 1
     */
    public Evaluator optBoundary(double ratio) {
        BoundaryIou checked = new BoundaryIou(1, ratio);
        Options o = options;
        return with(new Options(
                o.strict, o.which, o.onlyWithForeground, o.threads, checked.ratio(), o.areas, o.unpredicted));
    }

    /** This evaluator with {@link ObjectSizes} for label maps; without unless set. */
    public Evaluator optObjectSizes(ObjectSizes.Areas areas) {
        Options o = options;
        return with(new Options(o.strict, o.which, o.onlyWithForeground, o.threads, o.boundary, areas, o.unpredicted));
    }

    /**
     * This evaluator with another rule for pixels of label maps that are predicted {@link LabelMap#IGNORE}; {@link
     * Unpredicted#MISS} unless set.
     *
     * @throws IllegalArgumentException if they are to be background and the classes have none
     */
    public Evaluator optUnpredicted(Unpredicted rule) {
        if (rule == Unpredicted.BACKGROUND && !data.classes().hasBackground()) {
            throw new IllegalArgumentException("pixels without a prediction are to be background, but the classes of "
                    + data.name() + " have none");
        }
        Options o = options;
        return with(new Options(o.strict, o.which, o.onlyWithForeground, o.threads, o.boundary, o.areas, rule));
    }

    /**
     * Evaluates label maps.
     *
     * @param subject a name for them
     * @param labels the map of a sample by its index, of the mask's size; null for a sample that has none, which is left
     *     out and not counted
     * @throws InvalidDataException if this is strict and an image cannot be counted; the message names the sample
     */
    public Evaluation compare(String subject, IntFunction<? extends @Nullable LabelMap> labels) {
        int count = data.classes().labelCount();
        ConfusionMatrix confusion = new ConfusionMatrix(count);
        Optional<BoundaryIou> boundary = boundary();
        Optional<ObjectSizes> sizes = sizes();
        Map<String, ConfusionMatrix.Cells> images = new LinkedHashMap<>();
        Map<String, String> skipped = each(
                i -> {
                    LabelMap map = labels.apply(i);
                    return map == null ? null : count(map, truth(i));
                },
                (i, image) -> {
                    confusion.add(image.cells);
                    boundary.ifPresent(sum -> image.boundary.ifPresent(sum::merge));
                    sizes.ifPresent(sum -> image.sizes.ifPresent(sum::merge));
                    images.put(data.id(i), image.cells);
                });
        ImageCounts byImage = new ImageCounts(data.description().sha256(), count, images);
        return new Evaluation(
                subject,
                data.name(),
                images.size(),
                byImage.imageSet(),
                data.classes(),
                confusion,
                convention,
                byImage,
                skipped,
                boundary,
                sizes);
    }

    /** What one image adds. */
    private record Image(ConfusionMatrix.Cells cells, Optional<BoundaryIou> boundary, Optional<ObjectSizes> sizes) {}

    private Image count(LabelMap given, LabelMap whole) {
        LabelMap map = options.unpredicted.prediction(given);
        LabelMap truth = options.unpredicted.truth(given, whole);
        ConfusionMatrix confusion = new ConfusionMatrix(data.classes().labelCount());
        confusion.add(map, truth);
        Optional<BoundaryIou> boundary = boundary();
        boundary.ifPresent(b -> b.add(map, truth));
        Optional<ObjectSizes> sizes = sizes();
        sizes.ifPresent(s -> s.add(map, truth));
        return new Image(confusion.cells(), boundary, sizes);
    }

    private Optional<BoundaryIou> boundary() {
        return options.boundary == 0
                ? Optional.empty()
                : Optional.of(new BoundaryIou(data.classes().labelCount(), options.boundary));
    }

    private Optional<ObjectSizes> sizes() {
        return Optional.ofNullable(options.areas).map(areas -> new ObjectSizes(data.classes(), areas));
    }

    /**
     * Evaluates score maps at every threshold.
     *
     * @param subject a name for them
     * @param thresholds as for {@link ThresholdSweep}
     * @param scores the maps of a sample by its index, of the mask's size, which are closed; null for a sample that has none,
     *     which is left out and not counted
     * @throws IllegalArgumentException as {@link ThresholdSweep#ThresholdSweep}
     * @throws InvalidDataException if this is strict and an image cannot be counted; the message names the sample
     */
    public SweepEvaluation sweep(
            String subject, double[] thresholds, IntFunction<? extends @Nullable ScoreMaps> scores) {
        ThresholdSweep sweep = new ThresholdSweep(data.classes(), thresholds);
        // a sweep is large: one for each thread, not for each image
        Queue<ThresholdSweep> parts = new ConcurrentLinkedQueue<>();
        Set<String> ids = new LinkedHashSet<>();
        Map<String, String> skipped = each(
                i -> {
                    try (ScoreMaps maps = scores.apply(i)) {
                        if (maps == null) {
                            return null;
                        }
                        LabelMap truth = truth(i);
                        ThresholdSweep free = parts.poll();
                        ThresholdSweep part = free == null ? new ThresholdSweep(data.classes(), thresholds) : free;
                        try {
                            part.add(maps, truth);
                        } finally {
                            parts.add(part);
                        }
                        return data.id(i);
                    }
                },
                (i, id) -> ids.add(id));
        parts.forEach(sweep::merge);
        return new SweepEvaluation(subject, data.name(), ids, sweep, convention, skipped);
    }

    /** Evaluates a segmenter on every image; on several threads only if it may be called from them. */
    public Evaluation evaluate(String subject, Segmenter segmenter) {
        return compare(subject, i -> {
            Sample sample = data.get(i);
            return segmenter.segment(sample.image());
        });
    }

    /**
     * Counts the samples and says why some could not be.
     *
     * @param count of a sample by its index, on any thread; null for one that is left out
     * @param collect takes each sample's, on the caller's thread and in the order of the dataset
     */
    private <R> Map<String, String> each(IntFunction<@Nullable R> count, Collector<R> collect) {
        Map<String, String> skipped = new LinkedHashMap<>();
        try (InOrder<R> work = new InOrder<>(options.threads, (i, outcome) -> {
            try {
                R counted = outcome.get();
                if (counted != null) {
                    collect.add(i, counted);
                }
            } catch (WithoutForeground e) {
                skipped.put(data.id(i), String.valueOf(e.getMessage()));
            } catch (InvalidDataException e) {
                if (options.strict) {
                    throw new InvalidDataException("sample '" + data.id(i) + "': " + e.getMessage(), e);
                }
                skipped.put(data.id(i), String.valueOf(e.getMessage()));
            }
        })) {
            for (int i = 0; i < data.size(); i++) {
                if (data.hasTruth(i) && options.which.test(data.id(i))) {
                    int index = i;
                    work.submit(index, () -> count.apply(index));
                }
            }
            work.finish();
        }
        return skipped;
    }

    @FunctionalInterface
    private interface Collector<R> {
        void add(int index, R counted);
    }

    private LabelMap truth(int index) {
        LabelMap truth = data.truth(index);
        int pixels = truth.height() * truth.width();
        int[] counts = truth.histogram();
        if (counts[LabelMap.IGNORE] == pixels) {
            throw new InvalidDataException("no pixel counts: all " + pixels + " of its truth are " + LabelMap.IGNORE);
        }
        if (options.onlyWithForeground
                && data.classes().hasBackground()
                && counts[0] + counts[LabelMap.IGNORE] == pixels) {
            throw new WithoutForeground();
        }
        return truth;
    }

    /** Left out as asked. */
    private static final class WithoutForeground extends InvalidDataException {
        private static final long serialVersionUID = 1;

        WithoutForeground() {
            super("its truth shows the background alone");
        }
    }
}
