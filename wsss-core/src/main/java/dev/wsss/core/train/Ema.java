package dev.wsss.core.train;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Exponential moving average of a network: after each update {@code shadow = decay * shadow + (1 - decay) * value}, begun
 * with a copy and without bias correction. It covers every floating-point parameter and buffer, the running statistics
 * of batch normalization among them; integer buffers keep their first value. That is DHR's, which saves the average as
 * its result.
 */
public final class Ema implements AutoCloseable {
    private final Network network;
    private final double decay;
    private final Map<String, Tensor> shadows = new LinkedHashMap<>();
    private boolean swapped;

    private Ema(Network network, double decay) {
        this.network = network;
        this.decay = decay;
    }

    /**
     * Starts an average with a copy of a network's state, on its device.
     *
     * @param decay in [0, 1)
     */
    public static Ema of(Network network, double decay) {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("decay must be in [0, 1), got " + decay);
        }
        Ema ema = new Ema(network, decay);
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            network.state()
                    .forEach((name, t) ->
                            ema.shadows.put(name, Scope.own(t.detach().clone())));
        }
        return ema;
    }

    /**
     * Takes the network's present state into the average.
     *
     * @throws IllegalStateException while the average is in the network's place
     */
    public void update() {
        update(decay);
    }

    /**
     * As {@link #update()} with another decay this time, as self-distillation lets it grow.
     *
     * @param decay in [0, 1]
     * @throws IllegalArgumentException if it is not
     */
    public void update(double decay) {
        requireHome();
        if (!(decay >= 0 && decay <= 1)) {
            throw new IllegalArgumentException("decay must be in [0, 1], got " + decay);
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Scalar keep = new Scalar(decay);
            Scalar take = new Scalar(1 - decay);
            network.state().forEach((name, t) -> {
                Tensor shadow = shadow(name);
                if (shadow.is_floating_point()) {
                    shadow.mul_(keep).add_(t, take);
                }
            });
        }
    }

    /**
     * Puts the average in the network's place, to evaluate or to save it, until the result is closed. Nothing is copied.
     *
     * @throws IllegalStateException if it is there already
     */
    public Torch.Mode swap() {
        requireHome();
        exchange();
        swapped = true;
        return () -> {
            if (swapped) {
                exchange();
                swapped = false;
            }
        };
    }

    private void exchange() {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            // a part that stands in several places has an average under each name; they are equal, and one will do
            Set<Tensor> exchanged = Collections.newSetFromMap(new IdentityHashMap<>());
            network.state().forEach((name, t) -> {
                if (!exchanged.add(t)) {
                    return;
                }
                Tensor shadow = shadow(name);
                Tensor value = t.detach();
                t.set_data(shadow);
                shadow.set_data(value);
            });
        }
    }

    /** The average on the host, under the network's own keys. */
    public Map<String, HostArray> stateDict() {
        requireHome();
        Map<String, HostArray> state = new LinkedHashMap<>();
        shadows.forEach((name, t) -> state.put(name, Tensors.toHost(t)));
        return state;
    }

    /** As {@link #stateDict()} without a copy: what is read when a checkpoint is written. */
    Map<String, HostArray> liveState() {
        requireHome();
        Map<String, HostArray> state = new LinkedHashMap<>();
        shadows.forEach((name, t) -> state.put(name, Tensors.view(t)));
        return state;
    }

    /**
     * Continues from a saved average.
     *
     * @throws InvalidDataException naming the entry that is missing, unknown or of another shape; nothing is changed then
     */
    public void load(Map<String, HostArray> state) {
        requireHome();
        state.keySet().forEach(name -> {
            if (!shadows.containsKey(name)) {
                throw new InvalidDataException(
                        "moving average of '" + name + "', but the network has no tensor of that name");
            }
        });
        shadows.forEach((name, t) -> {
            HostArray array = state.get(name);
            if (array == null || !Arrays.equals(array.shape(), Tensors.shape(t))) {
                throw new InvalidDataException("moving average of '" + name + "' is " + array + ", expected shape "
                        + Arrays.toString(Tensors.shape(t)));
            }
        });
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            state.forEach((name, array) -> shadow(name).copy_(Tensors.of(array)));
        }
    }

    private Tensor shadow(String name) {
        Tensor shadow = shadows.get(name);
        if (shadow == null) {
            throw new InvalidDataException("there is no moving average of '" + name + "'");
        }
        return shadow;
    }

    private void requireHome() {
        if (swapped) {
            throw new IllegalStateException("the moving average is in the network's place; close the swap first");
        }
    }

    /** Frees the average. */
    @Override
    public void close() {
        requireHome();
        shadows.values().forEach(Tensor::close);
        shadows.clear();
    }
}
