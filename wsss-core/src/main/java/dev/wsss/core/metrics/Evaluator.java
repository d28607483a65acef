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
import java.util.Set;
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
    private final boolean strict;
    private final Predicate<String> which;

    private Evaluator(Dataset data, IouConvention convention, boolean strict, Predicate<String> which) {
        this.data = data;
        this.convention = convention;
        this.strict = strict;
        this.which = which;
    }

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
        return new Evaluator(data, convention, false, id -> true);
    }

    /** This evaluator, but the first image that cannot be counted ends the evaluation with its error. */
    public Evaluator strict() {
        return new Evaluator(data, convention, true, which);
    }

    /** This evaluator on some of the images alone. */
    public Evaluator only(Set<String> ids) {
        Set<String> some = Set.copyOf(ids);
        return new Evaluator(data, convention, strict, some::contains);
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
        Map<String, ConfusionMatrix.Cells> images = new LinkedHashMap<>();
        Map<String, String> skipped = each(i -> {
            LabelMap map = labels.apply(i);
            if (map != null) {
                ConfusionMatrix one = new ConfusionMatrix(count);
                one.add(map, truth(i));
                confusion.merge(one);
                images.put(data.id(i), one.cells());
            }
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
                skipped);
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
        Set<String> ids = new LinkedHashSet<>();
        Map<String, String> skipped = each(i -> {
            try (ScoreMaps maps = scores.apply(i)) {
                if (maps != null) {
                    sweep.add(maps, truth(i));
                    ids.add(data.id(i));
                }
            }
        });
        return new SweepEvaluation(subject, data.name(), ids, sweep, convention, skipped);
    }

    /** Evaluates a segmenter on every image. */
    public Evaluation evaluate(String subject, Segmenter segmenter) {
        return compare(subject, i -> {
            Sample sample = data.get(i);
            return segmenter.segment(sample.image());
        });
    }

    /** Counts the samples one by one, and says why some could not be. */
    private Map<String, String> each(SampleCount count) {
        Map<String, String> skipped = new LinkedHashMap<>();
        for (int i = 0; i < data.size(); i++) {
            String id = data.id(i);
            if (!data.hasTruth(i) || !which.test(id)) {
                continue;
            }
            try {
                count.add(i);
            } catch (InvalidDataException e) {
                if (strict) {
                    throw new InvalidDataException("sample '" + id + "': " + e.getMessage(), e);
                }
                skipped.put(id, String.valueOf(e.getMessage()));
            }
        }
        return skipped;
    }

    @FunctionalInterface
    private interface SampleCount {
        void add(int index);
    }

    private LabelMap truth(int index) {
        LabelMap truth = data.truth(index);
        int pixels = truth.height() * truth.width();
        if (truth.histogram()[LabelMap.IGNORE] == pixels) {
            throw new InvalidDataException("no pixel counts: all " + pixels + " of its truth are " + LabelMap.IGNORE);
        }
        return truth;
    }
}
