package dev.wsss.core.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.FeatureMap;
import dev.wsss.api.LabelMap;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.RleMask;
import dev.wsss.api.Sample;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.OneThread;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import dev.wsss.core.train.TrainingStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The batches of systems that are to come, each sketched in a few lines and trained for two steps. */
@ExtendWith(OneThread.class)
class SystemBatchesTest {
    private static final int LABELS = 4;
    private static final PlaceData DATA = new PlaceData(12, 48, 56);
    private static final Augmentation WEAK = Augmentation.builder()
            .optScale(0.75, 1.5)
            .optCrop(32, 32)
            .optFlip(true)
            .build();

    /** Logits at full resolution. */
    private static final class Student extends Layer {
        private final Conv2d stem = child("stem", Conv2d.same(3, 8, 3, 1, 1));
        private final Conv2d head = child("head", Conv2d.builder(8, LABELS, 1).build());

        @Override
        public Tensor forward(Tensor x) {
            return head.forward(Ops.relu(stem.forward(x)));
        }
    }

    private interface Loss {
        LossStep<Batch> of(Student net);
    }

    private static ImageBatches.Builder batches() {
        return ImageBatches.builder().setData(DATA).setBatchSize(3).optAugmentation(WEAK);
    }

    private static TrainingHistory train(
            ImageBatches batches, long steps, Loss loss, UnaryOperator<Trainer.Builder<Batch>> more) {
        Torch.seed(5);
        try (Student net = new Student();
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(net, 0))
                        .setLearningRate(0.1)
                        .build();
                Trainer<Batch> trainer = more.apply(Trainer.<Batch>builder()
                                .setNetwork(net)
                                .setData(batches)
                                .setLoss(loss.of(net))
                                .setOptimizer(sgd)
                                .optSteps(steps)
                                .optSeed(9)
                                .optLogEvery(1))
                        .build()) {
            String before = net.fingerprint();
            TrainingHistory history = trainer.fit();
            assertThat(net.fingerprint()).isNotEqualTo(before);
            return history;
        }
    }

    private static TrainingHistory trainTwoSteps(ImageBatches batches, Loss loss) {
        TrainingHistory history = train(batches, 2, loss, b -> b);
        assertThat(history.losses()).hasSize(2).doesNotContain(0);
        return history;
    }

    /** CARB: one place in all images of a batch, where the student must say the same of the patch alone. */
    @Test
    void carbCropsPatchesFromTheStudentsLogits() {
        ImageBatches batches = batches()
                .optChannel(Channel.LABELS, PlaceData::square)
                .optView(ViewSpec.builder()
                        .setName("local")
                        .setAugmentation(Augmentation.builder()
                                .optCrop(16, 12)
                                .optFlip(true)
                                .build())
                        .optSharedDraw(true)
                        .build())
                .build();
        Set<ViewGeometry> places = new HashSet<>();
        TrainingHistory history = trainTwoSteps(
                batches,
                net -> LossStep.named("carb", Map.of(), (batch, step) -> {
                    View local = batch.view("local");
                    Tensor logits = net.forward(batch.images());
                    Tensor patch = local.fromParent(logits, 16, 12);
                    for (int i = 0; i < batch.size(); i++) {
                        ViewGeometry g = local.geometry(i);
                        assertThat(g).isEqualTo(local.geometry(0));
                        Tensor byHand = logits.narrow(0, i, 1)
                                .narrow(2, (long) g.top(), 16)
                                .narrow(3, (long) g.left(), 12);
                        assertThat(Tensors.toFloats(patch.narrow(0, i, 1)))
                                .containsExactly(Tensors.toFloats(g.flipped() ? Ops.flip(byHand) : byHand));
                        places.add(g);
                    }
                    Tensor agreement =
                            net.forward(local.images()).sub(patch).square().mean();
                    step.report("agreement", agreement);
                    return Losses.crossEntropy(logits, batch.labels()).add(agreement);
                }));
        assertThat(places).hasSize(2);
        assertThat(history.points().get(1).scalars()).containsKey("agreement");
    }

    /** What the fetched part of a coarse grid is, off its places, is what bilinear resizing says. */
    @Test
    void patchesOfCoarseLogitsAreInterpolatedAndPassGradients() {
        ImageBatches batches = batches()
                .optView(ViewSpec.builder()
                        .setName("local")
                        .setAugmentation(Augmentation.builder().optCrop(16, 16).build())
                        .build())
                .build();
        try (Scope scope = Scope.open();
                Batch batch = batches.load(3, 0, 0)) {
            // a ramp is its own interpolation, so each value must be that of the middle of its part
            float[] ramp = new float[3 * 2 * 8 * 8];
            for (int i = 0; i < ramp.length; i++) {
                ramp[i] = (i / 64 % 2 == 0 ? i / 8 % 8 : i % 8) + 0.5f;
            }
            Tensor maps = Tensors.of(ramp, 3, 2, 8, 8).requires_grad_(true);
            View local = batch.view("local");
            Tensor part = local.fromParent(maps, 4, 4);
            for (int n = 0; n < 3; n++) {
                ViewGeometry g = local.geometry(n);
                float[] rows = Tensors.toFloats(part.select(0, n).select(0, 0));
                float[] columns = Tensors.toFloats(part.select(0, n).select(0, 1));
                for (int i = 0; i < 16; i++) {
                    double y = g.sourceY((i / 4 + 0.5) * 4) / 4;
                    double x = g.sourceX((i % 4 + 0.5) * 4) / 4;
                    assertThat((double) rows[i]).isCloseTo(Math.min(7.5, Math.max(0.5, y)), within(1e-4));
                    assertThat((double) columns[i]).isCloseTo(Math.min(7.5, Math.max(0.5, x)), within(1e-4));
                }
            }
            part.sum().backward();
            assertThat(Tensors.item(maps.grad().sum())).isCloseTo(3 * 2 * 16, within(1e-2));
        }
    }

    /** CDL: weak and strong colours of one crop, labels of four sources, and what was said of an image the last time. */
    private static final class Cdl implements LossStep<Batch> {
        static final List<Channel<LabelMap, Tensor>> SOURCES =
                List.of(Channel.LABELS, Channel.labels("sam"), Channel.labels("crf"), Channel.labels("clip"));

        private final Student net;
        private final Map<String, float[]> said;

        Cdl(Student net, Map<String, float[]> said) {
            this.net = net;
            this.said = said;
        }

        @Override
        public Tensor loss(Batch batch, TrainingStep step) {
            View strong = batch.view("strong");
            for (int i = 0; i < batch.size(); i++) {
                assertThat(strong.geometry(i).isWhole()).isTrue(); // of the weak view: one crop
            }
            assertThat(Tensors.toFloats(strong.images())).isNotEqualTo(Tensors.toFloats(batch.images()));
            Tensor weakLogits = net.forward(batch.images());
            Tensor strongLogits = net.forward(strong.images());
            Tensor sum = strongLogits.sub(weakLogits.detach()).square().mean();
            for (Channel<LabelMap, Tensor> source : SOURCES) {
                sum = sum.add(Losses.crossEntropy(weakLogits, batch.get(source)));
            }
            Tensor means = weakLogits.mean(2, 3);
            for (int i = 0; i < batch.size(); i++) {
                String id = batch.ids().get(i);
                Tensor mine = means.select(0, i);
                float[] before = said.get(id);
                if (before != null) {
                    sum = sum.add(mine.sub(Tensors.of(before, LABELS)).square().mean());
                    step.report("remembered", 1);
                }
                said.put(id, Tensors.toFloats(mine));
            }
            return sum;
        }

        @Override
        public Map<String, HostArray> stateDict() {
            Map<String, HostArray> state = new LinkedHashMap<>();
            said.forEach((id, logits) -> state.put(id, HostArray.ofFloats(logits, LABELS)));
            return state;
        }

        @Override
        public void load(Map<String, HostArray> state) {
            said.clear();
            state.forEach((id, logits) -> said.put(id, logits.toFloats()));
        }
    }

    @Test
    void cdlHasTwoColourViewsFourLabelSourcesAndAStoreById(@TempDir Path folder) {
        ImageBatches.Builder builder = batches()
                .optView(ViewSpec.builder()
                        .setName("strong")
                        .setAugmentation(Augmentation.builder()
                                .optColourJitter(0.5, 0.5, 0.5)
                                .build())
                        .build());
        for (int s = 0; s < Cdl.SOURCES.size(); s++) {
            int label = s;
            builder.optChannel(Cdl.SOURCES.get(s), sample -> {
                LabelMap square = PlaceData.square(sample);
                byte[] labels = square.toArray();
                for (int i = 0; i < labels.length; i++) {
                    labels[i] *= (byte) label;
                }
                return LabelMap.wrap(square.height(), square.width(), labels);
            });
        }
        ImageBatches batches = builder.build();
        Map<String, float[]> straight = new LinkedHashMap<>();
        TrainingHistory whole = train(batches, 8, net -> new Cdl(net, straight), b -> b);
        assertThat(straight.keySet()).hasSize(12).allMatch(id -> id.startsWith("p"));
        // in the second epoch each image has been seen
        assertThat(whole.points().get(3).scalars()).doesNotContainKey("remembered");
        assertThat(whole.points().get(4).scalars()).containsKey("remembered");

        train(batches, 2, net -> new Cdl(net, new LinkedHashMap<>()), b -> b.optCheckpoint(folder, 2, 1));
        Map<String, float[]> resumed = new LinkedHashMap<>();
        TrainingHistory rest = train(batches, 8, net -> new Cdl(net, resumed), b -> b.optCheckpoint(folder, 2, 1));
        assertThat(rest.resumedFrom()).isEqualTo(2);
        assertThat(rest.losses()).containsExactly(whole.losses());
        assertThat(resumed).usingRecursiveComparison().isEqualTo(straight);
    }

    /** Features of one image, channels by rows by columns, at a stride of 4 pixels. */
    private static final int STRIDE = 4;

    /** Rounding of half precision between 8 and 16. */
    private static final float HALF = 0.004f;

    /** Each place's row, column and image. */
    private static FeatureMap places(Sample sample) {
        int rows = sample.image().height() / STRIDE;
        int columns = sample.image().width() / STRIDE;
        float[] values = new float[3 * rows * columns];
        for (int i = 0; i < rows * columns; i++) {
            values[i] = i / columns + 1;
            values[rows * columns + i] = i % columns + 1;
            values[2 * rows * columns + i] = PlaceData.index(sample);
        }
        return FeatureMap.builder()
                .setGrid(3, rows, columns)
                .setImageSize(sample.image().height(), sample.image().width())
                .setFloats(values)
                .build()
                .toHalf();
    }

    /** The grid's row or column at a border between pixels, counted between the middles of cells. */
    private static float between(long border, int cells) {
        return Math.min(cells - 1, Math.max(0, border / 4f - 0.5f));
    }

    @Test
    void dhrsFeaturesMoveWithTheCrop() {
        Channel<FeatureMap, FeatureBatch> features = Channel.features("places", STRIDE);
        Channel<LabelMap, Tensor> rows = Channel.labels("rows");
        Channel<LabelMap, Tensor> columns = Channel.labels("columns");
        ImageBatches batches = batches()
                .optChannel(features, SystemBatchesTest::places)
                .optChannel(rows, PlaceData::rows)
                .optChannel(columns, PlaceData::columns)
                .optView(ViewSpec.builder()
                        .setName("half")
                        .setAugmentation(Augmentation.builder().optCrop(16, 16).build())
                        .optChannels(features)
                        .build())
                .build();
        trainTwoSteps(
                batches,
                net -> LossStep.named("dhr", Map.of(), (batch, step) -> {
                    FeatureBatch places = batch.get(Channel.features("places", STRIDE)); // of one class and name is one
                    Tensor grid = places.values();
                    boolean[] valid = new boolean[batch.size() * 64];
                    byte[] flags = Tensors.toBytes(places.valid().to(torch.ScalarType.Byte));
                    for (int i = 0; i < valid.length; i++) {
                        valid[i] = flags[i] == 1;
                    }
                    assertThat(Tensors.shape(grid)).containsExactly(batch.size(), 3, 8, 8);
                    assertThat(grid.scalar_type().intern()).isEqualTo(torch.ScalarType.Half);
                    float[] values = Tensors.toFloats(grid.to(torch.ScalarType.Float));
                    long[] sourceRows = Tensors.toLongs(batch.get(rows));
                    long[] sourceColumns = Tensors.toLongs(batch.get(columns));
                    int inside = 0;
                    for (int n = 0; n < batch.size(); n++) {
                        for (int cell = 0; cell < 64; cell++) {
                            // the pixel at the middle of a place, and its neighbour before: the place is of one of them
                            int pixel = n * 1024 + (cell / 8 * 4 + 2) * 32 + cell % 8 * 4 + 2;
                            if (sourceRows[pixel] == LabelMap.IGNORE || sourceRows[pixel - 33] == LabelMap.IGNORE) {
                                continue;
                            }
                            inside++;
                            assertThat(valid[n * 64 + cell]).isTrue();
                            int at = n * 192 + cell;
                            // a cell's middle has its value, and between middles they mix
                            long above = Math.min(sourceRows[pixel - 33], sourceRows[pixel]);
                            long below = Math.max(sourceRows[pixel - 33], sourceRows[pixel]);
                            assertThat(values[at] - 1)
                                    .isBetween(between(above, 12) - HALF, between(below + 1, 12) + HALF);
                            long left = Math.min(sourceColumns[pixel - 33], sourceColumns[pixel]);
                            long right = Math.max(sourceColumns[pixel - 33], sourceColumns[pixel]);
                            assertThat(values[at + 64] - 1)
                                    .isBetween(between(left, 14) - HALF, between(right + 1, 14) + HALF);
                            assertThat("p" + Math.round(values[at + 128]))
                                    .isEqualTo(batch.ids().get(n));
                        }
                    }
                    assertThat(inside).isGreaterThan(batch.size() * 32);
                    assertThat(Tensors.shape(batch.view("half").get(features).values()))
                            .containsExactly(batch.size(), 3, 4, 4);
                    Tensor logits = net.forward(batch.images());
                    Tensor pooled = torch.avg_pool2d(logits, 4);
                    Tensor unit = grid.to(torch.ScalarType.Float).div(new Scalar(16.0));
                    return pooled.narrow(1, 0, 3).sub(unit).square().mean();
                }));
    }

    /** The square, and from the second image on its surroundings too. */
    private static MaskProposals masks(Sample sample) {
        LabelMap square = PlaceData.square(sample);
        byte[] around = square.toArray();
        for (int i = 0; i < around.length; i++) {
            around[i] = (byte) (1 - around[i]);
        }
        List<MaskProposals.Mask> all = new ArrayList<>();
        all.add(proposal(square.height(), square.width(), square.toArray()));
        if (PlaceData.index(sample) > 0) {
            all.add(proposal(square.height(), square.width(), around));
        }
        return new MaskProposals(square.height(), square.width(), all);
    }

    private static MaskProposals.Mask proposal(int height, int width, byte[] pixels) {
        return new MaskProposals.Mask(RleMask.ofDense(height, width, pixels), 0.9f, 0.95f, 2);
    }

    @Test
    void fmasMasksMoveWithTheImageAndMayDifferInNumber() {
        Channel<MaskProposals, MaskBatch> masks = Channel.masks("masks");
        ImageBatches batches = batches()
                .optChannel(masks, SystemBatchesTest::masks)
                .optChannel(Channel.LABELS, PlaceData::square)
                .build();
        trainTwoSteps(
                batches,
                net -> LossStep.named("fma", Map.of(), (batch, step) -> {
                    MaskBatch all = batch.get(masks);
                    Tensor probabilities = net.forward(batch.images()).softmax(1);
                    Tensor loss =
                            Losses.multiLabelSoftMargin(probabilities.mean(2, 3).narrow(1, 1, 3), batch.tags());
                    for (int i = 0; i < batch.size(); i++) {
                        Tensor mine = all.masks(i).to(torch.ScalarType.Float);
                        assertThat(mine.size(0)).isEqualTo(batch.ids().get(i).equals("p0") ? 1 : 2);
                        // the first mask is the square of the labels, wherever the view has moved it
                        Tensor square = batch.labels().select(0, i).eq(new Scalar(1L));
                        assertThat(Tensors.toFloats(mine.select(0, 0)))
                                .containsExactly(Tensors.toFloats(square.to(torch.ScalarType.Float)));
                        Tensor area = mine.sum(1, 2).clamp_min(new Scalar(1.0));
                        Tensor within = torch.matmul(
                                        mine.flatten(1, 2),
                                        probabilities.select(0, i).flatten(1, 2).t())
                                .div(area.unsqueeze(1));
                        loss = loss.sub(within.square().mean());
                    }
                    return loss;
                }));
    }
}
