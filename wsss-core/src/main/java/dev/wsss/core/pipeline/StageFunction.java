package dev.wsss.core.pipeline;

import dev.wsss.api.Sample;

/**
 * What a stage does with one sample. The product depends on the arguments and the stage's configuration alone, so that
 * it is the same whatever ran before; with more than one worker, several threads call at a time.
 *
 * @param <P> the product
 */
@FunctionalInterface
public interface StageFunction<P> {
    /**
     * Makes the product of a sample.
     *
     * @param inputs products of earlier stages, which stay the pipeline's
     * @return the product, which becomes the pipeline's
     * @throws dev.wsss.api.WsssException if this sample has no product; it is listed as failed and the run goes on. Any
     *     other exception ends the run.
     */
    P apply(Sample sample, StageInputs inputs);
}
