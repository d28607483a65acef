package dev.wsss.systems.carb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Six pixels of three classes in a row, whose numbers an independent program gave. */
class CarbLossTest {
    private static final Offset<Double> CLOSE = within(1e-6);
    private static final LocalView PATCH = new LocalView(0, 1, 1, 3, 1, 3);
    private static final long IGNORE = LabelMap.IGNORE;

    private static Tensor logits() {
        float[] z = {
            2, 0.5f, -1, -0.5f, 0.3f, -2, //
            1, 3, 2, 4, -0.7f, 0.1f, //
            0, 0.2f, -0.3f, -0.8f, 1.5f, -1
        };
        return Tensors.of(z, 1, 3, 1, 6).requires_grad_(true);
    }

    private static Tensor tags(float... tags) {
        return Tensors.of(tags, 1, 3);
    }

    private static Tensor labels(long... labels) {
        return Tensors.of(labels, 1, 1, labels.length);
    }

    private static CarbLoss.Builder original() {
        return CarbLoss.builder().optCompat(CarbCompat.original());
    }

    private static CarbLoss.Terms toy(CarbLoss loss) {
        return loss.apply(logits(), tags(1, 0, 1), labels(0, 2, 0, 2, 2, 0), labels(0, 0, 2), PATCH);
    }

    @Test
    void theWarmUpCountsAllPixelsAlike() {
        try (CarbLoss loss = original().optWarmUp(1).build();
                Scope scope = Scope.open()) {
            CarbLoss.Terms terms = toy(loss);
            assertThat(Tensors.item(terms.global().total())).isEqualTo(2.35339380, CLOSE);
            assertThat(Tensors.item(Objects.requireNonNull(terms.local()).total()))
                    .isEqualTo(3.53084019, CLOSE);
            assertThat(Tensors.item(terms.total())).isEqualTo(5.88423398, CLOSE);
            assertThat(Tensors.item(terms.lambda())).isZero();
            assertThat(loss.isWarmUp()).isFalse();
            assertThat(loss.reliableQueue()).containsOnly(0);
        }
    }

    @Test
    void afterItAgreementSplitsThePixels() {
        try (CarbLoss loss = original().optWarmUp(0).build();
                Scope scope = Scope.open()) {
            CarbLoss.Terms terms = toy(loss);
            CarbLoss.ViewTerms local = Objects.requireNonNull(terms.local());
            assertThat(Tensors.item(terms.global().reliable())).isEqualTo(0.37630562, CLOSE);
            assertThat(Tensors.item(terms.global().noisy())).isEqualTo(3.34193788, CLOSE);
            assertThat(Tensors.item(local.reliable())).isEqualTo(2.63356467, CLOSE);
            assertThat(Tensors.item(local.noisy())).isEqualTo(3.97947800, CLOSE);
            assertThat(Tensors.item(terms.lambda())).isEqualTo(0.11260102, CLOSE);
            assertThat(Tensors.item(terms.total())).isEqualTo(3.83426910, CLOSE);
            // the absent class wins at pixels 2, 3 and 5, by its zero
            assertThat(Tensors.item(terms.global().reliablePixels())).isEqualTo(2);
            assertThat(Tensors.item(terms.global().noisyPixels())).isEqualTo(4);
            assertThat(Tensors.item(terms.agreeing())).isEqualTo(2);
        }
    }

    @Test
    void theSoundGateLeavesAbsentClassesOut() {
        try (CarbLoss loss = CarbLoss.builder().optWarmUp(0).build();
                Scope scope = Scope.open()) {
            // among classes 0 and 2 alone: 0 0 2 0 2 2
            CarbLoss.Terms terms = toy(loss);
            assertThat(Tensors.item(terms.global().reliablePixels())).isEqualTo(2);
            assertThat(Tensors.item(terms.global().noisyPixels())).isEqualTo(4);
            CarbLoss.Terms all = loss.apply(logits(), tags(1, 0, 1), labels(0, 0, 2, 0, 2, 2));
            assertThat(Tensors.item(all.global().reliablePixels())).isEqualTo(6);
        }
    }

