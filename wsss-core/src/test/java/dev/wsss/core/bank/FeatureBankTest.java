package dev.wsss.core.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RleMask;
import dev.wsss.api.SplitMix;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeatureBankTest {
    static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog", "sofa"));

    /** A bank of given vectors: a map of one row, of which each cell is one mask's. */
    static FeatureBank bank(int channels, float[][] vectors, int... labels) {
        int n = vectors.length;
        float[] values = new float[channels * n];
        List<RleMask> masks = IntStream.range(0, n)
                .mapToObj(i -> RleMask.ofCounts(1, n, i, 1, n - i - 1))
                .toList();
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < channels; c++) {
                values[c * n + i] = vectors[i][c];
            }
        }
        FeatureMap map = FeatureMap.builder()
                .setGrid(channels, 1, n)
                .setImageSize(1, n)
                .setFloats(values)
                .build();
        return FeatureBank.builder().setClasses(CLASSES).add(map, masks, labels).build();
    }

    private static float[][] random(int n, int channels, long seed) {
        SplitMix random = new SplitMix(seed);
        float[][] vectors = new float[n][channels];
        for (float[] vector : vectors) {
            for (int c = 0; c < channels; c++) {
                vector[c] = (float) random.range(-1, 1);
            }
        }
        return vectors;
    }

    static FeatureBank randomBank(int n, int channels, long seed) {
        SplitMix random = new SplitMix(seed, 1);
        return bank(
                channels,
                random(n, channels, seed),
                IntStream.range(0, n).map(i -> random.below(4)).toArray());
    }

    private static float[] flat(float[][] rows) {
        float[] flat = new float[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * rows[0].length, rows[0].length);
        }
        return flat;
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double normA = 0;
        double normB = 0;
        for (int c = 0; c < a.length; c++) {
            dot += (double) a[c] * b[c];
            normA += (double) a[c] * a[c];
            normB += (double) b[c] * b[c];
        }
        return dot / Math.sqrt(normA * normB);
    }

    @ParameterizedTest
    @CsvSource({"1, 3, 1", "50, 7, 5", "500, 16, 500", "9000, 5, 13", "300, 1, 4"})
    void nearestAreThoseOfBruteForce(int n, int channels, int k) {
        FeatureBank bank = randomBank(n, channels, n);
        float[][] queries = random(300, channels, 77);
        Neighbours near = bank.nearest(flat(queries), k);
        assertThat(near.queries()).isEqualTo(300);
        assertThat(near.count()).isEqualTo(k);
        float[][] vectors = IntStream.range(0, n).mapToObj(bank::vector).toArray(float[][]::new);
        for (int q = 0; q < 300; q += 23) {
            float[] query = queries[q];
            double[] all =
                    Arrays.stream(vectors).mapToDouble(v -> cosine(query, v)).toArray();
            double[] best = Arrays.stream(all)
                    .map(s -> -s)
                    .sorted()
                    .limit(k)
                    .map(s -> -s)
                    .toArray();
            for (int j = 0; j < k; j++) {
                assertThat(near.similarity(q, j)).isCloseTo(best[j], within(1e-6));
                assertThat(all[near.vector(q, j)]).isCloseTo(best[j], within(1e-6));
            }
            int row = q;
            assertThat(IntStream.range(0, k).map(j -> near.vector(row, j)).distinct())
                    .hasSize(k);
        }
    }

    @Test
    void tiesGoToTheLowerNumberWhereverTheyLie() {
        // one vector many times, over several blocks
        float[][] vectors = new float[9001][];
        Arrays.fill(vectors, random(1, 61, 3)[0]);
        FeatureBank bank = bank(61, vectors, new int[vectors.length]);
        Neighbours near = bank.nearest(random(1, 61, 4)[0], 6000);
        assertThat(IntStream.range(0, 6000).map(j -> near.vector(0, j)).toArray())
                .isEqualTo(IntStream.range(0, 6000).toArray());
    }

    @Test
    void nearerByLessThanFloat32ProductsTellIsNearer() {
        // (cos a, sin a) and a query at angle 0: cosines differ by less than 2^-24 and are ordered all the same
        float[][] vectors = new float[5000][];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = new float[] {1, (float) ((5000 - i) * 1e-8)};
        }
        FeatureBank bank = bank(2, vectors, new int[vectors.length]);
        Neighbours near = bank.nearest(new float[] {1, -1e-3f}, 50);
        assertThat(IntStream.range(0, 50).map(j -> near.vector(0, j)).toArray())
                .isEqualTo(IntStream.range(0, 50).map(j -> 4999 - j).toArray());
        assertThat(near.similarity(0, 0) - near.similarity(0, 49)).isBetween(1e-12, 0x1p-24);
    }

    @Test
    void answersDependNeitherOnThreadsNorOnOtherQueries() {
        FeatureBank bank = randomBank(5000, 48, 5);
        float[][] queries = random(260, 48, 6);
        int threads = Torch.threads();
        try {
            Torch.setThreads(1);
            Neighbours one = bank.nearest(flat(queries), 9);
            Torch.setThreads(2);
            Neighbours two = bank.nearest(flat(queries), 9);
            for (int q = 0; q < 260; q++) {
                Neighbours alone = q % 50 == 0 ? bank.nearest(queries[q], 9) : null;
                for (int j = 0; j < 9; j++) {
                    assertThat(two.vector(q, j)).isEqualTo(one.vector(q, j));
                    assertThat(two.similarity(q, j)).isEqualTo(one.similarity(q, j));
                    if (alone != null) {
                        assertThat(alone.vector(0, j)).isEqualTo(one.vector(q, j));
                        assertThat(alone.similarity(0, j)).isEqualTo(one.similarity(q, j));
                    }
                }
            }
        } finally {
            Torch.setThreads(threads);
        }
    }

    @Test
    void searchAmongSomeLabels() {
        FeatureBank bank = randomBank(400, 6, 8);
        float[] query = random(1, 6, 9)[0];
        Neighbours near = bank.nearest(query, 1000, 3, 1);
        assertThat(near.count()).isEqualTo(bank.size(1) + bank.size(3));
        Neighbours all = bank.nearest(query, 1000);
        int[] expected = IntStream.range(0, 400)
                .map(j -> all.vector(0, j))
                .filter(v -> bank.label(v) == 1 || bank.label(v) == 3)
                .toArray();
        assertThat(IntStream.range(0, near.count()).map(j -> near.vector(0, j)).toArray())
                .isEqualTo(expected);
        assertThat(bank.nearest(new float[0], 3).queries()).isZero();
    }

    @Test
    void addsAVectorForEachLabelOfAMap() {
        FeatureMap map = FeatureMap.builder()
                .setGrid(2, 1, 4)
                .setImageSize(10, 40)
                .setFloats(new float[] {3, 0, 1, 9, 0, 2, 1, 9})
                .build();
        LabelMap labels = LabelMap.of(1, 4, new byte[] {3, 0, 1, (byte) LabelMap.IGNORE});
        FeatureBank.Builder builder = FeatureBank.builder().setClasses(CLASSES).add(map, labels);
        assertThat(builder.counts()).isEqualTo(new PoolingCounts(3, 0, 0, 0));
        FeatureBank bank = builder.add(map, labels).build();
        assertThat(bank.size()).isEqualTo(6);
        assertThat(IntStream.range(0, 6).map(bank::label).toArray()).containsExactly(0, 0, 1, 1, 3, 3);
        assertThat(bank.vector(0)).containsExactly(0, 1);
        assertThat(bank.vector(3)).containsExactly(new float[] {.70710677f, .70710677f}, within(1e-7f));
        assertThat(bank.vector(5)).containsExactly(1, 0);
        assertThat(bank.size(2)).isZero();
        assertThat(bank.madeOf()).containsEntry("images", "2").containsEntry("masks.pooled", "6");
    }

    @Test
    void balancedDrawsAsManyOfEach() {
        FeatureBank bank = randomBank(1000, 3, 11);
        FeatureBank drawn = bank.balanced(40, 5);
        assertThat(IntStream.range(0, 4).map(drawn::size).toArray()).containsOnly(40);
        assertThat(drawn).isEqualTo(bank.balanced(40, 5)).isNotEqualTo(bank.balanced(40, 6));
        // a choice, in the old order
        int at = 0;
        for (int v = 0; v < drawn.size(); v++) {
            while (!Arrays.equals(bank.vector(at), drawn.vector(v))) {
                at++;
            }
            assertThat(bank.label(at)).isEqualTo(drawn.label(v));
            at++;
        }
        assertThat(bank.balanced(5000, 1).size()).isEqualTo(1000);
        // every vector has its chance
        FeatureBank few = bank(1, new float[][] {{1}, {-1}}, 0, 0);
        long first = IntStream.range(0, 400)
                .filter(s -> few.balanced(1, s).vector(0)[0] > 0)
                .count();
        assertThat(first).isBetween(150L, 250L);
    }

    @Test
    void mergedIsAsIfAddedTogether() {
        float[][] vectors = random(30, 4, 12);
        SplitMix random = new SplitMix(13);
        int[] labels = IntStream.range(0, 30).map(i -> random.below(4)).toArray();
        FeatureBank whole = bank(4, vectors, labels);
        FeatureBank merged = FeatureBank.merge(List.of(
                bank(4, Arrays.copyOf(vectors, 12), Arrays.copyOf(labels, 12)),
                bank(4, Arrays.copyOfRange(vectors, 12, 30), Arrays.copyOfRange(labels, 12, 30))));
        assertThat(merged.size()).isEqualTo(30);
        for (int v = 0; v < 30; v++) {
            assertThat(merged.vector(v)).isEqualTo(whole.vector(v));
            assertThat(merged.label(v)).isEqualTo(whole.label(v));
        }
        assertThat(merged.madeOf()).containsEntry("bank1.masks.pooled", "18");
        assertThatThrownBy(() -> FeatureBank.merge(List.of())).hasMessageContaining("banks is empty");
        assertThatThrownBy(() -> FeatureBank.merge(List.of(whole, bank(5, random(1, 5, 1), 0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("channels of bank 1 is 5; expected 4, that of bank 0");
        FeatureMap map = MaskPoolingTest.random(4, 2, 2, 1);
        LabelMap labelled = LabelMap.of(1, 2, new byte[2]);
        FeatureBank.Builder coarse = FeatureBank.builder().setClasses(CLASSES).optPooling(new MaskPooling(0, 2));
        assertThatThrownBy(() -> FeatureBank.merge(
                        List.of(whole, coarse.add(map, labelled).build())))
                .hasMessageContaining("pooling of bank 1 is MaskPooling[erosion=0, minArea=2]");
    }

    @Test
    void descriptionsTellBanksApart() {
        FeatureBank bank = randomBank(20, 3, 14);
        assertThat(bank.description()).isEqualTo(randomBank(20, 3, 14).description());
        assertThat(bank.description()).isNotEqualTo(randomBank(20, 3, 15).description());
        // equal vectors of other labels
        assertThat(bank(1, new float[][] {{1}}, 1).description())
                .isNotEqualTo(bank(1, new float[][] {{1}}, 2).description());
        FeatureSource unstated = sample -> MaskPoolingTest.random(2, 1, 1, 1);
        FeatureBank noted = FeatureBank.builder()
                .setClasses(CLASSES)
                .optMadeOf("features", unstated)
                .optMadeOf("labels", CLASSES)
                .add(MaskPoolingTest.random(2, 1, 1, 1), LabelMap.of(1, 1, new byte[1]))
                .build();
        assertThat(noted.madeOf()).containsEntry("features", "not stated").containsEntry("labels", "ClassCatalog");
        // the vectors are known by their hash, whoever made them
        assertThat(noted.description().isStated()).isTrue();
        assertThat(Description.differences(Map.of(), noted.description().entries()))
                .isNotEmpty();
    }

    @Test
    void refusesByName() {
        FeatureBank bank = randomBank(20, 3, 16);
        float[] query = {1, 2, 3};
        assertThatThrownBy(() -> bank.nearest(query, 0)).hasMessage("k is 0; expected at least 1");
        assertThatThrownBy(() -> bank.nearest(new float[4], 1)).hasMessageContaining("multiple of 3");
        assertThatThrownBy(() -> bank.nearest(new float[] {1, 1, 1, 0, 0, 0}, 1))
                .hasMessageContaining("query 1 is zero");
        assertThatThrownBy(() -> bank.nearest(new float[] {1, Float.NaN, 1}, 1))
                .hasMessageContaining("query 0 is NaN in channel 1");
        assertThatThrownBy(() -> bank.nearest(query, 1, 4)).hasMessage("label is 4; expected 0..3");
        assertThatThrownBy(() -> bank.nearest(query, 1, 2, 2)).hasMessageContaining("label 2 stands twice");
        assertThatThrownBy(() -> bank(1, new float[][] {{1}}, 1).nearest(new float[] {1}, 1, 2))
                .hasMessageContaining("no vector; it has of [cat]");
        assertThatThrownBy(() -> bank.balanced(0, 1)).hasMessageContaining("perLabel is 0");
        assertThatThrownBy(() -> bank.vector(20)).hasMessage("vector 20 of 20");

        FeatureMap map = MaskPoolingTest.random(3, 2, 2, 1);
        FeatureBank.Builder builder = FeatureBank.builder();
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setClasses is required");
        builder.setClasses(CLASSES);
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no mask that was added has a vector");
        assertThatThrownBy(() -> builder.add(map, LabelMap.of(1, 1, new byte[] {4})))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("value 4");
        assertThatThrownBy(() -> builder.add(map, List.of(RleMask.ofCounts(1, 1, 0, 1)), 1, 2))
                .hasMessageContaining("labels has 2 entries; expected 1");
        assertThatThrownBy(() -> builder.add(map, List.of(RleMask.ofCounts(1, 1, 0, 1)), 255))
                .hasMessageContaining("label of mask 0 is 255");
        builder.add(map, LabelMap.of(1, 1, new byte[] {1}));
        assertThatThrownBy(() -> builder.add(MaskPoolingTest.random(4, 2, 2, 1), LabelMap.of(1, 1, new byte[1])))
                .hasMessage("features have 4 channels; expected 3, as those added before");
        assertThatThrownBy(() -> builder.optPooling(MaskPooling.PLAIN)).isInstanceOf(IllegalStateException.class);
        builder.optMadeOf("x", CLASSES);
        assertThatThrownBy(() -> builder.optMadeOf("x", CLASSES)).hasMessageContaining("'x' stands twice");
        assertThatThrownBy(() -> FeatureBank.allocate(30_000_000, 1280)).hasMessageContaining("less than 2 GiB");
    }

    @Test
    void leavesNoMemoryBehind() {
        FeatureBank bank = randomBank(2000, 32, 17);
        float[] queries = flat(random(50, 32, 18));
        LeakCheck.assertFlat(200, () -> bank.balanced(200, 1).nearest(queries, 5));
    }
}
