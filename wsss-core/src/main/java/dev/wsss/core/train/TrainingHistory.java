package dev.wsss.core.train;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finished run.
 *
 * @param points the log points in order, those before a resume included
 * @param steps number of updates in all
 * @param resumedFrom the step at which this call of {@code fit} went on; 0 if it began
 * @param skipped steps left out over all resumed parts: their gradient was not finite, or they had nothing to learn
 * @param images images seen by this call
 * @param seconds training time over all resumed parts
 * @param imagesPerSecond throughput of this call
 * @param peakResidentBytes most physical memory that the process has had
 * @param checkpoint the last checkpoint, or null without any
 */
public record TrainingHistory(
        List<TrainingPoint> points,
        long steps,
        long resumedFrom,
        long skipped,
        long images,
        double seconds,
        double imagesPerSecond,
        long peakResidentBytes,
        @Nullable Path checkpoint) {
    public TrainingHistory {
        points = List.copyOf(points);
    }

    /** Mean loss at the log points. */
    public double[] losses() {
        return points.stream().mapToDouble(TrainingPoint::loss).toArray();
    }

    /**
     * Mean loss at the last log point.
     *
     * @throws IllegalStateException if there is none
     */
    public double finalLoss() {
        if (points.isEmpty()) {
            throw new IllegalStateException("the run has no log point");
        }
        return points.get(points.size() - 1).loss();
    }
}
