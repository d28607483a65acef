package dev.wsss.systems.carb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.Schedule;
import dev.wsss.models.clip.ClassPrompts;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.PromptTemplates;
import dev.wsss.models.maskclip.TextClassifier;
import dev.wsss.models.maskclip.TextEmbeddings;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.models.segment.SlidingWindow;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CarbTest {
    private static final Scenes TRAIN = new Scenes(6, 48, 80);
    private static final Scenes UNSEEN = new Scenes(3, 48, 80);

    @TempDir
    private Path out;

    private static CarbRecipe recipe() {
        CarbRecipe r = CarbRecipe.small();
        return r.withStudent(
                        new CarbRecipe.Student(18, 4, List.of(1, 2), TextClassifier.Score.DOT, CarbRecipe.Norms.BATCH))
                .withPrompts(new CarbRecipe.Prompts(List.of(), PromptTemplates.PHOTO))
                .withViews(new CarbRecipe.Views(80, 48, 0.75, 1.5, 48, 64, true, 32, 32, 1, 2))
                .withLoss(r.loss().withWarmUp(2))
                .withOptimization(new CarbRecipe.Optimization(0.01, 1e-4, 0.9, 5e-4, 2, 4));
    }

    private Carb.Builder carb(Clip clip, CarbRecipe recipe) {
        return Carb.builder()
                .setData(TRAIN)
                .setOut(out)
                .optUnseen(UNSEEN)
                .optClip(clip)
                .optRecipe(recipe);
    }

    private static Clip clip() {
        Torch.seed(1);
        return Scenes.clip();
    }

    @Test
    void itRunsFromTagsToAReportAndFindsWhatItHasMade() {
        LabelMap first;
        try (Clip clip = clip();
                Carb carb = carb(clip, recipe()).build()) {
            assertThat(carb.textEmbeddings().prompts()).isEqualTo(Scenes.CLASSES.labelNames());
            ProductStore<LabelMap> masks = carb.masks();
            for (int i = 0; i < TRAIN.size(); i++) {
                LabelMap mask = masks.get(TRAIN.get(i));
                assertThat(mask.height()).isEqualTo(48);
                assertThat(mask.width()).isEqualTo(80);
                // no class that the image does not have
                assertThat(mask.histogram()[3]).isZero();
                assertThat(mask.histogram()[LabelMap.IGNORE]).isZero();
            }
            NetworkSegmenter segmenter = carb.train();
            assertThat(carb.train()).isSameAs(segmenter);
            first = segmenter.segment(TRAIN.get(1).image());
            List<Evaluation> rows = carb.evaluate().evaluations();
            assertThat(rows).hasSize(2);
            assertThat(rows.get(1).classes()).isEqualTo(Scenes.CLASSES);
            assertThat(rows.get(1)
                            .grouped(List.of("sky", "flat", "vehicle", "vehicle"))
                            .iou())
                    .hasSize(3);
        }
        try (Clip clip = clip();
                Carb again = carb(clip, recipe()).build()) {
            assertThat(again.train().segment(TRAIN.get(1).image())).isEqualTo(first);
        }
        // the network alone, without a CLIP
        try (Carb loaded = Carb.builder()
                .setData(TRAIN)
                .setOut(out.resolve("other"))
                .optTextEmbeddings(Scenes.embeddings())
                .optRecipe(recipe())
                .optStudentWeights(out.resolve("weights/student.pth"))
                .build()) {
            assertThat(loaded.train().segment(TRAIN.get(1).image())).isEqualTo(first);
        }
        try (Clip clip = clip();
                Carb other = carb(clip, recipe().withLoss(recipe().loss().withQueueSize(3)))
                        .build()) {
            assertThatThrownBy(other::train)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("queueSize");
        }
    }

    @Test
    void theSinglePathLearnsFromMasks() {
        CarbRecipe single = recipe().withLoss(recipe().loss().withDualPath(false));
        try (Clip clip = clip();
                Carb carb = carb(clip, single).build()) {
            carb.train();
            assertThat(out.resolve("masks/stage.json")).exists();
        }
        // given ones, and no patch: neither CLIP nor anything of it is needed
        CarbRecipe alone = single.withViews(single.views().withLocalViews(false));
        try (Carb carb = Carb.builder()
                .setData(TRAIN)
                .setOut(out.resolve("given"))
                .optRecipe(alone)
                .optTextEmbeddings(Scenes.embeddings())
                .optLabels(new Truth())
                .build()) {
            carb.train();
            assertThat(out.resolve("given/masks")).doesNotExist();
        }
    }

    private record Truth() implements Source<LabelMap> {
        @Override
        public LabelMap get(Sample sample) {
            return TRAIN.truth(Integer.parseInt(sample.id().substring("scene".length())));
        }

        @Override
        public Description description() {
            return Description.of("Truth").build();
        }
    }

    @ParameterizedTest
    @EnumSource(CarbRecipe.Norms.class)
    void normsDoAsTold(CarbRecipe.Norms norms) {
        CarbRecipe r = recipe();
        CarbRecipe recipe = r.withStudent(r.student().withNorms(norms))
                .withOptimization(r.optimization().withSteps(1))
                .withCompat(CarbCompat.original());
        try (Clip clip = clip();
                Carb carb = carb(clip, recipe).build()) {
            carb.train();
            try (Checkpoint state = Checkpoint.open(out.resolve("weights/student.pth"))) {
                float mean = state.get("backbone.stem.1.running_mean").toFloats()[0];
                float weight = state.get("backbone.stem.1.weight").toFloats()[0];
                assertThat(mean != 0).isEqualTo(norms == CarbRecipe.Norms.BATCH);
                assertThat(weight != 1).isEqualTo(norms != CarbRecipe.Norms.FROZEN);
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameStudent() {
        LabelMap[] made = new LabelMap[2];
        for (int i = 0; i < 2; i++) {
            try (Clip clip = clip();
                    Carb carb = carb(clip, recipe())
                            .setOut(out.resolve("run" + i))
                            .optSeed(5)
                            .build()) {
                made[i] = carb.train().segment(TRAIN.get(0).image());
            }
        }
        assertThat(made[1]).isEqualTo(made[0]);
    }

    @Test
    void whatDoesNotGoTogetherIsRefusedBeforeAnythingIsMade() {
        try (Clip clip = clip()) {
            assertThatThrownBy(() -> Carb.builder().setOut(out).build()).hasMessage("setData is required");
            assertThatThrownBy(() -> carb(clip, CarbRecipe.cityscapes()).build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("prompts of 19 classes, dataset scenes has 4");
            assertThatThrownBy(() -> carb(clip, recipe()).optLabels(new Truth()).build())
                    .hasMessageContaining("the dual path");
            assertThatThrownBy(() -> carb(clip, recipe())
                            .optTextEmbeddings(
                                    new TextEmbeddings(List.of(), HostArray.ofFloats(new float[] {1, 0, 0, 1}, 2, 2)))
                            .build())
                    .hasMessageContaining("the 4 classes that there are tags of, got 2");
            try (Carb carb = carb(clip, recipe()).build()) {
                assertThatThrownBy(carb::evaluate).hasMessageContaining("holds nothing to evaluate yet");
            }
            try (Carb carb = Carb.builder()
                    .setData(TRAIN)
                    .setOut(out)
                    .optRecipe(recipe())
                    .optTextEmbeddings(Scenes.embeddings())
                    .build()) {
                assertThatThrownBy(carb::masks).hasMessageContaining("optClip is required for labels of images");
            }
        }
    }

    @Test
    void publishedNumbersAreThose() {
        CarbRecipe city = CarbRecipe.cityscapes();
        CarbRecipe camVid = CarbRecipe.camVid();
        assertThat(city.prompts().names())
                .isEqualTo(ClassPrompts.CITYSCAPES_CARB.names())
                .hasSize(19);
        assertThat(camVid.prompts().names()).hasSize(11);
        assertThat(CarbRecipe.wildDash2().prompts().names()).hasSize(25);
        assertThat(city.prompts().templates().templates()).hasSize(85);
        assertThat(city.loss().warmUp()).isEqualTo(16_000);
        assertThat(camVid.loss().warmUp()).isEqualTo(4_000);
        CarbRecipe.Optimization o = city.optimization();
        Schedule poly = Schedule.polyToMinimum(0.9, o.steps(), o.minimumRate());
        assertThat(poly.rate(15_000, o.learningRate())).isCloseTo(0.002725845, within(1e-9));
        assertThat(poly.rate(29_999, o.learningRate())).isCloseTo(0.000100458, within(1e-9));
        assertThat(camVid.views().cropHeight()).isEqualTo(720);
        assertThat(city.inference()).isEqualTo(new CarbRecipe.Inference(List.of(1.0), false, true, null));
        assertThat(camVid.views().baseWidth()).isEqualTo(960);
    }

    @Test
    void theStudentSeesImagesInTheBoxOrInTheirOwnSize() {
        try (Clip clip = clip();
                Carb carb = carb(clip, recipe()).build()) {
            carb.train();
        }
        assertThat(segmenterOf(recipe())).doesNotContain("fit=").contains("window=0");
        CarbRecipe.Inference i = recipe().inference();
        assertThat(segmenterOf(recipe().withInference(i.withFit(true).withWindow(SlidingWindow.overlapping(30, 48)))))
                .contains("fit=80x48", "window=30x48", "step=20x32");
    }

    private String segmenterOf(CarbRecipe recipe) {
        try (Carb carb = Carb.builder()
                .setData(TRAIN)
                .setOut(out.resolve("segmenter"))
                .optTextEmbeddings(Scenes.embeddings())
                .optRecipe(recipe)
                .optStudentWeights(out.resolve("weights/student.pth"))
                .build()) {
            assertThat(carb.train().segment(TRAIN.get(0).image()).width()).isEqualTo(80);
            return carb.train().description().entries().toString();
        }
    }

    @Test
    void numbersThatCannotBeAreRefused() {
        CarbRecipe r = recipe();
        assertThatThrownBy(() -> r.views().withPatchHeight(49))
                .hasMessage("a patch must fit into the crop of 48x64, got 49x32");
        assertThatThrownBy(() -> r.views().withMinRatio(0)).hasMessageContaining("got 0.0");
        assertThatThrownBy(() -> r.loss().withMinLambda(-1)).hasMessageContaining("and -1.0");
        assertThatThrownBy(() -> r.loss().withQueueSize(0)).hasMessage("queueSize must be at least 1, got 0");
        assertThatThrownBy(() -> r.optimization().withSteps(0)).hasMessageContaining("steps must be at least 1, got 0");
        assertThatThrownBy(() -> r.optimization().withLearningRate(1e-5)).hasMessageContaining("learningRate");
    }
}
