package dev.wsss.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.label.Background;
import dev.wsss.core.runtime.Torch;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandomWalkTest {
    private static final ClassCatalog CATALOG = ClassCatalog.withBackground(List.of("cat", "dog", "cow"));

    private static float[] random(Random random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    private static GridAffinity pairs(Random random, PairGeometry g) {
        return GridAffinity.ofPairs(g, random(random, g.offsetCount() * g.sourceCount()));
    }

    private static Sample sample(int height, int width, int... tags) {
        return new Sample(
                "pic-7", new RgbImage(height, width, new byte[height * width * 3]), ImageTags.of(CATALOG, tags));
    }

    @Test
    void anImageWithoutTagsIsAllBackground() {
        AffinitySource unused = sample -> {
            throw new IllegalStateException("asked");
        };
        ScoreMaps none = ScoreMaps.none(5, 7);
        ScoreMaps walked = RandomWalk.ppc().setAffinity(unused).build().refine(sample(5, 7), none);
        assertThat(walked.labels()).containsExactly(0);
        assertThat(walked.toArray()).hasSize(35).containsOnly(1);
        assertThat(RandomWalk.irn()
                        .setAffinity(unused)
                        .build()
                        .refine(sample(5, 7), none)
                        .labels())
                .containsExactly(0);
        assertThat(RandomWalk.builder()
                        .setAffinity(unused)
                        .build()
                        .refine(sample(5, 7), none)
                        .count())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void equalsThePowerOfTheDenseMatrix(int seed) {
        Random random = new Random(seed);
        int h = 1 + random.nextInt(20);
        int w = 1 + random.nextInt(20);
        int maps = 1 + random.nextInt(4);
        int radius = 1 + random.nextInt(6);
        double beta = random.nextBoolean() ? 1 + random.nextInt(10) : 0.5 + random.nextDouble();
        int steps = random.nextInt(20);
        GridAffinity grid =
                switch (seed % 4) {
                    case 0 -> pairs(random, PairGeometry.of(PairRule.HALF_DISC, radius, h, w));
                    case 1 -> pairs(random, PairGeometry.of(PairRule.FULL_DISC, radius, h, w));
                    case 2 -> pairs(random, PairGeometry.of(PairRule.PATHS, radius, h, w));
                    default -> GridAffinity.ofBoundary(random(random, h * w), h, w, radius);
                };
        float[] x = random(random, maps * h * w);
        TransitionMatrix transition = grid.transition(beta);
        float[] got = transition.walk(x, maps, steps);
        float[] single = transition.walkFloat32(x, maps, steps);
        double[] expected = denseWalk(grid, x, beta, steps);
        for (int i = 0; i < got.length; i++) {
            assertThat((double) got[i]).isEqualTo(expected[i], within(1e-6));
            assertThat((double) single[i]).isEqualTo(expected[i], within(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 20, 63, 64, 256, 1001})
    void fastForwardStaysWithinItsTolerance(int steps) {
        Random random = new Random(steps);
        GridAffinity grid = pairs(random, PairGeometry.of(PairRule.HALF_DISC, 5, 23, 19));
        float[] x = random(random, 2 * 23 * 19);
        TransitionMatrix t = grid.transition(8);
        float[] exact = t.walk(x, 2, steps);
        for (double tolerance : new double[] {1e-2, 1e-4, 1e-6, 1e-14}) {
            float[] near = t.walkWithin(tolerance, x, 2, steps);
            for (int i = 0; i < exact.length; i++) {
                assertThat((double) near[i]).isEqualTo(exact[i], within(tolerance + 1e-7));
            }
        }
        float[] single = t.walkFloat32(x, 2, steps);
        for (int i = 0; i < exact.length; i++) {
            assertThat(single[i]).isEqualTo(exact[i], within(1e-6f + steps * 1e-7f));
        }
    }

    @Test
    void fastForwardLeavesProductsOut() {
        double[] weights = TransitionMatrix.chebyshevWeights(256, 1e-9);
        assertThat(weights.length).isBetween(90, 110);
        assertThat(TransitionMatrix.chebyshevWeights(256, 1e-17).length).isBetween(130, 150);
        assertThat(java.util.Arrays.stream(weights).sum()).isEqualTo(1, within(1e-9));
        assertThat(TransitionMatrix.chebyshevWeights(3, 1e-9))
                .containsExactly(new double[] {0, 0.75, 0, 0.25}, within(1e-15));
        assertThat(TransitionMatrix.chebyshevWeights(2, 1e-9))
                .containsExactly(new double[] {0.5, 0, 0.5}, within(1e-15));
    }

    private static double[] denseWalk(GridAffinity grid, float[] x, double beta, int steps) {
        int n = grid.height() * grid.width();
        double[][] t = new double[n][n];
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                assertThat(grid.get(i, j)).isEqualTo(grid.get(j, i));
                t[i][j] = Math.pow(grid.get(i, j), beta);
                sum += t[i][j];
            }
            for (int i = 0; i < n; i++) {
                t[i][j] /= sum;
            }
        }
        double[] from = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            from[i] = x[i];
        }
        for (int s = 0; s < steps; s++) {
            double[] to = new double[x.length];
            for (int k = 0; k < x.length / n; k++) {
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < n; j++) {
                        to[k * n + j] += from[k * n + i] * t[i][j];
                    }
                }
            }
            from = to;
        }
        return from;
    }

    @Test
    void wantsMegabytesOnAGridOfTwelveThousandNodes() {
        int h = 94;
        int w = 125;
        Random random = new Random(1);
        float[] edge = random(random, h * w);
        float[] x = random(random, 3 * h * w);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long limit = 100_000_000; // the dense matrix alone has 552 MB
        long bytes = Long.MAX_VALUE;
        // until it is compiled, which takes a while where cores are few, each vector of the Vector API is an object
        for (int i = 0; i < 30 && bytes >= limit; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            float[] out = GridAffinity.ofBoundary(edge, h, w, PairGeometry.RADIUS)
                    .transition(10)
                    .walk(x, 3, 256);
            bytes = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(out).hasSize(x.length);
        }
        assertThat(bytes).isLessThan(limit);
    }

    @Test
    void threadsAreTorchsUnlessSet() throws Exception {
        Random random = new Random(6);
        float[] edge = random(random, 94 * 125);
        float[] x = random(random, 3 * 94 * 125);
        TransitionMatrix transition =
                GridAffinity.ofBoundary(edge, 94, 125, PairGeometry.RADIUS).transition(10);
        int before = Torch.threads();
        try {
            Torch.setThreads(1);
            assertThat(workers(() -> transition.walk(x, 3, 20))).isEqualTo(1);
            assertThat(workers(() -> transition.withThreads(3).walk(x, 3, 20))).isGreaterThan(1);
            Torch.setThreads(3);
            assertThat(workers(() -> transition.walk(x, 3, 20))).isGreaterThan(1);
            assertThat(workers(() -> transition.withThreads(1).walk(x, 3, 20))).isEqualTo(1);
            assertThat(transition.withThreads(3).walk(x, 3, 20))
                    .isEqualTo(transition.withThreads(1).walk(x, 3, 20));
        } finally {
            Torch.setThreads(before);
        }
        assertThatThrownBy(() -> transition.withThreads(0)).hasMessage("threads must be at least 1, got 0");
        assertThatThrownBy(() -> RandomWalk.psa().optThreads(0)).hasMessage("threads must be at least 1, got 0");
    }

    /** How many threads of a pool work or were woken to. */
    private static int workers(Callable<?> task) throws Exception {
        ForkJoinPool pool = new ForkJoinPool(4);
        try {
            pool.submit(task).get();
            return pool.getPoolSize();
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void sameBitsForEveryNumberOfThreads() throws Exception {
        Random random = new Random(5);
        GridAffinity grid = pairs(random, PairGeometry.of(PairRule.HALF_DISC, 5, 56, 56));
        float[] x = random(random, 4 * 56 * 56);
        TransitionMatrix t = grid.transition(8);
        float[] inPool = t.walk(x, 4, 16);
        // in a pool of one thread nobody else takes a share
        float[] alone = new java.util.concurrent.ForkJoinPool(1)
                .submit(() -> t.walk(x, 4, 16))
                .get();
        assertThat(inPool).containsExactly(alone);
    }

    @Test
    void keepsConstantsWhereNothingIsPadded() {
        // each column of T sums to one: a constant map stays constant
        GridAffinity grid = pairs(new Random(3), PairGeometry.of(PairRule.HALF_DISC, 5, 16, 16));
        float[] x = new float[256];
        java.util.Arrays.fill(x, 0.5f);
        float[] out = grid.transition(8).walk(x, 1, 256);
        for (float v : out) {
            assertThat(v).isEqualTo(0.5f, within(1e-6f));
        }
    }

    @Test
    void refinesMapsOfTheImageWithBackground() {
        Sample sample = sample(37, 50, 0, 2);
        GridAffinity grid = pairs(new Random(2), PairGeometry.of(PairRule.HALF_DISC, 2, 5, 7));
        RandomWalk walk = RandomWalk.psa().setAffinity(s -> grid).build();
        ScoreMaps cams = ScoreMaps.of(new int[] {1, 3}, 37, 50, random(new Random(4), 2 * 37 * 50));
        try (ScoreMaps refined = walk.refine(sample, cams)) {
            assertThat(refined.labels()).containsExactly(0, 1, 3);
            assertThat(refined.height()).isEqualTo(37);
            assertThat(refined.width()).isEqualTo(50);
        }
    }

    @Test
    void refinesMapsOfTheGrid() {
        Sample sample = sample(37, 50, 1);
        GridAffinity grid = GridAffinity.ofBoundary(random(new Random(2), 10 * 13), 10, 13, 5);
        RandomWalk walk = RandomWalk.irn().setAffinity(s -> grid).build();
        ScoreMaps cams = ScoreMaps.of(new int[] {2}, 10, 13, random(new Random(4), 130));
        float[] out = walk.refine(sample, cams).toArray();
        assertThat(out).hasSize(2 * 37 * 50);
        assertThat(out[0]).isEqualTo(0.25f);
        float max = 0;
        for (int i = 37 * 50; i < out.length; i++) {
            max = Math.max(max, out[i]);
        }
        assertThat(max).isEqualTo(1f);
    }

    @Test
    void aBackgroundAfterTheWalkIsMadeOfTheResult() {
        GridAffinity grid = pairs(new Random(2), PairGeometry.of(PairRule.HALF_DISC, 1, 2, 3));
        RandomWalk walk = RandomWalk.builder()
                .setAffinity(s -> grid)
                .optSteps(1)
                .optNormalize(true)
                .optBackground(Background.power(2))
                .optBackgroundAfterWalk(true)
                .build();
        int pixels = 16 * 24;
        float[] out = walk.refine(sample(16, 24, 0), ScoreMaps.of(new int[] {1}, 16, 24, random(new Random(1), pixels)))
                .toArray();
        for (int i = 0; i < pixels; i++) {
            assertThat(out[i]).isEqualTo((float) Math.pow(1 - out[pixels + i], 2), within(1e-6f));
        }
    }

    @Test
    void hasNoBackgroundWhereTheCatalogHasNone() {
        ClassCatalog streets = ClassCatalog.withoutBackground(List.of("road", "sky"));
        Sample sample = new Sample("street", new RgbImage(16, 24, new byte[16 * 24 * 3]), ImageTags.of(streets, 0, 1));
        GridAffinity grid = pairs(new Random(2), PairGeometry.of(PairRule.HALF_DISC, 1, 2, 3));
        for (RandomWalk.Builder b : List.of(RandomWalk.psa(), RandomWalk.ppc())) {
            ScoreMaps out = b.setAffinity(s -> grid)
                    .build()
                    .refine(sample, ScoreMaps.of(new int[] {0, 1}, 16, 24, random(new Random(1), 2 * 16 * 24)));
            assertThat(out.labels()).containsExactly(0, 1);
        }
    }

    @Test
    void namesWhatIsWrong() {
        Sample sample = sample(16, 24, 0);
        GridAffinity grid = pairs(new Random(2), PairGeometry.of(PairRule.HALF_DISC, 1, 2, 3));
        RandomWalk walk = RandomWalk.psa().setAffinity(s -> grid).build();
        float[] negative = new float[16 * 24];
        negative[25] = -0.01f;
        assertThatThrownBy(() -> walk.refine(sample, ScoreMaps.of(new int[] {1}, 16, 24, negative)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("pic-7")
                .hasMessageContaining("row 1, column 1")
                .hasMessageContaining("-0.01");
        float[] slightlyNegative = new float[16 * 24];
        slightlyNegative[0] = -1e-5f;
        assertThat(walk.refine(sample, ScoreMaps.of(new int[] {1}, 16, 24, slightlyNegative))
                        .toArray())
                .doesNotContain(Float.NaN);
        assertThatThrownBy(() -> walk.refine(sample, ScoreMaps.of(new int[] {1}, 5, 5, new float[25])))
                .hasMessageContaining("5x5")
                .hasMessageContaining("16x24");
        RandomWalk wrongGrid = RandomWalk.irn().setAffinity(s -> grid).build();
        assertThatThrownBy(() -> wrongGrid.refine(sample, ScoreMaps.of(new int[] {1}, 16, 24, new float[16 * 24])))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("expected 4x6");
        assertThatThrownBy(() -> RandomWalk.psa().build()).hasMessageContaining("setAffinity");
        assertThatThrownBy(() -> GridAffinity.ofBoundary(new float[] {2}, 1, 1, 5))
                .isInstanceOf(InvalidDataException.class);
        assertThatThrownBy(() -> RandomWalk.builder().optBeta(-1)).hasMessageContaining("-1");
    }

    @Test
    void nanOfForeignMapsIsRefusedByName() {
        ScoreMaps foreign = new ScoreMaps() {
            @Override
            public int[] labels() {
                return new int[] {1};
            }

            @Override
            public int height() {
                return 2;
            }

            @Override
            public int width() {
                return 2;
            }

            @Override
            public float[] toArray() {
                return new float[] {0, 0, Float.NaN, 0};
            }

            @Override
            public void close() {}
        };
        GridAffinity grid = pairs(new Random(2), PairGeometry.of(PairRule.HALF_DISC, 1, 1, 1));
        RandomWalk walk = RandomWalk.seam().setAffinity(s -> grid).build();
        assertThatThrownBy(() -> walk.refine(sample(2, 2, 0), foreign))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("pic-7")
                .hasMessageContaining("NaN");
    }
}
