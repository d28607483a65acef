package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Values and gradients against formulas written out here, in float64. */
class LayersTest {
    private static final double EXACT = 1e-10;

    private static double[] ramp(int length, double step) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = Math.sin(step * i);
        }
        return values;
    }

    private static <N extends Network> N filled(N net) {
        net.to(ComputeDevice.CPU, DType.F64);
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            double step = 0.7;
            for (Tensor t : net.parameters().values()) {
                t.copy_(Tensors.of(ramp((int) t.numel(), step), Tensors.shape(t)));
                step += 0.4;
            }
        }
        return net;
    }

    private static double[] values(Network net, String name) {
        return Tensors.toDoubles(net.tensor(name));
    }

    private static void assertValues(Tensor actual, double[] expected) {
        assertThat(Tensors.toDoubles(actual)).containsExactly(expected, offset(EXACT));
    }

    /** Runs a layer, sends {@link #ramp} backward through it and gives back the input with its gradient. */
    private static Tensor backward(Layer layer, double[] x, long... shape) {
        Tensor input = Tensors.of(x, shape).requires_grad_(true);
        Tensor y = layer.forward(input);
        y.mul(Tensors.of(ramp((int) y.numel(), 0.9), Tensors.shape(y))).sum().backward();
        return input;
    }

    /** PyTorch refuses it too: the variance would be 0 / 0. */
    @Test
    void batchNormalizationOfOneValuePerChannelIsRefusedAndChangesNothing() {
        try (BatchNorm2d norm = new BatchNorm2d(3);
                Scope scope = Scope.open()) {
            Tensor one = Tensors.of(new float[] {1, 2, 3}, 1, 3, 1, 1);
            norm.train(true);
            assertThatThrownBy(() -> norm.forward(one))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got [1, 3, 1, 1], one value per channel")
                    .hasMessageContaining("expected a batch of more than one image");
            assertThat(Tensors.toFloats(norm.tensor("running_var"))).containsExactly(1, 1, 1);
            norm.forward(Tensors.of(new float[] {1, 2, 3, 2, 3, 4}, 2, 3, 1, 1));
            assertThat(Tensors.toFloats(norm.tensor("running_var"))).doesNotContain(Float.NaN);
            norm.train(false);
            assertThat(Tensors.toFloats(norm.forward(one))).doesNotContain(Float.NaN);
            norm.train(true);
            norm.freeze(false);
            assertThat(Tensors.toFloats(norm.forward(one))).doesNotContain(Float.NaN);
        }
    }

    /** Many rows on a processor are computed in another way than few, or than float64. */
    @Test
    void aLinearMapOfManyRowsIsTheSame() {
        try (Linear net = new Linear(24, 40);
                Linear exact = new Linear(24, 40);
                Scope scope = Scope.open()) {
            exact.load(net.stateDict());
            exact.to(ComputeDevice.CPU, DType.F64);
            double[] x = ramp(2 * 70 * 24, 0.3);
            Tensor given = backward(exact, x, 2, 70, 24);
            Tensor input = Tensors.of(toFloats(x), 2, 70, 24).requires_grad_(true);
            Tensor y = net.forward(input);
            assertThat(Tensors.shape(y)).containsExactly(2, 70, 40);
            assertThat(y.is_contiguous()).isTrue();
            y.mul(Tensors.of(toFloats(ramp(2 * 70 * 40, 0.9)), 2, 70, 40)).sum().backward();
            assertThat(Tensors.toDoubles(y)).containsExactly(Tensors.toDoubles(exact.forward(given)), offset(1e-5));
            assertThat(Tensors.toDoubles(input.grad())).containsExactly(Tensors.toDoubles(given.grad()), offset(1e-5));
            net.parameters().forEach((name, t) -> assertThat(Tensors.toDoubles(t.grad()))
                    .containsExactly(Tensors.toDoubles(exact.tensor(name).grad()), offset(1e-4)));
            Tensor turned = Tensors.of(toFloats(x), 24, 140).t();
            assertThat(Tensors.toDoubles(net.forward(turned)))
                    .containsExactly(Tensors.toDoubles(net.forward(turned.contiguous())), offset(1e-6));
        }
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    @Test
    void aLinearMapIsAMatrixProduct() {
        double[] x = ramp(6, 0.5);
        double[] g = ramp(8, 0.9);
        try (Linear net = filled(new Linear(3, 4));
                Scope scope = Scope.open()) {
            double[] w = values(net, "weight");
            double[] b = values(net, "bias");
            double[] y = new double[8];
            double[] gx = new double[6];
            double[] gw = new double[12];
            double[] gb = new double[4];
            for (int n = 0; n < 2; n++) {
                for (int o = 0; o < 4; o++) {
                    y[n * 4 + o] = b[o];
                    gb[o] += g[n * 4 + o];
                    for (int i = 0; i < 3; i++) {
                        y[n * 4 + o] += x[n * 3 + i] * w[o * 3 + i];
                        gx[n * 3 + i] += g[n * 4 + o] * w[o * 3 + i];
                        gw[o * 3 + i] += g[n * 4 + o] * x[n * 3 + i];
                    }
                }
            }
            assertValues(net.forward(Tensors.of(x, 2, 3)), y);
            assertValues(backward(net, x, 2, 3).grad(), gx);
            assertValues(net.weight().grad(), gw);
            assertValues(net.tensor("bias").grad(), gb);
        }
        try (Linear net = new Linear(3, 4, false)) {
            assertThat(net.state().keySet()).containsExactly("weight");
            for (float w : Tensors.toFloats(net.weight())) {
                assertThat(Math.abs(w)).isLessThan(0.57736f);
            }
        }
        assertThatThrownBy(() -> new Linear(0, 4)).hasMessage("in and out must be at least 1, got 0 and 4");
    }

    @Test
    void aLayerNormalizationIsTheFormula() {
        double[] x = ramp(8, 0.5);
        double[] g = ramp(8, 0.9);
        double eps = 0.01;
        try (LayerNorm net = filled(new LayerNorm(4, eps));
                Scope scope = Scope.open()) {
            double[] w = values(net, "weight");
            double[] b = values(net, "bias");
            double[] y = new double[8];
            double[] gx = new double[8];
            double[] gw = new double[4];
            double[] gb = new double[4];
            for (int row = 0; row < 8; row += 4) {
                normalize(x, g, w, b, row, 1, eps, y, gx, gw, gb);
            }
            assertValues(net.forward(Tensors.of(x, 2, 4)), y);
            assertValues(backward(net, x, 2, 4).grad(), gx);
            assertValues(net.tensor("weight").grad(), gw);
            assertValues(net.tensor("bias").grad(), gb);
        }
    }

    @Test
    void theTwoDimensionalOneNormalizesEachPixel() {
        double[] x = ramp(2 * 4 * 6, 0.5);
        double[] g = ramp(2 * 4 * 6, 0.9);
        try (LayerNorm2d net = filled(new LayerNorm2d(4));
                Scope scope = Scope.open()) {
            assertThat(net.state().keySet()).containsExactly("weight", "bias");
            double[] w = values(net, "weight");
            double[] b = values(net, "bias");
            double[] y = new double[48];
            double[] gx = new double[48];
            double[] gw = new double[4];
            double[] gb = new double[4];
            for (int image = 0; image < 2; image++) {
                for (int pixel = 0; pixel < 6; pixel++) {
                    normalize(x, g, w, b, image * 24 + pixel, 6, 1e-6, y, gx, gw, gb);
                }
            }
            assertValues(net.forward(Tensors.of(x, 2, 4, 2, 3)), y);
            assertValues(backward(net, x, 2, 4, 2, 3).grad(), gx);
            assertValues(net.tensor("weight").grad(), gw);
            assertValues(net.tensor("bias").grad(), gb);
        }
    }

    /** Four channels from {@code from} on, {@code step} apart. */
    private static void normalize(
            double[] x,
            double[] g,
            double[] w,
            double[] b,
            int from,
            int step,
            double eps,
            double[] y,
            double[] gx,
            double[] gw,
            double[] gb) {
        double mean = 0;
        for (int c = 0; c < 4; c++) {
            mean += x[from + c * step] / 4;
        }
        double var = 0;
        for (int c = 0; c < 4; c++) {
            var += Math.pow(x[from + c * step] - mean, 2) / 4;
        }
        double s = 1 / Math.sqrt(var + eps);
        double sumG = 0;
        double sumGz = 0;
        for (int c = 0; c < 4; c++) {
            int i = from + c * step;
            double z = (x[i] - mean) * s;
            y[i] = z * w[c] + b[c];
            gw[c] += g[i] * z;
            gb[c] += g[i];
            sumG += g[i] * w[c] / 4;
            sumGz += g[i] * w[c] * z / 4;
        }
        for (int c = 0; c < 4; c++) {
            int i = from + c * step;
            gx[i] = s * (g[i] * w[c] - sumG - (x[i] - mean) * s * sumGz);
        }
    }

    @Test
    void anEmbeddingPicksRowsAndAddsTheirGradients() {
        try (Embedding net = filled(new Embedding(3, 2));
                Scope scope = Scope.open()) {
            double[] w = values(net, "weight");
            Tensor y = net.forward(Tensors.of(new long[] {2, 0, 2}, 1, 3));
            assertThat(Tensors.shape(y)).containsExactly(1, 3, 2);
            assertValues(y, new double[] {w[4], w[5], w[0], w[1], w[4], w[5]});
            y.mul(Tensors.of(new double[] {1, 2, 3, 4, 5, 6}, 1, 3, 2)).sum().backward();
            assertValues(net.weight().grad(), new double[] {3, 4, 0, 0, 6, 8});
        }
    }

    /** Every input adds its kernel to the output. */
    @Test
    void aTransposedConvolutionSpreadsItsKernel() {
        int stride = 2;
        int padding = 1;
        int h = 3;
        int out = (h - 1) * stride - 2 * padding + 2 * (3 - 1) + 1 + 1;
        double[] x = ramp(2 * h * h, 0.5);
        double[] g = ramp(4 * out * out, 0.9);
        try (ConvTranspose2d net = filled(ConvTranspose2d.builder(2, 4, 3)
                        .optStride(stride)
                        .optPadding(padding)
                        .optOutputPadding(1)
                        .optDilation(2)
                        .optGroups(2)
                        .build());
                Scope scope = Scope.open()) {
            assertThat(Tensors.shape(net.weight())).containsExactly(2, 2, 3, 3);
            double[] w = values(net, "weight");
            double[] b = values(net, "bias");
            double[] y = new double[g.length];
            double[] gx = new double[x.length];
            double[] gw = new double[w.length];
            double[] gb = new double[4];
            for (int o = 0; o < y.length; o++) {
                y[o] = b[o / (out * out)];
                gb[o / (out * out)] += g[o];
            }
            for (int i = 0; i < x.length; i++) {
                int group = i / (h * h);
                for (int k = 0; k < 18; k++) {
                    int row = i / h % h * stride - padding + k / 3 % 3 * 2;
                    int column = i % h * stride - padding + k % 3 * 2;
                    if (row >= 0 && row < out && column >= 0 && column < out) {
                        int o = ((group * 2 + k / 9) * out + row) * out + column;
                        y[o] += x[i] * w[group * 18 + k];
                        gx[i] += g[o] * w[group * 18 + k];
                        gw[group * 18 + k] += g[o] * x[i];
                    }
                }
            }
            assertValues(net.forward(Tensors.of(x, 1, 2, h, h)), y);
            assertValues(backward(net, x, 1, 2, h, h).grad(), gx);
            assertValues(net.weight().grad(), gw);
            assertValues(net.tensor("bias").grad(), gb);
        }
        assertThatThrownBy(() ->
                        ConvTranspose2d.builder(2, 4, 3).optOutputPadding(1).build())
                .hasMessageContaining("output padding 1");
    }

    private static void assertFunction(Layer layer, DoubleUnaryOperator f, double tolerance) {
        double[] x = {-6, -1.3, -0.2, 0, 0.4, 1, 2.5, 7};
        double[] g = ramp(x.length, 0.9);
        try (layer;
                Scope scope = Scope.open()) {
            double[] y = Tensors.toDoubles(layer.forward(Tensors.of(x, 8)));
            double[] gx = Tensors.toDoubles(backward(layer, x, 8).grad());
            double h = 1e-5;
            for (int i = 0; i < x.length; i++) {
                assertThat(y[i]).isCloseTo(f.applyAsDouble(x[i]), offset(tolerance));
                double slope = (f.applyAsDouble(x[i] + h) - f.applyAsDouble(x[i] - h)) / (2 * h);
                assertThat(gx[i]).isCloseTo(g[i] * slope, offset(1e-7));
            }
        }
    }

    @Test
    void activationsAreTheirFormulas() {
        assertFunction(Gelu.exact(), x -> x * normal(x), 1e-9);
        assertFunction(
                Gelu.tanh(), x -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), EXACT);
        assertFunction(new QuickGelu(), x -> x / (1 + Math.exp(-1.702 * x)), EXACT);
    }

    /** The standard normal distribution, by Simpson's rule from 0 on. */
    private static double normal(double x) {
        int steps = 2000;
        double h = x / steps;
        double sum = 0;
        for (int i = 0; i <= steps; i++) {
            double t = i * h;
            sum += Math.exp(-t * t / 2) * (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2);
        }
        return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
    }

    @Test
    void aScaleIsAFactorOfItsChannel() {
        try (LayerScale start = new LayerScale(2, 1e-5);
                LayerScale net = filled(new LayerScale("lambda1", 2, 1));
                Scope scope = Scope.open()) {
            assertThat(Tensors.toFloats(start.tensor("gamma"))).containsExactly(1e-5f, 1e-5f);
            double[] s = values(net, "lambda1");
            double[] x = {1, 2, 3, 4};
            double[] g = ramp(4, 0.9);
            assertValues(net.forward(Tensors.of(x, 2, 2)), new double[] {s[0], 2 * s[1], 3 * s[0], 4 * s[1]});
            assertValues(
                    backward(net, x, 2, 2).grad(), new double[] {g[0] * s[0], g[1] * s[1], g[2] * s[0], g[3] * s[1]});
            assertValues(net.tensor("lambda1").grad(), new double[] {g[0] + 3 * g[2], 2 * g[1] + 4 * g[3]});
        }
    }

    @Test
    void aPathDropsWholeImagesWhileItTrains() {
        Torch.seed(3);
        double[] x = new double[1000 * 2];
        for (int i = 0; i < x.length; i++) {
            x[i] = i + 1;
        }
        try (DropPath net = new DropPath(0.25);
                Scope scope = Scope.open()) {
            Tensor input = Tensors.of(x, 1000, 2).requires_grad_(true);
            Tensor output = net.forward(input);
            double[] y = Tensors.toDoubles(output);
            output.sum().backward();
            double[] g = Tensors.toDoubles(input.grad());
            int kept = 0;
            for (int i = 0; i < 1000; i++) {
                boolean drops = y[2 * i] == 0;
                double factor = drops ? 0 : 1 / 0.75;
                assertThat(y[2 * i]).isCloseTo(factor * x[2 * i], offset(1e-9));
                assertThat(y[2 * i + 1]).isCloseTo(factor * x[2 * i + 1], offset(1e-9));
                assertThat(g[2 * i]).isCloseTo(factor, offset(1e-12));
                kept += drops ? 0 : 1;
            }
            assertThat(kept).isBetween(700, 800);
            net.train(false);
            assertThat(net.forward(input)).isSameAs(input);
        }
        assertThatThrownBy(() -> new DropPath(1)).hasMessageContaining("got 1.0");
    }

    @Test
    void aPerceptronIsItsTwoLayers() {
        double[] x = ramp(6, 0.5);
        try (Mlp net = filled(Mlp.builder()
                        .setIn(3)
                        .setHidden(5)
                        .optOut(2)
                        .optActivation(new QuickGelu())
                        .optKeys("c_fc", "c_proj")
                        .build());
                Scope scope = Scope.open()) {
            assertThat(net.state().keySet())
                    .containsExactly("c_fc.weight", "c_fc.bias", "c_proj.weight", "c_proj.bias");
            double[] w1 = values(net, "c_fc.weight");
            double[] b1 = values(net, "c_fc.bias");
            double[] w2 = values(net, "c_proj.weight");
            double[] b2 = values(net, "c_proj.bias");
            double[] y = new double[4];
            for (int n = 0; n < 2; n++) {
                for (int o = 0; o < 2; o++) {
                    y[n * 2 + o] = b2[o];
                    for (int h = 0; h < 5; h++) {
                        double hidden = b1[h];
                        for (int i = 0; i < 3; i++) {
                            hidden += x[n * 3 + i] * w1[h * 3 + i];
                        }
                        y[n * 2 + o] += hidden / (1 + Math.exp(-1.702 * hidden)) * w2[o * 5 + h];
                    }
                }
            }
            assertValues(net.forward(Tensors.of(x, 2, 3)), y);
        }
        assertThatThrownBy(() -> Mlp.builder().setIn(3).build()).hasMessageContaining("setHidden is required");
    }

    @Test
    void aGatedPerceptronIsItsTwoLayers() {
        double[] x = ramp(6, 0.5);
        try (SwiGlu net = filled(new SwiGlu(3, 2));
                Scope scope = Scope.open()) {
            assertThat(net.state().keySet()).containsExactly("w12.weight", "w12.bias", "w3.weight", "w3.bias");
            double[] w = values(net, "w12.weight");
            double[] b = values(net, "w12.bias");
            double[] w3 = values(net, "w3.weight");
            double[] b3 = values(net, "w3.bias");
            double[] y = new double[6];
            for (int n = 0; n < 2; n++) {
                double[] all = b.clone();
                for (int h = 0; h < 4; h++) {
                    for (int i = 0; i < 3; i++) {
                        all[h] += x[n * 3 + i] * w[h * 3 + i];
                    }
                }
                for (int o = 0; o < 3; o++) {
                    y[n * 3 + o] = b3[o];
                    for (int h = 0; h < 2; h++) {
                        y[n * 3 + o] += w3[o * 2 + h] * all[h] / (1 + Math.exp(-all[h])) * all[2 + h];
                    }
                }
            }
            assertValues(net.forward(Tensors.of(x, 2, 3)), y);
        }
        // DINOv2's ViT-g: 1536 channels
        assertThat(SwiGlu.hiddenOf(4 * 1536)).isEqualTo(4096);
        assertThatThrownBy(() -> new SwiGlu(3, 0)).hasMessageContaining("hidden must be at least 1, got 0");
    }

    @Test
    void runningLayersLeavesNothingBehind() {
        List<Layer> layers = List.of(
                new Linear(4, 4),
                new LayerNorm(4),
                Gelu.exact(),
                new QuickGelu(),
                new LayerScale(4, 0.1),
                new DropPath(0.5),
                Mlp.builder().setIn(4).setHidden(8).optDropout(0.1).build(),
                new SwiGlu(4, 8),
                MultiHeadAttention.builder().setWidth(4).setHeads(2).build());
        try (LayerNorm2d norm = new LayerNorm2d(3);
                ConvTranspose2d conv =
                        ConvTranspose2d.builder(3, 2, 2).optStride(2).build();
                Embedding table = new Embedding(5, 4)) {
            Runnable once = () -> {
                try (Scope scope = Scope.open()) {
                    Tensor x = table.forward(Tensors.of(new long[] {1, 2, 3, 4, 0, 1}, 2, 3));
                    for (Layer layer : layers) {
                        x = layer.forward(x);
                    }
                    Tensor map = conv.forward(norm.forward(x.view(2, 3, 2, 2)));
                    map.sum().backward();
                }
            };
            once.run();
            long count = Pointer.totalCount();
            long bytes = Pointer.totalBytes();
            for (int i = 0; i < 200; i++) {
                once.run();
            }
            assertThat(Pointer.totalCount()).isEqualTo(count);
            assertThat(Pointer.totalBytes()).isEqualTo(bytes);
        } finally {
            layers.forEach(Layer::close);
        }
    }
}
