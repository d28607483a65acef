package dev.wsss.core.train;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sha256;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
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
 * <p>State on the device belongs to the optimizer and is freed by {@link #close()}. Not thread-safe.
 */
public abstract sealed class Optimizer implements Described, AutoCloseable permits Sgd, Adam {
    private static final double CLIP_EPSILON = 1e-6;

    private final List<ParameterGroup> groups;
    private final double baseRate;

    Optimizer(List<ParameterGroup> groups, double baseRate) {
        if (groups.isEmpty()) {
            throw new IllegalArgumentException("an optimizer needs at least one parameter group");
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
            Tensor total = scope.keep(gradientNorm());
            scaleGradients(total, maxNorm);
            return total;
        }
    }

    /** The common Euclidean norm of all gradients, a scalar tensor in the current scope; 0 where there is none. */
    final Tensor gradientNorm() {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            TensorVector norms = new TensorVector();
            Norm norm = new Norm();
            forEachGradient(grad -> norms.push_back(norm.of(grad)));
            return scope.keep(norms.empty() ? Tensors.of(new float[] {0}) : norm.of(torch.stack(norms)));
        }
    }

    /** Scales all gradients, whose norm this is, to a largest norm. */
    final void scaleGradients(Tensor norm, double maxNorm) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor factor = torch.reciprocal(norm.add(new Scalar(CLIP_EPSILON)))
                    .mul_(new Scalar(maxNorm))
                    .clamp_max_(new Scalar(1.0));
            forEachGradient(grad -> grad.mul_(factor));
        }
    }

    private void forEachGradient(Consumer<Tensor> action) {
        for (ParameterGroup group : groups) {
            for (Tensor p : group.parameters().values()) {
                Tensor grad = p.grad();
                if (grad.defined()) {
                    action.accept(grad);
                }
            }
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
    public final Map<String, HostArray> stateDict() {
        return state(Tensors::toHost);
    }

    /** As {@link #stateDict()} without a copy: what is read when a checkpoint is written. */
    final Map<String, HostArray> liveState() {
        return state(Tensors::view);
    }

    /** The state, each tensor in a form on the host. */
    abstract Map<String, HostArray> state(Function<Tensor, HostArray> form);

    /**
     * Continues from the state of an optimizer of the same kind over the same parameters.
     *
     * @throws InvalidDataException naming the entry that does not belong here; nothing is changed then
     */
    public abstract void load(Map<String, HostArray> state);

    /** Starts a description with what all optimizers have: rate and groups. */
    final Description.Builder describe(String kind) {
        Description.Builder d = Description.of(kind).put("learningRate", baseRate);
        for (ParameterGroup group : groups) {
            String key = "group." + group.name();
            d.put(key + ".rateMultiplier", group.rateMultiplier())
                    .put(key + ".weightDecay", group.weightDecay())
                    .put(
                            key + ".parameters",
                            group.parameters().size() + ", "
                                    + Sha256.of(String.join(
                                                    "\n", group.parameters().keySet()))
                                            .substring(0, 16));
        }
        return d;
    }

    /** The entries {@code parameter.kind} of a state, checked against the parameters and not yet on the device. */
    final Map<String, HostArray> entries(Map<String, HostArray> state, String kind) {
        Map<String, HostArray> found = new LinkedHashMap<>();
        for (ParameterGroup group : groups) {
            group.parameters().forEach((name, p) -> {
                HostArray array = state.get(name + "." + kind);
                if (array != null) {
                    if (!Arrays.equals(array.shape(), Tensors.shape(p))) {
                        throw new InvalidDataException("optimizer state '" + name + "." + kind + "' is " + array
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
            throw new InvalidDataException("the optimizer state has " + state.size() + " entries, of which " + known
                    + " belong to this optimizer's parameters: " + some(state));
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
