package dev.wsss.core.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is known at a log point.
 *
 * @param step number of finished updates
 * @param epoch epoch of the last batch, from 0
 * @param loss mean loss since the last log point
 * @param scalars means of the reported figures since then, by name
 * @param rates learning rate of the last update by parameter group
 * @param skipped steps left out so far: their gradient was not finite, or they had nothing to learn
 * @param imagesPerSecond throughput since then, checkpoints and listeners included
 * @param seconds training time so far, over all resumed parts
 * @param residentBytes physical memory of the process now
 */
public record TrainingPoint(
        long step,
        int epoch,
        double loss,
        Map<String, Double> scalars,
        Map<String, Double> rates,
        long skipped,
        double imagesPerSecond,
        double seconds,
        long residentBytes) {
    public TrainingPoint {
        scalars = Collections.unmodifiableMap(new LinkedHashMap<>(scalars));
        rates = Collections.unmodifiableMap(new LinkedHashMap<>(rates));
    }
}
