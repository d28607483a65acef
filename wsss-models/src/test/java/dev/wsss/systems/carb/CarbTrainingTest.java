package dev.wsss.systems.carb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.WsssException;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.PadTo;
import dev.wsss.core.augment.RandomCrop;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.OnNonFinite;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import dev.wsss.core.train.TrainingPoint;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.deeplab.TextDeepLab;
import dev.wsss.models.maskclip.MaskClip;
import dev.wsss.models.resnet.ResNet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CarbTrainingTest {
    private static final int HEIGHT = 48;
    private static final int WIDTH = 64;
    private static final LabelMap VOID = voidLabels();
    private static final LocalViewSampler PATCHES = LocalViewSampler.of(32, 32, 1, 2);

    private static LabelMap voidLabels() {
        byte[] labels = new byte[HEIGHT * WIDTH];
        Arrays.fill(labels, (byte) LabelMap.IGNORE);
        return LabelMap.of(HEIGHT, WIDTH, labels);
    }

    @TempDir
    private Path folder;

    private Clip clip;
    private MaskClip teacher;

    @BeforeEach
    void open() {
        Torch.seed(1);
        clip = Scenes.clip();
        teacher = MaskClip.builder()
                .setTower(clip.image())
                .setTextEmbeddings(Scenes.embeddings().rows())
                .build();
    }

    @AfterEach
    void close() {
        teacher.close();
        clip.close();
    }

    private static TextDeepLab student() {
        Torch.seed(2);
        return TextDeepLab.builder()
                .setBackbone(ResNet.builder()
                        .setDepth(18)
                        .optWidth(4)
                        .optOutputStride(8)
                        .build())
                .setTextEmbeddings(Scenes.embeddings().rows())
                .optAsppRates(1, 2)
                .build();
    }

    private static ImageBatches.Builder batches(int height, int width) {
        return ImageBatches.builder()
                .setData(new Scenes(6, height, width))
                .setBatchSize(2)
                .optNormalize(Normalize.IMAGENET_LEVELS)
                .optAugmentation(Augmentation.of(
                        new RandomCrop(HEIGHT, WIDTH, RandomCrop.SmallImage.STAYS), PadTo.size(HEIGHT, WIDTH)));
    }

    private static CarbLoss.Builder loss() {
        return CarbLoss.builder().optWarmUp(2);
    }

    private TrainingHistory train(Network network, LossStep<Batch> step, ImageBatches data, long steps, Path to) {
        try (Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(network, 5e-4))
                        .setLearningRate(0.01)
                        .optMomentum(0.9)
                        .build();
                Trainer<Batch> trainer = Trainer.<Batch>builder()
                        .setNetwork(network)
                        .setData(data)
                        .setLoss(step)
                        .setOptimizer(sgd)
                        .optSteps(steps)
                        .optLogEvery(1)
                        .optCheckpoint(to, steps, 1)
                        .optOnNonFinite(OnNonFinite.SKIP)
                        .optThreads(1)
                        .build()) {
            return trainer.fit();
        }
    }

    private static Map<String, Double> last(TrainingHistory history) {
        TrainingPoint point = history.points().get(history.points().size() - 1);
        return point.scalars();
    }

    @Test
    void theStudentLearnsAndTheTeacherDoesNot() {
        String before = clip.fingerprint();
        try (TextDeepLab network = student();
                CarbLoss loss = loss().build()) {
            HostArray embeddings = network.stateDict().get("decode_head.text_embeddings");
            String start = network.fingerprint();
            CarbTraining step = CarbTraining.builder()
                    .setNetwork(network)
                    .setLoss(loss)
                    .optTeacher(teacher)
                    .optLocalViews(PATCHES)
                    .build();
            TrainingHistory history =
                    train(network, step, batches(HEIGHT, WIDTH).build(), 4, folder);
            assertThat(history.points().get(0).scalars()).containsEntry("lambda", 0.0);
            assertThat(last(history))
                    .containsKeys("reliable", "noisy", "local reliable", "local noisy", "trusted", "agreement")
                    .containsEntry("labelled", 1.0);
            assertThat(loss.steps()).isEqualTo(4);
            assertThat(network.fingerprint()).isNotEqualTo(start);
            assertThat(network.stateDict().get("decode_head.text_embeddings")).isEqualTo(embeddings);
            assertThat(clip.fingerprint()).isEqualTo(before);
        }
    }

    @Test
    void aStoppedTrainingGoesOnAsIfItHadNotStopped() {
        String whole = trained(folder.resolve("whole"), 6);
        trained(folder.resolve("parts"), 3);
        assertThat(trained(folder.resolve("parts"), 6)).isEqualTo(whole);
    }

    private String trained(Path to, long steps) {
        try (TextDeepLab network = student();
                CarbLoss loss = loss().build()) {
            CarbTraining step = CarbTraining.builder()
                    .setNetwork(network)
                    .setLoss(loss)
                    .optTeacher(teacher)
                    .optLocalViews(PATCHES)
                    .build();
            train(network, step, batches(HEIGHT, WIDTH).build(), steps, to);
            assertThat(loss.steps()).isEqualTo(steps);
            return network.fingerprint();
        }
    }

    @Test
    void thePaddingOfASmallFrameIsNotLearnt() {
        // 40 of 48 rows
        assertThat(labelled(CarbCompat.sound())).isEqualTo(40.0 / 48, within(1e-6));
        assertThat(labelled(CarbCompat.original())).isEqualTo(1);
        assertThat(labelled(CarbCompat.original().withDoubleTags(true))).isEqualTo(1);
    }

    private double labelled(CarbCompat compat) {
        try (TextDeepLab network = student();
                CarbLoss loss = loss().optCompat(compat).build()) {
            CarbTraining step = CarbTraining.builder()
                    .setNetwork(network)
                    .setLoss(loss)
                    .optTeacher(teacher)
                    .optLocalViews(LocalViewSampler.of(32, 32, 1, 1))
                    .optCompat(compat)
                    .build();
            Path to = folder.resolve(compat.toString().hashCode() + "");
            return Objects.requireNonNull(
                    last(train(network, step, batches(40, WIDTH).build(), 3, to))
                            .get("labelled"));
        }
    }

    @Test
    void masksTakeTheTeachersPlace() {
        try (TextDeepLab network = student();
                CarbLoss loss = loss().build()) {
            Scenes scenes = new Scenes(6, HEIGHT, WIDTH);
            CarbTraining step = CarbTraining.builder()
                    .setNetwork(network)
                    .setLoss(loss)
                    .optMasks(Channel.LABELS)
                    .build();
            ImageBatches data = batches(HEIGHT, WIDTH)
                    .optChannel(
                            Channel.LABELS,
                            sample -> scenes.truth(Integer.parseInt(sample.id().substring("scene".length()))))
                    .build();
            // no teacher is there that could be asked
            Map<String, Double> terms = last(train(network, step, data, 3, folder));
            assertThat(terms).doesNotContainKey("local reliable").containsEntry("labelled", 1.0);
            assertThatThrownBy(() -> CarbTraining.builder()
                            .setNetwork(network)
                            .setLoss(loss)
                            .optMasks(Channel.LABELS)
                            .optLocalViews(PATCHES)
                            .build())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("for patches, whose labels are not in the masks");
            assertThatThrownBy(() -> CarbTraining.builder()
                            .setNetwork(network)
                            .setLoss(loss)
                            .build())
                    .hasMessage("optTeacher is required without masks");
            assertThatThrownBy(() -> CarbTraining.builder().setLoss(loss).build())
                    .hasMessage("setNetwork is required");
        }
    }

    /** What a step that is left out must not change, neither by decay nor by momentum nor by running means. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStepWhoseLabelsAreAllVoidIsLeftOutAndCounted(boolean local) {
        Scenes scenes = new Scenes(6, HEIGHT, WIDTH);
        ImageBatches data = batches(HEIGHT, WIDTH)
                .optChannel(Channel.LABELS, sample -> {
                    int scene = Integer.parseInt(sample.id().substring("scene".length()));
                    return scene < 2 ? scenes.truth(scene) : VOID;
                })
                .build();
        try (TextDeepLab network = student();
                CarbLoss loss = loss().build()) {
            CarbTraining.Builder single =
                    CarbTraining.builder().setNetwork(network).setLoss(loss).optMasks(Channel.LABELS);
            if (local) {
                single.optTeacher(teacher).optLocalViews(PATCHES);
            }
            CarbTraining step = single.build();
            List<String> weights = new ArrayList<>();
            List<Boolean> voids = new ArrayList<>();
            LossStep<Batch> watched = LossStep.named("watched", Map.of(), (batch, at) -> {
                weights.add(network.fingerprint());
                voids.add(Tensors.item(batch.get(Channel.LABELS)
                                .ne(new Scalar(LabelMap.IGNORE))
                                .any())
                        == 0);
                return step.loss(batch, at);
            });
            TrainingHistory history = train(network, watched, data, 6, folder);
            weights.add(network.fingerprint());
            assertThat(voids).contains(true, false);
            for (int i = 0; i < voids.size(); i++) {
                // the teacher labels patches, of whatever images
                boolean leftOut = voids.get(i) && !local;
                assertThat(weights.get(i + 1).equals(weights.get(i)))
                        .as("step %d leaves the weights", i)
                        .isEqualTo(leftOut);
            }
            long leftOut = local ? 0 : voids.stream().filter(v -> v).count();
            assertThat(history.skipped()).isEqualTo(leftOut);
            assertThat(loss.steps()).isEqualTo(6 - leftOut);
            network.requireFinite();
        }
    }

    private enum Way {
        WHOLE,
        VIEWS,
        SINGLE
    }

    /** The gate leaves no label where there is no tag. */
    @ParameterizedTest
    @EnumSource
    void imagesWithoutTagsTeachNothing(Way way) {
        ImageBatches data = ImageBatches.builder()
                .setData(new Renamed(new Scenes(6, HEIGHT, WIDTH), Scenes.CLASSES, ImageTags.of(Scenes.CLASSES)))
                .setBatchSize(2)
                .optNormalize(Normalize.IMAGENET_LEVELS)
                .optChannel(Channel.LABELS, sample -> new Scenes(6, HEIGHT, WIDTH).truth(0))
                .build();
        // beyond the warm-up, in which masks of images without tags count
        try (TextDeepLab network = student();
                CarbLoss loss = loss().optWarmUp(0).build()) {
            CarbTraining.Builder step =
                    CarbTraining.builder().setNetwork(network).setLoss(loss);
            switch (way) {
                case WHOLE -> step.optTeacher(teacher);
                case VIEWS -> step.optTeacher(teacher).optLocalViews(PATCHES);
                case SINGLE -> step.optMasks(Channel.LABELS);
            }
            String before = network.fingerprint();
            CarbTraining built = step.build();
            assertThatThrownBy(() -> train(network, built, data, 3, folder))
                    .isInstanceOf(WsssException.class)
                    .hasMessageContaining("none of the 3 training steps was taken")
                    .hasMessageContaining("no pixel of the batch has a label that counts");
            assertThat(network.fingerprint()).isEqualTo(before);
            assertThat(loss.steps()).isZero();
        }
    }

    @Test
    void theWarmUpLearnsFromMasksOfImagesWithoutTags() {
        ImageBatches data = ImageBatches.builder()
                .setData(new Renamed(new Scenes(6, HEIGHT, WIDTH), Scenes.CLASSES, ImageTags.of(Scenes.CLASSES)))
                .setBatchSize(2)
                .optNormalize(Normalize.IMAGENET_LEVELS)
                .optChannel(Channel.LABELS, sample -> new Scenes(6, HEIGHT, WIDTH).truth(0))
                .build();
        try (TextDeepLab network = student();
                CarbLoss loss = loss().optWarmUp(2).build()) {
            CarbTraining step = CarbTraining.builder()
                    .setNetwork(network)
                    .setLoss(loss)
                    .optMasks(Channel.LABELS)
                    .build();
            assertThat(train(network, step, data, 5, folder).skipped()).isEqualTo(3);
            assertThat(loss.steps()).isEqualTo(2);
        }
    }

    @Test
    void aStepThatIsNotFiniteIsLeftOutAndCounted() {
        try (TextDeepLab network = student();
                CarbLoss loss = loss().build()) {
            CarbTraining step = CarbTraining.builder()
                    .setNetwork(network)
                    .setLoss(loss)
                    .optTeacher(teacher)
                    .build();
            // the third loss is 0 / 0, after all that the step does
            LossStep<Batch> broken = LossStep.named("broken", Map.of(), (batch, at) -> {
                Tensor l = step.loss(batch, at);
                return at.number() == 2 ? l.mul(new Scalar(Double.NaN)) : l;
            });
            TrainingHistory history =
                    train(network, broken, batches(HEIGHT, WIDTH).build(), 5, folder);
            assertThat(history.skipped()).isEqualTo(1);
            assertThat(loss.steps()).isEqualTo(5);
            network.requireFinite();
        }
    }

    @Test
    void imagesHaveTheStatisticsOfClip() {
        byte[] rgb = new byte[3 * 4];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 21);
        }
        RgbImage image = new RgbImage(2, 2, rgb);
        OtherStatistics other = new OtherStatistics(Normalize.IMAGENET_LEVELS, Normalize.CLIP);
        try (Scope scope = Scope.open()) {
            Tensor seen =
                    other.apply(Tensors.of(Normalize.IMAGENET_LEVELS.apply(image), 1, 3, 2, 2), ComputeDevice.CPU);
            assertThat(Tensors.toFloats(seen)).containsExactly(Normalize.CLIP.apply(image), within(1e-5f));
        }
    }

    @Test
    void tagsOfAnotherLengthAreRefused() {
        ClassCatalog three = ClassCatalog.withoutBackground(List.of("a", "b", "c"));
        try (TextDeepLab network = student();
                CarbLoss loss = loss().build()) {
            CarbTraining step = CarbTraining.builder()
                    .setNetwork(network)
                    .setLoss(loss)
                    .optTeacher(teacher)
                    .build();
            ImageBatches data = ImageBatches.builder()
                    .setData(new Renamed(new Scenes(4, HEIGHT, WIDTH), three, ImageTags.of(three, 0)))
                    .setBatchSize(2)
                    .build();
            assertThatThrownBy(() -> train(network, step, data, 2, folder))
                    .hasStackTraceContaining("tags must be [2, 4], got [2, 3]");
        }
    }

    /** The same images with tags of other classes. */
    private record Renamed(Scenes scenes, ClassCatalog classes, ImageTags tags) implements Dataset {
        @Override
        public String name() {
            return "renamed";
        }

        @Override
        public int size() {
            return scenes.size();
        }

        @Override
        public String id(int index) {
            return scenes.id(index);
        }

        @Override
        public ImageTags tags(int index) {
            return tags;
        }

        @Override
        public Sample get(int index) {
            return new Sample(id(index), scenes.get(index).image(), tags(index));
        }

        @Override
        public boolean hasTruth() {
            return false;
        }

        @Override
        public LabelMap truth(int index) {
            throw new IllegalStateException();
        }
    }
}