    @Test
    void theWeightFollowsTheLastLosses() {
        double[] reliable = {0.20, 0.25, 0.30, 0.15, 0.22, 0.18, 0.40};
        double[] noisy = {4, 5, 3, 6, 4.4, 3.6, 2};
        double[] expected = {0.05, 0.05, 0.0625, 0.05, 0.05, 0.05, 0.06578947};
        try (CarbLoss loss = original().optWarmUp(16_000).build()) {
            Map<String, HostArray> state = new HashMap<>(loss.stateDict());
            state.put("steps", HostArray.ofLongs(new long[] {16_000}, 1));
            try (CarbLoss resumed = CarbLoss.builder().optWarmUp(16_000).build()) {
                resumed.load(state);
                for (int i = 0; i < reliable.length; i++) {
                    try (Scope scope = Scope.open()) {
                        assertThat(Tensors.item(
                                        losses(resumed, reliable[i], noisy[i]).lambda()))
                                .isEqualTo(expected[i], within(1e-6));
                    }
                }
                // step 16001 has slot 1
                float[] queue = {0.22f, 0.18f, 0.40f, 0.30f, 0.15f};
                for (int i = 0; i < queue.length; i++) {
                    assertThat(resumed.reliableQueue()[i]).isEqualTo(queue[i], within(1e-6f));
                }
            }
        }
    }

    /** A step with one pixel of each kind and these losses. */
    private static CarbLoss.Terms losses(CarbLoss loss, double reliable, double noisy) {
        // of two classes, -log softmax of the first is r for a difference of -log(e^r - 1); the student says 0 and 1
        float a = (float) -Math.log(Math.expm1(reliable));
        float b = (float) -Math.log(Math.expm1(noisy));
        Tensor logits = Tensors.of(new float[] {a, b, 0, 0}, 1, 2, 1, 2);
        return loss.apply(logits, Tensors.of(new float[] {1, 1}, 1, 2), labels(0, 0));
    }

    @Test
    void theWeightIsNotBelowItsBound() {
        try (CarbLoss loss = CarbLoss.builder().optWarmUp(0).optMinLambda(0.06).build();
                Scope scope = Scope.open()) {
            CarbLoss.Terms low = losses(loss, 0.2, 4);
            assertThat(Tensors.item(low.lambda())).isEqualTo(0.06, CLOSE);
            assertThat(Tensors.item(low.total())).isEqualTo(0.2 + 0.06 * 4, within(1e-5));
            // the bound is of the weight alone: what the queues hold is what it would be without
            assertThat(Tensors.item(losses(loss, 0.4, 4).lambda())).isEqualTo(0.6 / 8, CLOSE);
            assertThat(loss.description().entries()).containsEntry("minLambda", "0.06");
        }
        try (CarbLoss constant = CarbLoss.builder()
                        .optWarmUp(0)
                        .optAdaptive(false)
                        .optCoefficient(0.03)
                        .optMinLambda(0.06)
                        .build();
                Scope scope = Scope.open()) {
            assertThat(Tensors.item(losses(constant, 0.2, 4).lambda())).isEqualTo(0.03, CLOSE);
        }
        assertThatThrownBy(() -> CarbLoss.builder().optMinLambda(-0.1)).hasMessageContaining("got -0.1");
    }

