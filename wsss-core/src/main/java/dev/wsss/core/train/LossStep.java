package dev.wsss.core.train;

import dev.wsss.api.Described;
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
public interface LossStep<B> extends Described {
    /**
     * Computes the loss. Everything native that is made here is freed after the step.
     *
     * <p>A loss whose graph would not fit into memory whole sends its parts {@linkplain TrainingStep#backward backward} one
     * by one; what it returns then is the rest, or, without a gradient, a figure to report.
     *
     * @param batch stays the trainer's
     * @param step where training is, and {@linkplain TrainingStep#report where to report} the terms of the loss
     * @return a scalar tensor, with a gradient unless parts went backward; the mean over the batch, so that accumulated
     *     batches average
     */
    Tensor loss(B batch, TrainingStep step);

    /**
     * A loss that is written as a lambda expression, under a name that says what it is: two runs whose losses have one name
     * take each other's network for theirs.
     *
     * @param settings of the loss, such as weights and thresholds; none is fine
     */
    static <B> LossStep<B> named(String name, Map<String, ?> settings, LossStep<B> loss) {
        return new NamedLoss<>(name, settings, loss);
    }

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
