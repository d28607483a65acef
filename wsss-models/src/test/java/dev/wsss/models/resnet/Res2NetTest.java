package dev.wsss.models.resnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Res2NetTest {
    private static Res2Net.Builder tiny(int depth) {
        return Res2Net.builder().setDepth(depth).optShrink(16);
    }

    @ParameterizedTest
    @CsvSource({"50,32", "50,16", "101,8"})
    void mapsHaveTheirStridesAndWidths(int depth, int stride) {
        try (Res2Net net = tiny(depth).optOutputStride(stride).build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            FeaturePyramid f = net.features(Tensors.of(new float[3 * 64 * 96], 1, 3, 64, 96));
            int[] strides = {4, 4, 8, Math.min(stride, 16), stride};
            assertThat(net.channels()).containsExactly(4, 16, 32, 64, 128);
            assertThat(net.strides()).isEqualTo(strides);
            for (int i = 0; i < 5; i++) {
                assertThat(Tensors.shape(f.maps().get(i)))
                        .containsExactly(1, net.channels()[i], 64 / strides[i], 96 / strides[i]);
            }
        }
    }

    /** With the classifier of 1000 classes, the 25.70, 25.29 and 45.21 million that are published. */
    @ParameterizedTest
    @CsvSource({"50,26,4,25699120", "50,48,2,25287304", "101,26,4,45206688"})
    void parametersAreThoseOfTheAuthors(int depth, int width, int scale, long count) {
        try (Res2Net net = Res2Net.builder()
                .setDepth(depth)
                .optBaseWidth(width)
                .optScale(scale)
                .build()) {
            assertThat(net.parameterCount()).isEqualTo(count - 2048 * 1000 - 1000);
        }
    }

    @Test
    void keysAndShapesAreThoseOfTheWeights() {
        try (Res2Net net = Res2Net.builder().setDepth(101).build()) {
            Map<String, HostArray> state = net.stateDict();
            // 33 bottlenecks of 1 + 3 + 1 convolutions, 4 shortcuts, the stem; each with its normalization
            assertThat(state).hasSize((33 * 5 + 4 + 1) * 6);
            assertThat(state.keySet())
                    .contains("conv1.weight", "bn1.num_batches_tracked", "layer3.22.bns.2.running_var")
                    .doesNotContain(
                            "layer3.22.convs.3.weight", "layer1.1.downsample.0.weight", "layer1.0.conv2.weight");
            assertThat(shape(state, "layer1.0.conv1.weight")).containsExactly(104, 64, 1, 1);
            assertThat(shape(state, "layer1.0.convs.1.weight")).containsExactly(26, 26, 3, 3);
            assertThat(shape(state, "layer1.0.downsample.0.weight")).containsExactly(256, 64, 1, 1);
            assertThat(shape(state, "layer4.2.convs.2.weight")).containsExactly(208, 208, 3, 3);
            assertThat(shape(state, "layer4.2.conv3.weight")).containsExactly(2048, 832, 1, 1);
            assertThat(CheckpointFamily.guess(state.keySet()).orElseThrow().family())
                    .isSameAs(ResNetCheckpoints.RES2NET);
        }
    }

    private static long[] shape(Map<String, HostArray> state, String key) {
        return Objects.requireNonNull(state.get(key), key).shape();
    }

    /**
     * Parts of one channel, all convolutions that take the middle pixel, or 1x1, by a factor; then each output can be told by
     * hand.
     */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void partsGoOnToTheNextUnlessABlockIsItsGroupsFirst(boolean first) {
        try (Res2NetBlock block = new Res2NetBlock(4, 1, 4, 4, 1, 1, first, c -> new BatchNorm2d(c, 0.1, 0));
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Map<String, HostArray> state = new LinkedHashMap<>(block.stateDict());
            state.put("conv1.weight", identity());
            state.put("conv3.weight", identity());
            float[] factors = {2, 3, 5};
            for (int i = 0; i < 3; i++) {
                float[] kernel = new float[9];
                kernel[4] = factors[i];
                state.put("convs." + i + ".weight", HostArray.ofFloats(kernel, 1, 1, 3, 3));
            }
            block.load(state);
            block.train(false);
            float[] x = new float[4 * 9];
            for (int c = 0; c < 4; c++) {
                Arrays.fill(x, 9 * c, 9 * c + 9, c + 1);
            }
            float[] y = Tensors.toFloats(block.forward(Tensors.of(x, 1, 4, 3, 3)));
            // x is 1, 2, 3, 4, and comes on top
            float[] middle = first
                    ? new float[] {1 + 2 * 1, 2 + 3 * 2, 3 + 5 * 3, 4 + 4}
                    : new float[] {1 + 2 * 1, 2 + 3 * (2 + 2), 3 + 5 * (3 + 12), 4 + 4};
            for (int c = 0; c < 4; c++) {
                assertThat(y[9 * c + 4]).as("part %d", c).isEqualTo(middle[c], within(1e-4f));
            }
            // of the average's nine pixels four lie in a corner of a 3x3 map
            assertThat(y[27]).isEqualTo(first ? 4 + 4 * 4 / 9f : 8, within(1e-4f));
        }
    }

    private static HostArray identity() {
        float[] values = new float[16];
        for (int i = 0; i < 4; i++) {
            values[5 * i] = 1;
        }
        return HostArray.ofFloats(values, 4, 4, 1, 1);
    }

    @Test
    void aBlockStridesInItsPartsItsAverageAndItsShortcut() {
        try (Res2NetBlock block = new Res2NetBlock(3, 2, 3, 5, 2, 1, true, c -> new BatchNorm2d(c, 0.1, 1e-5));
                Scope scope = Scope.open()) {
            Tensor x = Tensors.of(new float[2 * 3 * 7 * 9], 2, 3, 7, 9).requires_grad_(true);
            Tensor y = block.forward(x);
            assertThat(Tensors.shape(y)).containsExactly(2, 5, 4, 5);
            y.sum().backward();
            assertThat(block.parameters().values())
                    .allSatisfy(p -> assertThat(p.grad().defined()).isTrue());
        }
    }

    @Test
    void wrongSettingsAreNamed() {
        assertThatThrownBy(() -> Res2Net.builder().setDepth(152)).hasMessageContaining("50 or 101, got 152");
        assertThatThrownBy(() -> Res2Net.builder().optScale(1)).hasMessageContaining("at least 2, got 1");
        assertThatThrownBy(() -> Res2Net.builder().optBaseWidth(0)).hasMessageContaining("1..64, got 0");
        assertThatThrownBy(() -> Res2Net.builder().optOutputStride(4)).hasMessageContaining("got 4");
        assertThatThrownBy(() -> Res2Net.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setDepth is required");
        assertThatThrownBy(() -> tiny(50).optBaseWidth(14).build()).hasMessageContaining("no channel");
    }
}
