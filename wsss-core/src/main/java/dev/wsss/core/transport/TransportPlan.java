package dev.wsss.core.transport;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * What {@link Sinkhorn} found, of one problem or of several in a batch. Tensors belong to the scope in which it was found.
 */
public final class TransportPlan {
    /** Below this, a range of a column is taken for it: what is constant becomes 0. */
    private static final double SMALLEST_RANGE = 1e-5;

    private final Tensor plan;
    private final Tensor rows;
    private final Tensor columns;
    private final boolean logarithms;
    private final int[] iterations;
    private final boolean[] stopped;

    TransportPlan(Tensor plan, Tensor rows, Tensor columns, boolean logarithms, int[] iterations, boolean[] stopped) {
        this.plan = plan;
        this.rows = rows;
        this.columns = columns;
        this.logarithms = logarithms;
        this.iterations = iterations;
        this.stopped = stopped;
    }

    /** How much goes from each row to each column: {@code [P][N]}, or {@code [B][P][N]} of a batch. */
    public Tensor plan() {
        return plan;
    }

    /** The factors r of the rows, {@code [P]} or {@code [B][P]}: the plan is {@code diag(r) exp(-cost / epsilon) diag(c)}. */
    public Tensor rowScaling() {
        return logarithms ? rows.exp() : rows;
    }

    /** The factors c of the columns, {@code [N]} or {@code [B][N]}. */
    public Tensor columnScaling() {
        return logarithms ? columns.exp() : columns;
    }

    /** How many iterations each problem took; a copy, of length 1 where there is one problem. */
    public int[] iterations() {
        return iterations.clone();
    }

    /** Whether each problem met the stopping rule, rather than run out of iterations; a copy. */
    public boolean[] stopped() {
        return stopped.clone();
    }

    /** The sum of {@code cost * plan}: a scalar, or {@code [B]} of a batch. */
    public Tensor cost(Tensor cost) {
        try (Scope scope = Scope.open()) {
            long[] both = {-2, -1};
            return scope.keep(plan.mul(cost).sum(both, false, new ScalarTypeOptional()));
        }
    }

    /**
     * Each column from its smallest value, which becomes 0, to its largest, 1; ranges below 1e-5 count as 1e-5. With a single
     * column all is 0: where there is nothing to choose, nothing is said, rounding least of all.
     *
     * @return the plan's shape
     */
    public Tensor columnMinMax() {
        try (Scope scope = Scope.open()) {
            if (plan.size(-1) == 1) {
                return scope.keep(plan.mul(new Scalar(0.0)));
            }
            Tensor low = plan.amin(new long[] {-2}, true);
            Tensor range = plan.amax(new long[] {-2}, true).sub(low).clamp_min(new Scalar(SMALLEST_RANGE));
            return scope.keep(plan.sub(low).div(range));
        }
    }
}
