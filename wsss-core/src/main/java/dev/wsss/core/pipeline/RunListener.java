package dev.wsss.core.pipeline;

import dev.wsss.core.train.TrainingHistory;
import java.util.SortedMap;

/** Hears what a {@link RunFolder} has done, step by step. Called by the run's own thread. */
public interface RunListener {
    /** Stages have made their products, or found them. */
    default void onMade(RunResult result) {}

    /** A network has been trained to the end, now or in a run before. */
    default void onTrained(String name, TrainingHistory history) {}

    /** Something that a user should know, and that is no error. */
    default void onNote(String text) {}

    /** Samples could not be trained on: by id, ascending, with the reason. */
    default void onLeftOut(String training, SortedMap<String, String> samples) {}
}
