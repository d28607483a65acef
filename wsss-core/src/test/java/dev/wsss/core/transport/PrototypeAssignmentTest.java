package dev.wsss.core.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class PrototypeAssignmentTest {
    private static final int P = 12;
    private static final int N = 3;
    private static final int D = 4;

    private static double[] values(int n, long seed) {
        return new Random(seed).doubles(n, -1, 1).toArray();
    }

    /** SwAV's own loop: exp(cos / 0.05), then three times prototypes and samples in turn. */
    @Test
    void isTheLoopOfSwav() {
        double[] f = values(P * D, 1);
        double[] c = values(N * D, 2);
        double[][] q = new double[N][P];
        for (int n = 0; n < N; n++) {
            for (int p = 0; p < P; p++) {
                double dot = 0;
                double ff = 0;
                double cc = 0;
                for (int d = 0; d < D; d++) {
                    dot += f[p * D + d] * c[n * D + d];
                    ff += f[p * D + d] * f[p * D + d];
                    cc += c[n * D + d] * c[n * D + d];
                }
                q[n][p] = Math.exp(dot / Math.sqrt(ff * cc) / 0.05);
            }
        }
        for (int i = 0; i < 3; i++) {
            for (int n = 0; n < N; n++) {
                double sum = 0;
                for (int p = 0; p < P; p++) {
                    sum += q[n][p];
                }
                for (int p = 0; p < P; p++) {
                    q[n][p] /= sum * N;
                }
            }
            for (int p = 0; p < P; p++) {
                double sum = q[0][p] + q[1][p] + q[2][p];
                for (int n = 0; n < N; n++) {
                    q[n][p] /= sum * P;
                }
            }
        }
        try (Scope scope = Scope.open()) {
            double[] got =
                    Tensors.toDoubles(PrototypeAssignment.swav().assign(Tensors.of(f, P, D), Tensors.of(c, N, D)));
            for (int p = 0; p < P; p++) {
                for (int n = 0; n < N; n++) {
                    assertThat(got[p * N + n]).isEqualTo(q[n][p] * P, within(1e-9));
                }
            }
        }
    }

    @Test
    void eachPrototypeGetsItsPart() {
        try (Scope scope = Scope.open()) {
            // all features are nearest to the first prototype
            double[] f = new double[P * 2];
            for (int p = 0; p < P; p++) {
                f[2 * p] = 1;
                f[2 * p + 1] = 0.05 * p;
            }
            Tensor features = Tensors.of(f, P, 2);
            Tensor prototypes = Tensors.of(new double[] {1, 0.2, 0, 1}, 2, 2);
            double[] equal = Tensors.toDoubles(PrototypeAssignment.sela().assign(features, prototypes));
            double[] unequal = Tensors.toDoubles(
                    PrototypeAssignment.of(Sinkhorn.builder().setEpsilon(0.05).build(), 3, 1)
                            .assign(features, prototypes));
            assertThat(column(equal, 0)).isEqualTo(6, within(1e-3));
            assertThat(column(unequal, 0)).isEqualTo(9, within(1e-3));
            for (int p = 0; p < P; p++) {
                assertThat(equal[2 * p] + equal[2 * p + 1]).isEqualTo(1, within(1e-9));
            }
            assertThat(equal[0]).isGreaterThan(0.8);
            assertThat(equal[2 * P - 2]).isLessThan(0.3);
        }
    }

    private static double column(double[] shares, int n) {
        double sum = 0;
        for (int p = 0; p < P; p++) {
            sum += shares[2 * p + n];
        }
        return sum;
    }

    @Test
    void prototypesAreWeightedMeansAndZerosStayFinite() {
        try (Scope scope = Scope.open()) {
            Tensor features = Tensors.of(new double[] {2, 0, 0, 4, 0, 0}, 3, 2);
            Tensor shares = Tensors.of(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 3);
            assertThat(Tensors.toDoubles(PrototypeAssignment.prototypes(features, shares)))
                    .containsExactly(1, 0, 0, 1, 0, 0);
            Tensor assigned = PrototypeAssignment.swav().assign(features, Tensors.of(new double[] {1, 0, 0, 1}, 2, 2));
            double[] q = Tensors.toDoubles(assigned);
            assertThat(q[4]).isEqualTo(0.5, within(1e-6));
            assertThat(q[0]).isGreaterThan(0.99);
        }
    }

    @Test
    void whatDoesNotFitIsNamed() {
        try (Scope scope = Scope.open()) {
            Tensor f = Tensors.of(values(6, 1), 3, 2);
            assertThatThrownBy(() -> PrototypeAssignment.swav().assign(f, Tensors.of(values(6, 1), 2, 3)))
                    .hasMessageContainingAll("[3, 2]", "[2, 3]");
            PrototypeAssignment two = PrototypeAssignment.of(Sinkhorn.dhr().build(), 1, 1);
            assertThatThrownBy(() -> two.assign(f, f)).hasMessageContainingAll("2 shares", "3 prototypes");
            assertThatThrownBy(() -> PrototypeAssignment.of(Sinkhorn.dhr().build(), 1, 0))
                    .hasMessageContaining("[1.0, 0.0]");
        }
    }
}
