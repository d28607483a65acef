package dev.wsss.core.metrics;

import dev.wsss.api.ClassCatalog;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The figures of score maps at many thresholds, with what they were measured on.
 *
 * @param subject what was evaluated, such as {@code CAM}
 * @param split the dataset and split
 * @param ids of the images that were counted, in the order of the dataset
 * @param sweep all counts
 * @param convention how classes without a pixel count
 * @param skipped why images could not be counted, by id, in the order of the dataset
 */
public record SweepEvaluation(
        String subject,
        String split,
        Set<String> ids,
        ThresholdSweep sweep,
        IouConvention convention,
        Map<String, String> skipped) {
    public SweepEvaluation {
        ids = Collections.unmodifiableSet(new LinkedHashSet<>(ids));
        skipped = Collections.unmodifiableMap(new LinkedHashMap<>(skipped));
    }

    /** Number of the best threshold, the lowest such on a tie. */
    public int best() {
        return sweep.best(convention);
    }

    /** Mean IoU at the best threshold, 0 to 1; NaN if no pixel was counted. */
    public double bestMeanIou() {
        ConfusionMatrix matrix = sweep.at(best());
        return matrix.total() == 0 ? Double.NaN : matrix.meanIou(convention);
    }

    /**
     * The figures of pixels at the best threshold.
     *
     * @param classes of the scores, with a background
     */
    public Evaluation atBest(ClassCatalog classes) {
        return new Evaluation(
                subject,
                split,
                ids.size(),
                ImageCounts.imageSet(split, ids),
                classes,
                sweep.at(best()),
                convention,
                ImageCounts.NONE,
                skipped);
    }
}
