package dev.wsss.examples;

import dev.wsss.api.RunManifest;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.pipeline.RunResult;
import dev.wsss.core.train.TrainingHistory;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;

/** Tells a terminal what a run has done, and counts what failed. */
final class ConsoleListener implements RunListener {
    private static final int SHOWN = 10;

    private final PrintStream console;
    private final Set<String> failed = new HashSet<>();

    ConsoleListener(PrintStream console) {
        this.console = console;
    }

    PrintStream console() {
        return console;
    }

    /** Number of samples on which a stage or the evaluation has failed. */
    int failed() {
        return failed.size();
    }

    /** Counts samples on which something has failed. */
    void count(List<RunManifest.Failure> failures) {
        failures.stream().map(RunManifest.Failure::id).forEach(failed::add);
    }

    @Override
    public void onMade(RunResult result) {
        count(result.failures());
        console.print(result.summary());
    }

    @Override
    public void onTrained(String name, TrainingHistory history) {
        console.printf(
                Locale.ROOT,
                "%s: %d steps, %s, %.1f images/s%s%n",
                name,
                history.steps(),
                history.points().isEmpty() ? "no loss" : String.format(Locale.ROOT, "loss %.4f", history.finalLoss()),
                history.imagesPerSecond(),
                history.skipped() == 0 ? "" : ", %d steps left out".formatted(history.skipped()));
    }

    @Override
    public void onNote(String text) {
        console.println("note: " + text);
    }

    @Override
    public void onLeftOut(String training, SortedMap<String, String> samples) {
        console.println(training + ": " + samples.size() + " left out of training:");
        samples.entrySet().stream()
                .limit(SHOWN)
                .forEach(e -> console.println("  left out of training: " + e.getKey() + ": " + e.getValue()));
        if (samples.size() > SHOWN) {
            console.println("  and " + (samples.size() - SHOWN) + " more");
        }
    }
}
