package dev.wsss.systems.ppc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNet38;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PpcModelTest {
    private static final Dataset SCENES = new Noise();

    private static PpcModel model(PpcVariant variant, PpcCompat compat) {
        Torch.setThreads(1);
        Torch.seed(11);
        return PpcModel.builder()
                .setBackbone(ResNet.builder()
                        .setDepth(18)
                        .optWidth(4)
                        .optOutputStride(8)
                        .build())
                .setTags(SCENES.classes().tagCount())
                .optVariant(variant)
                .optCompat(compat)
                .optSecondView(24, 24)
                .optEmbedding(4, 4, 8)
                .build();
    }

    /** The brightness of an image in place of its saliency. */
    private static SaliencyMap brightness(Sample sample) {
        byte[] rgb = sample.image().data();
        float[] values = new float[rgb.length / 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = (rgb[3 * i + 1] & 255) / 255f;
        }
        return new SaliencyMap(32, 32, values);
    }

    private static ImageBatches batches() {
        return ImageBatches.builder()
                .setData(SCENES)
                .setBatchSize(4)
                .optChannel(Channel.SALIENCY, PpcModelTest::brightness)
                .build();
    }

    private static TrainingHistory train(PpcModel model, ImageBatches data, long steps) {
        try (Sgd sgd = model.sgd(0.05, 5e-4);
                Trainer<Batch> trainer = Trainer.<Batch>builder()
                        .setNetwork(model.network())
                        .setData(data)
                        .setLoss(model)
                        .setOptimizer(sgd)
                        .optSteps(steps)
                        .optLogEvery(1)
                        .optSeed(5)
                        .build()) {
            return trainer.fit();
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyVariantLearnsAndInfers(PpcVariant variant) {
        for (PpcCompat compat : List.of(PpcCompat.sound(), PpcCompat.original())) {
            double[] losses;
            try (PpcModel model = model(variant, compat)) {
                TrainingHistory history = train(model, batches(), 24);
                losses = history.losses();
                assertThat(mean(losses, 20)).isLessThan(mean(losses, 0));
                Map<String, Double> terms = history.points().get(0).scalars();
                assertThat(terms.containsKey("equivariance")).isEqualTo(variant.hasTwoViews());
                assertThat(terms.containsKey("saliency")).isEqualTo(variant.hasSaliency());
                assertThat(terms.containsKey("contrast")).isEqualTo(variant.hasContrast());
                double sum = terms.values().stream().mapToDouble(v -> v).sum();
                assertThat(losses[0]).isCloseTo(sum, within(1e-5));
                model.network().train(false);
                try (ScoreMaps maps = model.cam().optScales(1, 1.5).build().generate(SCENES.get(0))) {
                    assertThat(maps.labels()).containsExactly(SCENES.tags(0).labels());
                    if (!compat.negativeScores()) {
                        for (float score : maps.toArray()) {
                            assertThat(score).isBetween(0f, 1f);
                        }
                    }
                }
            }
            try (PpcModel again = model(variant, compat)) {
                assertThat(train(again, batches(), 24).losses()).containsExactly(losses);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void largeImagesAreReducedWherePixelsAreCorrelated(PpcVariant variant) {
        try (PpcModel model = model(variant, PpcCompat.sound())) {
            assertThat(model.cam().build().description().entries().get("maxPixels"))
                    .isEqualTo(
                            variant == PpcVariant.CAM || variant.hasSaliency()
                                    ? null
                                    : Long.toString(PpcModel.MAX_PIXELS));
        }
    }

    @Test
    void anImageOfTwelveMillionPixelsIsInferredWith() {
        byte[] rgb = new byte[3000 * 4000 * 3];
        new Random(3).nextBytes(rgb);
        Sample large = new Sample("large", new RgbImage(3000, 4000, rgb), SCENES.tags(0));
        try (PpcModel model = model(PpcVariant.SEAM, PpcCompat.sound())) {
            model.network().train(false);
            try (ScoreMaps maps = model.cam().optScales(0.5).build().generate(large)) {
                assertThat(maps.height()).isEqualTo(3000);
                assertThat(maps.width()).isEqualTo(4000);
            }
        }
    }

    private static double mean(double[] losses, int from) {
        return Arrays.stream(losses, from, from + 4).average().orElseThrow();
    }

    @Test
    void theAccidentsOfThePublishedCodeChangeTheLoss() {
        double sound = firstLoss(PpcCompat.sound());
        assertThat(firstLoss(new PpcCompat(true, false, false, false, false, false)))
                .isNotEqualTo(sound);
        assertThat(firstLoss(new PpcCompat(false, false, true, false, false, false)))
                .isNotEqualTo(sound);
        assertThat(firstLoss(new PpcCompat(false, true, false, true, true, true)))
                .isEqualTo(sound);
    }

    private static double firstLoss(PpcCompat compat) {
        try (PpcModel model = model(PpcVariant.EPS_PPC, compat)) {
            return train(model, batches(), 1).losses()[0];
        }
    }

    @Test
    void saliencyThatIsNeededIsAskedFor() {
        ImageBatches bare =
                ImageBatches.builder().setData(SCENES).setBatchSize(4).build();
        try (PpcModel model = model(PpcVariant.EPS, PpcCompat.sound())) {
            assertThatThrownBy(() -> train(model, bare, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("has no SaliencyChannel[saliency]")
                    .hasMessageContaining("optChannel");
        }
    }

    @Test
    void optimizersAreAsPublishedOrSound() {
        try (PpcModel sound = model(PpcVariant.SEAM_PPC, PpcCompat.sound());
                PpcModel original = model(PpcVariant.SEAM_PPC, PpcCompat.original());
                Sgd a = sound.sgd(0.01, 5e-4);
                Sgd b = original.sgd(0.01, 5e-4)) {
            assertThat(a.rates(Schedule.constant(), 0).getOrDefault("head", 0.0))
                    .isCloseTo(0.01, within(1e-12));
            assertThat(b.rates(Schedule.constant(), 0))
                    .containsEntry("head", 0.1)
                    .containsEntry("backbone", 0.01);
        }
    }

    @Test
    void keysAreThoseOfThePublishedCheckpoints() {
        try (PpcModel model = PpcModel.builder()
                .setBackbone(ResNet38.fineTuning().optWidth(4).build())
                .setTags(20)
                .build()) {
            assertThat(model.network().parameters())
                    .containsKeys(
                            "fc8.weight", "fc_proj.weight", "f8_3.weight", "f9.weight", "b7.conv_branch2a.weight");
        }
        assertThatThrownBy(() -> PpcModel.builder().setTags(3).build()).hasMessageContaining("setBackbone");
    }

    @Test
    void memoryStaysFlat() {
        try (PpcModel model = model(PpcVariant.EPS_PPC, PpcCompat.sound())) {
            // a trainer's own objects end with it: what is left is what the steps before left
            LeakCheck.assertFlat(20, () -> train(model, batches(), 10));
        }
    }

    /** Images of noise with two tags each. */
    private static final class Noise implements Dataset {
        private static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog", "hare", "owl"));

        @Override
        public String name() {
            return "noise";
        }

        @Override
        public ClassCatalog classes() {
            return CLASSES;
        }

        @Override
        public int size() {
            return 8;
        }

        @Override
        public String id(int index) {
            return "n" + index;
        }

        @Override
        public ImageTags tags(int index) {
            return ImageTags.of(CLASSES, index % 4, (index + 1 + index / 4) % 4);
        }

        @Override
        public Sample get(int index) {
            byte[] rgb = new byte[32 * 32 * 3];
            new Random(index).nextBytes(rgb);
            return new Sample(id(index), new RgbImage(32, 32, rgb), tags(index));
        }

        @Override
        public boolean hasTruth() {
            return false;
        }

        @Override
        public LabelMap truth(int index) {
            throw new InvalidDataException("noise has no truth");
        }
    }
}
