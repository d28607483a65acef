package dev.wsss.core.transport;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Entropy-regularized optimal transport (Cuturi, "Sinkhorn Distances", NIPS 2013): of all plans with given sums of rows and
 * columns, the one with the smallest {@code sum(plan * cost) - epsilon * entropy(plan)}.
 *
 * <p>With {@code K = exp(-cost / epsilon)} an iteration is {@code r = rows / (K c)}, then {@code c = columns / (K' r)}, from
 * {@code r = c = 1}. So the sums of columns are exact, and those of rows as near as the {@link Stop stopping rule} asks.
 *
 * <p>Several problems of one shape go as a batch; each stops on its own, and has the same plan as it would have alone.
 * Gradients pass through the iterations that were done; for a function that is the same everywhere let their number be fixed,
 * by {@link Stop#never()}. Costs of float64 are computed in it, all others in float32. A rule other than that asks the device once a check.
 *
 * <p>Immutable; may be used from several threads.
 */
public final class Sinkhorn implements Described {
    /** How far marginals may be from having one sum, relatively. */
    private static final double SAME_SUM = 1e-4;

    /** What the iterations compute in. */
    public enum Form {
        /** Logarithms: for any cost and epsilon. */
        LOG,
        /**
         * Numbers as they are, as published systems do it: twice as fast, and right as long as no cost is above some 80
         * epsilon in float32, or 700 in float64, where the exponential is 0.
         */
        PLAIN
    }

    /** What a stopping rule looks at. */
    private enum Watched {
        NOTHING,
        SCALING,
        MARGINAL
    }

    /**
     * When iterations end before their largest number.
     *
     * <pre>{@code
     * Sinkhorn.Stop published = Sinkhorn.Stop.scalingChange(1e-2); // DHR
     * Sinkhorn.Stop exact = Sinkhorn.Stop.marginalError(1e-9);     // POT
     * }</pre>
     */
    public static final class Stop {
        private final Watched watched;
        private final double tolerance;
        private final int every;

        private Stop(Watched watched, double tolerance, int every) {
            this.watched = watched;
            this.tolerance = tolerance;
            this.every = every;
        }

        /** Never: all iterations are done. */
        public static Stop never() {
            return new Stop(Watched.NOTHING, 0, 1);
        }

        /**
         * When the mean over rows of {@code |r - r before|} is below a tolerance, looked at after each iteration. As r is about
         * one over the number of rows, this is met the sooner the more rows there are: with 1e-2, as DHR has it, after two or
         * three iterations with a thousand rows, far from convergence.
         */
        public static Stop scalingChange(double tolerance) {
            return new Stop(Watched.SCALING, positive(tolerance), 1);
        }

        /**
         * When the Euclidean norm of what the sums of rows are off is below a tolerance, looked at in each tenth iteration, as
         * the library POT does it.
         */
        public static Stop marginalError(double tolerance) {
            return new Stop(Watched.MARGINAL, positive(tolerance), 10);
        }

        /** The same rule, looked at in each so manieth iteration; on a device each look waits for it. */
        public Stop every(int iterations) {
            if (iterations < 1) {
                throw new IllegalArgumentException("iterations must be at least 1, got " + iterations);
            }
            return new Stop(watched, tolerance, iterations);
        }

        private static double positive(double tolerance) {
            if (!(tolerance > 0)) {
                throw new IllegalArgumentException("tolerance must be above 0, got " + tolerance);
            }
            return tolerance;
        }

        @Override
        public String toString() {
            return switch (watched) {
                case NOTHING -> "never";
                case SCALING -> "scaling change below " + tolerance + ", every " + every;
                case MARGINAL -> "marginal error below " + tolerance + ", every " + every;
            };
        }
    }

    private final double epsilon;
    private final int iterations;
    private final Stop stop;
    private final Form form;

    private Sinkhorn(Builder b) {
        epsilon = b.epsilon;
        iterations = b.iterations;
        stop = b.stop;
        form = b.form;
    }

    /** Starts a solver. */
    public static Builder builder() {
        return new Builder();
    }

    /** DHR's: epsilon 0.1, at most 100 iterations, {@link Stop#scalingChange} of 1e-2, {@link Form#PLAIN}. */
    public static Builder dhr() {
        return builder()
                .setEpsilon(0.1)
                .optIterations(100)
                .optStop(Stop.scalingChange(1e-2))
                .optForm(Form.PLAIN);
    }

    /** The plan of a cost with equal shares for all rows and for all columns; as {@link #plan(Tensor, Tensor, Tensor)}. */
    public TransportPlan plan(Tensor cost) {
        return solve(cost, null, null);
    }

    /** The plan of the cost {@code 1 - similarity} with equal shares. */
    public TransportPlan planOfSimilarity(Tensor similarity) {
        return solve(similarity.neg().add(new Scalar(1.0)), null, null);
    }

    /**
     * The plan of a cost.
     *
     * @param cost {@code [P][N]}, or {@code [B][P][N]} for several problems
     * @param rows sums of the rows, {@code [P]}, or {@code [B][P]} of several problems; none negative, on any device
     * @param columns sums of the columns, {@code [N]} or {@code [B][N]}, of the same total
     * @return in the current scope
     * @throws IllegalArgumentException if a shape is another, or there is no row or column
     * @throws InvalidDataException if a marginal is negative or not finite, the totals differ, or numbers are lost: a cost that
     *     is not finite, or in {@link Form#PLAIN} is too large for epsilon. With {@link Stop#never()} lost numbers are not looked
     *     for, and are NaN in the plan
     */
    public TransportPlan plan(Tensor cost, Tensor rows, Tensor columns) {
        return solve(cost, rows, columns);
    }

    private TransportPlan solve(Tensor cost, @Nullable Tensor rows, @Nullable Tensor columns) {
        long[] shape = Tensors.shape(cost);
        boolean one = shape.length == 2;
        if ((!one && shape.length != 3) || Arrays.stream(shape).anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException("expected a cost of shape [rows][columns] or [problems][rows][columns],"
                    + " each at least 1, got " + Arrays.toString(shape));
        }
        try (Scope scope = Scope.open()) {
            Tensor c = one ? cost.unsqueeze(0) : cost;
            if (Tensors.dtype(c) != DType.F64) {
                c = c.to(ScalarType.Float);
            }
            long n = c.size(0);
            Tensor a = marginal("rows", rows, c, 1);
            Tensor b = marginal("columns", columns, c, 2);
            if (rows != null || columns != null) {
                requireSameSum(a, b, n);
            }
            Run run = new Run(c.div(new Scalar(-epsilon)), a, b);
            run.go();
            Tensor plan = run.plan();
            Tensor r = run.rows.squeeze(2);
            Tensor s = run.columns.squeeze(2);
            return new TransportPlan(
                    scope.keep(one ? plan.squeeze(0) : plan),
                    scope.keep(one ? r.squeeze(0) : r),
                    scope.keep(one ? s.squeeze(0) : s),
                    form == Form.LOG,
                    run.done,
                    run.stopped);
        }
    }

    /** The sums along an axis as {@code [B][n][1]}. */
    private static Tensor marginal(String name, @Nullable Tensor given, Tensor cost, int axis) {
        long problems = cost.size(0);
        long size = cost.size(axis);
        if (given == null) {
            return torch.full(new long[] {problems, size, 1}, new Scalar(1.0 / size), cost.options());
        }
        long[] shape = Tensors.shape(given);
        boolean fits =
                shape[shape.length - 1] == size && (shape.length == 1 || shape.length == 2 && shape[0] == problems);
        if (!fits) {
            throw new IllegalArgumentException("expected " + name + " of shape [" + size + "] or [" + problems + "]["
                    + size + "], got " + Arrays.toString(shape));
        }
        for (double share : Tensors.toDoubles(given)) {
            if (!(share >= 0 && share < Double.POSITIVE_INFINITY)) {
                throw new InvalidDataException(
                        "the sum of one of the " + name + " is " + share + "; expected a finite number, 0 or more");
            }
        }
        Tensor t = given.to(cost.device(), cost.scalar_type());
        return t.view(shape.length == 1 ? 1 : problems, size, 1).expand(problems, size, 1);
    }

    private static void requireSameSum(Tensor a, Tensor b, long problems) {
        double[] rows = totals(a);
        double[] columns = totals(b);
        for (int i = 0; i < problems; i++) {
            if (!(Math.abs(rows[i] - columns[i]) <= SAME_SUM * Math.max(rows[i], columns[i])) || rows[i] == 0) {
                throw new InvalidDataException(
                        "rows sum to " + rows[i] + " and columns to " + columns[i] + "; expected one total, above 0");
            }
        }
    }

    private static double[] totals(Tensor marginal) {
        return Tensors.toDoubles(
                marginal.to(ScalarType.Double).sum(new long[] {1, 2}, false, new ScalarTypeOptional()));
    }

    /** The iterations of a batch. */
    private final class Run {
        private final Tensor logKernel;
        private final @Nullable Tensor kernel;
        private final Tensor a;
        private final Tensor b;
        private final int problems;
        private final int[] done;
        private final boolean[] stopped;
        /** {@code [B][P][1]}, and logarithms in {@link Form#LOG}. */
        private Tensor rows;

        private Tensor columns;

        Run(Tensor logKernel, Tensor a, Tensor b) {
            this.logKernel = logKernel;
            boolean log = form == Form.LOG;
            kernel = log ? null : logKernel.exp();
            this.a = log ? a.log() : a;
            this.b = log ? b.log() : b;
            problems = (int) logKernel.size(0);
            done = new int[problems];
            stopped = new boolean[problems];
            rows = log ? torch.zeros_like(a) : torch.ones_like(a);
            columns = log ? torch.zeros_like(b) : torch.ones_like(b);
        }

        void go() {
            @Nullable Tensor active = null;
            int left = problems;
            for (int i = 1; i <= iterations && left > 0; i++) {
                Tensor r = rowsFor(columns);
                Tensor c = columnsFor(r);
                Tensor before = rows;
                rows = active == null ? r : r.where(active, rows);
                columns = active == null ? c : c.where(active, columns);
                for (int p = 0; p < problems; p++) {
                    done[p] += stopped[p] ? 0 : 1;
                }
                if (stop.watched != Watched.NOTHING && i % stop.every == 0) {
                    left -= look(before, i);
                    if (left > 0 && left < problems) {
                        active = activeProblems();
                    }
                }
            }
        }

        private Tensor rowsFor(Tensor c) {
            Tensor k = kernel;
            if (k != null) {
                return a.div(k.matmul(c));
            }
            return a.sub(logKernel.add(c.transpose(1, 2)).logsumexp(new long[] {2}, true));
        }

        private Tensor columnsFor(Tensor r) {
            Tensor k = kernel;
            if (k != null) {
                return b.div(k.transpose(1, 2).matmul(r));
            }
            return b.sub(logKernel.add(r).logsumexp(new long[] {1}, true).transpose(1, 2));
        }

        /** How many problems stop now. */
        private int look(Tensor before, int iteration) {
            double[] watched;
            try (Scope scope = Scope.open()) {
                watched = Tensors.toDoubles(stop.watched == Watched.SCALING ? change(before) : error());
            }
            int stopping = 0;
            for (int p = 0; p < problems; p++) {
                if (stopped[p]) {
                    continue;
                }
                if (Double.isNaN(watched[p])) {
                    throw lost(p, iteration);
                }
                if (watched[p] < stop.tolerance) {
                    stopped[p] = true;
                    stopping++;
                }
            }
            return stopping;
        }

        private InvalidDataException lost(int problem, int iteration) {
            double[] costs;
            try (Scope scope = Scope.open()) {
                costs = Tensors.toDoubles(logKernel.select(0, problem));
            }
            double largest = Arrays.stream(costs).map(k -> -k * epsilon).max().orElse(0);
            boolean finite = Arrays.stream(costs).allMatch(Double::isFinite);
            return new InvalidDataException("transport lost its numbers in iteration " + iteration + ": "
                    + (finite
                            ? "the largest cost is " + largest + " with epsilon " + epsilon
                                    + (form == Form.PLAIN ? "; expected a smaller one, or the form LOG" : "")
                            : "costs are not finite"));
        }

        private Tensor change(Tensor before) {
            Tensor now = form == Form.LOG ? rows.detach().exp() : rows.detach();
            Tensor then = form == Form.LOG ? before.detach().exp() : before.detach();
            return now.sub(then).abs().mean(new long[] {1, 2}, false, new ScalarTypeOptional());
        }

        private Tensor error() {
            Tensor sums = plan().detach().sum(new long[] {2}, true, new ScalarTypeOptional());
            Tensor off = sums.sub(form == Form.LOG ? a.exp() : a);
            return off.mul(off)
                    .sum(new long[] {1, 2}, false, new ScalarTypeOptional())
                    .sqrt();
        }

        private Tensor activeProblems() {
            byte[] flags = new byte[problems];
            for (int p = 0; p < problems; p++) {
                flags[p] = (byte) (stopped[p] ? 0 : 1);
            }
            Tensor t = Tensors.of(flags, problems, 1, 1);
            return t.to(logKernel.device(), ScalarType.Bool);
        }

        Tensor plan() {
            Tensor k = kernel;
            return k != null
                    ? rows.mul(k).mul(columns.transpose(1, 2))
                    : rows.add(logKernel).add(columns.transpose(1, 2)).exp();
        }
    }

    @Override
    public Description description() {
        return Description.of("Sinkhorn")
                .put("epsilon", epsilon)
                .put("iterations", iterations)
                .put("stop", stop.toString())
                .put("form", form)
                .build();
    }

    /** Settings of a {@link Sinkhorn}: epsilon is required. */
    public static final class Builder {
        private double epsilon;
        private int iterations = 1000;
        private Stop stop = Stop.marginalError(1e-9);
        private Form form = Form.LOG;

        private Builder() {}

        /** The weight of the entropy, in units of the cost; above 0. */
        public Builder setEpsilon(double epsilon) {
            if (!(epsilon > 0 && epsilon < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("epsilon must be above 0, got " + epsilon);
            }
            this.epsilon = epsilon;
            return this;
        }

        /** The largest number of iterations, at least 1; 1000 unless set. */
        public Builder optIterations(int iterations) {
            if (iterations < 1) {
                throw new IllegalArgumentException("iterations must be at least 1, got " + iterations);
            }
            this.iterations = iterations;
            return this;
        }

        /** When they end before; at a {@link Stop#marginalError} of 1e-9 unless set. */
        public Builder optStop(Stop stop) {
            this.stop = stop;
            return this;
        }

        /** What is computed in; {@link Form#LOG} unless set. */
        public Builder optForm(Form form) {
            this.form = form;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if epsilon is not set
         */
        public Sinkhorn build() {
            if (epsilon == 0) {
                throw new IllegalStateException("setEpsilon is required");
            }
            return new Sinkhorn(this);
        }
    }
}
