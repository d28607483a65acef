package dev.wsss.core.train;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What a system trains by: forward pass and loss of one batch.
 *
 * @param <B> the batch
 */
@FunctionalInterface
public interface LossStep<B> {
    /**
     * Computes the loss. Everything native that is made here is freed after the step.
     *
     * @param batch stays the trainer's
     * @param step where training is, and {@linkplain TrainingStep#report where to report} the terms of the loss
     * @return a scalar tensor with a gradient; the mean over the batch, so that accumulated batches average
     */
    Tensor loss(B batch, TrainingStep step);

    /** What the loss itself remembers from step to step, such as queues of former losses; for the checkpoint. */
    default Map<String, HostArray> stateDict() {
        return Map.of();
    }

    /** Continues from {@link #stateDict()}. */
    default void load(Map<String, HostArray> state) {
        if (!state.isEmpty()) {
            throw new InvalidDataException("this loss keeps no state, the checkpoint has " + state.keySet());
        }
    }
}
