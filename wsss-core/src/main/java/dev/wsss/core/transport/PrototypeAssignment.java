package dev.wsss.core.transport;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Shares features out among prototypes so that each prototype gets its part, as self-labelling needs it, which would else end
 * with all features at one (Asano et al., "Self-labelling via simultaneous clustering and representation learning", ICLR 2020;
 * Caron et al., "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", NeurIPS 2020).
 *
 * <pre>{@code
 * PrototypeAssignment balanced = PrototypeAssignment.swav();
 * Tensor shares = balanced.assign(features, prototypes);                     // [P][N], rows sum to 1
 * Tensor moved = PrototypeAssignment.prototypes(features, shares);           // [N][D], the next prototypes
 * }</pre>
 *
 * <p>It is a transport with the cost {@code 1 - cosine}, in which prototypes come first: the sum of a feature's shares is exact,
 * that of a prototype's as near as the iterations take it. Immutable; may be used from several threads.
 */
public final class PrototypeAssignment implements Described {
    /** Below this, the length of a vector is taken for it. */
    private static final double SMALLEST_NORM = 1e-12;

    private final Sinkhorn sinkhorn;
    private final double[] shares;

    private PrototypeAssignment(Sinkhorn sinkhorn, double[] shares) {
        this.sinkhorn = sinkhorn;
        this.shares = shares;
    }

    /** SwAV's: epsilon 0.05, three iterations, equal parts. */
    public static PrototypeAssignment swav() {
        return of(Sinkhorn.builder()
                .setEpsilon(0.05)
                .optIterations(3)
                .optStop(Sinkhorn.Stop.never())
                .build());
    }

    /** SeLa's: epsilon 1/25, to convergence, equal parts. */
    public static PrototypeAssignment sela() {
        return of(Sinkhorn.builder()
                .setEpsilon(1.0 / 25)
                .optIterations(1000)
                .optStop(Sinkhorn.Stop.marginalError(1e-6))
                .build());
    }

    /**
     * Another solver.
     *
     * @param shares the part of the features that each prototype gets, in proportion; none for equal parts
     * @throws IllegalArgumentException if a share is not positive
     */
    public static PrototypeAssignment of(Sinkhorn sinkhorn, double... shares) {
        for (double share : shares) {
            if (!(share > 0 && share < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("shares must be above 0, got " + Arrays.toString(shares));
            }
        }
        return new PrototypeAssignment(sinkhorn, shares.clone());
    }

    /**
     * How much of each feature each prototype gets.
     *
     * @param features {@code [P][D]} of any length; a vector of zeros, which is near no prototype, is shared as evenly as the
     *     others leave it
     * @param prototypes {@code [N][D]} of any length
     * @return {@code [P][N]} in the current scope, rows summing to 1. Gradients pass
     * @throws IllegalArgumentException if the shapes do not fit each other or the shares
     */
    public Tensor assign(Tensor features, Tensor prototypes) {
        long[] f = Tensors.shape(features);
        long[] p = Tensors.shape(prototypes);
        if (f.length != 2 || p.length != 2 || f[1] != p[1]) {
            throw new IllegalArgumentException("expected features [P][D] and prototypes [N][D], got "
                    + Arrays.toString(f) + " and " + Arrays.toString(p));
        }
        if (shares.length > 0 && shares.length != p[0]) {
            throw new IllegalArgumentException(shares.length + " shares for " + p[0] + " prototypes");
        }
        try (Scope scope = Scope.open()) {
            Tensor cost = unit(prototypes).matmul(unit(features).t()).neg().add(new Scalar(1.0));
            Tensor plan;
            if (shares.length == 0) {
                plan = sinkhorn.plan(cost).plan();
            } else {
                double sum = Arrays.stream(shares).sum();
                Tensor rows = Tensors.of(Arrays.stream(shares).map(s -> s / sum).toArray(), shares.length);
                double[] equal = new double[(int) f[0]];
                Arrays.fill(equal, 1.0 / f[0]);
                plan = sinkhorn.plan(cost, rows, Tensors.of(equal, f[0])).plan();
            }
            return scope.keep(plan.t().mul(new Scalar((double) f[0])));
        }
    }

    /**
     * The prototypes that features and their shares make: the weighted means, of length 1.
     *
     * @param features {@code [P][D]}
     * @param shares {@code [P][N]}
     * @return {@code [N][D]} in the current scope; zeros where a mean is zero
     */
    public static Tensor prototypes(Tensor features, Tensor shares) {
        try (Scope scope = Scope.open()) {
            return scope.keep(unit(shares.t().matmul(features.to(shares.scalar_type()))));
        }
    }

    private static Tensor unit(Tensor vectors) {
        Tensor norm = vectors.mul(vectors)
                .sum(new long[] {1}, true, new ScalarTypeOptional())
                .sqrt();
        return vectors.div(norm.clamp_min(new Scalar(SMALLEST_NORM)));
    }

    @Override
    public Description description() {
        return Description.of("PrototypeAssignment")
                .put("sinkhorn", sinkhorn)
                .put("shares", shares)
                .build();
    }
}
