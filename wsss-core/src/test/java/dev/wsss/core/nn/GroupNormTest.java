package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import org.junit.jupiter.api.Test;

class GroupNormTest {
    @Test
    void eachGroupOfEachImageIsNormalized() {
        float[] x = new float[2 * 4 * 6];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (Math.sin(1.7 * i) + i / 12 * 3);
        }
        float[] scale = {1, 2, 3, 4};
        float[] shift = {0.5f, 0, -1, 2};
        try (GroupNorm norm = new GroupNorm(2, 4);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            assertThat(norm.state().keySet()).containsExactly("weight", "bias");
            norm.tensor("weight").copy_(Tensors.of(scale, 4));
            norm.tensor("bias").copy_(Tensors.of(shift, 4));
            float[] y = Tensors.toFloats(norm.forward(Tensors.of(x, 2, 4, 2, 3)));
            for (int group = 0; group < 4; group++) { // two of each image, 12 values each
                double mean = 0;
                double square = 0;
                for (int i = group * 12; i < group * 12 + 12; i++) {
                    mean += x[i] / 12.0;
                    square += x[i] * (double) x[i] / 12;
                }
                double deviation = Math.sqrt(square - mean * mean + 1e-5);
                for (int i = group * 12; i < group * 12 + 12; i++) {
                    int channel = i / 6 % 4;
                    double expected = (x[i] - mean) / deviation * scale[channel] + shift[channel];
                    assertThat((double) y[i]).isCloseTo(expected, within(1e-4));
                }
            }
        }
    }

    @Test
    void groupsMustDivideTheChannels() {
        assertThatThrownBy(() -> new GroupNorm(3, 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("groups must divide the channels, got 3 groups of 8 channels");
        assertThatThrownBy(() -> new GroupNorm(0, 8)).hasMessageContaining("got 0 groups");
    }
}
