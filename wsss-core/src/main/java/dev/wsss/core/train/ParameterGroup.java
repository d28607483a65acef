package dev.wsss.core.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Parameters that share a learning rate and a weight decay.
 *
 * @param name for logs and checkpoints
 * @param parameters the network's live tensors by full name, in the network's order
 * @param rateMultiplier the group's rate over the optimizer's; 10 for the usual new head
 * @param weightDecay the group's weight decay
 */
public record ParameterGroup(String name, Map<String, Tensor> parameters, double rateMultiplier, double weightDecay) {
    public ParameterGroup {
        if (parameters.isEmpty()) {
            throw new IllegalArgumentException("parameter group '" + name + "' matches no parameter");
        }
        if (!(rateMultiplier >= 0) || Double.isInfinite(rateMultiplier)) {
            throw new IllegalArgumentException("rate multiplier of parameter group '" + name
                    + "' must be finite and at least 0, got " + rateMultiplier);
        }
        if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
            throw new IllegalArgumentException(
                    "weight decay of parameter group '" + name + "' must be finite and at least 0, got " + weightDecay);
        }
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }
}
