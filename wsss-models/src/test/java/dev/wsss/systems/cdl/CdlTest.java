package dev.wsss.systems.cdl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.Evaluator;
import dev.wsss.core.noisy.SymmetricCrossEntropy;
import dev.wsss.core.noisy.TeacherSmoothing;
import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.train.TrainingHistory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CdlTest {
    private static final int SIDE = 40;
    private static final Discs DATA = new Discs(6, SIDE, SIDE);

    @TempDir
    private Path out;

    private static CdlRecipe recipe(CdlVariant variant) {
        CdlRecipe r = CdlRecipe.small();
        return r.withVariant(variant)
                .withNetwork(
                        r.network().withBlocks(List.of(1, 1, 1, 1)).withWidth(4).withRates(List.of(1, 2)))
                .withViews(r.views().withCrop(48)) // larger than the images: there is padding
                .withOptimization(
                        r.optimization().withBatch(2).withAccumulate(2).withSteps(4));
    }

    /** The same labels for every image. */
    private record Same(LabelMap map) implements Source<LabelMap> {
        static final Same TRUTH = new Same(DATA.truth(0));

        @Override
        public LabelMap get(Sample sample) {
            return map;
        }

        @Override
        public Description description() {
            return Description.of("Same").put("map", map.hashCode()).build();
        }
    }

    private Cdl.Builder cdl(CdlRecipe recipe) {
        return Cdl.builder().setData(DATA).setOut(out).optRecipe(recipe).optUnseen(new Discs(2, SIDE, SIDE));
    }

    @ParameterizedTest
    @EnumSource(CdlVariant.class)
    void itRunsFromLabelsToAReportAndFindsWhatItHasMade(CdlVariant variant) {
        LabelMap first;
        try (Cdl cdl = cdl(recipe(variant)).optLabels(Same.TRUTH).build()) {
            first = cdl.train().segment(DATA.get(1).image());
            assertThat(first.height()).isEqualTo(SIDE);
            assertThat(cdl.train()).isSameAs(cdl.train());
            List<Evaluation> rows = cdl.evaluate().evaluations();
            assertThat(rows).hasSize(1);
            assertThat(rows.get(0).images()).isEqualTo(2);
        }
        try (Cdl again = cdl(recipe(variant)).optLabels(Same.TRUTH).build()) {
            assertThat(again.train().segment(DATA.get(1).image())).isEqualTo(first);
        }
        // the network alone, without labels
        try (Cdl loaded = cdl(recipe(variant))
                .setOut(out.resolve("other"))
                .optTrained(out.resolve("weights/segmenter.pth"))
                .build()) {
            assertThat(loaded.train().segment(DATA.get(1).image())).isEqualTo(first);
        }
        CdlRecipe r = recipe(variant);
        try (Cdl other = cdl(r.withLoss(r.loss().withAffinity(0.1)))
                .optLabels(Same.TRUTH)
                .build()) {
            assertThatThrownBy(other::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("affinityWeight");
        }
    }

    /** Same network, crops and steps; another loss, which the run remembers. */
    @Test
    void aGeneralLossTakesTheExpertsPlace() {
        CdlRecipe r = recipe(CdlVariant.BASE);
        CdlRecipe recipe = r.withOptimization(r.optimization().withSteps(2));
        try (Cdl symmetric = cdl(recipe)
                        .optLabels(Same.TRUTH)
                        .optLoss(SymmetricCrossEntropy::of)
                        .build();
                Cdl smoothed = cdl(recipe)
                        .setOut(out.resolve("smoothed"))
                        .optLabels(Same.TRUTH)
                        .optLoss(network -> TeacherSmoothing.of(network, 0.3, 1))
                        .optTeacher(0.9)
                        .build()) {
            symmetric.train();
            smoothed.train();
            assertThat(smoothed.run().trainings().values().stream().flatMap(t -> t.points().stream()))
                    .isNotEmpty()
                    .allSatisfy(point -> assertThat(point.scalars()).containsKey("teacher_weight"));
        }
        try (Cdl experts = cdl(recipe).optLabels(Same.TRUTH).build()) {
            assertThatThrownBy(experts::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("SymmetricCrossEntropy");
        }
        assertThatThrownBy(() -> cdl(recipe(CdlVariant.EXTENDED))
                        .optLoss(SymmetricCrossEntropy::of)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("CdlVariant.BASE");
        assertThatThrownBy(() -> cdl(recipe).optTeacher(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1.0");
    }

    @Test
    void aRes2NetTakesTheResNetsPlace() {
        CdlRecipe r = recipe(CdlVariant.BASE);
        CdlRecipe.Network network = r.network().withBlocks(List.of(3, 4, 6, 3)).withWidth(8);
        CdlRecipe recipe = r.withNetwork(network.withBackbone(CdlRecipe.Backbone.RES2NET))
                .withOptimization(r.optimization().withSteps(2));
        LabelMap first;
        try (Cdl cdl = cdl(recipe).optLabels(Same.TRUTH).build()) {
            first = cdl.train().segment(DATA.get(1).image());
        }
        Path weights = out.resolve("weights/segmenter.pth");
        try (Checkpoint checkpoint = Checkpoint.open(weights)) {
            assertThat(checkpoint.names()).anyMatch(name -> name.contains("layer3.5.convs.2"));
        }
        try (Cdl loaded =
                cdl(recipe).setOut(out.resolve("other")).optTrained(weights).build()) {
            assertThat(loaded.train().segment(DATA.get(1).image())).isEqualTo(first);
        }
        assertThatThrownBy(() -> r.network().withBackbone(CdlRecipe.Backbone.RES2NET))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[1, 1, 1, 1]");
    }

    @Test
    void aBackboneWithoutWeightsLearnsTheTagsFirst() {
        CdlRecipe recipe = recipe(CdlVariant.BASE);
        // at a rate of nearly nothing, labels change nothing of the backbone
        CdlRecipe still =
                recipe.withOptimization(recipe.optimization().withSteps(1).withLearningRate(1e-30));
        try (Cdl cdl = cdl(still).optLabels(Same.TRUTH).optPretraining(3).build()) {
            cdl.train();
            assertThat(cdl.run().trainings().values().stream().map(TrainingHistory::steps))
                    .containsExactly(3L, 1L);
        }
        Path pretrained = out.resolve("weights/segmenter.pth");
        try (Cdl plain = cdl(still)
                        .setOut(out.resolve("plain"))
                        .optLabels(Same.TRUTH)
                        .build();
                Cdl same = cdl(still)
                        .setOut(out.resolve("same"))
                        .optLabels(Same.TRUTH)
                        .optPretraining(3)
                        .build();
                Cdl shared = cdl(still)
                        .setOut(out.resolve("shared"))
                        .optLabels(Same.TRUTH)
                        .optWeights(out.resolve("weights/backbone.pth"))
                        .build()) {
            plain.train();
            same.train();
            shared.train();
        }
        String backbone = "base.layer1.conv1.conv.weight";
        String head = "base.aspp.c0.weight";
        assertThat(weight(out.resolve("same/weights/segmenter.pth"), backbone))
                .isEqualTo(weight(pretrained, backbone))
                .isNotEqualTo(weight(out.resolve("plain/weights/segmenter.pth"), backbone));
        assertThat(weight(pretrained, head)).isEqualTo(weight(out.resolve("plain/weights/segmenter.pth"), head));
        assertThat(out.resolve("shared/weights/segmenter.pth")).hasSameBinaryContentAs(pretrained);

        try (Cdl longer = cdl(still).optLabels(Same.TRUTH).optPretraining(4).build()) {
            assertThatThrownBy(longer::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("pretraining");
        }
        assertThatThrownBy(() -> cdl(still).optPretraining(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
        assertThatThrownBy(() ->
                        cdl(still).optPretraining(1).optWeights(pretrained).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("optPretraining");
    }

    private static float[] weight(Path file, String name) {
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertThat(checkpoint.names()).contains(name);
            return checkpoint.get(name).toFloats();
        }
    }

    @Test
    void missingLabelsAreCountedAndTooManyRefused() {
        Path labels = out.resolve("labels");
        for (int i = 1; i < DATA.size(); i++) {
            LabelPng.write(labels.resolve(DATA.id(i) + ".png"), DATA.truth(i), DATA.classes());
        }
        LabelFolder folder = new LabelFolder(labels, DATA.classes());
        try (Cdl cdl = cdl(recipe(CdlVariant.BASE)).optLabels(folder).build()) {
            assertThatThrownBy(cdl::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("1 image of 6")
                    .hasMessageContaining("disc0");
        }
        SortedMap<String, String> leftOut = new TreeMap<>();
        try (Cdl cdl = cdl(recipe(CdlVariant.BASE))
                .optLabels(folder)
                .optMaxLeftOut(0.2)
                .optListener(new RunListener() {
                    @Override
                    public void onLeftOut(String name, SortedMap<String, String> reasons) {
                        leftOut.putAll(reasons);
                    }
                })
                .build()) {
            cdl.train();
            assertThat(leftOut).containsOnlyKeys("disc0");
        }
    }

    @Test
    void labelsOfOtherClassesAreRefusedByValue() {
        byte[] other = DATA.truth(0).toArray();
        other[0] = 7;
        try (Cdl cdl = cdl(recipe(CdlVariant.BASE))
                .optLabels(new Same(LabelMap.of(SIDE, SIDE, other)))
                .build()) {
            assertThatThrownBy(cdl::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("7")
                    .hasMessageContaining("disc");
        }
    }

    @Test
    void labelsThatAreVoidThroughoutAreRefused() {
        byte[] voids = new byte[SIDE * SIDE];
        Arrays.fill(voids, (byte) LabelMap.IGNORE);
        try (Cdl cdl = cdl(recipe(CdlVariant.BASE))
                .optLabels(new Same(LabelMap.of(SIDE, SIDE, voids)))
                .build()) {
            assertThatThrownBy(cdl::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("void in all 40x40 pixels");
        }
    }

    @Test
    void whatLacksIsSaid() {
        assertThatThrownBy(() -> Cdl.builder().build()).hasMessage("setData is required");
        assertThatThrownBy(() -> Cdl.builder().setData(DATA).build()).hasMessage("setOut is required");
        try (Cdl cdl = cdl(recipe(CdlVariant.BASE)).build()) {
            assertThatThrownBy(cdl::train)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("optLabels is required for a training");
            assertThatThrownBy(cdl::evaluate)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("segmenter.pth: no such file");
        }
    }

    @Test
    void plainIsASingleExpertThatCorrectsNothing() {
        CdlRecipe.Loss plain = CdlRecipe.vocImageNet().loss().plain();
        assertThat(plain.start()).isEqualTo(1);
        assertThat(plain.second() + plain.third() + plain.affinity()).isZero();
        assertThat(plain.first()).isEqualTo(0.2);
        assertThat(plain.balanced()).isTrue();
        assertThatThrownBy(() -> plain.withStart(1.5)).hasMessageContaining("1.5");
    }

    /** The figures of the published code for one image of twelve pixels. */
    private record Twelve() implements Dataset {
        private static final byte[] TRUTH = {0, 0, 1, 1, 0, 2, 2, -1, 1, 1, 0, -1};
        private static final byte[] SAYS = {0, 1, 1, 1, 0, 2, 0, 3, 1, 3, 0, 0};

        @Override
        public String name() {
            return "twelve";
        }

        @Override
        public ClassCatalog classes() {
            return ClassCatalog.withBackground(List.of("a", "b", "c", "d"));
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public String id(int index) {
            return "only";
        }

        @Override
        public ImageTags tags(int index) {
            return ImageTags.of(classes(), 0);
        }

        @Override
        public Sample get(int index) {
            return new Sample("only", new RgbImage(3, 4, new byte[36]), tags(0));
        }

        @Override
        public boolean hasTruth() {
            return true;
        }

        @Override
        public LabelMap truth(int index) {
            return LabelMap.of(3, 4, TRUTH);
        }
    }

    @Test
    void scoresHaveThePublishedForm() {
        Evaluation e = Evaluator.on(new Twelve()).compare("any", i -> LabelMap.of(3, 4, Twelve.SAYS));
        JsonObject json = JsonParser.parseString(CdlScores.json(e)).getAsJsonObject();
        Map<String, Double> means = Map.of(
                "Pixel Accuracy", 0.7, "Mean Accuracy", 2 / 3.0, "Frequency Weighted IoU", 0.58, "Mean IoU", 1.7 / 3);
        means.forEach((name, value) ->
                assertThat(json.get(name).getAsDouble()).as(name).isEqualTo(value, within(1e-9)));
        JsonObject classes = json.getAsJsonObject("Class IoU");
        assertThat(classes.keySet()).containsExactly("0", "1", "2", "3", "4");
        assertThat(classes.get("2").getAsDouble()).isEqualTo(0.5);
        assertThat(classes.get("3").getAsDouble()).isZero();
        assertThat(classes.get("4").isJsonNull()).isTrue();
    }
}
