package dev.wsss.core.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SinkhornTest {
    private static final Offset<Float> NEAR = within(2e-5f);
    private static final float[] FOUR = {.9f, .1f, .8f, .3f, .2f, .7f, .1f, .6f};
    private static final float[] SIX = {1, 0, .2f, .9f, .6f, .2f, .5f, .5f, .5f, 0, .3f, .1f, 0, 0, 0, .05f, .9f, .85f};

    @ParameterizedTest
    @EnumSource
    void fourPositionsOfTwoClasses(Sinkhorn.Form form) {
        try (Scope scope = Scope.open()) {
            TransportPlan plan = Sinkhorn.dhr().optForm(form).build().planOfSimilarity(Tensors.of(FOUR, 4, 2));
            assertThat(plan.iterations()).containsExactly(25);
            assertThat(plan.stopped()).containsExactly(true);
            assertThat(Tensors.toFloats(plan.plan()))
                    .containsExactly(
                            new float[] {.249416f, .000095f, .247626f, .001893f, .001479f, .249006f, .001479f, .249006f
                            },
                            NEAR);
            assertThat(Tensors.toFloats(plan.columnMinMax()))
                    .containsExactly(new float[] {1, 0, .992778f, .007222f, 0, 1, 0, 1}, NEAR);
            assertThat(Tensors.toFloats(plan.rowScaling()))
                    .containsExactly(new float[] {.722015f, 1.948549f, 4.695658f, 12.764119f}, within(1e-4f));
            assertThat(Tensors.toFloats(plan.columnScaling())).containsExactly(new float[] {.939016f, 1.065117f}, NEAR);
        }
    }

    @Test
    void aPositionWithoutPreferenceCountsForNone() {
        try (Scope scope = Scope.open()) {
            TransportPlan plan = Sinkhorn.dhr().build().planOfSimilarity(Tensors.of(SIX, 6, 3));
            assertThat(plan.iterations()).containsExactly(31);
            assertThat(Tensors.toFloats(plan.columnMinMax()))
                    .containsExactly(
                            new float[] {
                                1, 0, 0, .836476f, .205379f, .005392f, .079568f, .392704f, 1, .010063f, 1, .341730f,
                                .079568f, .392704f, 1, 0, .578740f, .893248f
                            },
                            NEAR);
        }
    }

    @Test
    void thePublishedRuleStopsEarlyWithManyPositions() {
        float[] scores = new float[2048];
        for (int i = 0; i < 60; i++) {
            scores[2 * i + (i < 50 ? 0 : 1)] = 1;
        }
        try (Scope scope = Scope.open()) {
            TransportPlan plan = Sinkhorn.dhr().build().planOfSimilarity(Tensors.of(scores, 1024, 2));
            assertThat(plan.iterations()).containsExactly(3);
            float[] t = Tensors.toFloats(plan.columnMinMax());
            assertThat(new float[] {t[0], t[1], t[100], t[101], t[120], t[121]})
                    .containsExactly(new float[] {1, 0, 0, 1, .47933f, .52067f}, NEAR);

            TransportPlan none = Sinkhorn.dhr().build().planOfSimilarity(Tensors.of(new float[2048], 1024, 2));
            assertThat(none.iterations()).containsExactly(2);
            assertThat(Tensors.toFloats(none.columnMinMax())).containsOnly(0);
        }
    }

    @Test
    void aSingleColumnSaysNothing() {
        float[] scores = new float[300];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) Math.sin(i);
        }
        try (Scope scope = Scope.open()) {
            Tensor all = Sinkhorn.dhr()
                    .build()
                    .planOfSimilarity(Tensors.of(scores, 300, 1))
                    .columnMinMax();
            assertThat(Tensors.toFloats(all)).containsOnly(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void problemsOfABatchStopEachOnItsOwn(Sinkhorn.Form form) {
        try (Scope scope = Scope.open()) {
            float[] other = FOUR.clone();
            other[0] = -3;
            other[5] = 0;
            Tensor first = Tensors.of(FOUR, 4, 2);
            Tensor second = Tensors.of(other, 4, 2);
            Tensor flat = Tensors.of(new float[8], 4, 2);
            Sinkhorn sinkhorn = Sinkhorn.dhr().optForm(form).build();
            TransportPlan batch =
                    sinkhorn.planOfSimilarity(torch.stack(new TensorVector(new Tensor[] {flat, first, second}), 0));
            Tensor[] alone = {flat, first, second};
            assertThat(Arrays.stream(batch.iterations()).distinct()).hasSize(3);
            for (int i = 0; i < 3; i++) {
                TransportPlan plan = sinkhorn.planOfSimilarity(alone[i]);
                assertThat(batch.iterations()[i]).isEqualTo(plan.iterations()[0]);
                assertThat(Tensors.toFloats(batch.plan().select(0, i)))
                        .containsExactly(Tensors.toFloats(plan.plan()), within(1e-6f));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void marginalsAreMet(Sinkhorn.Form form) {
        Random random = new Random(1);
        try (Scope scope = Scope.open()) {
            Tensor cost = Tensors.of(random.doubles(2 * 7 * 5).toArray(), 2, 7, 5);
            double[] rows = {1, 2, 3, 4, 5, 6, 0};
            double[] columns = {1, 5, 5, 5, 5};
            TransportPlan plan = Sinkhorn.builder()
                    .setEpsilon(0.05)
                    .optForm(form)
                    .optStop(Sinkhorn.Stop.marginalError(1e-10).every(1))
                    .build()
                    .plan(cost, Tensors.of(rows, 7), Tensors.of(columns, 5));
            assertThat(plan.stopped()).containsExactly(true, true);
            for (int b = 0; b < 2; b++) {
                double[] p = Tensors.toDoubles(plan.plan().select(0, b));
                for (int i = 0; i < 7; i++) {
                    assertThat(Arrays.stream(p, 5 * i, 5 * i + 5).sum()).isEqualTo(rows[i], within(1e-9));
                }
                for (int j = 0; j < 5; j++) {
                    double sum = 0;
                    for (int i = 0; i < 7; i++) {
                        sum += p[5 * i + j];
                    }
                    assertThat(sum).isEqualTo(columns[j], within(1e-9));
                }
            }
        }
    }

    @Test
    void logarithmsHoldWherePlainNumbersAreLost() {
        try (Scope scope = Scope.open()) {
            Tensor cost = Tensors.of(new float[] {0, 1, 1, 900, 1000, 950}, 3, 2);
            Sinkhorn.Builder settings = Sinkhorn.builder().setEpsilon(1);
            TransportPlan plan = settings.build().plan(cost);
            assertThat(Tensors.toFloats(plan.plan())).doesNotContain(Float.NaN);
            assertThat(Tensors.item(plan.plan().sum())).isEqualTo(1, within(1e-5));
            assertThatThrownBy(
                            () -> settings.optForm(Sinkhorn.Form.PLAIN).build().plan(cost))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContainingAll("largest cost is 1000", "epsilon 1.0", "LOG");
            assertThatThrownBy(() -> Sinkhorn.dhr().build().plan(cost.mul(new Scalar(Double.NaN))))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("costs are not finite");
        }
    }

    /** Against central differences, in float64. */
    @ParameterizedTest
    @EnumSource
    void gradientsPassThroughTheIterations(Sinkhorn.Form form) {
        Random random = new Random(5);
        double[] cost = random.doubles(2 * 4 * 3).toArray();
        double[] weight = random.doubles(2 * 4 * 3).map(x -> x - 0.5).toArray();
        Sinkhorn sinkhorn = Sinkhorn.builder()
                .setEpsilon(0.2)
                .optIterations(6)
                .optStop(Sinkhorn.Stop.never())
                .optForm(form)
                .build();
        try (Scope scope = Scope.open()) {
            Function<Tensor, Tensor> loss = c -> sinkhorn.plan(c)
                    .plan()
                    .mul(Tensors.of(weight, 2, 4, 3))
                    .sum()
                    .add(sinkhorn.plan(c)
                            .columnMinMax()
                            .mul(Tensors.of(weight, 2, 4, 3))
                            .sum());
            Tensor leaf = Tensors.of(cost, 2, 4, 3).requires_grad_(true);
            loss.apply(leaf).backward();
            double[] gradient = Tensors.toDoubles(leaf.grad());
            double step = 1e-6;
            for (int i = 0; i < cost.length; i++) {
                double[] up = cost.clone();
                double[] down = cost.clone();
                up[i] += step;
                down[i] -= step;
                double slope = (Tensors.item(loss.apply(Tensors.of(up, 2, 4, 3)))
                                - Tensors.item(loss.apply(Tensors.of(down, 2, 4, 3))))
                        / (2 * step);
                assertThat(gradient[i]).isEqualTo(slope, within(1e-6));
            }
            assertThat(gradient).doesNotContain(0);
        }
    }

    @Test
    void floatsAndDoublesAgreeAndHalvesAreFloats() {
        try (Scope scope = Scope.open()) {
            Tensor halves = Tensors.of(SIX, 6, 3).to(ScalarType.Half);
            Tensor floats = halves.to(ScalarType.Float);
            Sinkhorn sinkhorn = Sinkhorn.dhr().build();
            float[] want = Tensors.toFloats(sinkhorn.plan(floats).plan());
            assertThat(Tensors.toFloats(sinkhorn.plan(halves).plan())).containsExactly(want);
            Tensor precise = sinkhorn.plan(floats.to(ScalarType.Double)).plan();
            assertThat(precise.scalar_type().intern()).isEqualTo(ScalarType.Double);
            assertThat(Tensors.toFloats(precise)).containsExactly(want, within(1e-6f));
        }
    }

    @Test
    void whatDoesNotFitIsNamed() {
        try (Scope scope = Scope.open()) {
            Sinkhorn s = Sinkhorn.dhr().build();
            Tensor cost = Tensors.of(FOUR, 4, 2);
            assertThatThrownBy(() -> s.plan(Tensors.of(FOUR, 8))).hasMessageContaining("[8]");
            Tensor rows = Tensors.of(new float[] {1, 1, 1, 1}, 4);
            assertThatThrownBy(() -> s.plan(cost, rows, rows)).hasMessageContainingAll("columns of shape [2]", "[4]");
            assertThatThrownBy(() -> s.plan(cost, rows, Tensors.of(new float[] {1, 1}, 2)))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContainingAll("4.0", "2.0");
            assertThatThrownBy(() -> s.plan(cost, rows, Tensors.of(new float[] {5, -1}, 2)))
                    .hasMessageContainingAll("columns", "-1.0");
        }
        assertThatThrownBy(() -> Sinkhorn.builder().build()).hasMessage("setEpsilon is required");
        assertThatThrownBy(() -> Sinkhorn.builder().setEpsilon(0)).hasMessageContaining("0.0");
        assertThatThrownBy(() -> Sinkhorn.dhr().optIterations(0)).hasMessageContaining("iterations");
        assertThatThrownBy(() -> Sinkhorn.Stop.scalingChange(0)).hasMessageContaining("tolerance");
        assertThatThrownBy(() -> Sinkhorn.Stop.never().every(0)).hasMessageContaining("iterations");
    }

    @Test
    void settingsDescribeTheSolver() {
        Description dhr = Sinkhorn.dhr().build().description();
        assertThat(dhr).isEqualTo(Sinkhorn.dhr().build().description());
        assertThat(dhr).isNotEqualTo(Sinkhorn.dhr().setEpsilon(0.2).build().description());
        assertThat(dhr)
                .isNotEqualTo(Sinkhorn.dhr()
                        .optStop(Sinkhorn.Stop.marginalError(0.01))
                        .build()
                        .description());
    }
}
