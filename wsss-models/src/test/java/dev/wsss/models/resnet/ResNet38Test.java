package dev.wsss.models.resnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.OneThread;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(OneThread.class)
class ResNet38Test {
    private static Tensor images(int n, int height, int width) {
        float[] values = new float[n * 3 * height * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.cos(0.37 * i);
        }
        return Tensors.of(values, n, 3, height, width);
    }

    @ParameterizedTest
    @CsvSource({"64,96", "57,73", "9,8"})
    void mapsHaveTheirStridesAndWidths(int height, int width) {
        try (ResNet38 net = ResNet38.builder().optWidth(2).build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            Features f = net.features(images(2, height, width));
            assertThat(net.channels()).containsExactly(4, 8, 16, 32, 128);
            int[] strides = {2, 4, 8, 8, 8};
            List<Tensor> maps = List.of(f.c1(), f.c2(), f.c3(), f.c4(), f.c5());
            for (int i = 0; i < 5; i++) {
                assertThat(Tensors.shape(maps.get(i)))
                        .containsExactly(
                                2,
                                net.channels()[i],
                                (height + strides[i] - 1) / strides[i],
                                (width + strides[i] - 1) / strides[i]);
            }
        }
    }

    @Test
    void parametersAreThoseOfThePapers() {
        try (ResNet38 net = ResNet38.builder().optWidth(2).build()) {
            assertThat(net.state()).hasSize(228);
            assertThat(net.state().keySet())
                    .contains(
                            "conv1a.weight",
                            "b2.conv_branch1.weight",
                            "b4_5.bn_branch2b1.running_var",
                            "b7.conv_branch2b2.weight",
                            "bn7.num_batches_tracked")
                    .doesNotContain("b2_1.conv_branch1.weight", "b5_2.conv_branch1.weight");
        }
    }

    @Test
    void fineTuningTrainsConvolutionsFromB3On() {
        try (ResNet38 net = ResNet38.fineTuning().optWidth(2).build();
                Scope scope = Scope.open()) {
            float[] before = Tensors.toFloats(net.tensor("b4.bn_branch2a.running_mean"));
            net.forward(images(2, 32, 32)).sum().backward();
            assertThat(net.parameters().entrySet().stream()
                            .filter(e -> e.getValue().grad().defined())
                            .map(e -> e.getKey().replaceAll("[_.].*", ""))
                            .collect(Collectors.toSet()))
                    .containsExactlyInAnyOrder("b3", "b4", "b5", "b6", "b7");
            assertThat(net.parameters()).allSatisfy((name, p) -> assertThat(p.requires_grad())
                    .as(name)
                    .isEqualTo(name.contains("conv_") && !name.startsWith("b2")));
            assertThat(Tensors.toFloats(net.tensor("b4.bn_branch2a.running_mean")))
                    .containsExactly(before);
        }
    }

    @Test
    void aPlainOneTrainsAsAWhole() {
        try (ResNet38 net = ResNet38.builder().optWidth(2).build();
                Scope scope = Scope.open()) {
            net.forward(images(2, 32, 32)).sum().backward();
            assertThat(net.parameters())
                    .allSatisfy(
                            (name, p) -> assertThat(p.grad().defined()).as(name).isTrue());
            assertThat(Tensors.toFloats(net.tensor("b4.bn_branch2a.running_mean")))
                    .isNotEqualTo(new float[8]);
        }
    }

    @Test
    void frozenStagesKeepTheirStatistics() {
        try (ResNet38 net = ResNet38.builder().optWidth(2).optFrozenStages(3).build();
                Scope scope = Scope.open()) {
            net.forward(images(2, 32, 32));
            assertThat(Tensors.toLongs(net.tensor("b3_2.bn_branch2a.num_batches_tracked")))
                    .containsExactly(0);
            assertThat(Tensors.toLongs(net.tensor("b4.bn_branch2a.num_batches_tracked")))
                    .containsExactly(1);
        }
    }

    @Test
    void dropoutIsForTrainingOnly() {
        Torch.seed(3);
        try (ResNet38 net = ResNet38.fineTuning().optWidth(2).build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor x = images(1, 32, 32);
            assertThat(Tensors.toFloats(net.forward(x))).isNotEqualTo(Tensors.toFloats(net.forward(x)));
            net.train(false);
            assertThat(Tensors.toFloats(net.forward(x))).containsExactly(Tensors.toFloats(net.forward(x)));
        }
    }

    @Test
    void inferenceHoldsNoIntermediateMaps() {
        try (ResNet38 net = ResNet38.builder().optWidth(4).build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            Tensor x = images(1, 160, 160);
            for (int i = 0; i < 5; i++) {
                net.features(x).c5().close();
            }
            // the five maps of a call belong to this scope; what lies between them is several times as many
            assertThat(LeakCheck.growth(20, () -> net.features(x))).isEqualTo(20 * 5);
        }
    }

    @Test
    void badArgumentsAreNamed() {
        assertThatThrownBy(() -> ResNet38.builder().optWidth(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 0");
        assertThatThrownBy(() -> ResNet38.builder().optFrozenStages(8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0..7, got 8");
        try (ResNet38 net = ResNet38.builder().optWidth(1).build();
                Scope scope = Scope.open()) {
            assertThatThrownBy(() -> net.features(Tensors.of(new float[64], 1, 1, 8, 8)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Arrays.toString(new int[] {1, 1, 8, 8}));
        }
    }
}
