package dev.wsss.core.train;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Updates parameters from their gradients. The arithmetic, in float32 and in this order, is that of PyTorch's
 * single-tensor implementations, so that a trajectory can be compared step by step.
 *
 * <p>A parameter without a gradient is skipped: no weight decay, no momentum, no step count. Gradients are working memory
 * of {@link #step}: afterwards their values mean nothing, and {@link #zeroGrad} drops them.
 *
 * <p>State on the device belongs to the optimiser and is freed by {@link #close()}. Not thread-safe.
 */
public abstract sealed class Optimizer implements AutoCloseable permits Sgd, Adam {
    private static final double CLIP_EPSILON = 1e-6;

    private final List<ParameterGroup> groups;
    private final double baseRate;

    Optimizer(List<ParameterGroup> groups, double baseRate) {
        if (groups.isEmpty()) {
            throw new IllegalArgumentException("an optimiser needs at least one parameter group");
        }
        if (!(baseRate >= 0) || Double.isInfinite(baseRate)) {
            throw new IllegalArgumentException("learning rate must be finite and at least 0, got " + baseRate);
        }
        this.groups = List.copyOf(groups);
        this.baseRate = baseRate;
    }

    /** The groups. */
    public final List<ParameterGroup> groups() {
        return groups;
    }

    /** One update at the base rates. */
    public final void step() {
        step(Schedule.constant(), 0);
    }

    /**
     * One update at the rates of a schedule.
     *
     * @param step number of updates before this one
     */
    public final void step(Schedule schedule, long step) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            for (ParameterGroup group : groups) {
                update(group, rate(group, schedule, step));
            }
        }
    }

    /** The rate of each group, by its name, in the update after {@code step} others. */
    public final Map<String, Double> rates(Schedule schedule, long step) {
        Map<String, Double> rates = new LinkedHashMap<>();
        groups.forEach(g -> rates.put(g.name(), rate(g, schedule, step)));
        return rates;
    }

    private double rate(ParameterGroup group, Schedule schedule, long step) {
        return schedule.rate(step, baseRate * group.rateMultiplier());
    }

    /** Drops the gradients of all parameters of the groups. */
    public final void zeroGrad() {
        try (Scope scope = Scope.open()) {
            for (ParameterGroup group : groups) {
                for (Tensor p : group.parameters().values()) {
                    p.mutable_grad().reset();
                }
            }
        }
    }

    /**
     * Scales all gradients together so that their common Euclidean norm is at most {@code maxNorm}, without waiting for
     * the device.
     *
     * @return the norm before, a scalar tensor in the current scope
     */
    public final Tensor clipGradients(double maxNorm) {
        if (!(maxNorm > 0)) {
            throw new IllegalArgumentException("maximum gradient norm must be above 0, got " + maxNorm);
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            TensorVector norms = new TensorVector();
            Norm norm = new Norm();
            for (ParameterGroup group : groups) {
                for (Tensor p : group.parameters().values()) {
                    Tensor grad = p.grad();
                    if (grad.defined()) {
                        norms.push_back(norm.of(grad));
                    }
                }
            }
            if (norms.empty()) {
                return scope.keep(Tensors.of(new float[] {0}));
            }
            Tensor total = norm.of(torch.stack(norms));
            Tensor factor = torch.reciprocal(total.add(new Scalar(CLIP_EPSILON)))
                    .mul_(new Scalar(maxNorm))
                    .clamp_max_(new Scalar(1.0));
            for (ParameterGroup group : groups) {
                for (Tensor p : group.parameters().values()) {
                    Tensor grad = p.grad();
                    if (grad.defined()) {
                        grad.mul_(factor);
                    }
                }
            }
            return scope.keep(total);
        }
    }

    /** The Euclidean norm; keeps the native arguments, which cost as much as the norm of a bias. */
    private static final class Norm {
        private final Scalar order = new Scalar(2.0);
        private final LongArrayRefOptional allDimensions = new LongArrayRefOptional();
        private final ScalarTypeOptional sameType = new ScalarTypeOptional();

        Tensor of(Tensor t) {
            return torch.linalg_vector_norm(t, order, allDimensions, false, sameType);
        }
    }

    /** Updates the parameters of a group that have a gradient; no gradients are recorded. */
    abstract void update(ParameterGroup group, double rate);

    /** A copy of the state on the host, by parameter name and kind of state; empty before the first step. */
    public abstract Map<String, HostArray> stateDict();

    /**
     * Continues from the state of an optimiser of the same kind over the same parameters.
     *
     * @throws InvalidDataException naming the entry that does not belong here; nothing is changed then
     */
    public abstract void load(Map<String, HostArray> state);

    /** Every setting by name, groups included: two optimisers with equal settings do the same. */
    abstract Map<String, String> settings();

    final Map<String, String> settings(String kind) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("optimizer", kind);
        settings.put("optimizer.rate", Double.toString(baseRate));
        for (ParameterGroup group : groups) {
            String key = "optimizer.group." + group.name();
            settings.put(key + ".rateMultiplier", Double.toString(group.rateMultiplier()));
            settings.put(key + ".weightDecay", Double.toString(group.weightDecay()));
            settings.put(
                    key + ".parameters",
                    group.parameters().size() + " with hash "
                            + Integer.toHexString(group.parameters().keySet().stream()
                                    .toList()
                                    .hashCode()));
        }
        return settings;
    }

    /** Copies every state tensor to the host under {@code parameter.kind}. */
    static void export(Map<String, Tensor> tensors, String kind, Map<String, HostArray> into) {
        tensors.forEach((name, t) -> into.put(name + "." + kind, Tensors.toHost(t)));
    }

    /** The entries {@code parameter.kind} of a state, checked against the parameters and not yet on the device. */
    final Map<String, HostArray> entries(Map<String, HostArray> state, String kind) {
        Map<String, HostArray> found = new LinkedHashMap<>();
        for (ParameterGroup group : groups) {
            group.parameters().forEach((name, p) -> {
                HostArray array = state.get(name + "." + kind);
                if (array != null) {
                    if (!Arrays.equals(array.shape(), Tensors.shape(p))) {
                        throw new InvalidDataException("optimiser state '" + name + "." + kind + "' is " + array
                                + ", the parameter has shape " + Arrays.toString(Tensors.shape(p)));
                    }
                    found.put(name, array);
                }
            });
        }
        return found;
    }

    static void requireAll(Map<String, HostArray> state, int known) {
        if (state.size() != known) {
            throw new InvalidDataException("the optimiser state has " + state.size() + " entries, of which " + known
                    + " belong to this optimiser's parameters: " + some(state));
        }
    }

    private static String some(Map<String, HostArray> state) {
        return state.keySet().stream().limit(4).toList() + (state.size() > 4 ? " ..." : "");
    }

    /** Replaces the state tensors of one kind. */
    final void replace(Map<String, Tensor> tensors, Map<String, HostArray> entries) {
        tensors.values().forEach(Tensor::close);
        tensors.clear();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            for (ParameterGroup group : groups) {
                group.parameters().forEach((name, p) -> {
                    HostArray array = entries.get(name);
                    if (array != null) {
                        tensors.put(name, Scope.own(torch.empty_like(p).copy_(Tensors.of(array))));
                    }
                });
            }
        }
    }

    @Override
    public abstract void close();
}
