package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.WsssException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.train.TinyTask.Batch;
import dev.wsss.core.train.TinyTask.Batches;
import dev.wsss.core.train.TinyTask.Net;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongPredicate;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is not finite never reaches the weights, a checkpoint or a mean. */
@ExtendWith(OneThread.class)
class NonFiniteTest {
    private static final double RATE = 0.25;
    private static final double SHRINK = 1 - 2 * RATE;

    /** Ends of a training. */
    private record Result(TrainingHistory history, double weight) {}

    /** Of one weight that halves in each step, but for those where a root of 0 makes the gradient NaN and not the loss. */
    private static Result train(LongPredicate broken, long steps, UnaryOperator<Trainer.Builder<Batch>> more) {
        Batches batches = new Batches(1, 4);
        double[] left = {Double.NaN};
        try (TensorBag bag = new TensorBag(Map.of("w", HostArray.ofFloats(new float[] {1}, 1)), Map.of());
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(bag, 0))
                        .setLearningRate(RATE)
                        .optMomentum(0)
                        .build();
                Trainer<Batch> trainer = more.apply(Trainer.<Batch>builder()
                                .setNetwork(bag)
                                .setData(batches)
                                .setOptimizer(sgd)
                                .setLoss((batch, step) -> {
                                    Tensor w = bag.tensor("w");
                                    left[0] = Tensors.item(w);
                                    step.report("twice", w.square().mul(new Scalar(2.0)));
                                    step.report("number", step.number());
                                    return broken.test(step.number())
                                            ? w.sub(w.detach()).square().sum().sqrt()
                                            : w.square().sum();
                                })
                                .optSteps(steps))
                        .build()) {
            TrainingHistory history = trainer.fit();
            return new Result(history, Tensors.item(bag.tensor("w")));
        } finally {
            assertThat(batches.open).hasValue(0);
            assertThat(left[0]).isFinite();
        }
    }

    @Test
    void theLastStepStopsTheTraining() {
        assertThatThrownBy(() -> train(n -> n == 5, 6, b -> b))
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("the gradient's norm in training step 5 is NaN; the loss is finite");
    }

    @Test
    void theLastStepIsLeftOut(@TempDir Path folder) {
        Result result =
                train(n -> n == 5, 6, b -> b.optOnNonFinite(OnNonFinite.SKIP).optCheckpoint(folder, 100, 1));
        assertThat(result.weight).isEqualTo(Math.pow(SHRINK, 5));
        assertThat(result.history.skipped()).isEqualTo(1);
        assertThat(result.history.steps()).isEqualTo(6);
        assertThat(saved(folder, 6)).isEqualTo(Math.pow(SHRINK, 5));
    }

    private static double saved(Path folder, int step) {
        Path file = folder.resolve("step-%09d.safetensors".formatted(step));
        return Objects.requireNonNull(Safetensors.read(file).get("network.w")).toFloats()[0];
    }

    @Test
    void aCheckpointStepThatStopsLeavesTheCheckpointBefore(@TempDir Path folder) {
        assertThatThrownBy(() -> train(n -> n == 3, 8, b -> b.optCheckpoint(folder, 2, 3)))
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("training step 3 is NaN");
        assertThat(folder.resolve("step-000000004.safetensors")).doesNotExist();
        assertThat(saved(folder, 2)).isEqualTo(Math.pow(SHRINK, 2));
        Result resumed = train(n -> false, 8, b -> b.optCheckpoint(folder, 2, 3));
        assertThat(resumed.history.resumedFrom()).isEqualTo(2);
        assertThat(resumed.weight).isEqualTo(Math.pow(SHRINK, 8));
    }

    @Test
    void aCheckpointStepThatIsLeftOutIsSavedWithoutItAndCountsOnAfterAResume(@TempDir Path folder) {
        UnaryOperator<Trainer.Builder<Batch>> skip = b ->
                b.optOnNonFinite(OnNonFinite.SKIP).optCheckpoint(folder, 4, 3).optLogEvery(2);
        LongPredicate broken = n -> n == 3 || n == 9;
        TrainingListener stop = new TrainingListener() {
            @Override
            public void onStep(long step) {
                if (step == 6) {
                    throw new IllegalStateException("power cut");
                }
            }
        };
        assertThatThrownBy(() -> train(broken, 12, b -> skip.apply(b).optListeners(stop)))
                .hasMessage("power cut");
        assertThat(saved(folder, 4)).isEqualTo(Math.pow(SHRINK, 3));
        Result resumed = train(broken, 12, skip);
        assertThat(resumed.history.resumedFrom()).isEqualTo(4);
        assertThat(resumed.weight).isEqualTo(Math.pow(SHRINK, 10));
        assertThat(resumed.history.skipped()).isEqualTo(2);
        assertThat(resumed.history.points()).extracting(TrainingPoint::skipped).containsExactly(0L, 1L, 1L, 1L, 2L, 2L);
    }

    /** Means are those of the steps that were taken. */
    @Test
    void stepsThatAreLeftOutHaveNoPartInTheMeans() {
        Result result = train(n -> n == 1 || n == 4 || n == 5, 6, b -> b.optOnNonFinite(OnNonFinite.SKIP)
                .optLogEvery(2));
        // the third interval has no step that was taken, and so no point
        assertThat(result.history.points()).extracting(TrainingPoint::step).containsExactly(2L, 4L);
        TrainingPoint first = result.history.points().get(0);
        assertThat(first.loss()).isEqualTo(1);
        assertThat(first.scalars()).containsEntry("twice", 2.0).containsEntry("number", 0.0);
        TrainingPoint second = result.history.points().get(1);
        assertThat(second.loss()).isEqualTo((0.25 + 0.0625) / 2);
        assertThat(second.scalars()).containsEntry("number", 2.5);
        assertThat(result.weight).isEqualTo(Math.pow(SHRINK, 3));
    }

    @Test
    void twentyInARowAreTooMany() {
        assertThatThrownBy(() -> train(n -> n >= 2 && n < 22, 40, b -> b.optOnNonFinite(OnNonFinite.SKIP)))
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("training step 21 is NaN, and so it was in the 19 steps before");
        Result nineteen = train(n -> n >= 2 && n != 21 && n < 41, 42, b -> b.optOnNonFinite(OnNonFinite.SKIP));
        assertThat(nineteen.history.skipped()).isEqualTo(38);
        assertThat(nineteen.weight).isEqualTo(Math.pow(SHRINK, 4), within(1e-7));
    }

    @ParameterizedTest
    @EnumSource
    void anInfiniteGradientIsNoBetter(OnNonFinite what) {
        Batches batches = new Batches(1, 4);
        try (TensorBag bag = new TensorBag(Map.of("w", HostArray.ofFloats(new float[] {0}, 1)), Map.of());
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(bag, 0))
                        .setLearningRate(RATE)
                        .build();
                Trainer<Batch> trainer = Trainer.<Batch>builder()
                        .setNetwork(bag)
                        .setData(batches)
                        .setOptimizer(sgd)
                        .setLoss((batch, step) -> bag.tensor("w").sqrt().sum())
                        .optSteps(1)
                        .optGradientClip(1)
                        .optOnNonFinite(what)
                        .build()) {
            if (what == OnNonFinite.STOP) {
                assertThatThrownBy(trainer::fit).hasMessageContaining("training step 0 is Infinity");
            } else {
                assertThat(trainer.fit().skipped()).isEqualTo(1);
            }
            assertThat(Tensors.item(bag.tensor("w"))).isZero();
        }
    }

    /** A running mean that is NaN cannot be taken back, as a step can. */
    @ParameterizedTest
    @EnumSource
    void whatTheForwardPassLeftInABufferStopsTheTraining(OnNonFinite what, @TempDir Path folder) {
        Batches batches = new Batches(2, 8);
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net);
                Trainer<Batch> trainer = TinyTask.trainer(net, batches, sgd)
                        .setLoss((batch, step) -> net.forward(
                                        step.number() == 3
                                                ? batch.images().mul(new Scalar(Double.NaN))
                                                : batch.images())
                                .square()
                                .mean())
                        .optSteps(6)
                        .optCheckpoint(folder, 2, 3)
                        .optOnNonFinite(what)
                        .build()) {
            assertThatThrownBy(trainer::fit)
                    .isInstanceOf(WsssException.class)
                    .hasMessageContaining("step 3")
                    .hasMessageContaining(what == OnNonFinite.STOP ? "loss=NaN" : "'norm.running_mean' holds NaN");
        }
        assertThat(folder).isDirectoryContaining("glob:**step-000000002.safetensors");
        assertThat(folder.resolve("step-000000004.safetensors")).doesNotExist();
    }
}
