package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.train.TinyTask.Batch;
import dev.wsss.core.train.TinyTask.Batches;
import dev.wsss.core.train.TinyTask.Net;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a loss may ask of the step that it is called in. */
@ExtendWith(OneThread.class)
class LossStepTest {
    private static TensorBag bag(float... values) {
        return new TensorBag(Map.of("w", HostArray.ofFloats(values, values.length)), Map.of());
    }

    private static TrainingHistory train(
            TensorBag bag, LossStep<Batch> loss, UnaryOperator<Trainer.Builder<Batch>> more) {
        try (Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(bag, 0))
                        .setLearningRate(0.25)
                        .optMomentum(0)
                        .build();
                Trainer<Batch> trainer = more.apply(Trainer.<Batch>builder()
                                .setNetwork(bag)
                                .setData(new Batches(1, 4))
                                .setOptimizer(sgd)
                                .setLoss(loss)
                                .optSteps(4)
                                .optLogEvery(1))
                        .build()) {
            return trainer.fit();
        }
    }

    @Test
    void theTeacherIsTheAverageWhileTheStudentsGraphIsBuilt() {
        List<Double> teacher = new ArrayList<>();
        List<Double> student = new ArrayList<>();
        try (TensorBag bag = bag(1)) {
            train(
                    bag,
                    (batch, step) -> {
                        Tensor w = bag.tensor("w");
                        Tensor half = w.square(); // the student's graph is under way
                        Tensor said = step.teacher(() -> {
                            assertThat(bag.isTraining()).isFalse();
                            return bag.tensor("w").mul(new Scalar(1.0));
                        });
                        assertThat(bag.isTraining()).isTrue();
                        assertThat(said.requires_grad()).isFalse();
                        teacher.add(Tensors.item(said));
                        student.add(Tensors.item(w));
                        return half.add(w.sub(said).square()).sum();
                    },
                    b -> b.optEma(0.75));
            double weight = 1;
            double average = 1;
            for (int i = 0; i < 4; i++) {
                assertThat(student.get(i)).isEqualTo(weight, within(1e-6));
                assertThat(teacher.get(i)).isEqualTo(average, within(1e-6));
                weight -= 0.25 * (2 * weight + 2 * (weight - average));
                average = 0.75 * average + 0.25 * weight;
            }
            assertThat(Tensors.item(bag.tensor("w"))).isEqualTo(weight, within(1e-6));
        }
    }

    @Test
    void theTeacherOfANetworkIsInEvaluation() {
        try (Net net = Net.seeded(4, 0.5);
                Sgd sgd = TinyTask.sgd(net);
                Trainer<Batch> trainer = TinyTask.trainer(net, new Batches(2, 8), sgd)
                        .setLoss((batch, step) -> {
                            Tensor once = step.teacher(() -> net.forward(batch.images()));
                            Tensor again = step.teacher(() -> net.forward(batch.images()));
                            assertThat(Tensors.toFloats(again)).containsExactly(Tensors.toFloats(once));
                            return net.forward(batch.images())
                                    .sub(once)
                                    .square()
                                    .mean()
                                    .add(Losses.crossEntropy(net.forward(batch.images()), batch.labels()));
                        })
                        .optEma(0.9)
                        .optSteps(3)
                        .build()) {
            trainer.fit();
            // training has updated the statistics twice a step, the teacher never
            assertThat(Tensors.toLongs(net.tensor("norm.num_batches_tracked"))).containsExactly(6);
        }
    }

    @Test
    void withoutAnAverageThereIsNoTeacher() {
        try (TensorBag bag = bag(1)) {
            assertThatThrownBy(() -> train(bag, (batch, step) -> step.teacher(() -> bag.tensor("w")), b -> b))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("there is no teacher: Trainer.builder().optEma");
        }
    }

    private static Map<String, HostArray> parts(
            int accumulate, boolean bf16, Function<TrainingStep, Function<Tensor[], Tensor>> combine) {
        Batches batches = new Batches(2, 8);
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net);
                Trainer<Batch> trainer = TinyTask.trainer(net, batches, sgd)
                        .setLoss((batch, step) -> {
                            Tensor logits = net.forward(batch.images());
                            Tensor other = net.forward(batch.images().neg());
                            return combine.apply(step).apply(new Tensor[] {
                                Losses.crossEntropy(logits, batch.labels()),
                                other.square().mean()
                            });
                        })
                        .optAccumulate(accumulate)
                        .optAutocastBf16(bf16)
                        .optGradientClip(0.5)
                        .optSteps(5)
                        .build()) {
            TrainingHistory history = trainer.fit();
            assertThat(history.finalLoss()).isPositive();
            return net.stateDict();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, false", "3, false", "1, true"})
    void backwardInPartsIsBackwardAtOnce(int accumulate, boolean bf16) {
        Map<String, HostArray> once = parts(accumulate, bf16, step -> p -> p[0].add(p[1]));
        Map<String, HostArray> rest = parts(accumulate, bf16, step -> p -> {
            step.backward(p[1]);
            return p[0];
        });
        Map<String, HostArray> all = parts(accumulate, bf16, step -> p -> {
            step.backward(p[0]);
            step.backward(p[1]);
            return p[0].detach().add(p[1].detach());
        });
        Map<String, HostArray> without = parts(accumulate, bf16, step -> p -> p[0]);
        assertThat(without.get("head.weight")).isNotEqualTo(once.get("head.weight"));
        double tolerance = bf16 ? 2e-3 : 1e-5;
        once.forEach((name, array) -> {
            assertThat(Objects.requireNonNull(rest.get(name)).toDoubles())
                    .as(name)
                    .containsExactly(array.toDoubles(), within(tolerance));
            assertThat(Objects.requireNonNull(all.get(name)).toDoubles())
                    .as(name)
                    .containsExactly(array.toDoubles(), within(tolerance));
        });
    }

    @Test
    void aLossWithoutGradientIsRefused() {
        try (TensorBag bag = bag(1, 2)) {
            assertThatThrownBy(() ->
                            train(bag, (batch, step) -> bag.tensor("w").detach().sum(), b -> b))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("got 1 elements, requires_grad false");
            assertThatThrownBy(() -> train(bag, (batch, step) -> bag.tensor("w"), b -> b))
                    .hasMessageContaining("got 2 elements");
            assertThatThrownBy(() -> train(
                            bag,
                            (batch, step) -> {
                                step.backward(bag.tensor("w"));
                                return bag.tensor("w").sum();
                            },
                            b -> b))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a part of the loss must be a scalar with a gradient, got 2 elements");
        }
    }

    @Test
    void gradientsAreClippedTogetherAndTheirNormIsReported() {
        try (TensorBag bag = bag(3, 4)) {
            TrainingHistory history =
                    train(bag, (batch, step) -> bag.tensor("w").square().sum(), b -> b.optGradientClip(2)
                            .optSteps(1));
            // of length 10, clipped to 2, times the rate
            assertThat(Tensors.toDoubles(bag.tensor("w"))[0]).isEqualTo(3 - 0.25 * 2 * 0.6, within(1e-5));
            assertThat(Tensors.toDoubles(bag.tensor("w"))[1]).isEqualTo(4 - 0.25 * 2 * 0.8, within(1e-5));
            assertThat(history.points().get(0).scalars().getOrDefault("gradient_norm", 0.0))
                    .isEqualTo(10, within(1e-5));
        }
        try (TensorBag bag = bag(3, 4)) {
            train(bag, (batch, step) -> bag.tensor("w").square().sum(), b -> b.optGradientClip(20)
                    .optSteps(1));
            assertThat(Tensors.toFloats(bag.tensor("w"))).containsExactly(1.5f, 2);
        }
    }
}
