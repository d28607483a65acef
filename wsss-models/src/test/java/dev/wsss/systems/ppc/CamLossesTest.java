package dev.wsss.systems.ppc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.PairRule;
import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.irn.InterPixelLoss;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Hand-made cases, and numbers that an independent float64 program gave. */
class CamLossesTest {
    @Test
    void theHashIsThatOfTheOtherProgram() {
        assertThat(Hashed.hash(0)).isEqualTo(0.8072537314, within(1e-9));
        assertThat(Hashed.hash(3)).isEqualTo(0.1707521765, within(1e-9));
    }

    @Test
    void maxNormScalesEachMap() {
        try (Scope scope = Scope.open()) {
            Tensor sums = CamMaps.maxNorm(Hashed.uniform(4, 2, -0.5, 1, 2, 3, 4), CamMaps.EPS)
                    .sum(2, 3);
            assertThat(Tensors.toDoubles(sums)[0]).isEqualTo(4.0115800, within(1e-5));
            assertThat(Tensors.toDoubles(sums)[1]).isEqualTo(5.7534330, within(1e-5));
        }
    }

    @Test
    void maxOneHotKeepsValuesAndTies() {
        float[] maps = {
            0.9f, 0.1f, // background
            0.5f, 0.3f, //
            0.5f, 0.2f, //
            0.4f, 0.7f
        };
        try (Scope scope = Scope.open()) {
            Tensor first = Tensors.of(maps, 1, 4, 1, 2);
            assertThat(Tensors.toFloats(CamMaps.maxOneHot(first, 0)))
                    .containsExactly(0.9f, 0.1f, 0.5f, 0, 0.5f, 0, 0, 0.7f);
            assertThat(Tensors.toFloats(CamMaps.maxOneHot(first, 2)))
                    .containsExactly(0.9f, 0, 0, 0, 0.5f, 0.2f, 0, 0.7f);
            assertThatThrownBy(() -> CamMaps.maxOneHot(first, 4)).hasMessageContaining("got 4");
        }
    }

    @Test
    void presencePutsTheBackgroundIn() {
        try (Scope scope = Scope.open()) {
            Tensor tags = Tensors.of(new float[] {0, 1, 0, 0}, 2, 2);
            assertThat(Tensors.toFloats(CamMaps.presence(tags, 0))).containsExactly(1, 0, 1, 1, 0, 0);
            assertThat(Tensors.toFloats(CamMaps.presence(tags, 2))).containsExactly(0, 1, 1, 0, 0, 1);
        }
    }

    @Test
    void theMeanOfAnUpsampledMapIsAnother() {
        try (Scope scope = Scope.open()) {
            Tensor map = Hashed.uniform(3, 1, 0, 1, 1, 56, 56);
            assertThat(Tensors.item(Ops.globalAverage(map))).isEqualTo(0.5017915, within(1e-5));
            assertThat(Tensors.item(Ops.globalAverage(Ops.bilinear(map, 448, 448, true))))
                    .isEqualTo(0.5023081, within(1e-5));
        }
    }

    @Test
    void seamLosses() {
        try (Scope scope = Scope.open()) {
            SeamLoss.Terms terms = SeamLoss.DEFAULT.apply(
                    Hashed.uniform(10, 2, -0.6, 2, 21, 32, 32),
                    Hashed.uniform(11, 1, 0, 2, 21, 32, 32),
                    Hashed.uniform(12, 2, -0.6, 2, 21, 16, 16),
                    Hashed.uniform(13, 1, 0, 2, 21, 16, 16),
                    ContrastLossTest.tags(new int[] {3, 7}, new int[] {7}));
            assertThat(Tensors.item(terms.classification1())).isEqualTo(0.8815356, within(2e-5));
            assertThat(Tensors.item(terms.classification2())).isEqualTo(0.8875674, within(2e-5));
            assertThat(Tensors.item(terms.background1())).isEqualTo(0.2283413, within(1e-5));
            assertThat(Tensors.item(terms.background2())).isEqualTo(0.2340005, within(1e-5));
            assertThat(Tensors.item(terms.equivariance().er())).isEqualTo(0.0247917, within(1e-5));
            assertThat(Tensors.item(terms.equivariance().ecr1())).isEqualTo(0.2131511, within(1e-5));
            assertThat(Tensors.item(terms.equivariance().ecr2())).isEqualTo(0.2062341, within(1e-5));
        }
    }

    /** With two present classes at each pixel, the published EPS code lets its first class through unsuppressed. */
    @Test
    void theBackgroundOfMaxOneHotMattersInTheOriginalEps() {
        try (Scope scope = Scope.open()) {
            Tensor cam1 = Hashed.uniform(1, 1, 0, 1, 4, 8, 8);
            Tensor cam2 = Hashed.uniform(2, 1, 0, 1, 4, 4, 4);
            Tensor presence = CamMaps.presence(Tensors.of(new float[] {1, 1, 0}, 1, 3), 3);
            EquivarianceLoss.Terms sound = EquivarianceLoss.of(3).apply(cam1, cam1, cam2, cam2, presence);
            EquivarianceLoss.Terms original = EquivarianceLoss.originalEps(4).apply(cam1, cam1, cam2, cam2, presence);
            assertThat(Tensors.item(original.er())).isEqualTo(Tensors.item(sound.er()));
            assertThat(Math.abs(Tensors.item(original.ecr1()) - Tensors.item(sound.ecr1())))
                    .isGreaterThan(0.01);
        }
    }

