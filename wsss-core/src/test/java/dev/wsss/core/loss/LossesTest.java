package dev.wsss.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class LossesTest {
    private static final float[] LOGITS = {0.5f, -1, 2, 0, 1.5f, -0.5f};

    @Test
    void multiLabelIsTheMeanBinaryCrossEntropy() {
        float[] y = {1, 0, 1, 0, 0, 1};
        double expected = 0;
        for (int i = 0; i < 6; i++) {
            double p = 1 / (1 + Math.exp(-LOGITS[i]));
            expected -= (y[i] == 1 ? Math.log(p) : Math.log(1 - p)) / 6;
        }
        try (Scope scope = Scope.open()) {
            Tensor logits = Tensors.of(LOGITS, 2, 3);
            Tensor hot = Tensors.of(y, 2, 3);
            assertThat(Tensors.item(Losses.multiLabelSoftMargin(logits, hot))).isEqualTo(expected, within(1e-6));
            assertThat(Tensors.item(Losses.bceWithLogits(logits, hot))).isEqualTo(expected, within(1e-6));
            assertThatThrownBy(() -> Losses.multiLabelSoftMargin(logits, Tensors.of(y, 3, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[2, 3]");
        }
    }

    /** Two classes, three pixels: logits (0.5, 0), (-1, 1.5), (2, -0.5). */
    @Test
    void crossEntropyIsTheMeanOverValidPixels() {
        double first = Math.log(1 + Math.exp(0 - 0.5));
        double third = Math.log(1 + Math.exp(2 + 0.5));
        try (Scope scope = Scope.open()) {
            Tensor logits = Tensors.of(LOGITS, 1, 2, 1, 3).requires_grad_(true);
            Tensor bytes = Tensors.of(new byte[] {0, (byte) 255, 1}, 1, 1, 3);
            Tensor longs = Tensors.of(new long[] {0, 255, 1}, 1, 1, 3);
            Tensor loss = Losses.crossEntropy(logits, bytes);
            assertThat(Tensors.item(loss)).isEqualTo((first + third) / 2, within(1e-6));
            assertThat(Tensors.item(Losses.crossEntropy(logits, longs))).isEqualTo(Tensors.item(loss));
            loss.backward();
            float[] grad = Tensors.toFloats(logits.grad());
            assertThat(grad[1]).isZero();
            assertThat(grad[4]).isZero();
            assertThat((double) grad[0]).isEqualTo((1 / (1 + Math.exp(-0.5)) - 1) / 2, within(1e-6));
            Tensor half = logits.detach().to(ScalarType.BFloat16);
            assertThat(Tensors.item(Losses.crossEntropy(half, bytes))).isEqualTo((first + third) / 2, within(1e-2));
        }
    }

    @Test
    void withoutAnyValidPixelLossAndGradientAreZero() {
        try (Scope scope = Scope.open()) {
            Tensor logits = Tensors.of(LOGITS, 1, 2, 1, 3).requires_grad_(true);
            Tensor loss = Losses.crossEntropy(logits, Tensors.of(new byte[] {-1, -1, -1}, 1, 1, 3));
            assertThat(Tensors.item(loss)).isZero();
            loss.backward();
            assertThat(Tensors.toFloats(logits.grad())).containsOnly(0);
        }
    }

    @Test
    void wrongLabelsAreRefused() {
        try (Scope scope = Scope.open()) {
            Tensor logits = Tensors.of(LOGITS, 1, 2, 1, 3);
            assertThatThrownBy(() -> Losses.crossEntropy(logits, Tensors.of(new byte[2], 1, 1, 2)))
                    .hasMessageContaining("[1, 1, 2]");
            assertThatThrownBy(() -> Losses.crossEntropy(logits, Tensors.of(new float[3], 1, 1, 3)))
                    .hasMessageContaining("F32");
        }
    }
}
