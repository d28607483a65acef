package dev.wsss.core.train;

import java.nio.file.Path;

/**
 * Looks on while a network trains. Called on the training thread, in the order of registration; what is thrown ends the
 * run. A listener may evaluate the network: the trainer puts it back into training mode.
 */
public interface TrainingListener {
    /** Before the first step; {@code step} is above 0 after a resume. */
    default void onStart(long step, long totalSteps) {}

    /** After each update; {@code step} updates are done. The losses of a step are known at the next log point only. */
    default void onStep(long step) {}

    /** After the update that used the last batch of an epoch. */
    default void onEpoch(int epoch, long step) {}

    /** At a log point. */
    default void onPoint(TrainingPoint point) {}

    /** After a checkpoint was written. */
    default void onCheckpoint(long step, Path file) {}

    /** After the last step. */
    default void onEnd(TrainingHistory history) {}
}
