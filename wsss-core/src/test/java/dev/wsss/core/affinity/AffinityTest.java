package dev.wsss.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.nn.Init;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class AffinityTest {
    /** A hash of an index to [0, 1), by which small published checks of these formulas fill their inputs. */
    private static double hash(long k) {
        long x = (k + 1) * 2654435761L & 0xFFFFFFFFL;
        x ^= x >>> 16;
        x = x * 2246822519L & 0xFFFFFFFFL;
        x ^= x >>> 13;
        return x / 4294967296.0;
    }

    private static float[] hashed(int seed, int n, DoubleUnaryOperator f) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) f.applyAsDouble(hash(i + seed * 1_000_003L));
        }
        return values;
    }

    private static double sum(float[] values, int from, int to) {
        return IntStream.range(from, to).mapToDouble(i -> values[i]).sum();
    }

    @Test
    void halfDiscOfAffinityNet() {
        PairGeometry g = PairGeometry.of(PairRule.HALF_DISC, 5, 56, 56);
        assertThat(g.offsetCount()).isEqualTo(34);
        assertThat(g.sourceCount()).isEqualTo(2496);
        assertThat(g.sources()[0]).isEqualTo(4);
        assertThat(g.destinations(0)[0]).isEqualTo(5);
    }

    @Test
    void pathsOfIrn() {
        PairGeometry g = PairGeometry.of(PairRule.PATHS, 5, 20, 20);
        int[][] firsts = {{0, 1}, {1, 0}, {0, 2}, {2, 0}, {0, 3}, {1, -1}, {1, 1}, {3, 0}};
        for (int o = 0; o < firsts.length; o++) {
            assertThat(new int[] {g.dy(o), g.dx(o)}).containsExactly(firsts[o]);
        }
        for (int o = 0; o < g.offsetCount(); o++) {
            int[][] path = g.path(o);
            assertThat(path[0]).containsExactly(g.dy(o), g.dx(o));
            assertThat(path[path.length - 1]).containsExactly(0, 0);
        }
        assertThat(PairGeometry.of(PairRule.PATHS, 10, 30, 30).offsetCount()).isEqualTo(152);
    }

    @Test
    void gridTooSmallHasNoPair() {
        for (PairRule rule : PairRule.values()) {
            PairGeometry g = PairGeometry.of(rule, 5, 3, 40);
            assertThat(g.sourceCount()).isZero();
            float[] x = {1, 2, 3};
            assertThat(GridAffinity.ofPairs(PairGeometry.of(rule, 5, 1, 3), new float[0])
                            .transition(8)
                            .walk(x, 1, 64))
                    .containsExactly(x);
        }
        assertThat(PairGeometry.smallGridRadius(5, 10, 9)).isEqualTo(4);
        assertThat(PairGeometry.smallGridRadius(5, 11, 30)).isEqualTo(5);
        assertThat(PairGeometry.smallGridRadius(5, 1, 30)).isEqualTo(1);
    }

    @Test
    void labelsLossAndWalkOfAWorkedExample() {
        int h = 14;
        int w = 15;
        byte[] labels = new byte[h * w];
        for (int i = 0; i < labels.length; i++) {
            double u = hash(7000 + 15L * (i / w) + i % w);
            labels[i] = (byte) (u < 0.35 ? 0 : u < 0.5 ? 255 : 1 + i % w / 8);
        }
        PairGeometry g = PairGeometry.of(PairRule.HALF_DISC, 5, h, w);
        try (Scope scope = Scope.open()) {
            PairLabels pairs = PairLabels.of(g, Tensors.of(labels, 1, h, w), 255);
            assertThat(ones(pairs.background())).isEqualTo(336);
            assertThat(ones(pairs.foreground())).isEqualTo(338);
            assertThat(ones(pairs.different())).isEqualTo(943);
            Tensor features = Tensors.of(hashed(40, 6 * h * w, u -> u * 2), 1, 6, h, w);
            Tensor affinity = AffinityHead.affinity(features, g);
            AffinityLoss.Terms terms =
                    AffinityLoss.DEFAULT.apply(affinity, pairs.background(), pairs.foreground(), pairs.different());
            assertThat(Tensors.item(affinity.sum())).isEqualTo(1252.9233, within(1e-3));
            assertThat(Tensors.item(terms.background())).isEqualTo(0.6555631, within(1e-6));
            assertThat(Tensors.item(terms.foreground())).isEqualTo(0.6610858, within(1e-6));
            assertThat(Tensors.item(terms.different())).isEqualTo(0.7752570, within(1e-6));
            assertThat(Tensors.item(terms.total())).isEqualTo(0.7167907, within(1e-6));

            GridAffinity grid = GridAffinity.ofPairs(g, Tensors.toFloats(affinity));
            float[] walked = grid.transition(8).walk(hashed(41, 3 * h * w, u -> u), 3, 64);
            assertThat(sum(walked, 0, h * w)).isEqualTo(99.8970697, within(1e-4));
            assertThat(sum(walked, h * w, 2 * h * w)).isEqualTo(111.6570356, within(1e-4));
            assertThat(sum(walked, 2 * h * w, 3 * h * w)).isEqualTo(97.5937619, within(1e-4));
            assertThat(walked[0]).isEqualTo(0.0787305f, within(1e-6f));
            assertThat(walked[1]).isEqualTo(0.7811133f, within(1e-6f));
        }
    }

    private static long ones(Tensor mask) {
        return (long) Tensors.item(mask.sum());
    }

    @Test
    void pairsOfABatchAreThoseOfItsImages() {
        PairGeometry g = PairGeometry.of(PairRule.PATHS, 3, 9, 8);
        byte[] labels = new byte[2 * 9 * 8];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) (hash(i) < 0.2 ? 255 : hash(i) * 4);
        }
        try (Scope scope = Scope.open()) {
            Tensor batch = Tensors.of(labels, 2, 9, 8);
            PairLabels both = PairLabels.of(g, batch, 3);
            int[] sources = g.sources();
            for (int n = 0; n < 2; n++) {
                byte[] background = Tensors.toBytes(both.background().select(0, n));
                byte[] foreground = Tensors.toBytes(both.foreground().select(0, n));
                byte[] different = Tensors.toBytes(both.different().select(0, n));
                for (int o = 0, i = 0; o < g.offsetCount(); o++) {
                    for (int source : sources) {
                        int from = labels[n * 72 + source] & 255;
                        int to = labels[n * 72 + source + g.dy(o) * 8 + g.dx(o)] & 255;
                        boolean known = from < 3 && to < 3;
                        assertThat(background[i]).isEqualTo((byte) (known && from == to && from == 0 ? 1 : 0));
                        assertThat(foreground[i]).isEqualTo((byte) (known && from == to && from != 0 ? 1 : 0));
                        assertThat(different[i++]).isEqualTo((byte) (known && from != to ? 1 : 0));
                    }
                }
            }
            assertThat(ones(both.background())).isPositive();
            assertThat(ones(both.foreground())).isPositive();
            assertThat(ones(both.different())).isPositive();
            assertThatThrownBy(() -> PairLabels.of(g, batch.select(0, 0), 3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected labels of the grid, [N][9][8], got [9, 8]");
            assertThatThrownBy(() -> PairLabels.of(g, batch, 256)).hasMessageContaining("got 256");
        }
    }

    @Test
    void boundaryWalkOfAWorkedExample() {
        float[] edge = hashed(50, 56, u -> u);
        float[] x = hashed(51, 112, u -> u);
        for (int i = 0; i < x.length; i++) {
            x[i] *= 1 - edge[i % 56];
        }
        float[] out = GridAffinity.ofBoundary(edge, 7, 8, 5).transition(10).walk(x, 2, 256);
        assertThat(sum(out, 0, 56)).isEqualTo(16.1060223, within(1e-5));
        assertThat(sum(out, 56, 112)).isEqualTo(13.7044896, within(1e-5));
        assertThat(out[0]).isEqualTo(0.2036492f, within(1e-6f));
    }

    @Test
    void bandOfDoubt() {
        ScoreMaps scores = ScoreMaps.of(
                new int[] {2, 5}, 1, 6, new float[] {0.04f, 0.05f, 0.2f, 0.3f, 0.31f, 0f, 0, 0, 0, 0, 0.2f, 0.9f});
        LabelMap labels = AffinityLabels.banded(scores, 0.05, 0.3, 1);
        assertThat(labels.toArray()).containsExactly(new byte[] {0, 0, -1, -1, 2, 5});
        assertThatThrownBy(() -> AffinityLabels.banded(scores, 0.5, 0.3, 1)).hasMessageContaining("0.5");
    }

    @Test
    void confidentLabelsAskBothScores() {
        // nodes: foreground in both, background in both, foreground only against the weak background, padding
        ScoreMaps strong = ScoreMaps.of(new int[] {0, 4}, 1, 4, new float[] {0.2f, 0.8f, 0.6f, 0, 0.8f, 0.2f, 0.4f, 0});
        ScoreMaps weak = ScoreMaps.of(new int[] {0, 4}, 1, 4, new float[] {0.1f, 0.6f, 0.3f, 0, 0.8f, 0.2f, 0.4f, 0});
        assertThat(AffinityLabels.confident(strong, weak, 1, 1e-5).toArray())
                .containsExactly(new byte[] {4, 0, -1, -1});
        ScoreMaps noBackground = ScoreMaps.of(new int[] {4}, 1, 1, new float[] {1});
        assertThatThrownBy(() -> AffinityLabels.confident(noBackground, noBackground, 1, 1e-5))
                .hasMessageContaining("label 0");
    }

    @Test
    void headTakesTapsOfOtherStrides() {
        try (Scope scope = Scope.open();
                AffinityHead head = AffinityHead.builder()
                        .addTap("low", 4, 3)
                        .addTap("high", 6, 5)
                        .optMergeName("merge")
                        .optOutChannels(7)
                        .build()) {
            assertThat(head.parameters().keySet()).containsExactly("low.weight", "high.weight", "merge.weight");
            Tensor low = Init.normal(1, 2, 4, 14, 15);
            Tensor high = Init.normal(1, 2, 6, 7, 8);
            Tensor features = head.features(List.of(low, high));
            assertThat(Tensors.shape(features)).containsExactly(2, 7, 14, 15);
            PairGeometry g = PairGeometry.of(PairRule.HALF_DISC, 5, 14, 15);
            Tensor affinity = AffinityHead.affinity(features, g);
            affinity.sum().backward();
            assertThat(Tensors.item(head.tensor("high.weight").grad().abs().sum()))
                    .isPositive();
            assertThatThrownBy(() -> head.features(List.of(low))).hasMessageContaining("expected 2");
            assertThatThrownBy(() -> AffinityHead.affinity(low, PairGeometry.of(PairRule.PATHS, 5, 9, 9)))
                    .hasMessageContaining("[9][9]");
        }
        assertThatThrownBy(() -> AffinityHead.builder().build()).hasMessageContaining("addTap");
    }

    @Test
    void affinitiesOfAnImageFollowItsEdges() {
        // left half black, right half white: neighbours within a half are alike, across the edge they are not
        int size = 100;
        byte[] data = new byte[size * size * 3];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i / 3 % size < 48 ? 0 : 255);
        }
        Sample halves = new Sample(
                "halves", new RgbImage(size, size, data), ImageTags.of(ClassCatalog.withBackground(List.of("cat")), 0));
        AffinitySource source = FeatureAffinity.builder()
                .setNetwork(images -> torch.avg_pool2d(images, 8))
                .build();
        GridAffinity grid = source.affinities(halves);
        assertThat(grid.height()).isEqualTo(13); // padded to 104
        assertThat(grid.get(4 * 13 + 4, 4 * 13 + 5)).isEqualTo(1f, within(1e-5f));
        assertThat(grid.get(4 * 13 + 5, 4 * 13 + 6)).isLessThan(0.1f);
        AffinitySource broken = FeatureAffinity.builder()
                .setNetwork(images -> torch.avg_pool2d(images, 8).mul(new Scalar(Double.NaN)))
                .build();
        assertThatThrownBy(() -> broken.affinities(halves))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("halves");
    }

    @Test
    void nodesAtTheBorderHavePairsUnlessAsPublished() {
        byte[] data = new byte[96 * 112 * 3];
        new Random(3).nextBytes(data);
        Sample noise = new Sample(
                "noise", new RgbImage(96, 112, data), ImageTags.of(ClassCatalog.withBackground(List.of("cat")), 0));
        FeatureAffinity.Builder builder = FeatureAffinity.builder().setNetwork(images -> torch.avg_pool2d(images, 8));
        GridAffinity whole = builder.build().affinities(noise);
        GridAffinity published = builder.optBorderPairs(false).build().affinities(noise);
        int rows = 12;
        int columns = 14;
        int last = rows * columns - 1;
        for (int from = 0; from <= last; from++) {
            for (int to = 0; to <= last; to++) {
                float known = published.get(from, to);
                assertThat(whole.get(from, to)).isEqualTo(known == 0 ? whole.get(from, to) : known);
                int dy = Math.abs(to / columns - from / columns);
                int dx = Math.abs(to % columns - from % columns);
                assertThat(whole.get(from, to) > 0).isEqualTo(dy * dy + dx * dx < 25);
            }
        }
        assertThat(published.get(last - 1, last)).isZero();
    }

    @Test
    void memoryStaysFlatOverManySteps() {
        try (AffinityHead head =
                AffinityHead.builder().addTap("a", 16, 16).addTap("b", 32, 16).build()) {
            PairGeometry g = PairGeometry.of(PairRule.HALF_DISC, 5, 32, 32);
            LeakCheck.assertFlat(50, () -> {
                try (Scope scope = Scope.open()) {
                    Tensor f = head.features(List.of(Init.normal(1, 2, 16, 32, 32), Init.normal(1, 2, 32, 16, 16)));
                    AffinityHead.affinity(f, g).sum().backward();
                }
            });
        }
    }
}
