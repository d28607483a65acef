package dev.wsss.core.pipeline;

/** What a stage gets beside the sample. */
public interface StageInputs {
    /**
     * The product of an earlier stage for the same sample.
     *
     * @throws IllegalArgumentException if the running stage was not built with that stage as an input
     */
    <P> P get(Stage<P> stage);

    /** A seed of this stage and this sample, the same in every run with the pipeline's seed. */
    long seed();
}
