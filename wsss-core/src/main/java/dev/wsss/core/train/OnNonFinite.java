package dev.wsss.core.train;

/** What a trainer does in a step whose gradient is NaN or infinite. The weights have not changed then. */
public enum OnNonFinite {
    /** Training ends with an exception that names the step and the terms of the loss. */
    STOP,
    /**
     * The step is left out, counted ({@link TrainingPoint#skipped()}, {@link TrainingHistory#skipped()}) and logged, and
     * training goes on. It ends all the same after {@value TrainingRun#MOST_SKIPPED} such steps in a row, and where the
     * forward pass has put what is not finite into a buffer of the network, such as a running mean.
     */
    SKIP
}
