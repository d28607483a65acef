package dev.wsss.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.train.OneThread;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class ContrastLossTest {
    private static final PixelSampler FIRST = (view, channel, n, k) -> {
        int[] positions = new int[k];
        Arrays.setAll(positions, i -> i);
        return positions;
    };

    /** 20 classes, as {@code [images][20]}. */
    static Tensor tags(int[]... classes) {
        float[] hot = new float[20 * classes.length];
        for (int n = 0; n < classes.length; n++) {
            for (int c : classes[n]) {
                hot[20 * n + c] = 1;
            }
        }
        return Tensors.of(hot, classes.length, 20);
    }

    private static PrototypeContrastLoss.View view(int features, int cam) {
        Tensor f = Hashed.uniform(features, 1.5, -0.5, 2, 8, 16, 16).relu().requires_grad_(true);
        return new PrototypeContrastLoss.View(f, Hashed.uniform(cam, 1, 0, 2, 21, 16, 16));
    }

    private static PrototypeContrastLoss.Terms apply(PrototypeContrastLoss loss) {
        return loss.apply(view(20, 22), view(21, 23), tags(new int[] {3, 7}, new int[] {7}), FIRST);
    }

    private static double mean(double a, double b) {
        return (a + b) / 2;
    }

    /** Numbers of an independent float64 program. */
    @Test
    void originalSeam() {
        try (Scope scope = Scope.open()) {
            PrototypeContrastLoss.Terms terms =
                    apply(PrototypeContrastLoss.original().build());
            assertThat(histogram(terms.labels1(), 0, 4, 8)).containsExactly(71, 126, 315);
            assertThat(histogram(terms.labels2(), 0, 4, 8)).containsExactly(55, 125, 332);
            float[] p = Tensors.toFloats(terms.prototypes1());
            float[] background = {0.378042f, 0.375496f, 0.263289f, 0.477434f};
            float[] eighth = {0.341343f, 0.423777f, 0.448500f, 0.285243f};
            for (int i = 0; i < 4; i++) {
                assertThat(p[i]).isEqualTo(background[i], within(1e-5f));
                assertThat(p[8 * 8 + i]).isEqualTo(eighth[i], within(1e-5f));
            }
            assertThat(Tensors.item(terms.crossPrototype())).isEqualTo(mean(3.1254785, 3.1642787), within(1e-5));
            assertThat(Tensors.item(terms.crossCam())).isEqualTo(mean(3.1528052, 3.1051723), within(1e-5));
            assertThat(Tensors.item(terms.intraView())).isEqualTo(mean(2.6351672, 2.5634438), within(1e-5));
            assertThat(Tensors.item(terms.total())).isEqualTo(0.8873173, within(1e-5));
        }
    }

    @Test
    void originalEps() {
        try (Scope scope = Scope.open()) {
            PrototypeContrastLoss.Terms terms = apply(PrototypeContrastLoss.original()
                    .optBackground(20)
                    .optBackgroundScore(0.1)
                    .optPrototypeDivisor(16)
                    .build());
            assertThat(Tensors.item(terms.crossPrototype())).isEqualTo(mean(3.1468884, 3.1962367), within(1e-5));
            assertThat(Tensors.item(terms.crossCam())).isEqualTo(mean(3.2297189, 3.1212787), within(1e-5));
            assertThat(Tensors.item(terms.intraView())).isEqualTo(mean(2.7221670, 2.6760766), within(1e-5));
            assertThat(Tensors.item(terms.total())).isEqualTo(0.9046183, within(1e-5));
        }
    }

    private static int[] histogram(Tensor labels, long... channels) {
        long[] all = Tensors.toLongs(labels);
        int[] counts = Arrays.stream(channels)
                .mapToInt(c -> (int) Arrays.stream(all).filter(l -> l == c).count())
                .toArray();
        assertThat(Arrays.stream(counts).sum()).isEqualTo(all.length);
        return counts;
    }

    @Test
    void absentClassesHaveNoPrototypeUnlessInTheOriginal() {
        try (Scope scope = Scope.open()) {
            for (boolean original : new boolean[] {false, true}) {
                PrototypeContrastLoss loss =
                        (original ? PrototypeContrastLoss.original() : PrototypeContrastLoss.builder()).build();
                PrototypeContrastLoss.Terms terms = apply(loss);
                float[] p = Tensors.toFloats(terms.prototypes2());
                for (int c = 0; c < 21; c++) {
                    double length = 0;
                    for (int d = 0; d < 8; d++) {
                        length += p[8 * c + d] * p[8 * c + d];
                    }
                    boolean present = c == 0 || c == 4 || c == 8;
                    assertThat(length).isEqualTo(present || original ? 1 : 0, within(1e-5));
                }
                double total = Tensors.item(terms.total());
                // another map of an absent class
                PrototypeContrastLoss.View first = view(20, 22);
                Tensor cam = first.cam().clone();
                cam.select(1, 13).copy_(Hashed.uniform(99, 1, 0, 2, 16, 16));
                PrototypeContrastLoss.Terms other = loss.apply(
                        new PrototypeContrastLoss.View(first.features(), cam),
                        view(21, 23),
                        tags(new int[] {3, 7}, new int[] {7}),
                        FIRST);
                assertThat(Tensors.item(other.total()) == total).isEqualTo(!original);
            }
        }
    }

    /** Two images of one class: the background's prototype is of the pixels where the class is not. */
    @Test
    void theBackgroundIsWhereNoClassIs() {
        float[] map = new float[3 * 16];
        float[] features = new float[2 * 16];
        for (int p = 0; p < 16; p++) {
            boolean object = p < 8; // the first rows, which the original takes for background
            map[16 + p] = object ? 1 : 0;
            features[p] = object ? 1 : 0;
            features[16 + p] = object ? 0 : 1;
        }
        try (Scope scope = Scope.open()) {
            PrototypeContrastLoss.View view =
                    new PrototypeContrastLoss.View(Tensors.of(features, 1, 2, 4, 4), Tensors.of(map, 1, 3, 4, 4));
            Tensor tags = Tensors.of(new float[] {1, 0}, 1, 2);
            PrototypeContrastLoss.Builder sound =
                    PrototypeContrastLoss.builder().optPrototypePixels(4).optNegativeRanks(0, 1);
            float[] p = Tensors.toFloats(
                    sound.build().apply(view, view, tags, FIRST).prototypes1());
            assertThat(p).containsExactly(0, 1, 1, 0, 0, 0);
            PrototypeContrastLoss tied = sound.optRankBackground(false).build();
            assertThat(Tensors.toFloats(tied.apply(view, view, tags, FIRST).prototypes1()))
                    .startsWith(1, 0);
        }
    }

    /** With g = p of the own class, and one other prototype at a right angle. */
    @Test
    void twoPurePrototypes() {
        float[] map = new float[2 * 16];
        float[] features = new float[2 * 16];
        for (int p = 0; p < 16; p++) {
            map[16 + p] = p < 8 ? 1 : 0;
            features[p] = p < 8 ? 3 : 0;
            features[16 + p] = p < 8 ? 0 : 2;
        }
        double expected = Math.log(1 + Math.exp(-1 / 0.5));
        try (Scope scope = Scope.open()) {
            PrototypeContrastLoss.View view =
                    new PrototypeContrastLoss.View(Tensors.of(features, 1, 2, 4, 4), Tensors.of(map, 1, 2, 4, 4));
            PrototypeContrastLoss.Terms terms = PrototypeContrastLoss.builder()
                    .optTemperature(0.5)
                    .optNegativeRanks(0, 1)
                    .optWeights(1, 1, 1)
                    .build()
                    .apply(view, view, Tensors.of(new float[] {1}, 1, 1), FIRST);
            assertThat(Tensors.item(terms.crossPrototype())).isEqualTo(expected, within(1e-6));
            assertThat(Tensors.item(terms.crossCam())).isEqualTo(expected, within(1e-6));
            assertThat(Tensors.item(terms.intraView())).isEqualTo(expected, within(1e-6));
            assertThat(Tensors.item(terms.total())).isEqualTo(3 * expected, within(1e-5));
        }
    }

    @Test
    void imagesWithoutTagsAndEmptyMapsGiveFiniteLossesAndGradients() {
        try (Scope scope = Scope.open()) {
            for (boolean original : new boolean[] {false, true}) {
                PrototypeContrastLoss loss =
                        (original ? PrototypeContrastLoss.original() : PrototypeContrastLoss.builder()).build();
                Tensor empty = Tensors.zeros(DType.F32, ComputeDevice.CPU, 2, 21, 16, 16);
                for (int[] classes : new int[][] {{}, {5}, {5, 6}}) {
                    PrototypeContrastLoss.View first = view(20, 22);
                    Tensor dead =
                            first.features().detach().mul(empty.select(1, 0).unsqueeze(1));
                    dead.requires_grad_(true);
                    PrototypeContrastLoss.View second = new PrototypeContrastLoss.View(dead, empty);
                    PrototypeContrastLoss.Terms terms = loss.apply(first, second, tags(classes, classes), FIRST);
                    assertThat(Tensors.item(terms.total())).isFinite();
                    terms.total().backward();
                    assertThat(Tensors.item(first.features().grad().isfinite().all()))
                            .isOne();
                    assertThat(Tensors.item(dead.grad().isfinite().all())).isOne();
                    assertThat(Tensors.toLongs(terms.labels2())).containsOnly(0);
                }
            }
        }
    }

    @Test
    void viewsOfOtherSizesMeetOnTheSecondsGrid() {
        try (Scope scope = Scope.open()) {
            PrototypeContrastLoss.View first = new PrototypeContrastLoss.View(
                    Hashed.uniform(1, 1, 0, 2, 8, 28, 20).requires_grad_(true), Hashed.uniform(2, 1, 0, 2, 21, 28, 20));
            PrototypeContrastLoss.Terms terms = PrototypeContrastLoss.builder()
                    .build()
                    .apply(
                            first,
                            view(21, 23),
                            tags(new int[] {3}, new int[] {7}),
                            PixelSampler.uniform(new SplittableRandom(1)));
            assertThat(Tensors.shape(terms.labels1())).containsExactly(2, 16, 16);
            terms.total().backward();
            assertThat(Tensors.shape(first.features().grad())).containsExactly(2, 8, 28, 20);
            assertThat(Tensors.item(first.features().grad().abs().sum())).isPositive();
        }
    }

    @Test
    void samplesAreDifferentPositionsAndRepeatWithTheSeed() {
        int[] sample = PixelSampler.uniform(new SplittableRandom(5)).sample(0, 3, 40, 20);
        assertThat(sample).doesNotHaveDuplicates().hasSize(20);
        assertThat(Arrays.stream(sample)).allMatch(i -> i >= 0 && i < 40);
        assertThat(PixelSampler.uniform(new SplittableRandom(5)).sample(0, 3, 40, 20))
                .isEqualTo(sample);
        assertThat(PixelSampler.uniform(new SplittableRandom(6)).sample(0, 3, 40, 20))
                .isNotEqualTo(sample);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Scope scope = Scope.open()) {
            PrototypeContrastLoss loss = PrototypeContrastLoss.builder().build();
            Tensor tags = tags(new int[] {3, 7}, new int[] {7});
            assertThatThrownBy(() -> loss.apply(view(20, 22), view(21, 23), tags, (v, c, n, k) -> new int[k]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("pixel sampler gave position 0");
            assertThatThrownBy(() -> loss.apply(view(20, 22), view(21, 23), tags, (v, c, n, k) -> new int[0]))
                    .hasMessageContaining("gave 0 positions");
            assertThatThrownBy(() -> loss.apply(view(20, 22), view(21, 23), tags.narrow(1, 0, 12), FIRST))
                    .hasMessageContaining("cam must be [2, 13, 16, 16]");
            PrototypeContrastLoss wide =
                    PrototypeContrastLoss.builder().optNegativeRanks(3, 21).build();
            assertThatThrownBy(() -> wide.apply(view(20, 22), view(21, 23), tags, FIRST))
                    .hasMessageContaining("21");
            assertThatThrownBy(() -> PrototypeContrastLoss.builder().optHardRatio(0.4))
                    .hasMessageContaining("0.4");
        }
    }

    @Test
    void memoryStaysFlat() {
        PrototypeContrastLoss loss = PrototypeContrastLoss.builder().build();
        LeakCheck.assertFlat(50, () -> step(loss));
    }

    private static void step(PrototypeContrastLoss loss) {
        try (Scope scope = Scope.open()) {
            Tensor f1 = torch.rand(1, 256, 24, 24).requires_grad_(true);
            Tensor f2 = torch.rand(1, 256, 16, 16).requires_grad_(true);
            Tensor tags = tags(new int[] {1, 2});
            PrototypeContrastLoss.Terms terms = loss.apply(
                    new PrototypeContrastLoss.View(f1, f1.narrow(1, 0, 21)),
                    new PrototypeContrastLoss.View(f2, f2.narrow(1, 30, 21)),
                    tags,
                    FIRST);
            terms.total().backward();
        }
    }
}
