package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.util.Progress;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.WsssException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.NativeException;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.TinyTask.Batch;
import dev.wsss.core.train.TinyTask.Batches;
import dev.wsss.core.train.TinyTask.Net;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(OneThread.class)
class TrainerTest {
    @Test
    void learnsAndTellsHow() {
        Batches batches = new Batches(4, 16);
        List<String> progress = new ArrayList<>();
        try (Net net = Net.seeded(8, 0.1);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, batches, sgd)
                        .optSchedule(Schedule.polyHoldingLast(0.9, 60))
                        .optSteps(60)
                        .optLogEvery(20)
                        .optProgress(recording(progress))
                        .build()) {
            TrainingHistory history = trainer.fit();
            assertThat(history.losses()).hasSize(3);
            assertThat(history.finalLoss()).isLessThan(0.6 * history.losses()[0]);
            TrainingPoint last = history.points().get(2);
            assertThat(last.step()).isEqualTo(60);
            assertThat(last.epoch()).isEqualTo(8);
            assertThat(last.scalars()).containsOnlyKeys("cross_entropy");
            assertThat(last.scalars().get("cross_entropy")).isEqualTo(last.loss());
            assertThat(last.rates().get("head")).isEqualTo(0.2 * Math.pow(1 / 60.0, 0.9), within(1e-12));
            assertThat(last.rates().get("body")).isEqualTo(0.02 * Math.pow(1 / 60.0, 0.9), within(1e-12));
            assertThat(history.images()).isEqualTo(240);
            assertThat(history.imagesPerSecond()).isPositive();
            assertThat(history.peakResidentBytes()).isPositive();
            assertThat(progress.get(0)).isEqualTo("reset training 60");
            assertThat(progress).hasSize(62).last().isEqualTo("end");
            assertThat(progress.get(60)).matches("60 loss [0-9.e-]+, [0-9.]+ images/s, 0 s left");
        }
        assertThat(batches.open).hasValue(0);
    }

    @Test
    void bfloat16Learns() {
        Batches batches = new Batches(4, 16);
        try (Net net = Net.seeded(8, 0);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, batches, sgd)
                        .optAutocastBf16(true)
                        .optSteps(60)
                        .build()) {
            double[] losses = trainer.fit().losses();
            assertThat(losses[2]).isLessThan(0.6 * losses[0]);
            assertThat(net.tensor("head.weight").scalar_type().intern()).isEqualTo(torch.ScalarType.Float);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void sameSeedSameWeightsWhateverTheThreads(int threads) {
        Map<String, HostArray> one = trained(1, 5, 1);
        assertThat(trained(threads, 5, 1)).isEqualTo(one);
        assertThat(trained(1, 6, 1)).isNotEqualTo(one);
    }

    private static Map<String, HostArray> trained(int threads, long seed, int accumulate) {
        Batches batches = new Batches(2, 8);
        try (Net net = Net.seeded(4, 0.3);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, batches, sgd)
                        .optThreads(threads)
                        .optSeed(seed)
                        .optAccumulate(accumulate)
                        .optSteps(9)
                        .build()) {
            trainer.fit();
            return net.stateDict();
        }
    }

    /** A linear model, for which the mean over two batches is exactly the mean over the union. */
    @Test
    void accumulationEqualsOneLargeBatch() {
        float[] halves = fitLinear(2, 1);
        float[] whole = fitLinear(1, 2);
        for (int i = 0; i < whole.length; i++) {
            assertThat(halves[i]).isEqualTo(whole[i], within(1e-6f));
            assertThat(whole[i]).isNotZero();
        }
    }

    private record Rows(int first, int count) implements AutoCloseable {
        @Override
        public void close() {}
    }

    private static float[] fitLinear(int accumulate, int rowsPerBatch) {
        BatchSource<Rows> rows = new BatchSource<>() {
            @Override
            public int batchesPerEpoch() {
                return 8 / rowsPerBatch;
            }

            @Override
            public Rows load(long seed, int epoch, int index) {
                return new Rows(index * rowsPerBatch, rowsPerBatch);
            }

            @Override
            public int images(Rows batch) {
                return batch.count;
            }
        };
        try (TensorBag bag = new TensorBag(Map.of("w", HostArray.ofFloats(new float[3], 3)), Map.of());
                Adam adam = AdamW.builder()
                        .setGroups(ParameterGroups.all(bag, 0.1))
                        .setLearningRate(0.05)
                        .optEpsilon(1e-3)
                        .build();
                var trainer = Trainer.<Rows>builder()
                        .setNetwork(bag)
                        .setData(rows)
                        .setOptimizer(adam)
                        .setLoss((batch, step) -> {
                            float[] x = new float[batch.count * 3];
                            for (int i = 0; i < x.length; i++) {
                                x[i] = (float) Math.sin(batch.first * 3 + i);
                            }
                            Tensor y = torch.matmul(Tensors.of(x, batch.count, 3), bag.tensor("w"));
                            return y.sub(new Scalar(1.0)).square().mean();
                        })
                        .optAccumulate(accumulate)
                        .optEpochs(3)
                        .build()) {
            assertThat(trainer.steps()).isEqualTo(12);
            trainer.fit();
            return Tensors.toFloats(bag.tensor("w"));
        }
    }

    @Test
    void frozenParametersStay() {
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, new Batches(2, 8), sgd)
                        .optSteps(5)
                        .build()) {
            net.tensor("stem.weight").set_requires_grad(false);
            Map<String, HostArray> before = net.stateDict();
            trainer.fit();
            assertThat(net.stateDict().get("stem.weight")).isEqualTo(before.get("stem.weight"));
            assertThat(net.stateDict().get("head.weight")).isNotEqualTo(before.get("head.weight"));
            assertThat(sgd.stateDict()).doesNotContainKey("stem.weight.momentum_buffer");
        }
    }

    /** Half a cosine from 0.8 to 1: 0.8, 1 - 0.1 (1 + sqrt 1/2), 0.9 and 1 - 0.1 (1 - sqrt 1/2) in four steps. */
    @Test
    void theDecayOfTheAverageMayGrow() {
        double[] decays = {0.8, 0.8292893218813453, 0.9, 0.9707106781186547};
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net)) {
            double[] expected = Tensors.toDoubles(net.tensor("head.weight"));
            TrainingListener follow = new TrainingListener() {
                @Override
                public void onStep(long step) {
                    double[] now = Tensors.toDoubles(net.tensor("head.weight"));
                    double decay = decays[(int) step - 1];
                    for (int i = 0; i < now.length; i++) {
                        expected[i] = decay * expected[i] + (1 - decay) * now[i];
                    }
                }
            };
            try (var trainer = TinyTask.trainer(net, new Batches(2, 8), sgd)
                    .optEma(0.8, 1)
                    .optSteps(4)
                    .optListeners(follow)
                    .build()) {
                assertThat(trainer.description().under("")).containsEntry("lastEma", "1.0");
                trainer.fit();
                try (Torch.Mode average = trainer.withEma()) {
                    assertThat(Tensors.toDoubles(net.tensor("head.weight"))).containsExactly(expected, within(1e-6));
                }
            }
            assertThatThrownBy(() -> Trainer.<Batch>builder().optEma(0.8, 1.1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("last decay must be in (0, 1], got 1.1");
        }
    }

    @Test
    void averageFollowsItsFormulaAndSwapsBack() {
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net)) {
            double[][] expected = {Tensors.toDoubles(net.tensor("head.weight"))};
            TrainingListener follow = new TrainingListener() {
                @Override
                public void onStep(long step) {
                    double[] now = Tensors.toDoubles(net.tensor("head.weight"));
                    for (int i = 0; i < now.length; i++) {
                        expected[0][i] = 0.8 * expected[0][i] + 0.2 * now[i];
                    }
                }
            };
            try (var trainer = TinyTask.trainer(net, new Batches(2, 8), sgd)
                    .optEma(0.8)
                    .optSteps(6)
                    .optListeners(follow)
                    .build()) {
                assertThatThrownBy(trainer::withEma).isInstanceOf(IllegalStateException.class);
                trainer.fit();
                Map<String, HostArray> weights = net.stateDict();
                try (Torch.Mode average = trainer.withEma()) {
                    double[] got = Tensors.toDoubles(net.tensor("head.weight"));
                    for (int i = 0; i < got.length; i++) {
                        assertThat(got[i]).isEqualTo(expected[0][i], within(1e-6));
                    }
                    assertThat(Tensors.toLongs(net.tensor("norm.num_batches_tracked")))
                            .containsExactly(0);
                    assertThatThrownBy(trainer::withEma).isInstanceOf(IllegalStateException.class);
                }
                assertThat(net.stateDict()).isEqualTo(weights);
            }
        }
    }

    @Test
    void theAverageMayBeTheResult(@TempDir Path folder) {
        Map<String, HostArray> average = new LinkedHashMap<>();
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, new Batches(2, 8), sgd)
                        .optEma(0.8)
                        .optSteps(6)
                        .build()) {
            trainer.fit();
            try (Torch.Mode inPlace = trainer.withEma()) {
                average.putAll(net.stateDict());
            }
            assertThat(net.stateDict()).isNotEqualTo(average);
        }
        // anew, and again from its last checkpoint
        for (int run = 0; run < 2; run++) {
            try (Net net = Net.seeded(4, 0);
                    Sgd sgd = TinyTask.sgd(net);
                    var trainer = TinyTask.trainer(net, new Batches(2, 8), sgd)
                            .optEma(0.8)
                            .optEmaIsResult(true)
                            .optSteps(6)
                            .optCheckpoint(folder, 4, 1)
                            .build()) {
                trainer.fit();
                assertThat(net.stateDict()).isEqualTo(average);
            }
        }
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net)) {
            assertThatThrownBy(() -> TinyTask.trainer(net, new Batches(2, 8), sgd)
                            .optEmaIsResult(true)
                            .optSteps(6)
                            .build())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("optEma");
        }
    }

    @Test
    void listenersAreCalledInOrder(@TempDir Path folder) {
        List<String> calls = new ArrayList<>();
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, new Batches(2, 8), sgd)
                        .optSteps(4)
                        .optAccumulate(4)
                        .optLogEvery(3)
                        .optCheckpoint(folder, 2, 1)
                        .optListeners(recording("a", calls, net), recording("b", calls, net))
                        .build()) {
            trainer.fit();
            assertThat(net.isTraining()).isFalse();
        }
        List<String> of = calls.stream()
                .filter(c -> c.startsWith("a "))
                .map(c -> c.substring(2))
                .toList();
        assertThat(of)
                .containsExactly(
                        "start 0 of 4",
                        "step 1",
                        "step 2",
                        "epoch 0 at 2",
                        "checkpoint step-000000002.safetensors",
                        "step 3",
                        "point 3",
                        "step 4",
                        "epoch 1 at 4",
                        "point 4",
                        "checkpoint step-000000004.safetensors",
                        "end 4");
        for (int i = 0; i < calls.size(); i += 2) {
            assertThat(calls.get(i).substring(2)).isEqualTo(calls.get(i + 1).substring(2));
            assertThat(calls.get(i)).startsWith("a ");
        }
    }

    private static TrainingListener recording(String name, List<String> calls, Net net) {
        return new TrainingListener() {
            @Override
            public void onStart(long step, long totalSteps) {
                calls.add(name + " start " + step + " of " + totalSteps);
            }

            @Override
            public void onStep(long step) {
                assertThat(step == 1 || net.isTraining() || name.equals("b")).isTrue();
                net.train(false); // as an evaluation would
                calls.add(name + " step " + step);
            }

            @Override
            public void onEpoch(int epoch, long step) {
                calls.add(name + " epoch " + epoch + " at " + step);
            }

            @Override
            public void onPoint(TrainingPoint point) {
                calls.add(name + " point " + point.step());
            }

            @Override
            public void onCheckpoint(long step, Path file) {
                calls.add(name + " checkpoint " + file.getFileName());
            }

            @Override
            public void onEnd(TrainingHistory history) {
                calls.add(name + " end " + history.steps());
            }
        };
    }

    private static Progress recording(List<String> calls) {
        return new Progress() {
            @Override
            public void reset(String message, long max, String trailing) {
                calls.add("reset " + message + " " + max);
            }

            @Override
            public void start(long initial) {}

            @Override
            public void end() {
                calls.add("end");
            }

            @Override
            public void increment(long increment) {
                throw new AssertionError("absolute progress is enough");
            }

            @Override
            public void update(long progress, String message) {
                calls.add(progress + " " + message);
            }
        };
    }

    @Test
    void divergenceIsRefusedWithStepAndTerms() {
        Batches batches = new Batches(2, 8);
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, batches, sgd)
                        .setLoss((batch, step) -> {
                            Tensor fine = net.forward(batch.images()).square().mean();
                            Tensor bad = fine.mul(new Scalar(step.number() == 5 ? Double.NaN : 1.0));
                            step.report("fine", fine);
                            step.report("bad", bad);
                            return fine.add(bad);
                        })
                        .optSteps(20)
                        .optLogEvery(4)
                        .build()) {
            assertThatThrownBy(trainer::fit)
                    .isInstanceOf(WsssException.class)
                    .hasMessageContaining("step 5")
                    .hasMessageContaining("bad=NaN")
                    .hasMessageNotContaining("fine=NaN");
        }
        assertThat(batches.open).hasValue(0);
    }

    @Test
    void aBatchThatCannotBeLoadedIsNamed() {
        BatchSource<Rows> source = new BatchSource<>() {
            @Override
            public int batchesPerEpoch() {
                return 3;
            }

            @Override
            public Rows load(long seed, int epoch, int index) {
                if (epoch == 1 && index == 2) {
                    throw new InvalidDataException("dog.jpg is no image");
                }
                return new Rows(index, 1);
            }

            @Override
            public int images(Rows batch) {
                return 1;
            }
        };
        try (TensorBag bag = new TensorBag(Map.of("w", HostArray.ofFloats(new float[1], 1)), Map.of());
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(bag, 0))
                        .setLearningRate(0.1)
                        .build();
                var trainer = Trainer.<Rows>builder()
                        .setNetwork(bag)
                        .setData(source)
                        .setOptimizer(sgd)
                        .setLoss((batch, step) -> bag.tensor("w").sum())
                        .optSteps(9)
                        .build()) {
            assertThatThrownBy(trainer::fit)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessage("batch 2 of epoch 1: dog.jpg is no image");
        }
    }

    @Test
    void nativeErrorsNameTheStep() {
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, new Batches(2, 8), sgd)
                        .setLoss((batch, step) -> torch.matmul(net.tensor("head.weight"), batch.images()))
                        .optSteps(3)
                        .build()) {
            assertThatThrownBy(trainer::fit)
                    .isInstanceOf(NativeException.class)
                    .hasMessageStartingWith("training step 0: ");
        }
    }

    @Test
    void gradientNormIsClippedAndReported() {
        try (TensorBag bag = new TensorBag(
                        Map.of(
                                "a", HostArray.ofFloats(new float[] {0, 0}, 2),
                                "b", HostArray.ofFloats(new float[] {0}, 1)),
                        Map.of());
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(bag, 0))
                        .setLearningRate(1)
                        .optMomentum(0)
                        .build();
                Scope scope = Scope.open()) {
            bag.tensor("a")
                    .mul(Tensors.of(new float[] {3, 0}, 2))
                    .sum()
                    .add(bag.tensor("b").mul(new Scalar(-4.0)).sum())
                    .backward();
            assertThat(Tensors.item(sgd.clipGradients(10))).isEqualTo(5, within(1e-6));
            assertThat(Tensors.toFloats(bag.tensor("a").grad())).containsExactly(3, 0);
            sgd.clipGradients(0.5);
            sgd.step();
            assertThat(Tensors.toDoubles(bag.tensor("a"))[0]).isEqualTo(-0.3, within(1e-6));
            assertThat(Tensors.toDoubles(bag.tensor("b"))[0]).isEqualTo(0.4, within(1e-6));
            sgd.zeroGrad();
            assertThat(bag.tensor("a").grad().defined()).isFalse();
        }
    }

    @Test
    void manyStepsKeepMemoryFlat() {
        Batches made = new Batches(2, 64);
        TinyTask.Batch template = made.load(0, 0, 0);
        // copies on the native side only: arrays of the Java heap would hide what is to be seen
        BatchSource<TinyTask.Batch> batches = new BatchSource<>() {
            @Override
            public int batchesPerEpoch() {
                return 7;
            }

            @Override
            public TinyTask.Batch load(long seed, int epoch, int index) {
                made.open.incrementAndGet();
                return new TinyTask.Batch(
                        Scope.own(template.images().clone()),
                        Scope.own(template.labels().clone()),
                        made.open);
            }

            @Override
            public int images(TinyTask.Batch batch) {
                return 2;
            }
        };
        long[] objects = {0, 0};
        TrainingListener watch = new TrainingListener() {
            @Override
            public void onStep(long step) {
                if (step == 100) {
                    objects[0] = Pointer.totalCount();
                }
                objects[1] = step < 100 ? 0 : Math.max(objects[1], Pointer.totalCount());
            }
        };
        try (Net net = Net.seeded(8, 0.1);
                Sgd sgd = TinyTask.sgd(net);
                var trainer = TinyTask.trainer(net, batches, sgd)
                        .optEma(0.9)
                        .optGradientClip(1)
                        .optSteps(600)
                        .optListeners(watch)
                        .build()) {
            trainer.fit();
        }
        template.close();
        assertThat(made.open).hasValue(0);
        // native objects alive after steps 100 to 600: batches that are read ahead are some, one lost a step would be
        // 500
        assertThat(objects[0]).isPositive();
        assertThat(objects[1] - objects[0]).isLessThan(50);
    }

    @Test
    void wrongSettingsAreRefused() {
        try (Net net = Net.seeded(4, 0);
                Net other = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net)) {
            assertThatThrownBy(() -> TinyTask.trainer(other, new Batches(1, 4), sgd)
                            .optSteps(1)
                            .build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("head.weight");
            assertThatThrownBy(
                            () -> TinyTask.trainer(net, new Batches(1, 4), sgd).build())
                    .hasMessageContaining("optSteps");
            assertThatThrownBy(() -> Trainer.<TinyTask.Batch>builder()
                            .setNetwork(net)
                            .optSteps(1)
                            .build())
                    .hasMessageContaining("setLoss");
            assertThatThrownBy(() -> Trainer.builder().optAccumulate(0)).hasMessageContaining("got 0");
        }
    }
}
