package dev.wsss.systems.cdl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.LabelMap;
import dev.wsss.api.Source;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.PadTo;
import dev.wsss.core.augment.RandomCrop;
import dev.wsss.core.augment.RandomFlip;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.OnNonFinite;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import dev.wsss.models.resnet.CaffeResNet;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CdlTrainingTest {
    private static final int SIDE = 48;
    private static final Discs DATA = new Discs(6, SIDE, SIDE);

    @TempDir
    private Path folder;

    private static CdlNetwork network(CdlVariant variant) {
        Torch.seed(2);
        CdlNetwork net = CdlNetwork.builder()
                .setBackbone(
                        CaffeResNet.builder().optBlocks(1, 1, 1, 1).optWidth(4).build())
                .setClasses(3)
                .setVariant(variant)
                .optRates(1, 2)
                .optScales(0.75)
                .build();
        net.freezeNorms();
        return net;
    }

    private static ImageBatches.Builder batches(Discs data, int size, Source<LabelMap> labels) {
        return ImageBatches.builder()
                .setData(data)
                .setBatchSize(size)
                .optAugmentation(Augmentation.of(
                        new RandomCrop(SIDE, SIDE, RandomCrop.SmallImage.STAYS),
                        new RandomFlip(0.5),
                        PadTo.size(SIDE, SIDE)))
                .optChannel(Channel.LABELS, labels)
                .optView(CdlTraining.STRONG_VIEW);
    }

    private static DualExpertLoss loss(CdlVariant variant, double start) {
        return DualExpertLoss.builder().setVariant(variant).setStart(start).build();
    }

    private TrainingHistory train(
            CdlNetwork network, LossStep<Batch> step, ImageBatches data, int accumulate, long steps, Path to) {
        try (Sgd sgd = Sgd.builder()
                        .setGroups(CdlGroups.of(network, 5e-4, false, CdlCompat.sound()))
                        .setLearningRate(1e-3)
                        .optMomentum(0.9)
                        .build();
                Trainer<Batch> trainer = Trainer.<Batch>builder()
                        .setNetwork(network)
                        .setData(data)
                        .setLoss(step)
                        .setOptimizer(sgd)
                        .optSchedule(Schedule.polyInStairs(0.9, 10, 2))
                        .optSteps(steps)
                        .optAccumulate(accumulate)
                        .optLogEvery(1)
                        .optCheckpoint(to, 1, 1)
                        .optThreads(1)
                        .optOnNonFinite(OnNonFinite.STOP)
                        .build()) {
            return trainer.fit();
        }
    }

    @ParameterizedTest
    @EnumSource(CdlVariant.class)
    void allPartsLearnAndTheNormsStay(CdlVariant variant) {
        try (CdlNetwork net = network(variant)) {
            Map<String, HostArray> before = net.stateDict();
            TrainingHistory history = train(
                    net,
                    new CdlTraining(net, loss(variant, 2)),
                    batches(DATA, 2, DATA.labels()).build(),
                    1,
                    4,
                    folder);
            Map<String, Double> first = history.points().get(0).scalars();
            Map<String, Double> last = history.points().get(3).scalars();
            assertThat(first).containsEntry("corrected", 0.0).containsEntry("reliable", 0.0);
            assertThat(last).containsKeys("first", "second", "affinity").containsEntry("labelled", 1.0);
            assertThat(last.containsKey("third")).isEqualTo(variant.hasStrongView());
            // Dice is at most 1 at each of three sizes
            assertThat(Objects.requireNonNull(last.get("second"))).isLessThanOrEqualTo(3);
            net.stateDict().forEach((name, value) -> {
                boolean stays = name.contains(".bn.") || name.contains("running_") || name.contains("num_batches");
                assertThat(value.equals(Objects.requireNonNull(before.get(name))))
                        .as(name)
                        .isEqualTo(stays);
            });
        }
    }

    @ParameterizedTest
    @EnumSource(CdlVariant.class)
    void aTrainingThatStoppedWithinAnUpdateGoesOnAsIfItHadNot(CdlVariant variant) {
        String whole = trained(variant, folder.resolve("whole"), new AtomicBoolean());
        AtomicBoolean stop = new AtomicBoolean(true);
        assertThatThrownBy(() -> trained(variant, folder.resolve("parts"), stop))
                .hasStackTraceContaining("the power went");
        stop.set(false);
        assertThat(trained(variant, folder.resolve("parts"), stop)).isEqualTo(whole);
    }

    private String trained(CdlVariant variant, Path to, AtomicBoolean stop) {
        try (CdlNetwork net = network(variant)) {
            CdlTraining step = new CdlTraining(net, loss(variant, 2));
            // the first of two batches of the fourth update has its gradient already
            LossStep<Batch> stopping = LossStep.named("CDL that may stop", Map.of(), (batch, at) -> {
                if (stop.get() && at.number() == 3 && at.microStep() == 1) {
                    throw new IllegalStateException("the power went");
                }
                return step.loss(batch, at);
            });
            train(net, stopping, batches(DATA, 1, DATA.labels()).build(), 2, 5, to);
            return net.fingerprint();
        }
    }

    @Test
    void accumulatedBatchesAreTheLargeOne() {
        Discs two = new Discs(2, SIDE, SIDE);
        Map<String, HostArray> large;
        Map<String, HostArray> start;
        try (CdlNetwork net = network(CdlVariant.BASE)) {
            start = net.stateDict();
            CdlTraining step = new CdlTraining(net, loss(CdlVariant.BASE, 9));
            train(net, step, plain(two, 2), 1, 1, folder.resolve("large"));
            large = net.stateDict();
        }
        try (CdlNetwork net = network(CdlVariant.BASE)) {
            CdlTraining step = new CdlTraining(net, loss(CdlVariant.BASE, 9));
            train(net, step, plain(two, 1), 2, 1, folder.resolve("small"));
            net.parameters().keySet().forEach(name -> {
                float[] a = Objects.requireNonNull(large.get(name)).toFloats();
                float[] b = Objects.requireNonNull(net.stateDict().get(name)).toFloats();
                float[] from = Objects.requireNonNull(start.get(name)).toFloats();
                double most = 0;
                double off = 0;
                for (int i = 0; i < a.length; i++) {
                    most = Math.max(most, Math.abs(a[i] - from[i]));
                    off = Math.max(off, Math.abs(a[i] - b[i]));
                }
                assertThat(most > 0).as(name).isEqualTo(!name.contains(".bn."));
                // of what the step has moved, or of the numbers that it moved
                assertThat(off).as(name).isLessThanOrEqualTo(1e-4 * most + 3e-7);
            });
        }
    }

    private static ImageBatches plain(Discs data, int size) {
        return ImageBatches.builder()
                .setData(data)
                .setBatchSize(size)
                .optChannel(Channel.LABELS, data.labels())
                .build();
    }

    @Test
    void paddingIsToldFromTheView() {
        ImageBatches padded = batches(new Discs(2, 40, SIDE), 2, sample -> new Discs(2, 40, SIDE).truth(0))
                .build();
        try (Scope scope = Scope.open();
                Batch batch = padded.load(1, 0, 0)) {
            Tensor padding = Objects.requireNonNull(CdlTraining.padding(batch.view(), ComputeDevice.CPU));
            assertThat(Tensors.shape(padding)).containsExactly(2, SIDE, SIDE);
            assertThat(Tensors.item(padding.sum())).isEqualTo(2.0 * 8 * SIDE);
            assertThat(Tensors.item(padding.narrow(1, 40, 8).sum())).isEqualTo(2.0 * 8 * SIDE);
        }
        try (Batch batch = batches(DATA, 2, DATA.labels()).build().load(1, 0, 0)) {
            assertThat(CdlTraining.padding(batch.view(), ComputeDevice.CPU)).isNull();
        }
    }

    @Test
    void labelsThatAreAllVoidLeaveTheWeightsFinite() {
        byte[] voids = new byte[SIDE * SIDE];
        Arrays.fill(voids, (byte) LabelMap.IGNORE);
        try (CdlNetwork net = network(CdlVariant.EXTENDED)) {
            ImageBatches data =
                    batches(DATA, 2, sample -> LabelMap.of(SIDE, SIDE, voids)).build();
            DualExpertLoss loss = DualExpertLoss.builder()
                    .setVariant(CdlVariant.EXTENDED)
                    .setStart(2)
                    .optBalanced(true)
                    .build();
            TrainingHistory history = train(net, new CdlTraining(net, loss), data, 1, 4, folder);
            assertThat(history.points().get(3).scalars()).containsEntry("labelled", 0.0);
            net.requireFinite();
        }
    }

    @Test
    void theStrongViewIsOfTheSameCrop() {
        try (CdlNetwork net = network(CdlVariant.EXTENDED)) {
            ImageBatches without = plain(DATA, 2);
            assertThatThrownBy(
                            () -> train(net, new CdlTraining(net, loss(CdlVariant.EXTENDED, 2)), without, 1, 1, folder))
                    .hasStackTraceContaining("no view 'strong'");
        }
    }

    /** Tensors of each group, of the network with 101 layers. */
    @ParameterizedTest
    @CsvSource({"BASE, false, 104, 8, 21", "EXTENDED, true, 104, 12, 12", "EXTENDED, false, 104, 12, 25"})
    void groupsAreThePublished(CdlVariant variant, boolean original, int once, int ten, int twenty) {
        try (CdlNetwork net = CdlNetwork.builder()
                .setBackbone(CaffeResNet.builder().optWidth(4).build())
                .setClasses(3)
                .setVariant(variant)
                .build()) {
            List<ParameterGroup> groups =
                    CdlGroups.of(net, 5e-4, false, original ? CdlCompat.original() : CdlCompat.sound());
            Map<Double, Integer> byRate = groups.stream()
                    .collect(Collectors.groupingBy(
                            ParameterGroup::rateMultiplier,
                            Collectors.summingInt(g -> g.parameters().size())));
            assertThat(byRate).isEqualTo(Map.of(1.0, once, 10.0, ten, 20.0, twenty));
            groups.forEach(
                    g -> assertThat(g.weightDecay()).isEqualTo(g.rateMultiplier() == 20 ? 0 : 5e-4, within(0.0)));
            assertThat(CdlGroups.of(net, 5e-4, true, CdlCompat.sound()).stream()
                            .filter(g -> g.name().equals("backbone.norm"))
                            .mapToInt(g -> g.parameters().size())
                            .sum())
                    .isEqualTo(208);
        }
    }
}
