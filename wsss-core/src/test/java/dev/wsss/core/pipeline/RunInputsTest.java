package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RunManifest;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Source;
import dev.wsss.api.WsssException;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.cam.Cam;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.NativeException;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.OneThread;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A run keeps what it made only while everything that it was made of is what it was. */
@NullUnmarked
@ExtendWith(OneThread.class)
class RunInputsTest {
    private static final int STEPS = 6;

    @TempDir
    Path tmp;

    /** A network of three weights for each of three tags. */
    static final class Tiny extends Layer {
        private final Conv2d conv = child("conv", Conv2d.builder(3, 3, 1).build());

        /** @param weight of all; drawn if 0 */
        Tiny(double weight) {
            if (weight != 0) {
                Map<String, HostArray> all = new LinkedHashMap<>();
                stateDict().forEach((name, array) -> {
                    float[] values = array.toFloats();
                    Arrays.fill(values, (float) weight);
                    all.put(name, HostArray.ofFloats(values, array.shape()));
                });
                load(all);
            }
        }

        @Override
        public Tensor forward(Tensor x) {
            return conv.forward(x);
        }

        LossStep<Batch> loss() {
            return LossStep.named("tags and labels", Map.of("weight", 1), (batch, step) -> Losses.multiLabelSoftMargin(
                            forward(batch.images()).mean(2, 3), batch.tags())
                    .add(Losses.crossEntropy(forward(batch.images()), batch.labels())));
        }
    }

    /** Labels by an image's first colour. */
    private record ByColour(int level) implements Source<LabelMap> {
        @Override
        public LabelMap get(Sample sample) {
            byte[] rgb = sample.image().data();
            byte[] labels = new byte[rgb.length / 3];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = (byte) ((rgb[3 * i] & 255) > level ? 1 : 0);
            }
            return LabelMap.wrap(sample.image().height(), sample.image().width(), labels);
        }

