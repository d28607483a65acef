package dev.wsss.core.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Source;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.Interpolation;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.augment.Views;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.OneThread;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(OneThread.class)
class ImageBatchesTest {
    private static final PlaceData DATA = new PlaceData(11, 40, 44);
    private static final Augmentation CROPS = Augmentation.builder()
            .optScale(0.5, 1.5)
            .optCrop(24, 28)
            .optFlip(true)
            .optColourJitter(0.2, 0.2, 0.2)
            .build();
    private static final Channel<ScoreMaps, ScoreBatch> SCORES = Channel.scores("scores");

    /** Two maps for images of even index, one for the others. */
    private static ScoreMaps scores(Sample sample) {
        int pixels = sample.image().height() * sample.image().width();
        int[] labels = PlaceData.index(sample) % 2 == 0 ? new int[] {0, 3} : new int[] {2};
        float[] values = new float[labels.length * pixels];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 17 / 17f;
        }
        return ScoreMaps.of(labels, sample.image().height(), sample.image().width(), values);
    }

    private static SaliencyMap saliency(Sample sample) {
        float[] values = new float[sample.image().height() * sample.image().width()];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 13 / 13f;
        }
        return new SaliencyMap(sample.image().height(), sample.image().width(), values);
    }

    private static ImageBatches.Builder full() {
        return ImageBatches.builder()
                .setData(DATA)
                .setBatchSize(3)
                .optAugmentation(CROPS)
                .optChannel(Channel.LABELS, PlaceData::rows)
                .optChannel(Channel.SALIENCY, ImageBatchesTest::saliency)
                .optChannel(SCORES, ImageBatchesTest::scores)
                .optView(ViewSpec.builder()
                        .setName("local")
                        .setAugmentation(Augmentation.builder()
                                .optCrop(8, 8)
                                .optFlip(true)
                                .build())
                        .optSharedDraw(true)
                        .optChannels(Channel.LABELS)
                        .build())
                .optView(ViewSpec.builder()
                        .setName("other")
                        .setAugmentation(CROPS)
                        .optOfDataset()
                        .optChannels(Channel.LABELS)
                        .build());
    }

    /** Everything that is in a batch, as text. */
    private static String content(Batch batch) {
        StringBuilder text = new StringBuilder(batch.ids().toString());
        text.append(Tensors.toHost(batch.tags()).bytes().hashCode());
        for (String name : List.of(ImageBatches.MAIN, "local", "other")) {
            View view = batch.view(name);
            text.append('\n').append(name).append(hash(Tensors.toHost(view.images())));
            text.append(hash(Tensors.toHost(view.get(Channel.LABELS))));
            for (int i = 0; i < batch.size(); i++) {
                text.append(view.geometry(i));
            }
        }
        text.append(hash(Tensors.toHost(batch.get(Channel.SALIENCY))));
        text.append(hash(Tensors.toHost(batch.get(SCORES).values())));
        return text.append(hash(Tensors.toHost(batch.get(SCORES).labels()))).toString();
    }

    private static String hash(HostArray array) {
        return array + "#" + array.bytes().hashCode();
    }

    private static List<String> seen(int threads, long steps, UnaryOperator<Trainer.Builder<Batch>> more) {
        List<String> seen = new ArrayList<>();
        Torch.seed(1);
        try (Conv2d net = Conv2d.builder(3, 2, 1).build();
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(net, 0))
                        .setLearningRate(0.01)
                        .build();
                Trainer<Batch> trainer = more.apply(Trainer.<Batch>builder()
                                .setNetwork(net)
                                .setData(full().build())
                                .setLoss(LossStep.named("mean", Map.of(), (batch, step) -> {
                                    seen.add(step.number() + " " + content(batch));
                                    return net.forward(batch.images()).square().mean();
                                }))
                                .setOptimizer(sgd)
                                .optSteps(steps)
                                .optSeed(4)
                                .optThreads(threads))
                        .build()) {
            trainer.fit();
        }
        return seen;
    }

    @Test
    void batchesAreTheSameForAnyNumberOfThreadsAndAfterAResume(@TempDir Path folder) {
        List<String> one = seen(1, 10, b -> b);
        assertThat(new HashSet<>(one)).hasSize(10);
        assertThat(seen(4, 10, b -> b)).isEqualTo(one);
        assertThat(seen(2, 10, b -> b.optSeed(5))).doesNotContainAnyElementsOf(one);

        TrainingListener stop = new TrainingListener() {
            @Override
            public void onStep(long step) {
                if (step == 6) {
                    throw new IllegalStateException("power cut");
                }
            }
        };
        assertThatThrownBy(() -> seen(2, 10, b -> b.optCheckpoint(folder, 4, 1).optListeners(stop)))
                .hasMessage("power cut");
        assertThat(seen(3, 10, b -> b.optCheckpoint(folder, 4, 1))).isEqualTo(one.subList(4, 10));
    }

    @Test
    void aBatchSaysWhichSamplesItHasAndWhereTheyAreFrom() {
        ImageBatches batches = full().build();
        Set<String> ids = new HashSet<>();
        Set<ViewGeometry> shared = new HashSet<>();
        assertThat(batches.batchesPerEpoch()).isEqualTo(3);
        for (int b = 0; b < 3; b++) {
            try (Batch batch = batches.load(4, 0, b)) {
                assertThat(batch.size()).isEqualTo(3);
                ids.addAll(batch.ids());
                View local = batch.view("local");
                assertThat(local.parent()).hasValue(batch.view());
                assertThat(batch.view("other").parent()).isEmpty();
                for (int i = 0; i < 3; i++) {
                    int index = Integer.parseInt(batch.ids().get(i).substring(1));
                    assertThat(Tensors.toFloats(batch.tags().select(0, i)))
                            .containsExactly(DATA.tags(index).toMultiHot());
                    Sample sample = DATA.get(index);
                    ViewGeometry g = batch.view().geometry(i);
                    assertThat(g.sourceHeight()).isEqualTo(40);
                    LabelMap main = Views.labels(PlaceData.rows(sample), g);
                    requireLabels(batch.view(), i, main);
                    requireLabels(local, i, Views.labels(main, local.geometry(i)));
                    requireLabels(
                            batch.view("other"),
                            i,
                            Views.labels(
                                    PlaceData.rows(sample), batch.view("other").geometry(i)));
                    assertThat(batch.view("other").geometry(i)).isNotEqualTo(g);
                    assertThat(local.geometry(i)).isEqualTo(local.geometry(0));
                    float[] saliency =
                            Tensors.toFloats(batch.get(Channel.SALIENCY).select(0, i));
                    assertThat(saliency)
                            .containsExactly(Views.scores(saliency(sample).toScores(), g, Interpolation.BILINEAR)
                                    .toArray());
                    requireScores(batch.get(SCORES), i, Views.scores(scores(sample), g, Interpolation.BILINEAR));
                }
                shared.add(local.geometry(0));
            }
        }
        assertThat(ids).hasSize(9);
        assertThat(shared).hasSizeGreaterThan(1);
    }

    private static void requireLabels(View view, int image, LabelMap expected) {
        long[] labels = Tensors.toLongs(view.get(Channel.LABELS).select(0, image));
        byte[] wanted = expected.toArray();
        assertThat(labels).hasSize(wanted.length);
        for (int i = 0; i < wanted.length; i++) {
            assertThat(labels[i]).isEqualTo(wanted[i] & 255);
        }
    }

    private static void requireScores(ScoreBatch batch, int image, ScoreMaps expected) {
        try (Scope scope = Scope.open()) {
            long[] labels = Tensors.toLongs(batch.labels().select(0, image));
            float[] dense = Tensors.toFloats(batch.dense(5).select(0, image));
            int pixels = expected.height() * expected.width();
            float[] wanted = new float[5 * pixels];
            int[] mine = expected.labels();
            for (int k = 0; k < labels.length; k++) {
                assertThat(labels[k]).isEqualTo(k < mine.length ? mine[k] : -1);
            }
            for (int k = 0; k < mine.length; k++) {
                System.arraycopy(expected.toArray(), k * pixels, wanted, mine[k] * pixels, pixels);
            }
            assertThat(dense).containsExactly(wanted);
        }
    }

    @Test
    void pixelsAreNormalizedAndFollowTheGeometry() {
        ImageBatches batches = ImageBatches.builder()
                .setData(DATA)
                .setBatchSize(2)
                .optAugmentation(
                        Augmentation.builder().optCrop(16, 20).optFlip(true).build())
                .optNormalize(Normalize.of(new double[] {0, 0, 0}, new double[] {1, 1, 1}))
                .build();
        try (Batch batch = batches.load(1, 0, 0)) {
            for (int n = 0; n < 2; n++) {
                ViewGeometry g = batch.view().geometry(n);
                float[] pixels = Tensors.toFloats(batch.images().select(0, n));
                for (int i = 0; i < 320; i++) {
                    assertThat(Math.round(pixels[i] * 255)).isEqualTo((int) g.sourceY(i / 20 + 0.5));
                    assertThat(Math.round(pixels[320 + i] * 255)).isEqualTo((int) g.sourceX(i % 20 + 0.5));
                }
            }
        }
    }

    @Test
    void nativeMemoryStaysFlat() {
        ImageBatches batches = full().build();
        for (int i = 0; i < 5; i++) {
            load(batches, i);
        }
        for (int i = 0; i < 200; i++) {
            // the collector may free what other tests have left, so neither may grow, while both may fall
            long pointers = Pointer.totalCount();
            long bytes = Pointer.totalBytes();
            load(batches, i);
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(pointers);
            assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(bytes);
        }
    }

    private static void load(ImageBatches batches, int i) {
        try (Scope scope = Scope.open();
                Batch batch = batches.load(2, i / 3, i % 3)) {
            assertThat(batch.size()).isEqualTo(3);
        }
    }

    @Test
    void aSampleWithoutWhatAChannelNeedsIsLeftOutAndListed() {
        Source<LabelMap> partial = sample -> switch (PlaceData.index(sample)) {
            case 1 -> throw new InvalidDataException("p1.png: no such file");
            case 2 -> LabelMap.of(2, 3, new byte[6]);
            default -> PlaceData.rows(sample);
        };
        ImageBatches batches = ImageBatches.builder()
                .setData(new PlaceData(4, 10, 12))
                .setBatchSize(4)
                .optChannel(Channel.LABELS, partial)
                .build();
        assertThat(batches.check().leftOut()).containsOnlyKeys("p1", "p2");
        try (Batch batch = batches.load(0, 0, 0)) {
            assertThat(batch.ids()).containsExactlyInAnyOrder("p0", "p3");
            assertThat(Tensors.shape(batch.labels())).containsExactly(2, 10, 12);
        }
        assertThat(batches.failures())
                .containsOnlyKeys("p1", "p2")
                .containsEntry("p1", "p1.png: no such file")
                .containsEntry("p2", "sample 'p2', labels: labels are 2x3; expected 10x12 as the image");
        ImageBatches none = ImageBatches.builder()
                .setData(new PlaceData(2, 10, 12))
                .setBatchSize(2)
                .optChannel(Channel.LABELS, sample -> {
                    throw new InvalidDataException("nothing");
                })
                .build();
        assertThatThrownBy(() -> none.load(0, 0, 0))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage("no image of places can be trained on; one reason of 2: nothing");
    }

    /** Ten of forty have what the channel wants: every batch is full, of these ten. */
    @Test
    void whatIsLeftOutMakesRoomForTheNext() {
        ImageBatches batches = ImageBatches.builder()
                .setData(new PlaceData(40, 10, 12))
                .setBatchSize(4)
                .optChannel(Channel.LABELS, sample -> {
                    if (PlaceData.index(sample) % 4 != 0) {
                        throw new InvalidDataException(sample.id() + ".png: no such file");
                    }
                    return PlaceData.rows(sample);
                })
                .build();
        List<List<String>> first = new ArrayList<>();
        for (int b = 0; b < batches.batchesPerEpoch(); b++) {
            try (Batch batch = batches.load(7, 0, b)) {
                assertThat(batch.ids())
                        .hasSize(4)
                        .doesNotHaveDuplicates()
                        .allMatch(id -> Integer.parseInt(id.substring(1)) % 4 == 0);
                first.add(batch.ids());
            }
        }
        assertThat(batches.failures()).hasSize(30);
        for (int b = batches.batchesPerEpoch() - 1; b >= 0; b--) {
            // what is known to fail by now is not tried again, and changes nothing
            try (Batch batch = batches.load(7, 0, b)) {
                assertThat(batch.ids()).isEqualTo(first.get(b));
            }
        }
    }

    @Test
    void imagesOfSeveralSizesNeedACrop() {
        ImageBatches batches = ImageBatches.builder()
                .setData(new PlaceData(2, 10, 12))
                .setBatchSize(2)
                .optAugmentation(Augmentation.builder().optScale(0.5, 2).build())
                .build();
        assertThatThrownBy(() -> batches.load(0, 0, 0))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a batch needs images of one size");
    }

    private record Constant(int label) implements Source<LabelMap> {
        @Override
        public LabelMap get(Sample sample) {
            byte[] labels = new byte[sample.image().height() * sample.image().width()];
            Arrays.fill(labels, (byte) label);
            return LabelMap.wrap(sample.image().height(), sample.image().width(), labels);
        }

        @Override
        public Description description() {
            return Description.of("Constant").putAll(this).build();
        }
    }

    @Test
    void whatABatchDependsOnIsInTheDescription() {
        UnaryOperator<ImageBatches.Builder> usual =
                b -> b.setData(DATA).setBatchSize(3).optAugmentation(CROPS).optChannel(Channel.LABELS, new Constant(1));
        Description one = usual.apply(ImageBatches.builder()).build().description();
        assertThat(one.isStated()).isTrue();
        assertThat(usual.apply(ImageBatches.builder()).build().description()).isEqualTo(one);
        List<Description> others = List.of(
                usual.apply(ImageBatches.builder()).setBatchSize(4).build().description(),
                usual.apply(ImageBatches.builder())
                        .setData(new PlaceData(10, 40, 44))
                        .build()
                        .description(),
                usual.apply(ImageBatches.builder())
                        .optAugmentation(Augmentation.none())
                        .build()
                        .description(),
                usual.apply(ImageBatches.builder())
                        .optChannel(Channel.labels("more"), new Constant(1))
                        .build()
                        .description(),
                usual.apply(ImageBatches.builder())
                        .optView(ViewSpec.builder()
                                .setName("more")
                                .setAugmentation(CROPS)
                                .build())
                        .build()
                        .description(),
                ImageBatches.builder()
                        .setData(DATA)
                        .setBatchSize(3)
                        .optAugmentation(CROPS)
                        .optChannel(Channel.LABELS, new Constant(2))
                        .build()
                        .description());
        Set<String> hashes = new HashSet<>();
        others.forEach(d -> hashes.add(d.sha256()));
        assertThat(hashes).hasSize(6).doesNotContain(one.sha256());
        assertThat(full().build().description().isStated()).isFalse();
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatThrownBy(() -> ImageBatches.builder().setData(DATA).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setBatchSize is required");
        assertThatThrownBy(() -> ImageBatches.builder().setBatchSize(2).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setData is required");
        assertThatThrownBy(() -> ViewSpec.builder().setName("x").build()).hasMessage("setAugmentation is required");
        assertThatThrownBy(() ->
                        ViewSpec.builder().setAugmentation(Augmentation.none()).build())
                .hasMessage("setName is required");
        ImageBatches.Builder builder = full();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optChannel(Channel.labels("labels"), PlaceData::rows))
                .withMessage("LabelChannel[labels] has two sources");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optView(spec("local", ImageBatches.MAIN)))
                .withMessageContaining("two views named 'local'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optView(spec("new", "unknown")))
                .withMessage("view 'new' is made of 'unknown'; views before it are [main, local, other]");
        ImageBatches.Builder orphan = full().optView(spec("deep", "local", SCORES));
        assertThatIllegalArgumentException()
                .isThrownBy(orphan::build)
                .withMessageContaining("view 'deep' asks for ScoreChannel[scores]; what it is made of has"
                        + " [LabelChannel[labels]]");
        try (Batch batch = full().build().load(0, 0, 0)) {
            assertThatThrownBy(() -> batch.view("far"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("has no view 'far', it has [main, local, other]");
            assertThatThrownBy(() -> batch.view("local").get(SCORES))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("view 'local' has no ScoreChannel[scores], it has [LabelChannel[labels]]");
            assertThatThrownBy(() -> batch.view("other").fromParent(batch.images(), 2, 2))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("view 'other' is made of the dataset's images");
        }
    }

    private static ViewSpec spec(String name, String of, Channel<?, ?>... channels) {
        return ViewSpec.builder()
                .setName(name)
                .setAugmentation(Augmentation.none())
                .optOf(of)
                .optChannels(channels)
                .build();
    }
}
