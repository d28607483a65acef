package dev.wsss.core.logits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.FakeData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogitsTest {
    private static final int CLASSES = 21;
    private static final int H = 12;
    private static final int W = 16;
    private static final Map<String, String> RUN = Map.of("weights", "0123", "data", "4567");

    @TempDir
    Path dir;

    /** Background, a class of which there is an area, one of which there is a hint, and 18 that are nowhere. */
    private static float[] logits(long seed) {
        Random random = new Random(seed);
        float[] z = new float[CLASSES * H * W];
        for (int i = 0; i < z.length; i++) {
            int c = i / (H * W);
            int x = i % W;
            double mean = c == 0 ? 20 : c == 7 ? 12 + x : c == 15 ? 14 : 3;
            z[i] = (float) (mean + random.nextGaussian());
        }
        return z;
    }

    /** What a program that keeps everything would have: all labels, resized, softmax in double precision. */
    private static double[] exact(float[] logits, int height, int width) {
        float[] z = Resize.TORCH_BILINEAR.apply(logits, CLASSES, H, W, height, width);
        int n = height * width;
        double[] p = new double[z.length];
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int c = 0; c < CLASSES; c++) {
                p[c * n + i] = Math.exp(z[c * n + i]);
                sum += p[c * n + i];
            }
            for (int c = 0; c < CLASSES; c++) {
                p[c * n + i] /= sum;
            }
        }
        return p;
    }

    private static double largestError(float[] logits, PixelLogits kept, int height, int width) {
        double[] exact = exact(logits, height, width);
        int n = height * width;
        double worst = 0;
        try (ScoreMaps p = kept.probabilities()) {
            float[] values = p.toArray();
            int[] labels = p.labels();
            for (int c = 0; c < CLASSES; c++) {
                int k = Arrays.binarySearch(labels, c);
                for (int i = 0; i < n; i++) {
                    worst = Math.max(worst, Math.abs((k < 0 ? 0 : values[k * n + i]) - exact[c * n + i]));
                }
            }
        }
        return worst;
    }

    @Test
    void presentLabelsAreKeptWithinTheBound() {
        for (long seed = 0; seed < 5; seed++) {
            float[] z = logits(seed);
            PixelLogits kept = PixelLogits.of(z, CLASSES, H, W, 90, 125, 0.01);
            assertThat(kept.labels()).containsExactly(0, 7, 15);
            assertThat(largestError(z, kept, 90, 125)).isLessThan(0.01 + 0.001);
            PixelLogits all = PixelLogits.of(z, CLASSES, H, W, 90, 125, 0);
            assertThat(all.labels()).hasSize(CLASSES);
            assertThat(largestError(z, all, 90, 125)).as("halves alone").isBetween(1e-7, 0.001);
        }
    }

    @Test
    void aConstantOnAllLogitsOfAPixelChangesNothing() {
        float[] z = logits(3);
        float[] shifted = z.clone();
        for (int i = 0; i < z.length; i++) {
            shifted[i] += i % (H * W) % 5 * 0.5f - 40;
        }
        assertThat(largestError(z, PixelLogits.of(shifted, CLASSES, H, W, 50, 60, 0), 50, 60))
                .isLessThan(0.001);
    }

    @Test
    void aStoreIsAFiftiethOfWhatAllFloatsTakeAndLess() throws IOException {
        int height = 8 * H;
        int width = 8 * W;
        LogitStore store = LogitStore.create(dir, RUN);
        store.write("a", PixelLogits.of(logits(1), CLASSES, H, W, height, width, 0.01));
        long bytes = Files.size(store.file("a"));
        long grid = 4L * CLASSES * H * W;
        long full = 4L * CLASSES * height * width;
        // three of 21 labels and two of four bytes, a fourteenth; and a 64th of the pixels; the header is what is left
        assertThat(bytes - 600).isLessThanOrEqualTo(grid / 14);
        assertThat((double) full / bytes).isGreaterThan(500);
        PixelLogits again = LogitStore.open(dir).read("a");
        assertThat(again.halfs())
                .isEqualTo(PixelLogits.of(logits(1), CLASSES, H, W, height, width, 0.01)
                        .halfs());
        assertThat(again.labels()).containsExactly(0, 7, 15);
        assertThat(again.classes()).isEqualTo(CLASSES);
        assertThat(again.imageHeight()).isEqualTo(height);
        assertThat(again.imageWidth()).isEqualTo(width);
        assertThat(again.height()).isEqualTo(H);
        assertThat(again.width()).isEqualTo(W);
    }

    @Test
    void whatIsNoLogitIsNamed() {
        float[] z = logits(1);
        z[3 * H * W + 2 * W + 5] = Float.NaN;
        assertThatThrownBy(() -> PixelLogits.of(z, CLASSES, H, W, 90, 125, 0.01))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage("logit of label 3 at row 2, column 5 is NaN; expected a finite number");
        assertThatThrownBy(() -> PixelLogits.of(z, 20, H, W, 90, 125, 0.01)).hasMessageContaining("got " + z.length);
        assertThatThrownBy(() -> PixelLogits.of(z, CLASSES, H, W, 90, 125, 1)).hasMessageContaining("[0, 1), got 1.0");
        assertThatThrownBy(() -> PixelLogits.of(z, 256, H, W, 90, 125, 0)).hasMessageContaining("1..255");
        assertThatThrownBy(() -> PixelLogits.of(z, CLASSES, H, W, 0, 125, 0)).hasMessageContaining("at least 1x1");
    }

    @Test
    void anotherRunsLogitsAreRefused() throws IOException {
        LogitStore store = LogitStore.create(dir.resolve("one"), RUN);
        PixelLogits logits = PixelLogits.of(logits(1), CLASSES, H, W, 90, 125, 0.01);
        store.write("sub/a", logits);
        assertThat(LogitStore.create(dir.resolve("one"), RUN).ids()).containsExactly("sub/a");
        Map<String, String> other = Map.of("weights", "89ab", "data", "4567");
        assertThatThrownBy(() -> LogitStore.create(dir.resolve("one"), other))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("weights is '0123' there and '89ab' here");
        store.requireRun(Map.of("data", "4567"));
        assertThatThrownBy(() -> store.requireRun(Map.of("data", "cdef")))
                .hasMessageContaining("logits of another run: data is '4567' there and 'cdef' here");
        assertThatThrownBy(() -> store.requireRun(Map.of("scales", "1")))
                .hasMessageContaining("scales is not set there");
        LogitStore second = LogitStore.create(dir.resolve("two"), other);
        Files.createDirectories(second.file("sub/a").getParent());
        Files.copy(store.file("sub/a"), second.file("sub/a"));
        assertThatThrownBy(() -> second.read("sub/a"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(second.file("sub/a").toString(), "of another run than the store's");
        Files.writeString(Files.createDirectories(dir.resolve("three")).resolve("x"), "");
        assertThatThrownBy(() -> LogitStore.create(dir.resolve("three"), RUN)).hasMessageContaining("no run.json");
        assertThatThrownBy(() -> LogitStore.open(dir.resolve("three"))).hasMessageContaining("no such file");
        Files.writeString(dir.resolve("three/run.json"), "[1");
        assertThatThrownBy(() -> LogitStore.open(dir.resolve("three"))).hasMessageContaining("run.json");
        assertThatThrownBy(() -> store.file("../../x")).hasMessageContaining("leads out");
    }

    @Test
    void damagedFilesAreRefusedByName() throws IOException {
        LogitStore store = LogitStore.create(dir, RUN);
        store.write("a", PixelLogits.of(logits(1), CLASSES, H, W, 90, 125, 0.01));
        Path file = store.file("a");
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length += 1 + whole.length / 200) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> store.read("a"))
                    .as("%d bytes", length)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining(file.toString());
        }
        assertThatThrownBy(() -> store.read("b")).hasMessageContainingAll("b.safetensors", "no such file");
        Map<String, String> mine;
        Files.write(file, whole);
        try (var open = Safetensors.open(file)) {
            mine = open.metadata();
        }
        Map<String, HostArray> good = Safetensors.read(file);
        refused(store, good, mine, "labels", HostArray.ofInts(new int[] {0, 15, 7}, 3), "must ascend");
        refused(store, good, mine, "labels", HostArray.ofInts(new int[] {0, 7, 21}, 3), "within 0..20");
        refused(store, good, mine, "labels", HostArray.ofInts(new int[] {0, 7}, 2), "3 maps");
        refused(store, good, mine, "labels", HostArray.ofLongs(new long[] {0, 7, 15}, 3), "'labels' is I64");
        refused(store, good, mine, "classes", HostArray.ofInts(new int[] {-1}, 1), "1..255, got -1");
        refused(store, good, mine, "image_size", HostArray.ofInts(new int[] {0, 125}, 2), "0x125");
        refused(store, good, mine, "image_size", HostArray.ofInts(new int[] {90}, 1), "has 1 entries");
        refused(store, good, mine, "logits", HostArray.ofFloats(new float[3], 3, 1, 1), "'logits' is F32");
        Safetensors.write(file, Map.of("labels", HostArray.ofInts(new int[] {0}, 1)), mine);
        assertThatThrownBy(() -> store.read("a")).hasMessageContaining("has no tensor 'logits'");
        byte[] nan = whole.clone();
        nan[nan.length - 1] = 0x7E;
        // the widest type stands first, so that the last bytes are halves
        Files.write(file, nan);
        assertThatThrownBy(() -> store.read("a")).hasMessageContainingAll(file.toString(), "a logit is NaN");
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files).as("no half-written file").hasSize(2);
        }
    }

    private static void refused(
            LogitStore store,
            Map<String, HostArray> good,
            Map<String, String> metadata,
            String name,
            HostArray array,
            String message) {
        Map<String, HostArray> bad = new HashMap<>(good);
        bad.put(name, array);
        Safetensors.write(store.file("a"), bad, metadata);
        assertThatThrownBy(() -> store.read("a"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(store.file("a").toString(), message);
    }

    @Test
    void aWriteThatFailsLeavesWhatWasThere() throws IOException {
        LogitStore store = LogitStore.create(dir, RUN);
        PixelLogits logits = PixelLogits.of(logits(1), CLASSES, H, W, 90, 125, 0.01);
        Files.writeString(dir.resolve("sub"), "a file where a folder is needed");
        assertThatThrownBy(() -> store.write("sub/a", logits)).isInstanceOf(UncheckedIOException.class);
        try (Stream<Path> files = Files.walk(dir)) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .doesNotHaveDuplicates()
                    .noneMatch(f -> f.endsWith(".tmp"));
        }
        assertThat(store.ids()).isEmpty();
    }

    /** Images of 2x2 of three labels; logits of one pixel that say a label. */
    private static PixelLogits says(int label, int classes) {
        float[] z = new float[classes];
        z[label] = 5;
        return PixelLogits.of(z, classes, 1, 1, 2, 2, 0.01);
    }

    @Test
    void scoresAreOfAllImagesOrNone() {
        FakeData data = new FakeData("val", "a", "b", "c", "d");
        LogitStore store = LogitStore.create(dir, RUN);
        for (String id : new String[] {"a", "b", "c"}) {
            store.write(id, says(id.equals("c") ? 2 : 1, 3));
        }
        LogitEvaluation.Builder builder =
                LogitEvaluation.builder().setData(data).setStore(store).optThreads(2);
        assertThatThrownBy(() -> builder.build().run())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("1 of 4 images (25.0 %) of val have no logits", "'d'", "at most 5 %");
        Evaluation most = builder.optAllowLeftOut(0.25).build().run();
        assertThat(most.skipped()).containsOnlyKeys("d");
        assertThat(most.confusion().pixelAccuracy()).isEqualTo(2 / 3.0, within(1e-12));
        store.write("d", says(1, 4));
        assertThatThrownBy(() -> builder.optAllowLeftOut(0).build().run())
                .hasMessageContainingAll("1 of 4", "logits of 4 labels; expected 3 as val");
        store.write("d", says(1, 3));
        assertThat(builder.build().run().confusion().pixelAccuracy()).isEqualTo(0.75);
        try (DenseCrf crf = DenseCrf.deeplabPytorch().optThreads(1).build()) {
            Evaluation refined = builder.optCrf(CrfRefiner.builder().setCrf(crf).build())
                    .build()
                    .run();
            assertThat(refined.confusion().total()).isEqualTo(16);
        }
    }

    /** One pixel's hole in an area of one colour goes. */
    @Test
    void theCrfRefinesWhatIsStored() {
        FakeData data = new FakeData("val", "a");
        int side = data.get(0).image().height();
        float[] z = new float[3 * side * side];
        Arrays.fill(z, side * side, 2 * side * side, 1);
        z[side * side] = 0;
        z[0] = 0.2f;
        LogitStore store = LogitStore.create(dir, RUN);
        store.write("a", PixelLogits.of(z, 3, side, side, side, side, 0));
        LogitEvaluation.Builder builder =
                LogitEvaluation.builder().setData(data).setStore(store);
        double pixels = side * side;
        assertThat(builder.build().run().confusion().pixelAccuracy()).isEqualTo((pixels - 1) / pixels, within(1e-12));
        try (DenseCrf crf = DenseCrf.builder().optGaussian(3, 10).optThreads(1).build()) {
            CrfRefiner refiner = CrfRefiner.builder().setCrf(crf).build();
            assertThat(builder.optCrf(refiner).build().run().confusion().pixelAccuracy())
                    .isEqualTo(1);
        }
    }

    @Test
    void theWrappedImageIsTheOriginals() {
        // the card's examples: 104.0 - 104.008 in blue, 0 - 122.675 in red, 255 - 116.669 in green
        RgbImage image = new RgbImage(1, 2, new byte[] {0, (byte) 255, 104, (byte) 123, 117, 0});
        assertThat(LogitEvaluation.wrapped(image).data()).containsExactly(0, (byte) 138, (byte) 134, (byte) 152, 0, 0);
    }

    @Test
    void whatIsRequiredIsNamed() {
        assertThatThrownBy(() -> LogitEvaluation.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setData is required");
        assertThatThrownBy(() -> LogitEvaluation.builder()
                        .setData(new FakeData("val", "a"))
                        .build())
                .hasMessage("setStore is required");
    }
}