        @Override
        public Description description() {
            return Description.of("ByColour").putAll(this).build();
        }
    }

    /** What a training depends on. */
    private record Inputs(long dataSeed, int tagShift, double weights, int level, double rate, long seed, int size) {
        static final Inputs USUAL = new Inputs(1, 0, 0.5, 100, 0.1, 7, 13);

        Dataset data() {
            SyntheticData data = SyntheticData.of(size);
            data.seed = dataSeed;
            data.tagShift = tagShift;
            return data;
        }

        RunFolder.Builder folder(Path out) {
            return RunFolder.builder().setData(data()).setFolder(out).optSeed(seed);
        }

        TrainingHistory train(RunFolder run, Tiny net) {
            try (Sgd sgd = Sgd.builder()
                    .setGroups(ParameterGroups.all(net, 0))
                    .setLearningRate(rate)
                    .build()) {
                return run.train("cls", trainer(net, sgd).setLoss(net.loss()));
            }
        }

        Trainer.Builder<Batch> trainer(Tiny net, Sgd sgd) {
            ImageBatches batches = ImageBatches.builder()
                    .setData(data())
                    .setBatchSize(4)
                    .optChannel(Channel.LABELS, new ByColour(level))
                    .build();
            return Trainer.<Batch>builder()
                    .setNetwork(net)
                    .setData(batches)
                    .setOptimizer(sgd)
                    .optSteps(STEPS);
        }

        TrainingHistory train(Path out, boolean remake) {
            try (Tiny net = new Tiny(weights)) {
                return train(folder(out).optRemake(remake).build(), net);
            }
        }
    }

    @Test
    void training_of_other_inputs_is_refused_by_name_and_made_again_on_request() {
        assertThat(Inputs.USUAL.train(tmp, false).resumedFrom()).isZero();
        SortedMap<String, String> before = Folders.hashes(tmp);
        assertThat(Inputs.USUAL.train(tmp, false).resumedFrom()).isEqualTo(STEPS);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);

        Map<Inputs, String> changes = new LinkedHashMap<>();
        changes.put(new Inputs(2, 0, 0.5, 100, 0.1, 7, 13), "data.data.images is '");
        changes.put(new Inputs(1, 1, 0.5, 100, 0.1, 7, 13), "data.data.tags is '");
        changes.put(new Inputs(1, 0, 0.25, 100, 0.1, 7, 13), "network.start is '2 of 2 tensors, ");
        changes.put(new Inputs(1, 0, 0, 100, 0.1, 7, 13), "' there and 'drawn' here");
        changes.put(new Inputs(1, 0, 0.5, 50, 0.1, 7, 13), "data.channel.labels.level is '100' there and '50' here");
        changes.put(new Inputs(1, 0, 0.5, 100, 0.2, 7, 13), "optimizer.learningRate is '0.1' there and '0.2' here");
        changes.put(new Inputs(1, 0, 0.5, 100, 0.1, 8, 13), "seed is '7' there and '8' here");
        changes.put(new Inputs(1, 0, 0.5, 100, 0.1, 7, 12), "data.data.samples is '13' there and '12' here");
        changes.forEach((inputs, message) -> assertThatThrownBy(() -> inputs.train(tmp, false))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(
                        tmp.resolve("checkpoints").resolve("cls") + ": training 'cls' was trained otherwise")
                .hasMessageContaining(message)
                .hasMessageContaining("remake"));
        assertThatThrownBy(() -> new Inputs(1, 0, 0.5, 50, 0.2, 7, 13).train(tmp, false))
                .hasMessageContaining("data.channel.labels.level is '100' there and '50' here, "
                        + "optimizer.learningRate is '0.1' there and '0.2' here");
        assertThat(Folders.hashes(tmp)).isEqualTo(before);

        Inputs other = new Inputs(2, 1, 0.25, 50, 0.2, 7, 13);
        assertThat(other.train(tmp, true).resumedFrom()).isZero();
        assertThat(other.train(tmp, false).resumedFrom()).isEqualTo(STEPS);
        assertThatThrownBy(() -> Inputs.USUAL.train(tmp, false)).isInstanceOf(InvalidDataException.class);
    }

    @Test
    void a_shard_does_not_train_and_loads_what_all_images_have_trained() {
        RunFolder shard = Inputs.USUAL.folder(tmp).optShard(0, 2).build();
        try (Tiny net = new Tiny(0.5)) {
            assertThatThrownBy(() -> Inputs.USUAL.train(shard, net))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("shard 0/2 cannot train 'cls', which has not ended: a network learns from all images."
                            + " Train without a shard first");
        }
        try (Tiny whole = new Tiny(0.5);
                Tiny loaded = new Tiny(0.5)) {
            assertThat(Inputs.USUAL
                            .train(Inputs.USUAL.folder(tmp).build(), whole)
                            .resumedFrom())
                    .isZero();
            assertThat(Inputs.USUAL.train(shard, loaded).resumedFrom()).isEqualTo(STEPS);
            assertThat(loaded.fingerprint()).isEqualTo(whole.fingerprint());
        }
    }

    @Test
    void checkpoints_of_an_earlier_version_are_refused_by_name() throws Exception {
        Path folder = Files.createDirectories(tmp.resolve("checkpoints/cls"));
        Path old = Files.writeString(folder.resolve("step-000000100.safetensors"), "of an earlier version");
        assertThatThrownBy(() -> Inputs.USUAL.train(tmp, false))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(
                        folder + ": training 'cls' has checkpoints of an earlier version of this library");
        assertThat(old).exists();
        assertThat(Inputs.USUAL.train(tmp, true).resumedFrom()).isZero();
        assertThat(old).doesNotExist();
    }

    private static Stage<ScoreMaps> stageOf(Tiny net) {
        return Stage.builder(ProductCodec.scoreMaps())
                .setName("cam")
                .optConfig("network", net)
                .setFunction((sample, inputs) -> SyntheticData.cam(sample))
                .build();
    }

    @Test
    void a_stage_is_of_the_weights_that_its_network_has_when_it_is_made() {
        String weights;
        try (Tiny net = new Tiny(0.5)) {
            Stage<ScoreMaps> cam = stageOf(net);
            String untrained = cam.description().entries().get("network.weights");
            RunFolder run = Inputs.USUAL.folder(tmp).build();
            Inputs.USUAL.train(run, net);
            weights = net.fingerprint();
            assertThat(net.isTraining()).isFalse();
            assertThat(cam.description().entries())
                    .containsEntry("network.weights", weights)
                    .doesNotContainValue(untrained);
            run.make(cam);
            assertThat(run.manifest().stages().get(0).config()).containsEntry("network.weights", weights);
        }
        try (Tiny net = new Tiny(0.5)) {
            Stage<ScoreMaps> cam = stageOf(net);
            RunFolder again = Inputs.USUAL.folder(tmp).build();
            Inputs.USUAL.train(again, net);
            assertThat(again.make(cam).skipped()).isEqualTo(13);
        }
        try (Tiny net = new Tiny(0.25)) {
            RunFolder other = Inputs.USUAL.folder(tmp).build();
            assertThatThrownBy(() -> other.make(stageOf(net)))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("config.network.weights is '" + weights + "' there and '");
        }
    }

    @Test
    void the_manifest_tells_of_trainings_before_and_after_stages() {
        RunFolder run = Inputs.USUAL.folder(tmp).build();
        try (Tiny first = new Tiny(0.5);
                Tiny second = new Tiny(0.5);
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(second, 0))
                        .setLearningRate(0.1)
                        .build()) {
            Inputs.USUAL.train(run, first);
            run.make(stageOf(first));
            assertThat(RunManifest.read(tmp).trainings()).hasSize(1);
            run.train(
                    "later",
                    Inputs.USUAL.trainer(second, sgd).setLoss(second.loss()).optSteps(3));
            RunManifest manifest = RunManifest.read(tmp);
            assertThat(manifest).isEqualTo(run.manifest());
            assertThat(manifest.stages()).hasSize(1);
            RunManifest.Training cls = manifest.trainings().get(0);
            assertThat(cls.name()).isEqualTo("cls");
            assertThat(cls.steps()).isEqualTo(STEPS);
            assertThat(cls.weights()).isEqualTo(first.fingerprint());
            assertThat(cls.settings())
                    .containsEntry("optimizer", "Sgd")
                    .containsEntry("seed", "7")
                    .containsEntry("data.data.samples", "13")
                    .containsEntry("loss.weight", "1");
            assertThat(manifest.trainings().get(1).weights()).isEqualTo(second.fingerprint());
            assertThat(run.trainings()).containsOnlyKeys("cls", "later");
            assertThat(run.seconds()).containsKeys("train cls", "train later", "stage:cam");
        }
    }

    @Test
    void what_does_not_describe_itself_is_refused_when_the_stage_is_built() {
        Stage<ScoreMaps> cam = SyntheticData.camStage().build();
        String lambda = "RunInputsTest$$Lambda";
        assertThatThrownBy(() -> Stages.cam(SyntheticData::cam).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stage 'cam' does not say what it is made of: ")
                .hasMessageContaining(lambda);
        assertThatThrownBy(() -> Stages.cam(
                                Cam.builder().setNetwork(images -> images).build())
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(lambda);
        assertThatThrownBy(() -> Stages.label((sample, maps) -> LabelMap.of(1, 1, new byte[1]), cam)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stage 'label'")
                .hasMessageContaining(lambda);
        assertThatThrownBy(() -> Stages.refine((sample, maps) -> maps, cam).build())
                .hasMessageContaining("stage 'refined'")
                .hasMessageContaining(lambda);
        assertThatThrownBy(() -> Stage.builder(ProductCodec.scoreMaps())
                        .setName("bare")
                        .setFunction((sample, inputs) -> SyntheticData.cam(sample))
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stage 'bare' does not say what its products depend on");
        try (Tiny net = new Tiny(0.5);
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(net, 0))
                        .setLearningRate(0.1)
                        .build()) {
            Trainer.Builder<Batch> trainer = Inputs.USUAL
                    .trainer(net, sgd)
                    .setLoss((batch, step) -> net.forward(batch.images()).mean());
            RunFolder run = Inputs.USUAL.folder(tmp).build();
            assertThatThrownBy(() -> run.train("cls", trainer))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("training 'cls' does not say what it is made of")
                    .hasMessageContaining(lambda);
            assertThatThrownBy(() -> run.train("../up", trainer)).hasMessageContaining("'../up'");
        }
    }

    @Test
    void equal_native_errors_stop_the_run_and_different_ones_do_not() {
        AtomicInteger calls = new AtomicInteger();
        AtomicReference<String> first = new AtomicReference<>(); // readers are several: it need not be img_0
        Stage<ScoreMaps> starving = SyntheticData.camStage(sample -> {
                    if (first.compareAndSet(null, sample.id())) {
                        return SyntheticData.cam(sample);
                    }
                    while (!Files.exists(tmp.resolve("cam/" + first + ".safetensors"))) {
                        Thread.onSpinWait(); // a stopped run drops what it has not written
                    }
                    throw new NativeException("out of memory: tried to allocate " + calls.incrementAndGet()
                            + " bytes at 0x" + Integer.toHexString(sample.id().hashCode()));
                })
                .build();
        RunFolder run = SyntheticData.folder(SyntheticData.of(60), tmp)
                .optNativeErrors(4)
                .build();
        assertThatThrownBy(() -> run.make(starving))
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("stage 'cam' failed on 4 samples with the same native error")
                .hasMessageContaining("out of memory: tried to allocate 4 bytes");
        assertThat(calls).hasValue(4);
        assertThat(tmp.resolve("cam/" + first + ".safetensors")).exists();

        Stage<ScoreMaps> various = SyntheticData.camStage(sample -> {
                    if (sample.id().endsWith("img_0")) {
                        return SyntheticData.cam(sample);
                    }
                    throw new NativeException(
                            "cannot take " + sample.id().replaceAll("\\d", "x").repeat(calls.incrementAndGet()));
                })
                .optName("various")
                .build();
        assertThat(run.make(various).failures()).hasSize(59);
        Stage<ScoreMaps> picky = SyntheticData.camStage(sample -> {
                    throw new InvalidDataException("too dark");
                })
                .optName("picky")
                .build();
        assertThatThrownBy(() -> run.make(picky))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage("stage 'picky' has no product for any of the 60 samples; of 'part0/img_0': too dark");
        assertThat(RunManifest.read(tmp).failures())
                .filteredOn(f -> f.stage().equals("picky"))
                .hasSize(60);
    }

    @Test
    void what_is_overwritten_is_made_again_once() {
        AtomicInteger calls = new AtomicInteger();
        Stage<ScoreMaps> cam = SyntheticData.camStage(sample -> {
                    calls.incrementAndGet();
                    return SyntheticData.cam(sample);
                })
                .build();
        SyntheticData data = SyntheticData.of(6);
        SyntheticData.folder(data, tmp).build().make(cam);
        RunFolder again = SyntheticData.folder(data, tmp).optOverwrite(true).build();
        Stage<ScoreMaps> walk = SyntheticData.walkStage(cam).build();
        again.make(cam);
        assertThat(again.make(walk).stages().get(0).reused()).isEqualTo(6);
        assertThat(calls).hasValue(12);
        assertThat(again.make(cam, walk).skipped()).isEqualTo(6);
        assertThatThrownBy(() -> SyntheticData.folder(data, tmp)
                        .optOverwrite(true)
                        .optShard(1, 2)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("shard 1/2 is to overwrite");
    }

    @Test
    void what_is_overwritten_is_trained_again() {
        List<Long> from = new ArrayList<>();
        for (boolean overwrite : new boolean[] {false, false, true}) {
            try (Tiny net = new Tiny(0.5)) {
                RunFolder run = Inputs.USUAL.folder(tmp).optOverwrite(overwrite).build();
                from.add(Inputs.USUAL.train(run, net).resumedFrom());
            }
        }
        assertThat(from.get(1)).isPositive();
        assertThat(from).containsExactly(0L, from.get(1), 0L);
    }

    @Test
    void two_runs_do_not_train_under_one_name_at_a_time() throws Exception {
        CountDownLatch training = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread first = new Thread(() -> {
            try (Tiny net = new Tiny(0.5);
                    Sgd sgd = Sgd.builder()
                            .setGroups(ParameterGroups.all(net, 0))
                            .setLearningRate(0.1)
                            .build()) {
                LossStep<Batch> loss = net.loss();
                LossStep<Batch> waiting = LossStep.named("tags and labels", Map.of("weight", 1), (batch, step) -> {
                    training.countDown();
                    await(go);
                    return loss.loss(batch, step);
                });
                Inputs.USUAL
                        .folder(tmp)
                        .build()
                        .train("cls", Inputs.USUAL.trainer(net, sgd).setLoss(waiting));
            } catch (Throwable t) {
                failure.set(t);
            }
        });
        first.start();
        training.await();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> Inputs.USUAL.train(tmp, true))
                    .isInstanceOf(WsssException.class)
                    .hasMessage("another run is training 'cls' in " + tmp + "; wait until it has ended");
        }
        go.countDown();
        first.join();
        assertThat(failure).hasValue(null);
        assertThat(Inputs.USUAL.train(tmp, false).resumedFrom()).isEqualTo(STEPS);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
