package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A fused convolution against convolution, normalization and rectifier one after the other. */
class FusedConvolutionTest {
    private final Random random = new Random(3);

    private float[] draw(int n, double from, double to) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (from + (to - from) * random.nextDouble());
        }
        return values;
    }

    private Tensor image(int channels, int h, int w) {
        return Tensors.of(draw(channels * h * w, -2, 2), 1, channels, h, w);
    }

    private ConvNorm unit(Conv2d.Builder conv, int outs, ConvNorm.Activation activation) {
        try (Scope scope = Scope.open()) {
            ConvNorm unit = new ConvNorm("conv", conv.build(), "norm", new BatchNorm2d(outs), activation);
            randomize(unit);
            unit.train(false);
            return unit;
        }
    }

    private void randomize(ConvNorm unit) {
        Map<String, HostArray> state = new LinkedHashMap<>(unit.stateDict());
        state.replaceAll((key, array) -> switch (key) {
            case "norm.weight", "norm.bias", "norm.running_mean" ->
                HostArray.ofFloats(draw(array.size(), -1, 2), array.shape());
            case "norm.running_var" -> HostArray.ofFloats(draw(array.size(), 0.2, 3), array.shape());
            default -> array;
        });
        unit.load(state);
    }

    private static float[] run(Layer layer, Tensor x) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            return Tensors.toFloats(layer.forward(x));
        }
    }

    private static double difference(float[] a, float[] b) {
        assertThat(a).hasSameSizeAs(b);
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }

    /** Kernels, strides, dilations and groups, with as much padding on both sides, with more at the end, and with any. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1, false",
        "3, 1, 1, 1, false",
        "3, 2, 1, 8, true",
        "3, 2, 1, 1, true",
        "3, 1, 2, 8, true",
        "3, 3, 2, 1, true",
        "2, 1, 1, 1, true",
        "5, 2, 1, 4, true"
    })
    void computesTheSameInOne(int kernel, int stride, int dilation, int groups, boolean same) {
        for (ConvNorm.Activation activation : ConvNorm.Activation.values()) {
            Conv2d.Builder conv = Conv2d.builder(8, 16, kernel)
                    .optStride(stride)
                    .optDilation(dilation)
                    .optGroups(groups)
                    .optBias(kernel == 3)
                    .optSamePadding(same)
                    .optPadding(same ? 0 : kernel / 2);
            for (DType dtype : List.of(DType.F32, DType.F64)) {
                try (ConvNorm unit = unit(conv, 16, activation);
                        Scope scope = Scope.open()) {
                    // a size may come again after another
                    int[][] sizes = {{12, 12}, {13, 12}, {12, 15}, {9, 9}, {12, 12}};
                    Tensor[] images = new Tensor[sizes.length];
                    float[][] expected = new float[sizes.length][];
                    for (int i = 0; i < sizes.length; i++) {
                        images[i] = image(8, sizes[i][0], sizes[i][1]);
                        expected[i] = run(unit, images[i]);
                    }
                    unit.fuse(dtype);
                    for (int i = 0; i < sizes.length; i++) {
                        assertThat(difference(run(unit, images[i]), expected[i]))
                                .isLessThan(2e-5);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void oneOperatorDoesIt(DType dtype) {
        // every 64-bit processor computes float32; of bfloat16 libtorch says itself whether this one does
        assertThat(OneDnnConvolution.isAvailable(DType.F32)).isTrue();
        assertThat(OneDnnConvolution.isAvailable(DType.F64)).isFalse();
        try (ConvNorm unit = unit(Conv2d.builder(8, 16, 3), 16, ConvNorm.Activation.RELU6);
                Scope scope = Scope.open()) {
            Tensor x = image(8, 20, 20);
            float[] expected = run(unit, x);
            unit.fuse(dtype);
            try (Torch.Mode noGrad = Torch.noGrad()) {
                assertThat(Tensors.dtype(unit.forward(x))).isEqualTo(dtype);
            }
            // 8 bits of 6, and of what sums lose
            assertThat(difference(run(unit, x), expected)).isLessThan(dtype == DType.F32 ? 1e-5 : 0.1);
        }
    }

    /** Fused, what is multiplied out is rounded once; converted, each factor is. */
    @Test
    void lessIsLostThanByConverting() {
        try (ConvNorm fused = unit(Conv2d.builder(8, 16, 1), 16, ConvNorm.Activation.NONE);
                ConvNorm converted = new ConvNorm(
                        "conv",
                        Conv2d.builder(8, 16, 1).build(),
                        "norm",
                        new BatchNorm2d(16),
                        ConvNorm.Activation.NONE);
                Scope scope = Scope.open()) {
            converted.load(fused.stateDict());
            converted.train(false);
            Tensor x = image(8, 30, 30);
            float[] exact = run(fused, x);
            fused.fuse(DType.BF16);
            converted.to(ComputeDevice.CPU, DType.BF16);
            double ours = difference(run(fused, x), exact);
            double theirs = difference(run(converted, x.to(Tensors.scalarType(DType.BF16))), exact);
            assertThat(ours).isPositive().isLessThan(theirs);
        }
    }

    @Test
    void trainingLoadingAndConvertingEndIt() {
        try (ConvNorm unit = unit(Conv2d.builder(3, 4, 3), 4, ConvNorm.Activation.RELU);
                ConvNorm other = unit(Conv2d.builder(3, 4, 3), 4, ConvNorm.Activation.RELU);
                Scope scope = Scope.open()) {
            Tensor x = image(3, 8, 8);
            float[] before = run(unit, x);
            float[] others = run(other, x);
            unit.fuse(DType.F32);
            assertThat(unit.architecture().toString()).contains("fused");
            unit.load(other.stateDict());
            assertThat(run(unit, x)).containsExactly(others);
            assertThat(unit.architecture().toString()).doesNotContain("fused");

            other.fuse(DType.F32);
            other.to(ComputeDevice.CPU, DType.F64);
            assertThat(difference(run(other, x.to(Tensors.scalarType(DType.F64))), others))
                    .isLessThan(1e-5);
            assertThat(other.architecture().toString()).doesNotContain("fused");

            unit.fuse(DType.F32);
            unit.train(true);
            Tensor y = unit.forward(x);
            y.sum().backward();
            assertThat(unit.conv().weight().grad().defined()).isTrue();
            assertThatThrownBy(() -> unit.fuse(DType.F32))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("training mode");
            assertThat(before).isNotEqualTo(others);
        }
    }

    @Test
    void gradientsAreOfTheParts() {
        try (ConvNorm unit = unit(Conv2d.builder(3, 4, 3), 4, ConvNorm.Activation.RELU);
                Scope scope = Scope.open()) {
            Tensor x = image(3, 8, 8);
            float[] before = run(unit, x);
            unit.fuse(DType.F32);
            Tensor y = unit.forward(x);
            y.sum().backward();
            assertThat(unit.norm().weight().grad().defined()).isTrue();
            assertThat(difference(Tensors.toFloats(y), before)).isLessThan(1e-6);
        }
    }

    @Test
    void wholeNumbersAreRefused() {
        try (ConvNorm unit = unit(Conv2d.builder(3, 4, 3), 4, ConvNorm.Activation.RELU)) {
            assertThatThrownBy(() -> unit.fuse(DType.I32)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void threadsOfOtherSizesDoNotDisturbEachOther() {
        try (ConvNorm unit =
                        unit(Conv2d.builder(8, 8, 3).optSamePadding(true).optStride(2), 8, ConvNorm.Activation.RELU6);
                Scope scope = Scope.open()) {
            List<Tensor> images = IntStream.range(0, 8)
                    .mapToObj(i -> image(8, 10 + i, 20 - i))
                    .toList();
            unit.fuse(DType.F32);
            List<float[]> expected = images.stream().map(x -> run(unit, x)).toList();
            IntStream.range(0, 400).parallel().forEach(i -> assertThat(run(unit, images.get(i % 8)))
                    .containsExactly(expected.get(i % 8)));
        }
    }
}
