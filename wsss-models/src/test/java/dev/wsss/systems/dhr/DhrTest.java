package dev.wsss.systems.dhr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.pipeline.FeatureFolder;
import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.pipeline.RunListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DhrTest {
    private static final int SIDE = 42;

    @TempDir
    private Path out;

    /** A red or a blue square on grey; of the last, which shows nothing, there are no tags if so wanted. */
    private record Squares(int size, boolean lastIsBare) implements Dataset {
        static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("red", "blue"));

        @Override
        public String name() {
            return "squares";
        }

        @Override
        public ClassCatalog classes() {
            return CLASSES;
        }

        @Override
        public String id(int index) {
            return "square" + index;
        }

        @Override
        public ImageTags tags(int index) {
            return lastIsBare && index == size - 1 ? ImageTags.of(CLASSES) : ImageTags.of(CLASSES, 0, 1);
        }

        @Override
        public Sample get(int index) {
            byte[] labels = truth(index).toArray();
            byte[] rgb = new byte[3 * labels.length];
            for (int i = 0; i < rgb.length; i++) {
                int label = labels[i / 3];
                rgb[i] = (byte) ((label == 0 ? 120 : i % 3 == (label == 1 ? 0 : 2) ? 220 : 40) + (i * 31 + index) % 16);
            }
            return new Sample(id(index), new RgbImage(SIDE, SIDE, rgb), tags(index));
        }

        @Override
        public boolean hasTruth() {
            return true;
        }

        @Override
        public LabelMap truth(int index) {
            byte[] labels = new byte[SIDE * SIDE];
            for (int i = 0; i < labels.length; i++) {
                int y = i / SIDE;
                int x = i % SIDE;
                boolean in = y >= 10 && y < 30;
                labels[i] = (byte) (in && x < 18 ? 1 : in && x >= 26 ? 2 : 0);
            }
            return LabelMap.wrap(SIDE, SIDE, labels);
        }
    }

    private static final Squares DATA = new Squares(6, false);

    private record Truth() implements Source<LabelMap> {
        @Override
        public LabelMap get(Sample sample) {
            return DATA.truth(0);
        }

        @Override
        public Description description() {
            return Description.of("Truth").build();
        }
    }

    /** The mean colour of cells of seven pixels. */
    private record Colours(int channels) implements FeatureSource {
        @Override
        public FeatureMap get(Sample sample) {
            return colours(sample, SIDE, channels);
        }

        @Override
        public Description description() {
            return Description.of("Colours").put("channels", channels).build();
        }
    }

    private static FeatureMap colours(Sample sample, int imageSide, int channels) {
        int cells = SIDE / 7;
        float[] values = new float[channels * cells * cells];
        byte[] rgb = sample.image().data();
        for (int i = 0; i < SIDE * SIDE; i++) {
            int cell = i / SIDE / 7 * cells + i % SIDE / 7;
            for (int c = 0; c < channels; c++) {
                values[c * cells * cells + cell] += ((rgb[3 * i + c % 3] & 255) - 100) / 49f;
            }
        }
        return FeatureMap.builder()
                .setGrid(channels, cells, cells)
                .setImageSize(imageSide, imageSide)
                .setFloats(values)
                .build();
    }

    private static DhrRecipe recipe() {
        DhrRecipe r = DhrRecipe.small();
        return r.withNetwork(r.network().withWidth(4).withHead(8).withLow(4))
                .withViews(r.views().withMinSide(32).withMaxSide(60).withCrop(48))
                .withInference(r.inference().withLook(new DhrInference(List.of(1.0, 0.5), true)))
                .withOptimization(r.optimization().withBatch(2).withSteps(4));
    }

    private Dhr.Builder dhr(DhrRecipe recipe, Dataset data) {
        return Dhr.builder()
                .setData(data)
                .setOut(out)
                .optRecipe(recipe)
                .optLabels(new Truth())
                .optFeatures(new Colours(3))
                .optUnseen(new Squares(2, false));
    }

    @Test
    void itRunsFromLabelsToMasksAndFindsWhatItHasMade() {
        LabelMap first;
        LabelMap mask;
        try (Dhr dhr = dhr(recipe(), DATA).build()) {
            first = dhr.train().segment(DATA.get(1).image());
            assertThat(dhr.train()).isSameAs(dhr.train());
            mask = dhr.masks().load("square1");
            LabelMap anew = dhr.labels().load("square1");
            assertThat(anew.height()).isEqualTo(SIDE);
            List<Evaluation> before = dhr.evaluateLabels();
            assertThat(before.stream().map(Evaluation::subject)).containsExactly("labels as given", "labels made anew");
            assertThat(before.get(0).meanIou()).isEqualTo(1);
            List<Evaluation> rows = dhr.evaluate().evaluations();
            assertThat(rows.stream().map(Evaluation::subject))
                    .satisfiesExactly(
                            s -> assertThat(s).isEqualTo("labels made anew"),
                            s -> assertThat(s).isEqualTo("masks"),
                            s -> assertThat(s).startsWith("segmenter,"),
                            s -> assertThat(s).startsWith("segmenter with CRF,"));
            Evaluation e = rows.get(2);
            assertThat(DhrScores.line("x", e))
                    .matches("# {30}x \\| mIoU: \\d+\\.\\d%, mFPR: 0\\.\\d{3}, mFNR: 0\\.\\d{3}");
        }
        try (Dhr again = dhr(recipe(), DATA).build()) {
            assertThat(again.train().segment(DATA.get(1).image())).isEqualTo(first);
            assertThat(again.masks().load("square1")).isEqualTo(mask);
        }
        // the network alone, on images that have no tags
        try (Dhr loaded = Dhr.builder()
                .setData(new Squares(2, true))
                .setOut(out.resolve("other"))
                .optRecipe(recipe())
                .optTrained(out.resolve("weights/segmenter.pth"))
                .build()) {
            assertThat(loaded.train().segment(DATA.get(1).image())).isEqualTo(first);
            assertThat(loaded.masks().load("square1")).isEqualTo(mask);
        }
        DhrRecipe r = recipe();
        try (Dhr other = dhr(r.withLabels(r.labels().withTau(0.5)), DATA).build()) {
            assertThatThrownBy(other::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("tau");
        }
    }

    @Test
    void theMovingAverageIsTheResult() {
        DhrRecipe r = recipe();
        // so slow that what is saved is, nearly, what the training began with
        DhrRecipe slow = r.withOptimization(
                r.optimization().withEma(0.999999).withLearningRate(0.5).withSteps(3));
        float[] averaged = weight(slow, "slow");
        float[] start = weight(
                slow.withOptimization(
                        slow.optimization().withLearningRate(1e-12).withSteps(1)),
                "start");
        float[] last = weight(slow.withOptimization(slow.optimization().withEma(1e-6)), "last");
        assertThat(distance(averaged, start)).isLessThan(1e-4);
        assertThat(distance(last, start)).isGreaterThan(1e-2);
    }

    private static double distance(float[] a, float[] b) {
        double most = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return most;
    }

    private float[] weight(DhrRecipe recipe, String folder) {
        Path to = out.resolve(folder);
        try (Dhr dhr = dhr(recipe, DATA).setOut(to).build()) {
            dhr.train();
        }
        try (Checkpoint checkpoint = Checkpoint.open(to.resolve("weights/segmenter.pth"))) {
            return checkpoint.get("seg_decoder.classifier.weight").toFloats();
        }
    }

    @Test
    void withoutAnyRebalancingNoFeaturesAreLookedAt() {
        DhrRecipe r = recipe();
        DhrRecipe plain =
                r.withLabels(r.labels().withSeed(false).withInterClass(false).withIntraClass(false));
        try (Dhr dhr = dhr(plain, DATA)
                .optFeatures(sample -> {
                    throw new AssertionError("looked at");
                })
                .build()) {
            dhr.train();
            assertThatThrownBy(dhr::labels).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void imagesWithoutTagsAreToldOfAndLeftOut() {
        List<String> notes = new ArrayList<>();
        RunListener listener = new RunListener() {
            @Override
            public void onNote(String text) {
                notes.add(text);
            }
        };
        Squares bare = new Squares(5, true);
        try (Dhr dhr = dhr(recipe(), bare).optListener(listener).build()) {
            dhr.train();
            dhr.masks();
            assertThat(dhr.masks().contains("square4")).isTrue();
        }
        assertThat(notes).containsExactly("1 of 5 images have no tags and take no part in the training");
    }

    @Test
    void featuresThatAreMissingOrOfAnotherImageAreCounted() {
        Path folder = out.resolve("features");
        for (int i = 1; i < DATA.size(); i++) {
            Sample sample = DATA.get(i);
            ProductCodec.featureMaps()
                    .write(folder.resolve(sample.id() + ".safetensors"), colours(sample, i == 1 ? SIDE + 1 : SIDE, 3));
        }
        FeatureFolder features = FeatureFolder.of(folder);
        try (Dhr dhr = dhr(recipe(), DATA).optFeatures(features).build()) {
            assertThatThrownBy(dhr::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("of 6")
                    .hasMessageContaining("square0");
        }
        SortedMap<String, String> leftOut = new TreeMap<>();
        try (Dhr dhr = dhr(recipe(), DATA)
                .optFeatures(features)
                .optMaxLeftOut(0.5)
                .optListener(new RunListener() {
                    @Override
                    public void onLeftOut(String name, SortedMap<String, String> reasons) {
                        leftOut.putAll(reasons);
                    }
                })
                .build()) {
            dhr.train();
        }
        assertThat(leftOut).containsOnlyKeys("square0", "square1");
        assertThat(leftOut.get("square0")).contains("no such file");
        assertThat(leftOut.get("square1")).contains("43x43").contains("42x42");
    }

    @Test
    void labelsThatAreMissingOrOfOtherClassesAreCounted() {
        Path folder = out.resolve("given");
        for (int i = 1; i < DATA.size(); i++) {
            byte[] labels = DATA.truth(i).toArray().clone();
            labels[0] = (byte) (i == 1 ? 7 : 0);
            LabelPng.write(folder.resolve(DATA.id(i) + ".png"), LabelMap.wrap(SIDE, SIDE, labels), Squares.CLASSES);
        }
        SortedMap<String, String> leftOut = new TreeMap<>();
        try (Dhr dhr = dhr(recipe(), DATA)
                .optLabels(new LabelFolder(folder, Squares.CLASSES))
                .optMaxLeftOut(0.5)
                .optListener(new RunListener() {
                    @Override
                    public void onLeftOut(String name, SortedMap<String, String> reasons) {
                        leftOut.putAll(reasons);
                    }
                })
                .build()) {
            dhr.train();
        }
        assertThat(leftOut).containsOnlyKeys("square0", "square1");
        assertThat(leftOut.get("square1")).contains("7");
    }

    @Test
    void labelsThatAreVoidThroughoutTeachNothing() {
        byte[] voids = new byte[SIDE * SIDE];
        Arrays.fill(voids, (byte) LabelMap.IGNORE);
        record Voids(LabelMap map) implements Source<LabelMap> {
            @Override
            public LabelMap get(Sample sample) {
                return map;
            }

            @Override
            public Description description() {
                return Description.of("Voids").build();
            }
        }
        DhrRecipe r = recipe();
        DhrRecipe noSeed = r.withLabels(r.labels().withSeed(false));
        try (Dhr dhr = dhr(noSeed, DATA)
                .optLabels(new Voids(LabelMap.wrap(SIDE, SIDE, voids)))
                .build()) {
            assertThatThrownBy(dhr::train).hasMessageContaining("no pixel of the batch has a label");
        }
    }

    @Test
    void whatLacksIsSaid() {
        assertThatThrownBy(() -> Dhr.builder().build()).hasMessage("setData is required");
        assertThatThrownBy(() -> Dhr.builder().setData(DATA).build()).hasMessage("setOut is required");
        try (Dhr dhr = Dhr.builder()
                .setData(DATA)
                .setOut(out)
                .optRecipe(recipe())
                .optLabels(new Truth())
                .build()) {
            assertThatThrownBy(dhr::train)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("optFeatures is required");
            assertThatThrownBy(dhr::masks)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("segmenter.pth: no such file");
        }
        assertThat(Files.exists(out.resolve("masks"))).isFalse();
        assertThatThrownBy(() -> DhrRecipe.voc().optimization().withBatch(1)).hasMessageContaining("at least 2");
        assertThatThrownBy(() -> DhrRecipe.voc().views().withMaxSide(3)).hasMessageContaining("maxSide");
        assertThat(DhrRecipe.coco()).isEqualTo(DhrRecipe.voc());
    }
}