    @Test
    void saliency() {
        float[] cam = Tensors.toFloats(Hashed.uniform(30, 2, 0, 2, 21, 6, 6));
        for (int n = 0; n < 2; n++) {
            for (int p = 0; p < 36; p++) {
                int y = p / 6;
                int x = p % 6;
                cam[(n * 21 + 3) * 36 + p] += n == 0 && y < 3 ? 9 : 0;
                cam[(n * 21 + 7) * 36 + p] += n == 0 && y >= 3 && x < 3 || n == 1 && x < 2 ? 9 : 0;
                cam[(n * 21 + 20) * 36 + p] += 3;
            }
        }
        float[] salient = new float[2 * 48 * 48];
        for (int p = 0; p < 48 * 48; p++) {
            salient[p] = p / 48 < 24 ? 0.9f : 0;
            salient[48 * 48 + p] = p % 48 >= 24 ? 0.8f : 0;
        }
        try (Scope scope = Scope.open()) {
            Tensor maps = Tensors.of(cam, 2, 21, 6, 6);
            Tensor saliency = Tensors.of(salient, 2, 1, 48, 48);
            Tensor tags = ContrastLossTest.tags(new int[] {3, 7}, new int[] {7});
            SaliencyLoss.Terms terms = SaliencyLoss.DEFAULT.apply(maps, saliency, tags);
            assertThat(Tensors.item(terms.loss())).isEqualTo(0.0943704, within(1e-5));
            // the overlap of class 3 with the salient part is 0.99980 and decides
            SaliencyLoss strict = new SaliencyLoss(0.9997, 0.5, SaliencyLoss.LAST);
            assertThat(Tensors.item(strict.apply(maps, saliency, tags).loss())).isEqualTo(Tensors.item(terms.loss()));
            SaliencyLoss stricter = new SaliencyLoss(0.9999, 0.5, SaliencyLoss.LAST);
            assertThat(Tensors.item(
                            stricter.apply(maps, saliency, tags).foreground().sum()))
                    .isZero();
            assertThatThrownBy(() -> SaliencyLoss.DEFAULT.apply(maps, saliency.narrow(0, 0, 1), tags))
                    .hasMessageContaining("saliency")
                    .hasMessageContaining("[1, 1, 48, 48]");
        }
    }

    @Test
    void minPoolingTakesTheLowestPart() {
        try (Scope scope = Scope.open()) {
            // maxima over channels: 0.8, -0.5, 0.3, 0.1, 0.9, 0.7, 0.6, 0.5; the lowest two are -0.5 and 0.1
            Tensor maps = Tensors.of(
                    new float[] {0.8f, -0.5f, 0, 0.1f, 0.9f, 0, 0.6f, 0, 0, -1, 0.3f, 0, 0, 0.7f, 0, 0.5f}, 1, 2, 2, 4);
            assertThat(Tensors.item(MinPoolingLoss.DEFAULT.apply(maps))).isEqualTo(0.05, within(1e-7));
            assertThat(Tensors.item(new MinPoolingLoss(100).apply(maps))).isZero();
        }
    }

    /** On a field that points at one centre everywhere, pairs of one class are displaced by exactly their offset. */
    @Test
    void displacementTowardsOneCentreIsWithoutLoss() {
        PairGeometry geometry = PairGeometry.of(PairRule.PATHS, 3, 6, 7);
        float[] field = new float[2 * 42];
        for (int p = 0; p < 42; p++) {
            field[p] = 2 - p / 7; // rows to the centre (2, 3)
            field[42 + p] = 3 - p % 7;
        }
        try (Scope scope = Scope.open()) {
            Tensor all = Tensors.zeros(DType.U8, ComputeDevice.CPU, 1, geometry.offsetCount(), geometry.sourceCount())
                    .bitwise_not();
            Tensor boundary = Tensors.zeros(DType.F32, ComputeDevice.CPU, 1, 1, 6, 7);
            Tensor ones = all.div(all);
            InterPixelLoss.Terms terms =
                    InterPixelLoss.DEFAULT.apply(boundary, Tensors.of(field, 1, 2, 6, 7), geometry, ones, ones, ones);
            assertThat(Tensors.item(terms.foreground())).isZero();
            assertThat(Tensors.item(terms.background())).isGreaterThan(0.5);
            assertThat(Tensors.toFloats(InterPixelLoss.affinity(boundary, geometry)))
                    .containsOnly(0.5f);
            assertThatThrownBy(() ->
                            InterPixelLoss.affinity(boundary.narrow(2, 0, 5), PairGeometry.of(PairRule.PATHS, 3, 6, 7)))
                    .hasMessageContaining("[1, 1, 6, 7]");
        }
    }
}
