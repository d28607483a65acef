package dev.wsss.examples;

import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.pipeline.RunResult;
import dev.wsss.core.train.TrainingHistory;
import java.io.PrintStream;
import java.util.Locale;

/** Tells a terminal what a run has done. */
record ConsoleListener(PrintStream console) implements RunListener {
    @Override
    public void onMade(RunResult result) {
        console.print(result.summary());
    }

    @Override
    public void onTrained(String name, TrainingHistory history) {
        console.printf(
                Locale.ROOT,
                "%s: %d steps, loss %.4f, %.1f images/s%s%n",
                name,
                history.steps(),
                history.finalLoss(),
                history.imagesPerSecond(),
                history.skipped() == 0 ? "" : ", %d steps left out".formatted(history.skipped()));
    }

    @Override
    public void onLeftOut(String id, String reason) {
        console.println("  left out of training: " + id + ": " + reason);
    }
}
