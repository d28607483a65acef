package dev.wsss.core.crf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DenseCrfTest {
    private static final int LABELS = 3;

    private static RgbImage patterned(int height, int width) {
        byte[] data = new byte[height * width * 3];
        for (int y = 0, o = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    data[o++] = (byte) (37 * x + 59 * y + 83 * c + 11 * (x * y % 7));
                }
            }
        }
        return new RgbImage(height, width, data);
    }

    private static float[] patternedUnary(int height, int width) {
        float[] unary = new float[LABELS * height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double[] p = new double[LABELS];
                double sum = 0;
                for (int m = 0; m < LABELS; m++) {
                    p[m] = 1 + (7 * x + 5 * y + 11 * m + 3 * (x * y * (m + 1) % 5)) % 13;
                    sum += p[m];
                }
                for (int m = 0; m < LABELS; m++) {
                    unary[(m * height + y) * width + x] = (float) -Math.log(p[m] / sum);
                }
            }
        }
        return unary;
    }

    private static float[] infer(DenseCrf.Builder crf, int height, int width) {
        return crf.build().infer(patternedUnary(height, width), LABELS, patterned(height, width));
    }

    private static double[] means(float[] q) {
        double[] means = new double[LABELS];
        int n = q.length / LABELS;
        for (int i = 0; i < q.length; i++) {
            means[i / n] += q[i] / (double) n;
        }
        return means;
    }

    /** Checks the first pixels of label 0. */
    private static void assertStart(float[] q, double... expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) q[i]).isCloseTo(expected[i], within(2e-6));
        }
    }

    // The expected values are those of the reference implementation on the pattern above.

    @Test
    void zeroIterationsAreTheSoftmaxOfTheUnary() {
        assertStart(infer(DenseCrf.psa(1).optIterations(0), 6, 8), .043478, .444444, .076923);
    }

    @Test
    void oneTermAlone() {
        assertStart(infer(DenseCrf.builder().optGaussian(3, 3).optIterations(1), 6, 8), .046174, .463056, .082724);
        assertStart(
                infer(DenseCrf.builder().optBilateral(80, 13, 10).optIterations(1), 6, 8), .008293, .441172, .019045);
    }

    @Test
    void bothTerms() {
        assertThat(means(infer(DenseCrf.psa(1), 6, 8)))
                .containsExactly(new double[] {.3125412, .3541821, .3332767}, within(2e-6));
        assertThat(means(infer(DenseCrf.wsegAffPrepare(), 6, 8)))
                .containsExactly(new double[] {.3125285, .3542744, .3331970}, within(2e-6));
        assertThat(means(infer(DenseCrf.deeplabPytorch(), 6, 8)))
                .containsExactly(new double[] {.4606193, .2910690, .2483117}, within(2e-6));
        assertThat(means(infer(DenseCrf.segmentationCodebase(), 6, 8)))
                .containsExactly(new double[] {.3580590, .2996089, .3423321}, within(2e-6));
        assertThat(means(infer(DenseCrf.irnLabels(), 6, 8)))
                .containsExactly(new double[] {.3705829, .3167734, .3126437}, within(2e-6));
    }

    @Test
    void aNumberOfPixelsThatIsNoMultipleOfFour() {
        assertThat(means(infer(DenseCrf.psa(1), 5, 7)))
                .containsExactly(new double[] {.6288186, .3428253, .0283562}, within(2e-6));
    }

    @Test
    void fewerIterationsThanThePresetSays() {
        assertThat(infer(DenseCrf.seamVisual(), 6, 8))
                .isEqualTo(infer(DenseCrf.psa(1).optIterations(1), 6, 8));
        assertThat(infer(DenseCrf.psa(2), 6, 8))
                .isEqualTo(infer(DenseCrf.builder().optGaussian(1.5, 3).optBilateral(40, 13, 10), 6, 8));
    }

    /** Labels beyond the first group of eight, and some that fill no group, go through other inner loops. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5, 8, 11, 21})
    void permutingTheLabelsPermutesTheResult(int labels) {
        Random random = new Random(labels);
        int height = 23;
        int width = 31;
        int n = height * width;
        RgbImage image = noise(random, height, width);
        float[] unary = new float[labels * n];
        float[] reversed = new float[labels * n];
        for (int i = 0; i < unary.length; i++) {
            unary[i] = 3 * random.nextFloat();
            reversed[(labels - 1 - i / n) * n + i % n] = unary[i];
        }
        DenseCrf crf = DenseCrf.builder()
                .optGaussian(3, 3)
                .optBilateral(20, 40, 5)
                .optIterations(3)
                .build();
        float[] q = crf.infer(unary, labels, image);
        float[] r = crf.infer(reversed, labels, image);
        for (int i = 0; i < q.length; i++) {
            assertThat(r[(labels - 1 - i / n) * n + i % n]).isCloseTo(q[i], within(2e-5f));
        }
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int l = 0; l < labels; l++) {
                sum += q[l * n + i];
            }
            assertThat(sum).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void threadsDoNotChangeABit() {
        Random random = new Random(5);
        int height = 170;
        int width = 183;
        RgbImage image = noise(random, height, width);
        float[] unary = new float[6 * height * width];
        for (int i = 0; i < unary.length; i++) {
            unary[i] = 3 * random.nextFloat();
        }
        int before = Torch.threads();
        try {
            Torch.setThreads(1);
            float[] one = DenseCrf.psa(1).build().infer(unary, 6, image);
            float[] two = DenseCrf.psa(1).optIterations(2).build().infer(unary, 6, image);
            for (int threads : new int[] {2, 3, 7}) {
                assertThat(DenseCrf.psa(1).optThreads(threads).build().infer(unary, 6, image))
                        .isEqualTo(one);
            }
            Torch.setThreads(2);
            assertThat(DenseCrf.psa(1).optIterations(2).build().infer(unary, 6, image))
                    .isEqualTo(two);
        } finally {
            Torch.setThreads(before);
        }
    }

    @Test
    void threadsAreTorchsUnlessSet() throws Exception {
        RgbImage image = noise(new Random(5), 120, 130);
        float[] unary = new float[LABELS * 120 * 130];
        int before = Torch.threads();
        try {
            Torch.setThreads(1);
            assertThat(workers(() -> DenseCrf.psa(1).build().infer(unary, LABELS, image)))
                    .isEqualTo(1);
            assertThat(workers(() -> DenseCrf.psa(1).optThreads(3).build().infer(unary, LABELS, image)))
                    .isGreaterThan(1);
            Torch.setThreads(3);
            assertThat(workers(() -> DenseCrf.psa(1).build().infer(unary, LABELS, image)))
                    .isGreaterThan(1);
            assertThat(workers(() -> DenseCrf.psa(1).optThreads(1).build().infer(unary, LABELS, image)))
                    .isEqualTo(1);
        } finally {
            Torch.setThreads(before);
        }
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
    void noMoreThreadsThanAllowed() throws Exception {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        AtomicInteger sum = new AtomicInteger();
        workers(() -> {
            Parallel.run(2, 100, i -> {
                threads.add(Thread.currentThread());
                sum.addAndGet(i);
            });
            return sum;
        });
        assertThat(sum).hasValue(4950);
        assertThat(threads).hasSizeLessThanOrEqualTo(2);
    }

    /** Energies so far apart that their exponentials overflow. */
    @Test
    void heavyWeightsAreShiftedFirst() {
        float[] q = infer(
                DenseCrf.builder().optGaussian(3, 400).optBilateral(80, 60, 300).optIterations(2), 12, 16);
        for (int i = 0; i < 12 * 16; i++) {
            assertThat(q[i] + q[i + 192] + q[i + 384]).isCloseTo(1f, within(1e-5f));
        }
    }

    @Test
    void memoryStaysFlatOverAThousandImages() {
        Random random = new Random(8);
        DenseCrf crf = DenseCrf.psa(1).optIterations(2).build();
        RgbImage[] images = new RgbImage[10];
        for (int i = 0; i < images.length; i++) {
            images[i] = noise(random, 30 + 3 * i, 40 + i);
        }
        float[] unary = new float[3 * 60 * 60];
        for (int i = 0; i < unary.length; i++) {
            unary[i] = random.nextFloat();
        }
        int threads = Torch.threads();
        Torch.setThreads(1);
        try {
            LeakCheck.assertFlat(100, () -> {
                for (RgbImage image : images) {
                    crf.infer(Arrays.copyOf(unary, 3 * image.height() * image.width()), 3, image);
                }
            });
        } finally {
            Torch.setThreads(threads);
        }
    }

    @Test
    void closingFreesWhatManyImagesAtOnceTook() {
        LeakCheck.assertFlat(20, () -> {
            try (DenseCrf crf = DenseCrf.psa(1).optIterations(1).build()) {
                List<DenseCrf.Prepared> together = IntStream.range(0, 5)
                        .mapToObj(i -> crf.prepare(patterned(6 + i, 8)))
                        .toList();
                for (int i = 0; i < together.size(); i++) {
                    assertThat(together.get(i).infer(patternedUnary(6 + i, 8), LABELS))
                            .hasSize(LABELS * (6 + i) * 8);
                }
                together.forEach(DenseCrf.Prepared::close);
            }
        });
    }

    @Test
    void aClosedCrfSaysSoAndLeavesPreparedImagesTheirMemory() {
        DenseCrf crf = DenseCrf.psa(1).build();
        float[] q = crf.infer(patternedUnary(6, 8), LABELS, patterned(6, 8));
        try (DenseCrf.Prepared prepared = crf.prepare(patterned(6, 8))) {
            crf.close();
            crf.close();
            assertThat(prepared.infer(patternedUnary(6, 8), LABELS)).isEqualTo(q);
        }
        assertThatThrownBy(() -> crf.infer(patternedUnary(6, 8), LABELS, patterned(6, 8)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the CRF is closed");
        assertThatThrownBy(() -> crf.prepare(patterned(6, 8))).isInstanceOf(IllegalStateException.class);
    }

    /** An image that is closed while another thread infers on it must not lend its memory to the next one yet. */
    @Test
    void closingAnImageWaitsForItsInferences() throws Exception {
        RgbImage image = noise(new Random(4), 60, 70);
        float[] unary = new float[LABELS * 60 * 70];
        for (int i = 0; i < unary.length; i++) {
            unary[i] = i % 7;
        }
        try (DenseCrf crf = DenseCrf.psa(1).optIterations(5).build()) {
            float[] expected = crf.infer(unary, LABELS, image);
            for (int i = 0; i < 20; i++) {
                DenseCrf.Prepared prepared = crf.prepare(image);
                CountDownLatch begun = new CountDownLatch(1);
                Future<float[]> inferred = CompletableFuture.supplyAsync(() -> {
                    begun.countDown();
                    try {
                        return prepared.infer(unary, LABELS);
                    } catch (IllegalStateException e) {
                        return expected; // closed before it began
                    }
                });
                begun.await();
                prepared.close();
                crf.infer(patternedUnary(50, 60), LABELS, patterned(50, 60));
                assertThat(inferred.get()).isEqualTo(expected);
            }
        }
    }

    @Test
    void aClosedImageSaysSo() {
        DenseCrf.Prepared prepared = DenseCrf.psa(1).build().prepare(patterned(6, 8));
        prepared.close();
        prepared.close();
        assertThatThrownBy(() -> prepared.infer(patternedUnary(6, 8), LABELS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void aPreparedImageServesAnyNumberOfLabels() {
        Random random = new Random(6);
        RgbImage image = noise(random, 19, 17);
        DenseCrf crf = DenseCrf.psa(1).optIterations(2).build();
        DenseCrf.Prepared prepared = crf.prepare(image);
        for (int labels : new int[] {7, 2, 1, 21, 3}) {
            float[] unary = new float[labels * 19 * 17];
            for (int i = 0; i < unary.length; i++) {
                unary[i] = random.nextFloat();
            }
            assertThat(prepared.infer(unary, labels)).isEqualTo(crf.infer(unary, labels, image));
        }
    }

    @Test
    void onePixel() {
        float[] q = DenseCrf.psa(1).build().infer(new float[] {1, 2}, 2, new RgbImage(1, 1, new byte[3]));
        assertThat(q[0] + q[1]).isCloseTo(1f, within(1e-6f));
        assertThat(q[0]).isGreaterThan(0.99f);
    }

    @Test
    void compatibilitiesAgree() {
        RgbImage image = patterned(6, 8);
        float[] unary = patternedUnary(6, 8);
        float[] potts = DenseCrf.builder().optBilateral(80, 13, 4).build().infer(unary, 3, image);
        float[] diagonal = DenseCrf.builder()
                .optBilateral(80, 13, Compatibility.diagonal(-4, -4, -4))
                .build()
                .infer(unary, 3, image);
        float[] matrix = DenseCrf.builder()
                .optBilateral(80, 13, Compatibility.matrix(new float[][] {{-4, 1, 0}, {-1, -4, 2}, {0, -2, -4}}))
                .build()
                .infer(unary, 3, image);
        assertThat(diagonal).containsExactly(potts, within(1e-6f));
        assertThat(matrix).containsExactly(potts, within(1e-6f));
        assertThatThrownBy(() -> DenseCrf.builder()
                        .optGaussian(3, Compatibility.diagonal(1, 2))
                        .build()
                        .infer(unary, 3, image))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 labels")
                .hasMessageContaining("of 3");
    }

    @Test
    void aNanEnergyIsNamed() {
        float[] unary = patternedUnary(6, 8);
        unary[48 + 2 * 8 + 5] = Float.NaN;
        assertThatThrownBy(() -> DenseCrf.psa(1).build().infer(unary, 3, patterned(6, 8)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("label 1 at row 2, column 5 is NaN");
    }

    @Test
    void wrongArgumentsAreNamed() {
        assertThatThrownBy(() -> DenseCrf.builder().optGaussian(0, 3)).hasMessageContaining("sxy");
        assertThatThrownBy(() -> DenseCrf.builder().optBilateral(80, Double.NaN, 3))
                .hasMessageContaining("srgb");
        assertThatThrownBy(() -> DenseCrf.builder().optIterations(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> DenseCrf.builder().optThreads(0)).hasMessageContaining("threads");
        assertThatThrownBy(() -> DenseCrf.psa(1).build().infer(new float[5], 3, patterned(6, 8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("144")
                .hasMessageContaining("5");
    }

    private static RgbImage noise(Random random, int height, int width) {
        byte[] data = new byte[height * width * 3];
        random.nextBytes(data);
        return new RgbImage(height, width, data);
    }
}
