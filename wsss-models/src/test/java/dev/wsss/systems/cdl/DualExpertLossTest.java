package dev.wsss.systems.cdl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.LabelMap;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Twelve pixels of 21 classes, whose numbers the functions of the published code gave. */
class DualExpertLossTest {
    private static final Offset<Double> CLOSE = within(2e-6);
    private static final long I = LabelMap.IGNORE;
    private static final int CLASSES = 21;
    private static final int[] CLASS_1 = {0, 0, 5, 5, 5, 12, 0, 12, 12, 0, 3, 0};
    private static final double[] SURE_1 = {8, 7, 8, 1, 6, 1, 9, 4.5, 1, 7, 2, 0.5};
    private static final int[] CLASS_2 = {0, 5, 5, 7, 12, 12, 0, 12, 12, 0, 4, 0};
    private static final double[] SURE_2 = {7, 9, 4, 1, 7.5, 2, 1, 4.4, 8, 1, 1, 0.5};
    private static final long[] GIVEN = {0, 0, I, 5, 5, 5, 0, 12, 12, I, 0, 0};

    private static Tensor first() {
        return logits(CLASS_1, SURE_1, (c, n) -> Math.sin(0.9 * c + 0.7 * n + 0.1));
    }

    private static Tensor second() {
        return logits(CLASS_2, SURE_2, (c, n) -> Math.cos(0.8 * c + 0.3 * n));
    }

    private interface Wave {
        double at(int channel, int pixel);
    }

    private static Tensor logits(int[] classes, double[] sure, Wave wave) {
        return maps(CLASSES, (c, n) -> wave.at(c, n) + (classes[n] == c ? sure[n] : 0));
    }

    private static Tensor features() {
        return maps(5, (d, n) -> Math.cos(1.7 * d + 0.6 * n));
    }

    private static Tensor maps(int channels, Wave wave) {
        float[] v = new float[channels * 12];
        for (int c = 0; c < channels; c++) {
            for (int n = 0; n < 12; n++) {
                v[c * 12 + n] = (float) wave.at(c, n);
            }
        }
        return Tensors.of(v, 1, channels, 3, 4).requires_grad_(true);
    }

    private static Tensor labels(long... labels) {
        return Tensors.of(labels, 1, 3, 4);
    }

    private static Tensor none() {
        long[] none = new long[12];
        Arrays.fill(none, I);
        return labels(none);
    }

    private static Tensor mask(int... pixels) {
        long[] v = new long[12];
        Arrays.stream(pixels).forEach(p -> v[p] = 1);
        return Tensors.of(v, 1, 3, 4).to(ScalarType.Bool);
    }

    private static LabelCorrection.Corrected corrected(CdlVariant variant, Tensor given, Tensor closed) {
        return LabelCorrection.PUBLISHED.apply(first(), second(), PairAffinity.of(features(), variant), given, closed);
    }

    private static DualExpertLoss.Builder base() {
        return DualExpertLoss.builder().setVariant(CdlVariant.BASE).setStart(1);
    }

    private static ExpertMaps baseMaps() {
        return new ExpertMaps(first(), second(), null, features());
    }

    @ParameterizedTest
    @EnumSource(CdlVariant.class)
    void credibleExpertsReplaceLabelsAndTheUnsureTakeWhatIsPassedOn(CdlVariant variant) {
        try (Scope scope = Scope.open()) {
            LabelCorrection.Corrected c = LabelCorrection.PUBLISHED.apply(
                    first(), second(), PairAffinity.of(features(), variant), labels(GIVEN), null);
            assertThat(Tensors.toLongs(c.reliable())).containsExactly(0, 5, 5, I, 12, I, 0, I, 12, 0, I, I);
            assertThat(Tensors.toLongs(c.labels())).containsExactly(0, 5, 5, 0, 12, 12, 0, 12, 12, 0, 0, 0);
        }
    }