    @Test
    void anEmptyRegionAddsNothingAndLeavesTheQueuesAlone() {
        try (CarbLoss loss = CarbLoss.builder().optWarmUp(0).build();
                Scope scope = Scope.open()) {
            Tensor z = logits();
            // nothing is reliable, and the queues are empty: all counts, as in the warm-up
            CarbLoss.Terms none = loss.apply(z, tags(1, 1, 1), labels(2, 2, 2, 2, 0, 0));
            assertThat(Tensors.item(none.lambda())).isEqualTo(1);
            assertThat(Tensors.item(none.global().reliable())).isZero();
            assertThat(Tensors.item(none.total()))
                    .isEqualTo(Tensors.item(none.global().noisy()), CLOSE);
            none.total().backward();
            assertThat(finite(z.grad())).isTrue();
            assertThat(loss.reliableQueue()).containsOnly(0);
            // then a pair of losses, then nothing is noisy: the pair stays
            losses(loss, 0.2, 4);
            float[] before = loss.noisyQueue();
            CarbLoss.Terms all = loss.apply(logits(), tags(1, 1, 1), labels(0, 1, 1, 1, 2, 1));
            assertThat(Tensors.item(all.global().noisyPixels())).isZero();
            assertThat(Tensors.item(all.lambda())).isEqualTo(0.05, CLOSE);
            assertThat(loss.noisyQueue()).containsExactly(before);
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void labelsThatAreAllIgnoredAreNoLossAndNoGradient(boolean zeroGate) {
        CarbCompat compat = zeroGate ? CarbCompat.original() : CarbCompat.sound();
        try (CarbLoss loss = CarbLoss.builder().optWarmUp(1).optCompat(compat).build();
                Scope scope = Scope.open()) {
            long[] all = new long[6];
            Arrays.fill(all, IGNORE);
            for (int step = 0; step < 3; step++) {
                Tensor z = logits();
                CarbLoss.Terms terms = loss.apply(z, tags(1, 0, 1), labels(all), labels(IGNORE, IGNORE, IGNORE), PATCH);
                terms.total().backward();
                assertThat(Tensors.item(terms.total())).isZero();
                assertThat(Tensors.toFloats(z.grad())).containsOnly(0);
            }
        }
    }

    @Test
    void noGradientReachesIgnoredPixelsNorGoesThroughTheWeight() {
        try (CarbLoss loss = CarbLoss.builder().optWarmUp(0).build();
                Scope scope = Scope.open()) {
            Tensor z = logits();
            CarbLoss.Terms terms = loss.apply(z, tags(1, 0, 1), labels(0, 2, IGNORE, 2, 2, IGNORE));
            assertThat(terms.lambda().requires_grad()).isFalse();
            terms.total().backward();
            float[] g = Tensors.toFloats(z.grad());
            for (int c = 0; c < 3; c++) {
                assertThat(g[6 * c + 2]).isZero();
                assertThat(g[6 * c + 5]).isZero();
            }
            assertThat(g[0]).isNegative();
        }
    }

    @Test
    void anImageWithoutTagsTeachesNothingAfterTheWarmUp() {
        try (CarbLoss loss = CarbLoss.builder().optWarmUp(0).build();
                Scope scope = Scope.open()) {
            CarbLoss.Terms terms = loss.apply(logits(), tags(0, 0, 0), labels(0, 2, 0, 2, 2, 0));
            assertThat(Tensors.item(terms.total())).isZero();
        }
    }

    @Test
    void logitsThatAreNotFiniteDoNotReachTheQueues() {
        try (CarbLoss loss = CarbLoss.builder().optWarmUp(0).build();
                Scope scope = Scope.open()) {
            losses(loss, 0.2, 4);
            Tensor broken = Tensors.of(new float[] {Float.NaN, 1, 0, Float.NaN}, 1, 2, 1, 2);
            CarbLoss.Terms terms = loss.apply(broken, Tensors.of(new float[] {1, 1}, 1, 2), labels(0, 1));
            assertThat(Tensors.item(terms.total())).isNaN();
            assertThat(Tensors.item(losses(loss, 0.2, 4).lambda())).isEqualTo(0.05, CLOSE);
        }
    }

    @Test
    void aConstantWeightIsTheCoefficient() {
        try (CarbLoss loss = CarbLoss.builder()
                        .optWarmUp(0)
                        .optAdaptive(false)
                        .optCoefficient(0.03)
                        .build();
                Scope scope = Scope.open()) {
            CarbLoss.ViewTerms global = toy(loss).global();
            assertThat(Tensors.item(global.total()))
                    .isEqualTo(Tensors.item(global.reliable()) + 0.03 * Tensors.item(global.noisy()), CLOSE);
        }
    }

    @Test
    void itGoesOnWhereItWas() {
        try (CarbLoss whole = CarbLoss.builder().optWarmUp(1).build();
                CarbLoss first = CarbLoss.builder().optWarmUp(1).build();
                CarbLoss second = CarbLoss.builder().optWarmUp(1).build();
                CarbLoss original = original().optWarmUp(1).build();
                Scope scope = Scope.open()) {
            for (CarbLoss loss : new CarbLoss[] {whole, first}) {
                losses(loss, 0.2, 4);
                losses(loss, 0.2, 4);
            }
            second.load(first.stateDict());
            original.load(first.stateDict());
            assertThat(Tensors.item(losses(second, 0.5, 2).lambda()))
                    .isEqualTo(Tensors.item(losses(whole, 0.5, 2).lambda()));
            assertThat(second.stateDict()).isEqualTo(whole.stateDict());
            // as published, it warms up once more and has forgotten
            assertThat(original.isWarmUp()).isTrue();
            assertThat(original.reliableQueue()).containsOnly(0);
        }
    }

    @Test
    void aStateThatIsNoneIsRefused() {
        try (CarbLoss loss = CarbLoss.builder().build()) {
            Map<String, HostArray> state = new HashMap<>(loss.stateDict());
            assertThatThrownBy(() -> loss.load(Map.of()))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("[steps, reliable, noisy], got []");
            state.put("noisy", HostArray.ofFloats(new float[4], 4));
            assertThatThrownBy(() -> loss.load(state))
                    .hasMessageContaining("'noisy'")
                    .hasMessageContaining("[5]");
            state.put("noisy", HostArray.ofFloats(new float[] {0, 1, Float.NaN, 0, 0}, 5));
            assertThatThrownBy(() -> loss.load(state)).hasMessageContaining("got NaN");
            state.put("steps", HostArray.ofLongs(new long[] {-1}, 1));
            assertThatThrownBy(() -> loss.load(state)).hasMessageContaining("got -1");
        }
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        try (CarbLoss loss = CarbLoss.builder().build();
                Scope scope = Scope.open()) {
            Tensor six = labels(0, 2, 0, 2, 2, 0);
            assertThatThrownBy(() -> loss.apply(logits(), Tensors.of(new float[2], 1, 2), six))
                    .hasMessage("tags must be [1, 3], got [1, 2]");
            assertThatThrownBy(() -> loss.apply(logits(), tags(1, 1, 1), Tensors.of(new byte[6], 1, 1, 6)))
                    .hasMessageContaining("global must be int64");
            assertThatThrownBy(() -> loss.apply(logits(), tags(1, 1, 1), six, labels(0, 0), PATCH))
                    .hasMessage("local must be [1, 1, 3], got [1, 1, 2]");
            LocalView outside = new LocalView(0, 4, 1, 3, 1, 3);
            assertThatThrownBy(() -> loss.apply(logits(), tags(1, 1, 1), six, labels(0, 0, 0), outside))
                    .hasMessageContaining("must lie within the labels, got labels of 1x6");
            assertThat(loss.steps()).isZero();
            assertThatThrownBy(() -> CarbLoss.builder().optQueueSize(0)).hasMessageContaining("got 0");
            assertThatThrownBy(() -> CarbLoss.builder().optCoefficient(-1)).hasMessageContaining("got -1.0");
            assertThatThrownBy(() -> CarbLoss.builder().optWeights(1, Double.NaN))
                    .hasMessageContaining("NaN");
            assertThatThrownBy(() -> CarbLoss.builder().optWarmUp(-1)).hasMessageContaining("got -1");
        }
    }

    private static boolean finite(Tensor t) {
        return Tensors.item(t.isfinite().all()) == 1;
    }
}
