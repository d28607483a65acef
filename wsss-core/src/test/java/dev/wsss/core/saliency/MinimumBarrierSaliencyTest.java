package dev.wsss.core.saliency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.Sample;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MinimumBarrierSaliencyTest {
    private interface Colour {
        int at(int y, int x);
    }

    private static Sample draw(int height, int width, Colour colour) {
        byte[] data = new byte[3 * height * width];
        for (int y = 0, o = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int rgb = colour.at(y, x);
                data[o++] = (byte) (rgb >> 16);
                data[o++] = (byte) (rgb >> 8);
                data[o++] = (byte) rgb;
            }
        }
        ClassCatalog catalog = ClassCatalog.withBackground(List.of("cat"));
        return new Sample("a", new RgbImage(height, width, data), ImageTags.of(catalog, 0));
    }

    private static boolean inDisc(int y, int x, int centreY, int centreX, int radius) {
        return (y - centreY) * (y - centreY) + (x - centreX) * (x - centreX) < radius * radius;
    }

    private static float[] random(int seed, int n, int levels) {
        Random random = new Random(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextInt(levels);
        }
        return values;
    }

    private static float[] barrier(float[] image, int h, int w, int passes) {
        Planes planes = new Planes();
        planes.size(h, w);
        BarrierTransform.run(planes, image, passes);
        return Arrays.copyOf(planes.distance, h * w);
    }

    /** The distance itself: for each least value that a path may have, the least of highest values on such paths. */
    private static float[] exact(float[] image, int h, int w) {
        float[] best = new float[h * w];
        Arrays.fill(best, Float.POSITIVE_INFINITY);
        for (float floor : image) {
            float[] top = new float[h * w];
            Arrays.fill(top, Float.POSITIVE_INFINITY);
            PriorityQueue<float[]> queue = new PriorityQueue<>(Comparator.comparingDouble(e -> e[0]));
            for (int i = 0; i < h * w; i++) {
                boolean border = i < w || i >= (h - 1) * w || i % w == 0 || i % w == w - 1;
                if (border && image[i] >= floor) {
                    top[i] = image[i];
                    queue.add(new float[] {top[i], i});
                }
            }
            while (!queue.isEmpty()) {
                float[] entry = queue.remove();
                int i = (int) entry[1];
                if (entry[0] > top[i]) {
                    continue;
                }
                int[] near = {i % w > 0 ? i - 1 : i, i % w < w - 1 ? i + 1 : i, i - w, i + w};
                for (int j : near) {
                    if (j >= 0 && j < h * w && image[j] >= floor && Math.max(top[i], image[j]) < top[j]) {
                        top[j] = Math.max(top[i], image[j]);
                        queue.add(new float[] {top[j], j});
                    }
                }
            }
            for (int i = 0; i < h * w; i++) {
                best[i] = Math.min(best[i], top[i] - floor);
            }
        }
        return best;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void scansBoundTheDistanceFromAboveAndCloselySo(int seed) {
        int h = 3 + seed;
        int w = 14 - seed;
        float[] image = random(seed, h * w, 20);
        float[] exact = exact(image, h, w);
        float[] three = barrier(image, h, w, 3);
        float[] ten = barrier(image, h, w, 10);
        double excess = 0;
        double sum = 0;
        for (int i = 0; i < h * w; i++) {
            assertThat(ten[i]).isGreaterThanOrEqualTo(exact[i]);
            assertThat(three[i]).isGreaterThanOrEqualTo(ten[i]);
            excess += ten[i] - exact[i];
            sum += exact[i];
        }
        assertThat(excess).isLessThan(0.1 * sum); // on noise, which is the worst case
    }

    @Test
    void theDistanceOfAPlateauIsItsStep() {
        float[] image = new float[8 * 9];
        for (int y = 2; y < 6; y++) {
            Arrays.fill(image, y * 9 + 3, y * 9 + 7, 5);
        }
        image[4 * 9 + 4] = 2; // a pit within: the path to it must still climb
        float[] found = barrier(image, 8, 9, 3);
        for (int i = 0; i < image.length; i++) {
            assertThat(found[i]).isEqualTo(image[i] == 0 ? 0 : 5);
        }
    }

    @Test
    void theDistanceDependsOnDifferencesOnly() {
        float[] image = random(4, 12 * 10, 64);
        float[] shifted = image.clone();
        float[] doubled = image.clone();
        float[] negative = image.clone();
        for (int i = 0; i < image.length; i++) {
            shifted[i] += 100;
            doubled[i] *= 2;
            negative[i] = 64 - negative[i];
        }
        float[] found = barrier(image, 12, 10, 3);
        assertThat(barrier(shifted, 12, 10, 3)).isEqualTo(found);
        assertThat(barrier(negative, 12, 10, 3)).isEqualTo(found);
        float[] twice = barrier(doubled, 12, 10, 3);
        for (int i = 0; i < found.length; i++) {
            assertThat(twice[i]).isEqualTo(2 * found[i]);
        }
    }

    /** Opening by reconstruction, and its closing, by their definitions. */
    private static float[] smoothSlowly(float[] map, int h, int w, int radius) {
        float[] opened = openSlowly(map, h, w, radius);
        for (int i = 0; i < opened.length; i++) {
            opened[i] = 1 - opened[i];
        }
        float[] closed = openSlowly(opened, h, w, radius);
        for (int i = 0; i < closed.length; i++) {
            closed[i] = 1 - closed[i];
        }
        return closed;
    }

    private static float[] openSlowly(float[] map, int h, int w, int radius) {
        float[] marker = map.clone();
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                for (int v = Math.max(0, y - radius); v <= Math.min(h - 1, y + radius); v++) {
                    for (int u = Math.max(0, x - radius); u <= Math.min(w - 1, x + radius); u++) {
                        marker[y * w + x] = Math.min(marker[y * w + x], map[v * w + u]);
                    }
                }
            }
        }
        for (int step = 0; step < h * w; step++) {
            float[] before = marker.clone();
            for (int i = 0; i < h * w; i++) {
                float grown = before[i];
                grown = i % w > 0 ? Math.max(grown, before[i - 1]) : grown;
                grown = i % w < w - 1 ? Math.max(grown, before[i + 1]) : grown;
                grown = i >= w ? Math.max(grown, before[i - w]) : grown;
                grown = i < (h - 1) * w ? Math.max(grown, before[i + w]) : grown;
                marker[i] = Math.min(grown, map[i]);
            }
        }
        return marker;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void smoothingIsOpeningAndClosingByReconstruction(int seed) {
        int h = 1 + seed * 5 % 13;
        int w = 1 + seed * 7 % 17;
        int radius = 1 + seed % 4;
        float[] map = random(seed, h * w, 8);
        for (int i = 0; i < map.length; i++) {
            map[i] /= 8;
        }
        Planes planes = new Planes();
        planes.size(h, w);
        System.arraycopy(map, 0, planes.map, 0, map.length);
        Reconstruction.smooth(planes, radius);
        assertThat(Arrays.copyOf(planes.map, h * w)).isEqualTo(smoothSlowly(map, h, w, radius));
    }

    @Test
    void coloursAreThoseOfTheStandard() {
        byte[] rgb = {(byte) 255, 0, 0, 0, (byte) 128, 0, (byte) 255, (byte) 255, (byte) 255, 0, 0, 0};
        float[][] lab = new float[3][4];
        LabColour.convert(rgb, 4, lab);
        float[][] expected = {{53.24f, 80.09f, 67.20f}, {46.23f, -51.70f, 49.90f}, {100, 0, 0}, {0, 0, 0}};
        for (int i = 0; i < 4; i++) {
            for (int c = 0; c < 3; c++) {
                assertThat(lab[c][i]).isCloseTo(expected[i][c], within(0.05f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDiscStandsOutFromAPlainGround(boolean backgroundness) {
        Sample sample = draw(90, 120, (y, x) -> inDisc(y, x, 40, 70, 20) ? 0xE0C040 : 0x305070);
        SaliencyMap map = MinimumBarrierSaliency.builder()
                .optBackgroundness(backgroundness)
                .build()
                .saliency(sample);
        assertThat(map.height()).isEqualTo(90);
        assertThat(map.width()).isEqualTo(120);
        for (int y = 0; y < 90; y++) {
            for (int x = 0; x < 120; x++) {
                if (inDisc(y, x, 40, 70, 20)) {
                    assertThat(map.at(y, x)).isGreaterThan(0.95f);
                } else {
                    assertThat(map.at(y, x)).isLessThan(0.05f);
                }
            }
        }
    }

    @Test
    void discsOnATexturedSlopeStandOutInALargeImage() {
        Random random = new Random(9);
        int[] noise = IntStream.range(0, 480 * 640).map(i -> random.nextInt(12)).toArray();
        Sample sample = draw(480, 640, (y, x) -> {
            int n = noise[y * 640 + x];
            if (inDisc(y, x, 150, 200, 70)) {
                return (200 + n) << 16 | (60 + n) << 8 | 50 + n;
            }
            if (inDisc(y, x, 330, 450, 90)) {
                return (50 + n) << 16 | (70 + n) << 8 | 190 + n;
            }
            return (60 + x / 12 + n) << 16 | (120 + y / 12 + n) << 8 | 80 + n;
        });
        SaliencyMap map = MinimumBarrierSaliency.builder().build().saliency(sample);
        double intersection = 0;
        double union = 0;
        for (int y = 0; y < 480; y++) {
            for (int x = 0; x < 640; x++) {
                boolean object = inDisc(y, x, 150, 200, 70) || inDisc(y, x, 330, 450, 90);
                boolean found = map.at(y, x) > 0.5f;
                intersection += object && found ? 1 : 0;
                union += object || found ? 1 : 0;
            }
        }
        assertThat(intersection / union).isGreaterThan(0.95);
    }

    @Test
    void onlyTheContrastToTheBorderFindsWhatTouchesIt() {
        Sample sample = draw(60, 80, (y, x) -> inDisc(y, x, 30, 0, 20) ? 0xC02020 : 0x40A060);
        MinimumBarrierSaliency mb =
                MinimumBarrierSaliency.builder().optBackgroundness(false).build();
        assertThat(mb.saliency(sample).at(30, 10)).isZero();
        Sample other = draw(
                60, 80, (y, x) -> inDisc(y, x, 30, 0, 20) ? 0xC02020 : inDisc(y, x, 30, 60, 5) ? 0x50B070 : 0x40A060);
        MinimumBarrierSaliency raw =
                MinimumBarrierSaliency.builder().optSmoothing(0).optContrast(0).build();
        assertThat(raw.saliency(other).at(30, 10)).isGreaterThan(0.4f);
    }

    @Test
    void centrednessFavoursTheMiddle() {
        Sample sample =
                draw(80, 80, (y, x) -> inDisc(y, x, 40, 40, 12) || inDisc(y, x, 14, 14, 10) ? 0xFFFFFF : 0x202020);
        SaliencyMap plain = MinimumBarrierSaliency.builder().build().saliency(sample);
        SaliencyMap centred =
                MinimumBarrierSaliency.builder().optCentredness(true).build().saliency(sample);
        assertThat(plain.at(14, 14)).isEqualTo(plain.at(40, 40));
        assertThat(centred.at(14, 14)).isLessThan(0.3f);
        assertThat(centred.at(40, 40)).isGreaterThan(0.9f);
    }

    @Test
    void nothingStandsOutOfOneColour() {
        for (int size : new int[] {1, 2, 3, 40}) {
            Sample sample = draw(size, 2 * size, (y, x) -> 0x8090A0);
            SaliencyMap map = MinimumBarrierSaliency.builder().build().saliency(sample);
            assertThat(map).isEqualTo(new SaliencyMap(size, 2 * size, new float[2 * size * size]));
        }
    }

    @Test
    void oneSourceServesAnyOrderOfSizesAndManyThreads() {
        MinimumBarrierSaliency shared = MinimumBarrierSaliency.builder().build();
        List<Sample> samples = IntStream.range(0, 12)
                .mapToObj(
                        i -> draw(20 + 37 * i % 50, 20 + 23 * i % 60, (y, x) -> (y * y * 31 + x * (i + 7)) * 0x010305))
                .toList();
        List<SaliencyMap> together =
                samples.parallelStream().map(shared::saliency).toList();
        for (int i = 0; i < samples.size(); i++) {
            assertThat(together.get(i))
                    .isEqualTo(MinimumBarrierSaliency.builder().build().saliency(samples.get(i)));
        }
    }

    @Test
    void scratchMemoryIsUsedAgain() {
        MinimumBarrierSaliency source = MinimumBarrierSaliency.builder().build();
        Sample sample = draw(200, 300, (y, x) -> inDisc(y, x, 90, 140, 50) ? 0xF0F0F0 : (y + x) * 0x10101 & 0x3F3F3F);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            source.saliency(sample);
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // the pixels as bytes and the map
        assertThat(allocated).isLessThan(200 * 300 * (3 + 4) + 50_000);
    }

    @Test
    void badSettingsAreRefused() {
        MinimumBarrierSaliency.Builder b = MinimumBarrierSaliency.builder();
        assertThatThrownBy(() -> b.optPasses(0)).hasMessage("passes must be at least 1, got 0");
        assertThatThrownBy(() -> b.optWorkingSize(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> b.optSmoothing(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> b.optContrast(-2)).hasMessageContaining("-2");
        assertThat(b.build())
                .hasToString(
                        "MinimumBarrierSaliency[MB+, working size 300, 3 passes, smoothing 50.0," + " contrast 10.0]");
    }
}
