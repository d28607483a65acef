package dev.wsss.core.pipeline;

import dev.wsss.api.RunManifest;
import java.util.List;
import java.util.SortedMap;

/**
 * What {@link RunFolder#make} did.
 *
 * @param samples number of samples that it was for: the dataset's, or its shard's
 * @param done samples that have all their products now, {@code skipped} included
 * @param skipped samples that had all of them before
 * @param stages what each stage did, in order
 * @param failures samples without all products, in the order of the dataset
 * @param seconds by what they were spent on: {@code total} by the clock; {@code read}, {@code write} and {@code
 *     stage:<name>} summed over threads
 */
public record RunResult(
        int samples,
        int done,
        int skipped,
        List<StageSummary> stages,
        List<RunManifest.Failure> failures,
        SortedMap<String, Double> seconds) {
    /**
     * What one stage did.
     *
     * @param name the stage
     * @param made products made in this run
     * @param reused products that were there and valid
     * @param failed samples that this stage failed on
     * @param leftOut samples that did not come as far as this stage: their image could not be read, or a stage before failed
     * @param seconds spent computing, summed over workers
     */
    public record StageSummary(String name, int made, int reused, int failed, int leftOut, double seconds) {}

    public RunResult {
        stages = List.copyOf(stages);
        failures = List.copyOf(failures);
    }

    /** A few lines for people, the first ten failures among them. */
    public String summary() {
        StringBuilder text = new StringBuilder();
        text.append("%d of %d samples done (%d were before), %d failures, %.1f s%n"
                .formatted(done, samples, skipped, failures.size(), seconds.getOrDefault("total", 0.0)));
        for (StageSummary s : stages) {
            text.append("  %-16s %6d made %6d reused %4d failed %4d left out %9.1f s%n"
                    .formatted(s.name(), s.made(), s.reused(), s.failed(), s.leftOut(), s.seconds()));
        }
        failures.stream()
                .limit(10)
                .forEach(f -> text.append("  %s failed in %s: %s%n".formatted(f.id(), f.stage(), f.reason())));
        if (failures.size() > 10) {
            text.append("  and %d more%n".formatted(failures.size() - 10));
        }
        return text.toString();
    }
}
