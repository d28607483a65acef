package dev.wsss.core.pipeline;

import dev.wsss.core.train.TrainingHistory;

/** Hears what a {@link RunFolder} has done, step by step. Called by the run's own thread. */
public interface RunListener {
    /** Stages have made their products, or found them. */
    default void onMade(RunResult result) {}

    /** A network has been trained to the end, now or in a run before. */
    default void onTrained(String name, TrainingHistory history) {}

    /** A sample could not be trained on. */
    default void onLeftOut(String id, String reason) {}
}
