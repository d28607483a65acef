package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.WsssException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.train.TinyTask.Batch;
import dev.wsss.core.train.TinyTask.Batches;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A batch that holds nothing to learn changes nothing. */
@ExtendWith(OneThread.class)
class LeaveOutTest {
    private static final double RATE = 0.25;
    private static final double DECAY = 0.5;
    private static final double MOMENTUM = 0.5;

    /** Ends of a training. */
    private record Result(TrainingHistory history, double weight) {}

    private interface Empty {
        boolean test(long step, int microStep);
    }

    /** Of one weight with momentum and decay, which go on where a gradient is 0. */
    private static Result train(Empty empty, long steps, UnaryOperator<Trainer.Builder<Batch>> more) {
        Batches batches = new Batches(1, 4);
        try (TensorBag bag = new TensorBag(Map.of("w", HostArray.ofFloats(new float[] {1}, 1)), Map.of());
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(bag, DECAY))
                        .setLearningRate(RATE)
                        .optMomentum(MOMENTUM)
                        .build();
                Trainer<Batch> trainer = more.apply(Trainer.<Batch>builder()
                                .setNetwork(bag)
                                .setData(batches)
                                .setOptimizer(sgd)
                                .setLoss((batch, step) -> {
                                    if (empty.test(step.number(), step.microStep())) {
                                        return step.leaveOut("nothing is in it");
                                    }
                                    step.report("number", step.number());
                                    return bag.tensor("w").sum();
                                })
                                .optSteps(steps)
                                .optLogEvery(1))
                        .build()) {
            TrainingHistory history = trainer.fit();
            return new Result(history, Tensors.item(bag.tensor("w")));
        } finally {
            assertThat(batches.open).hasValue(0);
        }
    }

    /** The weight after so many updates by a gradient. */
    private static double expected(int updates, double gradient) {
        double w = 1;
        double velocity = 0;
        for (int i = 0; i < updates; i++) {
            double g = gradient + DECAY * w;
            velocity = MOMENTUM * velocity + g;
            w -= RATE * velocity;
        }
        return w;
    }

    @Test
    void aStepThatIsLeftOutIsNeitherDecayNorMomentum(@TempDir Path folder) {
        Result result = train((step, micro) -> step % 2 == 1, 6, b -> b.optCheckpoint(folder, 2, 1));
        assertThat(result.weight).isEqualTo(expected(3, 1), within(1e-6));
        assertThat(result.history.skipped()).isEqualTo(3);
        assertThat(result.history.steps()).isEqualTo(6);
        assertThat(result.history.points()).extracting(TrainingPoint::step).containsExactly(1L, 3L, 5L);
        assertThat(result.history.points())
                .extracting(p -> p.scalars().get("number"))
                .containsExactly(0.0, 2.0, 4.0);
        assertThat(result.history.points()).extracting(TrainingPoint::skipped).containsExactly(0L, 1L, 2L);
    }

    @Test
    void aPartOfAnUpdateAddsNothing() {
        Result result = train((step, micro) -> micro == 0 || step == 1, 3, b -> b.optAccumulate(2));
        assertThat(result.weight).isEqualTo(expected(2, 0.5), within(1e-6));
        assertThat(result.history.skipped()).isEqualTo(1);
        assertThat(result.history.losses()).hasSize(2);
    }

    @Test
    void aTrainingOfNothingIsRefused(@TempDir Path folder) {
        assertThatThrownBy(() -> train((step, micro) -> true, 3, b -> b.optCheckpoint(folder, 3, 1)))
                .isInstanceOf(WsssException.class)
                .hasMessage(
                        "none of the 3 training steps was taken, the last as it had nothing to learn: nothing is in it."
                                + " Check what the batches hold");
        assertThat(folder).isEmptyDirectory();
        assertThatThrownBy(() -> train((step, micro) -> step > 1, 40, b -> b))
                .isInstanceOf(WsssException.class)
                .hasMessage(
                        "training step 21 has nothing to learn: nothing is in it, and so it was in the 19 steps before."
                                + " Check what the batches hold");
    }

    @Test
    void whatWentBackwardCannotBeLeftOut() {
        Batches batches = new Batches(1, 4);
        try (TensorBag bag = new TensorBag(Map.of("w", HostArray.ofFloats(new float[] {1}, 1)), Map.of());
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(bag, DECAY))
                        .setLearningRate(RATE)
                        .build();
                Trainer<Batch> trainer = Trainer.<Batch>builder()
                        .setNetwork(bag)
                        .setData(batches)
                        .setOptimizer(sgd)
                        .setLoss((batch, step) -> {
                            Tensor w = bag.tensor("w").sum();
                            step.backward(w);
                            return step.leaveOut("too late");
                        })
                        .optSteps(1)
                        .build()) {
            assertThatThrownBy(trainer::fit)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("a part of the loss went backward before the batch was left out: too late");
            assertThat(Tensors.item(bag.tensor("w"))).isEqualTo(1);
        }
    }
}
