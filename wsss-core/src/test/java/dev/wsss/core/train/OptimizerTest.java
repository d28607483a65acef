package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Three steps with given gradients; the values are those of torch.optim in PyTorch 2.13 (foreach=False). */
class OptimizerTest {
    private static final float[][] GRADIENTS = {{0.5f, -1, 2}, {0.25f, 3, -0.125f}, {-1.5f, 0.75f, 0.0625f}};

    private static float[] run(Function<List<ParameterGroup>, Optimizer> make) {
        try (TensorBag bag = new TensorBag(
                        Map.of(
                                "p", HostArray.ofFloats(new float[] {1, -2, 0.5f}, 3),
                                "unused", HostArray.ofFloats(new float[] {7}, 1)),
                        Map.of());
                Optimizer optimizer = make.apply(ParameterGroups.all(bag, 0.3))) {
            for (float[] g : GRADIENTS) {
                try (Scope scope = Scope.open()) {
                    bag.tensor("p").mul(Tensors.of(g, 3)).sum().backward();
                }
                optimizer.step();
                optimizer.zeroGrad();
            }
            assertThat(Tensors.toFloats(bag.tensor("unused"))).containsExactly(7);
            return Tensors.toFloats(bag.tensor("p"));
        }
    }

    @Test
    void adamW() {
        assertThat(run(groups -> AdamW.builder()
                        .setGroups(groups)
                        .setLearningRate(0.1)
                        .optBetas(0.8, 0.95)
                        .optEpsilon(1e-6)
                        .build()))
                .containsExactly(new float[] {0.77188474f, -1.8386401f, 0.26027519f}, within(2e-7f));
    }

    @Test
    void adam() {
        assertThat(run(groups ->
                        Adam.builder().setGroups(groups).setLearningRate(0.1).build()))
                .containsExactly(new float[] {0.80904418f, -1.9486474f, 0.27683508f}, within(2e-7f));
    }

    @Test
    void sgdWithDampening() {
        assertThat(run(groups -> Sgd.builder()
                        .setGroups(groups)
                        .setLearningRate(0.1)
                        .optDampening(0.4)
                        .build()))
                .containsExactly(new float[] {0.79854012f, -1.8573002f, -0.083586685f}, within(2e-7f));
    }

    @Test
    void sgdWithNesterov() {
        assertThat(run(groups -> Sgd.builder()
                        .setGroups(groups)
                        .setLearningRate(0.1)
                        .optNesterov(true)
                        .build()))
                .containsExactly(new float[] {0.83400786f, -2.1511106f, -0.22116938f}, within(2e-7f));
    }

    @Test
    void wrongSettingsAreRefused() {
        assertThatThrownBy(() -> Sgd.builder().optMomentum(0).build()).hasMessageContaining("setGroups");
        assertThatThrownBy(() -> run(groups -> Sgd.builder()
                        .setGroups(groups)
                        .setLearningRate(0.1)
                        .optMomentum(0)
                        .optNesterov(true)
                        .build()))
                .hasMessageContaining("Nesterov");
        assertThatThrownBy(() -> run(groups -> Sgd.builder()
                        .setGroups(groups)
                        .setLearningRate(Double.NaN)
                        .build()))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> run(groups -> Adam.builder()
                        .setGroups(groups)
                        .setLearningRate(0.1)
                        .optBetas(0.9, 1)
                        .build()))
                .hasMessageContaining("betas");
    }
}