    @Test
    void affinitiesAndTheirLossAreThePublished() {
        try (Scope scope = Scope.open()) {
            Tensor base = PairAffinity.of(features(), CdlVariant.BASE);
            Tensor dot = PairAffinity.of(features(), CdlVariant.EXTENDED);
            assertThat(Arrays.copyOf(Tensors.toFloats(base.detach()), 3))
                    .containsExactly(new float[] {0.731058f, 0.700388f, 0.585581f}, within(1e-5f));
            assertThat(Arrays.copyOf(Tensors.toFloats(dot.detach()), 3))
                    .containsExactly(new float[] {0.945320f, 0.903776f, 0.700004f}, within(1e-5f));
            Tensor reliable = labels(0, 5, 5, I, 12, I, 0, I, 12, 0, I, I);
            assertThat(Tensors.item(PairAffinity.loss(base, labels(GIVEN), 1))).isEqualTo(1.1271740, within(1e-5));
            assertThat(Tensors.item(PairAffinity.loss(base, reliable, 1))).isEqualTo(1.2816515, within(1e-5));
            assertThat(Tensors.item(PairAffinity.loss(dot, labels(GIVEN), 2))).isEqualTo(1.7492145, within(1e-5));
            assertThat(Tensors.item(PairAffinity.loss(dot, reliable, 2))).isEqualTo(2.3525219, within(1e-5));
        }
    }

    @Test
    void theTermsAreThePublishedBeforeAndAfterTheStart() {
        try (Scope scope = Scope.open()) {
            DualExpertLoss loss = base().optCompat(CdlCompat.original()).build();
            DualExpertLoss.Terms at = loss.apply(List.of(baseMaps()), labels(GIVEN), null, 1);
            assertThat(Tensors.item(at.first())).isEqualTo(1.2335913, CLOSE);
            assertThat(Tensors.item(at.second()))
                    .isEqualTo(0.9486614, CLOSE); // Dice comes a step before the correction
            assertThat(Tensors.item(at.corrected())).isZero();
            ExpertMaps maps = baseMaps();
            DualExpertLoss.Terms after = loss.apply(List.of(maps), labels(GIVEN), null, 2);
            assertThat(Tensors.item(after.first())).isEqualTo(2.2092273, CLOSE);
            assertThat(Tensors.item(after.second())).isEqualTo(0.9057612, CLOSE);
            assertThat(Tensors.item(after.corrected())).isEqualTo(6 / 12.0, within(1e-6));
            assertThat(Tensors.item(after.reliable())).isEqualTo(7 / 12.0, within(1e-6));
            after.second().backward();
            float[] gradient = Tensors.toFloats(maps.second().grad());
            assertThat((double) gradient[0]).isEqualTo(-8.794013e-5, within(1e-9));
            assertThat((double) gradient[5 * 12 + 1]).isEqualTo(-6.451191e-5, within(1e-9));
        }
    }

    @Test
    void soundDiceStartsWithTheCorrectionAndLeavesIgnoredPixelsOut() {
        try (Scope scope = Scope.open()) {
            DualExpertLoss.Terms at = base().build().apply(List.of(baseMaps()), labels(GIVEN), null, 1);
            assertThat(Tensors.item(at.second())).isGreaterThan(1); // a cross-entropy, still
            // of labels that correction leaves as they are: nobody is ever credible
            LabelCorrection never = new LabelCorrection(1, 1, 1, 1e-6);
            ExpertMaps maps = baseMaps();
            Tensor sound = base().optCorrection(never)
                    .build()
                    .apply(List.of(maps), labels(GIVEN), null, 2)
                    .second();
            sound.backward();
            float[] gradient = Tensors.toFloats(maps.second().grad());
            for (int c = 0; c < CLASSES; c++) {
                assertThat(Math.abs(gradient[c * 12 + 2])).isEqualTo(0);
                assertThat(Math.abs(gradient[c * 12 + 9])).isEqualTo(0);
            }
            Tensor original = base().optCorrection(never)
                    .optCompat(CdlCompat.original())
                    .build()
                    .apply(List.of(baseMaps()), labels(GIVEN), null, 2)
                    .second();
            assertThat(Tensors.item(original)).isEqualTo(0.9486614, CLOSE);
            assertThat(Tensors.item(sound)).isLessThan(Tensors.item(original));
        }
    }

