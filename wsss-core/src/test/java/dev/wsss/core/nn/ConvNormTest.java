package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvNormTest {
    @BeforeEach
    void seed() {
        Torch.seed(1);
    }

    @Test
    void mapsLieChannelsLastWhateverTheImages() {
        try (Scope scope = Scope.open();
                Conv2d conv = Conv2d.same(3, 8, 3, 1, 1)) {
            Tensor images = torch.randn(2, 3, 10, 12);
            Tensor maps = conv.forward(images);
            assertThat(maps.is_contiguous(torch.MemoryFormat.ChannelsLast)).isTrue();
            assertThat(Tensors.shape(maps)).containsExactly(2, 8, 10, 12);
            Tensor other = conv.forward(images.contiguous(torch.MemoryFormat.ChannelsLast));
            assertClose(other, maps, 1e-6);
        }
    }

    /** Sums of the ones under a 3x3 window; at stride 2 an even side has its zeros at the end, an odd one on both. */
    @ParameterizedTest
    @CsvSource({
        "4, 2, 1, '9 6 6 4'",
        "5, 2, 1, '4 6 4 6 9 6 4 6 4'",
        "3, 1, 1, '4 6 4 6 9 6 4 6 4'",
        "3, 1, 2, '4 2 4 2 1 2 4 2 4'",
        "1, 2, 1, '1'"
    })
    void samePaddingIsTensorFlows(int side, int stride, int dilation, String expected) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad();
                Conv2d conv = Conv2d.builder(1, 1, 3)
                        .optStride(stride)
                        .optDilation(dilation)
                        .optSamePadding(true)
                        .optBias(false)
                        .build()) {
            conv.weight().fill_(new Scalar(1.0));
            float[] sums = Tensors.toFloats(conv.forward(torch.ones(1, 1, side, side)));
            float[] wanted = new float[sums.length];
            String[] words = expected.split(" ");
            for (int i = 0; i < wanted.length; i++) {
                wanted[i] = Float.parseFloat(words[i]);
            }
            assertThat(words).hasSize(sums.length);
            assertThat(sums).containsExactly(wanted, offset(1e-5f));
        }
        assertThatThrownBy(() -> Conv2d.builder(1, 1, 3)
                        .optSamePadding(true)
                        .optPadding(1)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("either a number or");
    }

    @Test
    void rectifiersOfThreeKinds() {
        for (ConvNorm.Activation activation : ConvNorm.Activation.values()) {
            Conv2d conv = Conv2d.same(1, 1, 1, 1, 1);
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad();
                    ConvNorm unit = new ConvNorm("conv", conv, "bn", new BatchNorm2d(1, 0.1, 0), activation)) {
                unit.train(false);
                conv.weight().fill_(new Scalar(1.0));
                float[] y = Tensors.toFloats(unit.forward(Tensors.of(new float[] {-2, 3, 9}, 1, 1, 1, 3)));
                assertThat(y)
                        .containsExactly(
                                switch (activation) {
                                    case NONE -> new float[] {-2, 3, 9};
                                    case RELU -> new float[] {0, 3, 9};
                                    case RELU6 -> new float[] {0, 3, 6};
                                },
                                offset(1e-5f));
            }
        }
    }

    /** The 1x1 kernel, whose dilation is not what was asked for, in values and gradients. */
    @ParameterizedTest
    @CsvSource({"1, 8, 8, F32", "2, 30, 40, F32", "2, 30, 40, F64"})
    void aPointwiseConvolutionIsAMatrixProduct(int images, int height, int width, DType dtype) {
        try (Scope scope = Scope.open();
                Conv2d conv = Conv2d.builder(16, 5, 1).optDilation(3).build()) {
            conv.to(ComputeDevice.CPU, dtype);
            Tensor x = torch.randn(images, 16, height, width)
                    .to(Tensors.scalarType(dtype))
                    .requires_grad_(true);
            Tensor maps = conv.forward(x);
            Tensor rows = x.permute(0, 2, 3, 1).reshape(-1, 16);
            Tensor expected = rows.matmul(conv.weight().reshape(5, 16).t()).add(conv.bias());
            assertClose(maps.permute(0, 2, 3, 1).reshape(-1, 5), expected, 1e-5);

            Tensor weights = torch.randn(images, 5, height, width).to(Tensors.scalarType(dtype));
            maps.mul(weights).sum().backward();
            Tensor byMaps = weights.permute(0, 2, 3, 1).reshape(-1, 5);
            assertClose(
                    x.grad().permute(0, 2, 3, 1).reshape(-1, 16),
                    byMaps.matmul(conv.weight().reshape(5, 16)),
                    1e-5);
            assertClose(conv.weight().grad().reshape(5, 16), byMaps.t().matmul(rows), 1e-3);
        }
    }

    /** Without gradients the normalization works in place; that shows in nothing but the memory. */
    @ParameterizedTest
    @CsvSource({"false, F32, 0", "true, F32, 0", "false, F64, 0", "false, BF16, 0"})
    void gradientsOrNotTheMapsAreTheSame(boolean relu, DType dtype, double tolerance) {
        try (Scope scope = Scope.open();
                ConvNorm unit = new ConvNorm("conv", Conv2d.same(3, 8, 3, 1, 1), "bn", new BatchNorm2d(8), relu)) {
            Tensor images = torch.randn(2, 3, 10, 12).to(Tensors.scalarType(dtype));
            unit.to(ComputeDevice.CPU, dtype);
            unit.forward(images); // draws running statistics
            unit.train(false);
            Tensor recorded = unit.forward(images);
            try (Torch.Mode noGrad = Torch.noGrad()) {
                assertClose(unit.forward(images), recorded, tolerance);
            }
        }
    }

    @Test
    void inAMixedPrecisionTheNormalizationKeepsItsOwn() {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad();
                ConvNorm unit = new ConvNorm("conv", Conv2d.same(3, 8, 3, 1, 1), "bn", new BatchNorm2d(8), true)) {
            Tensor images = torch.randn(2, 3, 10, 12);
            unit.train(false);
            Tensor exact = unit.forward(images);
            try (Torch.Mode precision = Torch.autocastBf16(ComputeDevice.CPU)) {
                Tensor rounded = unit.forward(images);
                assertThat(Tensors.dtype(rounded)).isEqualTo(DType.BF16);
                assertClose(rounded, exact, 0.05);
                assertThat(Tensors.item(rounded.sub(exact).abs().max())).isPositive();
            }
        }
    }

    private static void assertClose(Tensor actual, Tensor expected, double tolerance) {
        assertThat(Tensors.shape(actual)).isEqualTo(Tensors.shape(expected));
        assertThat(Tensors.item(actual.sub(expected).abs().max())).isCloseTo(0, offset(tolerance));
    }
}
