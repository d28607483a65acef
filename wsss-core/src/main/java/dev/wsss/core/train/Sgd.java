package dev.wsss.core.train;

import dev.wsss.api.Description;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Stochastic gradient descent with momentum, as {@code torch.optim.SGD}: {@code g += decay * p}, {@code b = momentum * b +
 * (1 - dampening) * g} (the first {@code b} is {@code g}), {@code p -= rate * b}; with Nesterov's momentum {@code p -= rate
 * * (g + momentum * b)}.
 *
 * <p>The {@code PolyOptimizer} of PSA, IRN, SEAM and PPC passes its weight decay where {@code torch.optim.SGD} takes the
 * momentum. These systems were thus trained with a momentum of 5e-4 (PSA, SEAM, PPC) or 1e-4, next to none. To repeat
 * them set {@link Builder#optMomentum} to the weight decay; for new work 0.9 is the usual value.
 */
public final class Sgd extends Optimizer {
    private static final String MOMENTUM = "momentum_buffer";

    private final double momentum;
    private final double dampening;
    private final boolean nesterov;
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();

    private Sgd(Builder b, List<ParameterGroup> groups, double rate) {
        super(groups, rate);
        momentum = b.momentum;
        dampening = b.dampening;
        nesterov = b.nesterov;
    }

    /** Starts an optimizer: momentum 0.9, no dampening, not Nesterov's, unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    void update(ParameterGroup group, double rate) {
        Scalar decay = new Scalar(group.weightDecay());
        Scalar mu = new Scalar(momentum);
        Scalar share = new Scalar(1 - dampening);
        Scalar minusRate = new Scalar(-rate);
        group.parameters().forEach((name, p) -> {
            Tensor grad = p.grad();
            if (!grad.defined()) {
                return;
            }
            // into the gradient's own memory: a temporary of every large kernel costs more than the sum itself
            if (group.weightDecay() != 0) {
                grad.add_(p, decay);
            }
            Tensor direction = grad;
            if (momentum != 0) {
                Tensor buffer = buffers.get(name);
                if (buffer == null) {
                    buffer = Scope.own(grad.clone());
                    buffers.put(name, buffer);
                } else {
                    buffer.mul_(mu).add_(grad, share);
                }
                direction = nesterov ? grad.add_(buffer, mu) : buffer;
            }
            p.add_(direction, minusRate);
        });
    }

    @Override
    Map<String, HostArray> state(Function<Tensor, HostArray> form) {
        Map<String, HostArray> state = new LinkedHashMap<>();
        buffers.forEach((name, t) -> state.put(name + "." + MOMENTUM, form.apply(t)));
        return state;
    }

    @Override
    public void load(Map<String, HostArray> state) {
        Map<String, HostArray> entries = entries(state, MOMENTUM);
        requireAll(state, entries.size());
        replace(buffers, entries);
    }

    @Override
    public Description description() {
        return describe("Sgd")
                .put("momentum", momentum)
                .put("dampening", dampening)
                .put("nesterov", nesterov)
                .build();
    }

    @Override
    public void close() {
        buffers.values().forEach(Tensor::close);
        buffers.clear();
    }

    /** Settings of the optimizer. */
    public static final class Builder {
        private @Nullable List<ParameterGroup> groups;
        private @Nullable Double learningRate;
        private double momentum = 0.9;
        private double dampening;
        private boolean nesterov;

        private Builder() {}

        /** What to train. */
        public Builder setGroups(List<ParameterGroup> groups) {
            this.groups = List.copyOf(groups);
            return this;
        }

        /** The learning rate of a group with multiplier 1, before the schedule. */
        public Builder setLearningRate(double learningRate) {
            this.learningRate = learningRate;
            return this;
        }

        /** Momentum, in [0, 1). */
        public Builder optMomentum(double momentum) {
            this.momentum = momentum;
            return this;
        }

        /** How much of the gradient does not enter the momentum, in [0, 1). */
        public Builder optDampening(double dampening) {
            this.dampening = dampening;
            return this;
        }

        /** Nesterov's momentum. */
        public Builder optNesterov(boolean nesterov) {
            this.nesterov = nesterov;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if groups or learning rate are not set
         * @throws IllegalArgumentException if a setting is out of its range
         */
        public Sgd build() {
            if (groups == null || learningRate == null) {
                throw new IllegalStateException((groups == null ? "setGroups" : "setLearningRate") + " is required");
            }
            if (!(momentum >= 0 && momentum < 1)) {
                throw new IllegalArgumentException("momentum must be in [0, 1), got " + momentum);
            }
            if (!(dampening >= 0 && dampening < 1)) {
                throw new IllegalArgumentException("dampening must be in [0, 1), got " + dampening);
            }
            if (nesterov && (momentum == 0 || dampening != 0)) {
                throw new IllegalArgumentException(
                        "Nesterov's momentum needs a momentum and no dampening, got momentum " + momentum
                                + ", dampening " + dampening);
            }
            return new Sgd(this, groups, learningRate);
        }
    }
}