    @Test
    void paddingGetsNoLabelAndPassesNothingOn() {
        try (Scope scope = Scope.open()) {
            // pixel 2 and 9 get labels of credible experts, pixel 3 of others; 6 is a source
            LabelCorrection.Corrected open = corrected(CdlVariant.BASE, none(), mask());
            assertThat(Tensors.toLongs(open.labels())).contains(0, 5, 12);
            LabelCorrection.Corrected c = corrected(CdlVariant.BASE, labels(GIVEN), mask(2, 3, 6, 9));
            assertThat(Tensors.toLongs(c.reliable())).containsExactly(0, 5, I, I, 12, I, I, I, 12, I, I, I);
            assertThat(closedAlone(c.labels())).isTrue();
            DualExpertLoss.Terms sound = base().build().apply(List.of(baseMaps()), labels(GIVEN), mask(2, 3, 6, 9), 2);
            assertThat(closedAlone(sound.labels().get(0))).isTrue();
            DualExpertLoss.Terms original = base().optCompat(CdlCompat.original())
                    .build()
                    .apply(List.of(baseMaps()), labels(GIVEN), mask(2, 3, 6, 9), 2);
            assertThat(Tensors.toLongs(original.labels().get(0))).doesNotContain(I);
        }
    }

    /** Whether 2, 3, 6 and 9 alone have no label. */
    private static boolean closedAlone(Tensor labels) {
        long[] l = Tensors.toLongs(labels);
        return IntStream.range(0, l.length).allMatch(n -> (l[n] == I) == (n == 2 || n == 3 || n == 6 || n == 9));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void anEmptySideOfABalancedLossIsZeroAndNaNInTheOriginal(long iteration) {
        long[] foreground = {5, 5, 5, 5, 5, 5, 5, 12, 12, 12, 12, 12};
        try (Scope scope = Scope.open()) {
            // two experts that are never credible, so that the labels stay
            LabelCorrection never = new LabelCorrection(1, 1, 1, 1e-6);
            ExpertMaps maps = baseMaps();
            Tensor sound = base().optBalanced(true)
                    .optCorrection(never)
                    .build()
                    .apply(List.of(maps), labels(foreground), null, iteration)
                    .total();
            sound.backward();
            assertThat(Tensors.item(sound)).isFinite().isPositive();
            assertThat(Tensors.toFloats(maps.first().grad())).doesNotContain(Float.NaN);
            Tensor original = base().optBalanced(true)
                    .optCorrection(never)
                    .optCompat(CdlCompat.original())
                    .build()
                    .apply(List.of(baseMaps()), labels(foreground), null, iteration)
                    .total();
            assertThat(Tensors.item(original)).isNaN();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void withoutAnyLabelNothingIsLearntOnceNothingIsOpen(long iteration) {
        try (Scope scope = Scope.open()) {
            int[] all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
            ExpertMaps maps = baseMaps();
            Tensor total = base().build()
                    .apply(List.of(maps), none(), mask(all), iteration)
                    .total();
            total.backward();
            assertThat(Tensors.item(total)).isFinite();
            assertThat(largest(maps.first().grad())).isZero();
            assertThat(largest(maps.second().grad())).isZero();
            assertThat(largest(maps.features().grad())).isZero();
        }
    }

    private static double largest(Tensor t) {
        return Tensors.item(t.abs().max());
    }

    @Test
    void everyLabelMayBeCorrectedAway() {
        try (Scope scope = Scope.open()) {
            // experts that are sure of class 3 everywhere, whatever the labels say
            Tensor sure = maps(CLASSES, (c, n) -> c == 3 ? 20 + n : 0);
            Tensor surer = maps(CLASSES, (c, n) -> c == 3 ? 9 : 0);
            ExpertMaps maps = new ExpertMaps(sure, surer, null, features());
            DualExpertLoss.Terms terms = base().optBalanced(true).build().apply(List.of(maps), labels(GIVEN), null, 2);
            terms.total().backward();
            assertThat(Tensors.toLongs(terms.labels().get(0))).containsOnly(3);
            assertThat(Tensors.item(terms.corrected())).isEqualTo(1);
            assertThat(Tensors.item(terms.reliable())).isEqualTo(1);
            assertThat(Tensors.item(terms.total())).isFinite();
            assertThat(Tensors.toFloats(maps.features().grad())).doesNotContain(Float.NaN);
        }
    }

    @Test
    void theWarmUpScalesTheWholeLoss() {
        try (Scope scope = Scope.open()) {
            double full = total(base().setStart(1000).build(), 100);
            DualExpertLoss warm = base().setStart(1000).optWarmUp(100).build();
            assertThat(total(warm, 1)).isEqualTo(full * 0.02, within(1e-6));
            assertThat(total(warm, 98)).isEqualTo(full * 0.99, within(1e-6));
            assertThat(total(warm, 100)).isEqualTo(full);
        }
    }

    private static double total(DualExpertLoss loss, long iteration) {
        return Tensors.item(
                loss.apply(List.of(baseMaps()), labels(GIVEN), null, iteration).total());
    }

    @Test
    void theThirdExpertLearnsWhatThePlainViewSays() {
        try (Scope scope = Scope.open()) {
            Tensor third = second();
            Tensor both =
                    maps(5, (d, n) -> Math.cos(1.7 * d + 0.6 * n)).detach().repeat(2, 1, 1, 1);
            ExpertMaps maps = new ExpertMaps(first(), second(), third, both.requires_grad_(true));
            DualExpertLoss loss = DualExpertLoss.builder()
                    .setVariant(CdlVariant.EXTENDED)
                    .setStart(0)
                    .build();
            DualExpertLoss.Terms terms = loss.apply(List.of(maps), labels(GIVEN), null, 1);
            assertThat(Tensors.item(terms.affinity())).isEqualTo(2.3525219, within(1e-5));
            terms.total().backward();
            assertThat(Tensors.toFloats(third.grad())).doesNotContain(Float.NaN);
            assertThat(largest(third.grad())).isPositive();
            assertThatThrownBy(() -> loss.apply(List.of(baseMaps()), labels(GIVEN), null, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("EXTENDED has a third expert, the maps have none");
        }
    }

    @Test
    void moreClassesThanTheOriginalBearsAreRefusedThereAlone() {
        try (Scope scope = Scope.open()) {
            Tensor z = maps(22, (c, n) -> Math.sin(c + n));
            ExpertMaps maps = new ExpertMaps(z, z, null, features());
            assertThatThrownBy(() ->
                            base().optCompat(CdlCompat.original()).build().apply(List.of(maps), labels(GIVEN), null, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at most 21 classes")
                    .hasMessageContaining("got 22");
            assertThat(Tensors.item(base().build()
                            .apply(List.of(maps), labels(GIVEN), null, 1)
                            .total()))
                    .isFinite();
        }
    }

    @Test
    void settingsAndInputsAreChecked() {
        assertThatThrownBy(() -> DualExpertLoss.builder().build()).hasMessage("setVariant is required");
        assertThatThrownBy(() ->
                        DualExpertLoss.builder().setVariant(CdlVariant.BASE).build())
                .hasMessage("setStart is required");
        assertThatThrownBy(() -> base().setStart(-1)).hasMessageContaining("got -1");
        assertThatThrownBy(() -> base().optAffinityWeight(Double.NaN)).hasMessageContaining("'affinity'");
        assertThatThrownBy(() -> new LabelCorrection(0.9, 0, 0.9, 0.5)).hasMessageContaining("'second'");
        try (Scope scope = Scope.open()) {
            assertThatThrownBy(() -> base().build().apply(List.of(), labels(GIVEN), null, 1))
                    .hasMessageContaining("got none");
            assertThatThrownBy(() -> base().build().apply(List.of(baseMaps()), first(), null, 1))
                    .hasMessageContaining("labels must be int64 [1][H][W]");
            assertThatThrownBy(() -> new ExpertMaps(first(), features(), null, features()))
                    .hasMessageContaining("second must be [1, 21, 3, 4]");
        }
    }
}
