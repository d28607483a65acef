package dev.wsss.core.train;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Adam (Kingma and Ba 2015) with the weight decay added to the gradient, as {@code torch.optim.Adam}, or {@link AdamW}. No
 * AMSGrad.
 */
public final class Adam extends Optimizer {
    private static final String FIRST = "exp_avg";
    private static final String SECOND = "exp_avg_sq";
    private static final String STEP = "step";

    private final boolean decoupled;
    private final double beta1;
    private final double beta2;
    private final double epsilon;
    private final Map<String, Tensor> first = new LinkedHashMap<>();
    private final Map<String, Tensor> second = new LinkedHashMap<>();
    private final Map<String, Long> steps = new LinkedHashMap<>();

    /** Makes up for moments that began at zero: the root of the second's share, and the rate over the first's. */
    private record Corrections(Scalar root, Scalar minusRate) {}

    private Adam(Builder b, List<ParameterGroup> groups, double rate) {
        super(groups, rate);
        decoupled = b.decoupled;
        beta1 = b.beta1;
        beta2 = b.beta2;
        epsilon = b.epsilon;
    }

    /** Starts Adam: betas 0.9 and 0.999, epsilon 1e-8 unless set otherwise. */
    public static Builder builder() {
        return new Builder(false);
    }

    @Override
    void update(ParameterGroup group, double rate) {
        Scalar decay = new Scalar(group.weightDecay());
        Scalar shrink = new Scalar(1 - rate * group.weightDecay());
        Scalar b1Rest = new Scalar(1 - beta1);
        Scalar b2 = new Scalar(beta2);
        Scalar b2Rest = new Scalar(1 - beta2);
        Scalar eps = new Scalar(epsilon);
        // nearly always all parameters have seen equally many steps
        Map<Long, Corrections> corrections = new HashMap<>();
        group.parameters().forEach((name, p) -> {
            Tensor grad = p.grad();
            if (!grad.defined()) {
                return;
            }
            long step = steps.merge(name, 1L, Long::sum);
            if (group.weightDecay() != 0) {
                if (decoupled) {
                    p.mul_(shrink);
                } else {
                    grad.add_(p, decay);
                }
            }
            Corrections correction = corrections.computeIfAbsent(
                    step,
                    n -> new Corrections(
                            new Scalar(Math.sqrt(1 - Math.pow(beta2, n))),
                            new Scalar(-(rate / (1 - Math.pow(beta1, n))))));
            Tensor mean = first.computeIfAbsent(name, n -> Scope.own(torch.zeros_like(p)));
            Tensor square = second.computeIfAbsent(name, n -> Scope.own(torch.zeros_like(p)));
            mean.lerp_(grad, b1Rest);
            square.mul_(b2).addcmul_(grad, grad, b2Rest);
            // the gradient has served; its memory takes the denominator
            Tensor denominator =
                    torch.sqrt_out(grad, square).div_(correction.root).add_(eps);
            p.addcdiv_(mean, denominator, correction.minusRate);
        });
    }

    @Override
    Map<String, HostArray> state(Function<Tensor, HostArray> form) {
        Map<String, HostArray> state = new LinkedHashMap<>();
        first.forEach((name, t) -> state.put(name + "." + FIRST, form.apply(t)));
        second.forEach((name, t) -> state.put(name + "." + SECOND, form.apply(t)));
        steps.forEach((name, n) -> state.put(name + "." + STEP, HostArray.ofLongs(new long[] {n})));
        return state;
    }

    @Override
    public void load(Map<String, HostArray> state) {
        Map<String, HostArray> means = entries(state, FIRST);
        Map<String, HostArray> squares = entries(state, SECOND);
        Map<String, Long> counts = new LinkedHashMap<>();
        for (String name : means.keySet()) {
            HostArray count = state.get(name + "." + STEP);
            if (count == null || count.dtype().isFloating() || count.size() != 1 || !squares.containsKey(name)) {
                throw new InvalidDataException("optimizer state of '" + name + "' must have " + FIRST + ", " + SECOND
                        + " and an integer " + STEP + ", got step " + count);
            }
            counts.put(name, count.getLong(0));
        }
        requireAll(state, means.size() + squares.size() + counts.size());
        replace(first, means);
        replace(second, squares);
        steps.clear();
        steps.putAll(counts);
    }

    @Override
    public Description description() {
        return describe(decoupled ? "AdamW" : "Adam")
                .put("beta1", beta1)
                .put("beta2", beta2)
                .put("epsilon", epsilon)
                .build();
    }

    @Override
    public void close() {
        first.values().forEach(Tensor::close);
        second.values().forEach(Tensor::close);
        first.clear();
        second.clear();
        steps.clear();
    }

    /** Settings of the optimizer. */
    public static final class Builder {
        private final boolean decoupled;
        private @Nullable List<ParameterGroup> groups;
        private @Nullable Double learningRate;
        private double beta1 = 0.9;
        private double beta2 = 0.999;
        private double epsilon = 1e-8;

        Builder(boolean decoupled) {
            this.decoupled = decoupled;
        }

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

        /** Decay of the running mean of gradients and of their squares, each in [0, 1). */
        public Builder optBetas(double beta1, double beta2) {
            this.beta1 = beta1;
            this.beta2 = beta2;
            return this;
        }

        /** Added to the root of the second moment. */
        public Builder optEpsilon(double epsilon) {
            this.epsilon = epsilon;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if groups or learning rate are not set
         * @throws IllegalArgumentException if a setting is out of its range
         */
        public Adam build() {
            if (groups == null || learningRate == null) {
                throw new IllegalStateException((groups == null ? "setGroups" : "setLearningRate") + " is required");
            }
            if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
                throw new IllegalArgumentException("betas must be in [0, 1), got " + beta1 + " and " + beta2);
            }
            if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
                throw new IllegalArgumentException("epsilon must be finite and at least 0, got " + epsilon);
            }
            return new Adam(this, groups, learningRate);
        }
    }
}
