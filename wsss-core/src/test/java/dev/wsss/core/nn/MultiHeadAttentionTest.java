package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.MultiHeadAttention.Heads;
import dev.wsss.core.nn.MultiHeadAttention.Keys;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MultiHeadAttentionTest {
    /**
     * {@code torch.nn.MultiheadAttention(4, 2, batch_first=True).double()} of PyTorch 2.13 for weights, input and incoming
     * gradient {@code sin(step * i + start)}: in_proj 0.7 and 1.1, out_proj 0.9 and {@code 0.3, start 1}, input 0.5,
     * gradient 0.8.
     */
    private static final double[] OUTPUT = {
        -0.770199515941,
        1.36511689236,
        1.89104180358,
        -1.05412184271,
        -0.813121569757,
        2.3754484455,
        0.121917210264,
        1.10850134135,
        -0.306628228757,
        1.81610279705,
        0.618619705034,
        0.777002704597
    };

    private static final double[] MAPS = {
        0.125479547954, 0.00347878630664, 0.871041665739, 0.287367235835, 0.650623741029, 0.0620090231357,
        0.00530707816169, 0.994596815137, 9.61067010804e-05, 0.000205832595897, 9.74589497986e-05, 0.999696708454,
        0.529018187383, 0.444827793064, 0.0261540195526, 0.296822213243, 0.311102014973, 0.392075771783
    };

    private static final double[] INPUT_GRADIENT = {
        0.0222635377084,
        -0.0239382019385,
        -0.058881431169,
        -0.0661318032729,
        0.0164185015235,
        0.0740767894397,
        0.0968956058006,
        0.0741429047179,
        0.158218210769,
        0.10205054335,
        -0.00211308919111,
        -0.105282902867
    };

    private static final double[] BIAS_GRADIENT = {
        0.0522275716684,
        -0.0615353909524,
        -0.168717915218,
        0.161019013533,
        0,
        0,
        0,
        0,
        -0.1629514153,
        -0.208203608413,
        -0.0958914615389,
        0.0889894316835
    };

    /** Rows 0, 5 and 10 of the gradient of {@code in_proj_weight}. */
    private static final double[][] WEIGHT_GRADIENT = {
        {0.0419313465851, 0.0319100661127, 0.0140760885534, -0.00720420640445},
        {-0.010055867204, 0.026625957452, 0.056788819111, 0.0730477972723},
        {0.128562903136, 0.168475384184, 0.167139215398, 0.1248815375}
    };

    private static double[] wave(int length, double step, double start) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = Math.sin(step * i + start);
        }
        return values;
    }

    private static MultiHeadAttention attention(Keys keys) {
        MultiHeadAttention net = MultiHeadAttention.builder()
                .setWidth(4)
                .setHeads(2)
                .optKeys(keys)
                .build();
        net.to(ComputeDevice.CPU, DType.F64);
        return net;
    }

    private static Map<String, HostArray> fused(Keys keys) {
        Map<String, HostArray> weights = new HashMap<>();
        weights.put(keys.weights().get(0), HostArray.ofDoubles(wave(48, 0.7, 0), 12, 4));
        weights.put(keys.biases().get(0), HostArray.ofDoubles(wave(12, 1.1, 0), 12));
        weights.put(keys.out() + ".weight", HostArray.ofDoubles(wave(16, 0.9, 0), 4, 4));
        weights.put(keys.out() + ".bias", HostArray.ofDoubles(wave(4, 0.3, 1), 4));
        return weights;
    }

    private static Map<String, HostArray> separate(Keys keys) {
        Map<String, HostArray> weights = fused(Keys.TORCH);
        double[] w = wave(48, 0.7, 0);
        double[] b = wave(12, 1.1, 0);
        for (int i = 0; i < 3; i++) {
            double[] matrix = new double[16];
            double[] bias = new double[4];
            System.arraycopy(w, i * 16, matrix, 0, 16);
            System.arraycopy(b, i * 4, bias, 0, 4);
            weights.put(keys.weights().get(i), HostArray.ofDoubles(matrix, 4, 4));
            weights.put(keys.biases().get(i), HostArray.ofDoubles(bias, 4));
        }
        weights.remove("in_proj_weight");
        weights.remove("in_proj_bias");
        return weights;
    }

    private enum Names {
        TORCH(Keys.TORCH),
        TIMM(Keys.TIMM),
        SEPARATE(Keys.SEPARATE);

        final Keys keys;

        Names(Keys keys) {
            this.keys = keys;
        }

        MultiHeadAttention load() {
            MultiHeadAttention net = attention(keys);
            net.load(this == SEPARATE ? separate(keys) : fused(keys));
            return net;
        }
    }

    private static Tensor input() {
        return Tensors.of(wave(12, 0.5, 0), 1, 3, 4);
    }

    private static void assertValues(Tensor actual, double... expected) {
        assertThat(Tensors.toDoubles(actual)).containsExactly(expected, offset(1e-9));
    }

    @ParameterizedTest
    @EnumSource
    void valuesAndGradientsArePyTorchs(Names names) {
        try (MultiHeadAttention net = names.load();
                Scope scope = Scope.open()) {
            Tensor x = input().requires_grad_(true);
            Tensor y = net.forward(x);
            assertValues(y, OUTPUT);
            y.mul(Tensors.of(wave(12, 0.8, 0), 1, 3, 4)).sum().backward();
            assertValues(x.grad(), INPUT_GRADIENT);
            if (names == Names.SEPARATE) {
                assertValues(net.tensor("q_proj.weight").grad().select(0, 0), WEIGHT_GRADIENT[0]);
                assertValues(net.tensor("k_proj.weight").grad().select(0, 1), WEIGHT_GRADIENT[1]);
                assertValues(net.tensor("v_proj.weight").grad().select(0, 2), WEIGHT_GRADIENT[2]);
            } else {
                Tensor gradient = net.tensor(names.keys.weights().get(0)).grad();
                for (int i = 0; i < 3; i++) {
                    assertValues(gradient.select(0, 5L * i), WEIGHT_GRADIENT[i]);
                }
                assertValues(net.tensor(names.keys.biases().get(0)).grad(), BIAS_GRADIENT);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theStepsGiveTheMapsAndTheSameOutput(Names names) {
        try (MultiHeadAttention net = names.load();
                Scope scope = Scope.open()) {
            Tensor x = input().requires_grad_(true);
            // other tensors of the same values go another way through the projections
            for (Tensor[] qkv : new Tensor[][] {{x, x, x}, {x, input(), input()}}) {
                Heads heads = net.heads(qkv[0], qkv[1], qkv[2]);
                Tensor maps = net.maps(heads.query(), heads.key(), null);
                assertValues(maps, MAPS);
                assertValues(net.join(maps.matmul(heads.value())), OUTPUT);
            }
            Heads heads = net.heads(x, x, x);
            net.join(net.maps(heads.query(), heads.key(), null).matmul(heads.value()))
                    .mul(Tensors.of(wave(12, 0.8, 0), 1, 3, 4))
                    .sum()
                    .backward();
            assertValues(x.grad(), INPUT_GRADIENT);
        }
    }

    /** Where a network has one form and a checkpoint the other, its family's key map joins or splits. */
    @Test
    void oneFormLoadsTheOther() {
        KeyMap map = KeyMap.builder()
                .join(0, Keys.SEPARATE.weights(), "in_proj_weight")
                .join(0, Keys.SEPARATE.biases(), "in_proj_bias")
                .prefix("out_proj.", "out_proj.")
                .build();
        Map<String, HostArray> theirs = separate(Keys.SEPARATE);
        try (MultiHeadAttention fused = attention(Keys.TORCH);
                MultiHeadAttention apart = attention(Keys.SEPARATE);
                Scope scope = Scope.open()) {
            fused.load(map.toOurs(theirs));
            assertValues(fused.forward(input()), OUTPUT);
            apart.load(map.toTheirs(fused.stateDict()));
            assertValues(apart.forward(input()), OUTPUT);
        }
    }

    /** MaskCLIP and CLIP Surgery, written out with plain loops. */
    @Test
    void theValuePathAloneAndValuesThatAttendToValues() {
        double[] x = wave(12, 0.5, 0);
        double[] w = wave(48, 0.7, 0);
        double[] b = wave(12, 1.1, 0);
        double[] o = wave(16, 0.9, 0);
        double[] c = wave(4, 0.3, 1);
        double[][] v = new double[3][4];
        for (int t = 0; t < 3; t++) {
            for (int i = 0; i < 4; i++) {
                v[t][i] = b[8 + i];
                for (int j = 0; j < 4; j++) {
                    v[t][i] += w[(8 + i) * 4 + j] * x[t * 4 + j];
                }
            }
        }
        double[][] seen = new double[3][4];
        for (int head = 0; head < 2; head++) {
            for (int t = 0; t < 3; t++) {
                double[] weight = new double[3];
                double sum = 0;
                for (int s = 0; s < 3; s++) {
                    double dot = v[t][2 * head] * v[s][2 * head] + v[t][2 * head + 1] * v[s][2 * head + 1];
                    weight[s] = Math.exp(dot / Math.sqrt(2));
                    sum += weight[s];
                }
                for (int s = 0; s < 3; s++) {
                    seen[t][2 * head] += weight[s] / sum * v[s][2 * head];
                    seen[t][2 * head + 1] += weight[s] / sum * v[s][2 * head + 1];
                }
            }
        }
        try (MultiHeadAttention net = Names.TORCH.load();
                Scope scope = Scope.open()) {
            Heads heads = net.heads(input(), input(), input());
            assertValues(net.join(heads.value()), projected(v, o, c));
            Tensor self = net.maps(heads.value(), heads.value(), null);
            assertValues(net.join(self.matmul(heads.value())), projected(seen, o, c));
        }
    }

    private static double[] projected(double[][] rows, double[] matrix, double[] bias) {
        double[] out = new double[rows.length * 4];
        for (int t = 0; t < rows.length; t++) {
            for (int i = 0; i < 4; i++) {
                out[t * 4 + i] = bias[i];
                for (int j = 0; j < 4; j++) {
                    out[t * 4 + i] += matrix[i * 4 + j] * rows[t][j];
                }
            }
        }
        return out;
    }

    @Test
    void masksHideKeys() {
        try (MultiHeadAttention net = Names.TIMM.load();
                Scope scope = Scope.open()) {
            Tensor x = input();
            Tensor causal = MultiHeadAttention.causal(3, x);
            assertThat(Tensors.toLongs(causal)).containsExactly(1, 0, 0, 1, 1, 0, 1, 1, 1);
            Tensor masked = net.forward(x, x, x, causal);
            // what each sees is as if those after it were not there
            Tensor two = x.narrow(1, 0, 2);
            assertValues(masked.narrow(1, 0, 1), Tensors.toDoubles(net.forward(x.narrow(1, 0, 1))));
            assertValues(
                    masked.narrow(1, 1, 1),
                    Tensors.toDoubles(net.forward(two, two, two, null).narrow(1, 1, 1)));
            assertValues(
                    masked.narrow(1, 2, 1), Tensors.toDoubles(net.forward(x).narrow(1, 2, 1)));

            Tensor added = torch.zeros_like(causal.to(torch.ScalarType.Double))
                    .masked_fill(causal.logical_not(), new Scalar(Double.NEGATIVE_INFINITY));
            assertValues(net.forward(x, x, x, added), Tensors.toDoubles(masked));
            Heads heads = net.heads(x, x, x);
            for (Tensor mask : new Tensor[] {causal, added}) {
                Tensor maps = net.maps(heads.query(), heads.key(), mask);
                assertThat(Tensors.toDoubles(maps)[1]).isZero();
                assertValues(net.join(maps.matmul(heads.value())), Tensors.toDoubles(masked));
            }
        }
    }

    /** As a bias of relative positions is learnt. */
    @Test
    void aMaskOfNumbersGetsAGradient() {
        try (MultiHeadAttention net = Names.TORCH.load();
                Scope scope = Scope.open()) {
            Tensor x = input();
            Tensor bias = Tensors.of(wave(18, 0.6, 0), 1, 2, 3, 3).requires_grad_(true);
            net.forward(x, x, x, bias)
                    .mul(Tensors.of(wave(12, 0.8, 0), 1, 3, 4))
                    .sum()
                    .backward();
            double[] gradient = Tensors.toDoubles(bias.grad());
            double h = 1e-5;
            for (int i = 0; i < 18; i++) {
                double[] up = wave(18, 0.6, 0);
                double[] down = up.clone();
                up[i] += h;
                down[i] -= h;
                double slope = (weighed(net, x, up) - weighed(net, x, down)) / (2 * h);
                assertThat(gradient[i]).isCloseTo(slope, offset(1e-8));
            }
        }
    }

    private static double weighed(MultiHeadAttention net, Tensor x, double[] bias) {
        Tensor y = net.forward(x, x, x, Tensors.of(bias, 1, 2, 3, 3));
        return Tensors.item(y.mul(Tensors.of(wave(12, 0.8, 0), 1, 3, 4)).sum());
    }

    @Test
    void aQueryMaySeeOtherKeysThroughFewerChannels() {
        try (MultiHeadAttention net = MultiHeadAttention.builder()
                        .setWidth(8)
                        .setHeads(2)
                        .optInner(4)
                        .optBias(false)
                        .optKeys(Keys.SEPARATE)
                        .build();
                Scope scope = Scope.open()) {
            assertThat(net.state().keySet())
                    .containsExactly(
                            "q_proj.weight", "k_proj.weight", "v_proj.weight", "out_proj.weight", "out_proj.bias");
            Tensor query = torch.randn(2, 3, 8);
            Tensor key = torch.randn(2, 5, 8);
            Tensor value = torch.randn(2, 5, 8);
            Tensor y = net.forward(query, key, value, null);
            assertThat(Tensors.shape(y)).containsExactly(2, 3, 8);
            Heads heads = net.heads(query, key, value);
            Tensor maps = net.maps(heads.query(), heads.key(), null);
            assertThat(Tensors.shape(maps)).containsExactly(2, 2, 3, 5);
            Tensor steps = net.join(maps.matmul(heads.value()));
            assertThat(Tensors.item(steps.sub(y).abs().max())).isCloseTo(0, offset(1e-6));
        }
    }

    /** Long sequences are attended to on several threads, of which each multiplies alone. */
    @Test
    void threadsAreAsTheyWereAfterALongAttention() {
        int before = Torch.threads();
        try (Scope scope = Scope.open()) {
            Torch.setThreads(2);
            Tensor q = torch.randn(1, 4, 520, 8);
            Tensor fused = Ops.attention(q, q, q, null, 0);
            Tensor steps = q.mul(new Scalar(1 / Math.sqrt(8)))
                    .matmul(q.transpose(2, 3))
                    .softmax(3)
                    .matmul(q);
            assertThat(Tensors.item(fused.sub(steps).abs().max())).isCloseTo(0, offset(1e-5));
            assertThat(openblas_nolapack.blas_get_num_threads()).isEqualTo(2);
            try (Torch.Mode own = Torch.callersOwnBlas()) {
                assertThat(openblas_nolapack.blas_get_num_threads()).isEqualTo(1);
            }
        } finally {
            Torch.setThreads(before);
        }
    }

    @Test
    void dropoutIsForTraining() {
        Torch.seed(2);
        try (MultiHeadAttention net = MultiHeadAttention.builder()
                        .setWidth(4)
                        .setHeads(2)
                        .optDropout(0.5)
                        .build();
                Scope scope = Scope.open()) {
            Tensor x = torch.randn(1, 6, 4);
            assertThat(Tensors.toFloats(net.forward(x))).isNotEqualTo(Tensors.toFloats(net.forward(x)));
            net.train(false);
            assertThat(Tensors.toFloats(net.forward(x))).isEqualTo(Tensors.toFloats(net.forward(x)));
        }
    }

    @Test
    void itsStepsLeaveNothingBehind() {
        try (MultiHeadAttention net = Names.TIMM.load()) {
            LeakCheck.assertFlat(200, () -> once(net));
        }
    }

    private static void once(MultiHeadAttention net) {
        try (Scope scope = Scope.open()) {
            Tensor x = input();
            Heads heads = net.heads(x, x, x);
            Tensor maps = net.maps(heads.query(), heads.key(), MultiHeadAttention.causal(3, x));
            net.join(maps.matmul(heads.value())).add(net.forward(x)).sum().backward();
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() ->
                        MultiHeadAttention.builder().setWidth(10).setHeads(4).build())
                .hasMessage("heads must divide the inner width, got 4 for 10");
        assertThatThrownBy(() -> MultiHeadAttention.builder().setWidth(10).build())
                .hasMessageContaining("setHeads is required");
        assertThatThrownBy(() -> MultiHeadAttention.builder().optDropout(1)).hasMessageContaining("got 1.0");
    }
}
