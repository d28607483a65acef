package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.CheckpointException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class NetworkTest {
    private static final class Small extends Layer {
        private final Conv2d conv;
        private final BatchNorm2d bn;
        private final Conv2d head;

        Small(int width) {
            conv = child("stem.0", Conv2d.same(3, width, 3, 1, 1));
            bn = child("stem.1", new BatchNorm2d(width));
            head = child("head", Conv2d.builder(width, 2, 1).build());
        }

        @Override
        public Tensor forward(Tensor x) {
            return head.forward(Ops.relu(bn.forward(conv.forward(x))));
        }
    }

    @Test
    void namesAreCheckpointKeys() {
        try (Small net = new Small(4)) {
            assertThat(net.state().keySet())
                    .containsExactly(
                            "stem.0.weight",
                            "stem.1.weight",
                            "stem.1.bias",
                            "stem.1.running_mean",
                            "stem.1.running_var",
                            "stem.1.num_batches_tracked",
                            "head.weight",
                            "head.bias");
            assertThat(net.parameterCount()).isEqualTo(4 * 3 * 9 + 8 + 8 + 2);
        }
    }

    @Test
    void strictLoadTakesTheRightCheckpointOnly() {
        Torch.seed(1);
        try (Small a = new Small(4);
                Small b = new Small(4);
                Small wide = new Small(5)) {
            Map<String, HostArray> dict = a.stateDict();
            assertThat(b.stateDict()).isNotEqualTo(dict);
            assertThat(b.load(dict).loaded()).hasSize(8);
            assertThat(b.stateDict()).isEqualTo(dict);

            Map<String, HostArray> before = wide.stateDict();
            assertThatThrownBy(() -> wide.load(dict))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("stem.0.weight: expected [5, 3, 3, 3], found [4, 3, 3, 3]");
            assertThat(wide.stateDict()).isEqualTo(before);

            Map<String, HostArray> other = new HashMap<>(dict);
            other.put("fc.weight", dict.get("head.bias"));
            other.remove("head.bias");
            assertThatThrownBy(() -> b.load(other))
                    .hasMessageContaining("missing [head.bias]")
                    .hasMessageContaining("unexpected [fc.weight]");
            assertThat(b.loadPartial(other, List.of("head."), List.of("fc.")).loaded())
                    .hasSize(7);
            assertThatThrownBy(() -> b.loadPartial(other, List.of(), List.of("fc.")))
                    .isInstanceOf(InvalidDataException.class);
        }
    }

    @Test
    void otherPrecisionsAreConvertedAndOtherKindsRefused() {
        try (Small net = new Small(4)) {
            Map<String, HostArray> dict = new HashMap<>(net.stateDict());
            dict.put("head.bias", HostArray.ofDoubles(new double[] {0.5, -2}, 2));
            LoadReport report = net.load(dict);
            assertThat(report.converted()).containsExactly("head.bias: F64 to F32");
            assertThat(report).hasToString("8 keys fit; converted [head.bias: F64 to F32]");
            assertThat(Tensors.toFloats(net.tensor("head.bias"))).containsExactly(0.5f, -2f);

            dict.put("head.bias", HostArray.ofLongs(new long[2], 2));
            assertThatThrownBy(() -> net.load(dict))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("wrong type [head.bias: expected F32, found I64]");
            assertThat(Tensors.toFloats(net.tensor("head.bias"))).containsExactly(0.5f, -2f);
            assertThatThrownBy(() -> LoadPolicy.builder().optMayMiss("")).hasMessageContaining("empty prefix");
        }
    }

    @Test
    void weightsThatAreNotFiniteAreRefused() {
        try (Small net = new Small(4)) {
            Map<String, HostArray> before = net.stateDict();
            Map<String, HostArray> dict = new HashMap<>(before);
            dict.put("stem.1.bias", HostArray.ofFloats(new float[] {1, Float.NaN, 2, Float.NEGATIVE_INFINITY}, 4));
            dict.put("stem.1.num_batches_tracked", HostArray.ofLongs(new long[] {Long.MAX_VALUE}));
            assertThatThrownBy(() -> net.load(dict))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(
                            "tensor 'stem.1.bias' has 2 of 4 values that are NaN or infinite; expected finite weights");
            assertThat(net.stateDict()).isEqualTo(before);
            net.requireFinite();
            net.load(dict, LoadPolicy.builder().optNonFinite(true).build());
            assertThatThrownBy(net::requireFinite)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("Small: tensor 'stem.1.bias' has 2 of 4 values");
            dict.put("head.bias", HostArray.ofDoubles(new double[] {0, Double.POSITIVE_INFINITY}, 2));
            assertThatThrownBy(() -> net.load(dict)).hasMessageContaining("and 1 more tensors have some");
            // of what does not load nothing is asked
            dict.put("stem.1.bias", HostArray.ofFloats(new float[4], 4));
            dict.put("head.bias", HostArray.ofFloats(new float[2], 2));
            dict.put("ema", HostArray.ofFloats(new float[] {Float.NaN}, 1));
            net.load(dict, LoadPolicy.builder().optMayDrop("ema").build());
        }
    }

    @Test
    void extraKeysAreAllowedByPattern() {
        try (Small net = new Small(4)) {
            Map<String, HostArray> dict = new HashMap<>(net.stateDict());
            dict.put("ema.decay", HostArray.ofFloats(new float[1], 1));
            assertThatThrownBy(() -> net.load(dict))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("unexpected [ema.decay]");
            for (String pattern : List.of("ema.*", "*.decay", "*")) {
                LoadReport report = net.load(
                        dict, LoadPolicy.builder().optAllowExtra(pattern).build());
                assertThat(report.loaded()).hasSize(8);
            }
            assertThatThrownBy(() -> net.load(
                            dict, LoadPolicy.builder().optAllowExtra("ema").build()))
                    .hasMessageContaining("unexpected [ema.decay]");
            // leaving out helps against extra keys alone
            dict.remove("head.bias");
            assertThatThrownBy(() -> net.load(dict)).isExactlyInstanceOf(InvalidDataException.class);
        }
    }

    private static final class Positions extends Network {
        Positions(int rows) {
            parameter("table", Init.zeros(rows, 1));
        }
    }

    @Test
    void positionTablesAreResampledIfAskedFor() {
        // a class token, then a 2x2 grid; the expected 3x3 is PyTorch's bicubic interpolation
        HostArray table = HostArray.ofFloats(new float[] {7, 0, 1, 4, 9}, 5, 1);
        try (Positions net = new Positions(10);
                Positions odd = new Positions(9)) {
            Map<String, HostArray> checkpoint = Map.of("table", table);
            assertThatThrownBy(() -> net.load(checkpoint)).hasMessageContaining("wrong shape");
            LoadPolicy policy = LoadPolicy.builder()
                    .optResize("table", TableResize.bicubic(1))
                    .build();
            LoadReport report = net.load(checkpoint, policy);
            assertThat(report.resized()).containsExactly("table: [5, 1] to [10, 1], bicubic, 1 tokens kept");
            assertThat(report.isExact()).isTrue();
            float[] expected = {
                7f, -0.403887f, -0.0208334f, 0.36222f, 1.73958f, 3.5f, 5.26042f, 3.88305f, 7.02083f, 10.1586f
            };
            assertThat(Tensors.toFloats(net.tensor("table"))).containsExactly(expected, offset(1e-4f));
            // 8 places are no square
            assertThatThrownBy(() -> odd.load(checkpoint, policy)).hasMessageContaining("wrong shape");
        }
    }

    @Test
    void typeAndModeArePassedDown() {
        try (Small net = new Small(4);
                Scope scope = Scope.open()) {
            net.to(ComputeDevice.CPU, DType.F64);
            net.train(false);
            Tensor y = net.forward(Tensors.of(new double[75], 1, 3, 5, 5));
            assertThat(Tensors.dtype(y)).isEqualTo(DType.F64);
            assertThat(Tensors.shape(y)).containsExactly(1, 2, 5, 5);
            assertThat(Tensors.toLongs(net.tensor("stem.1.num_batches_tracked")))
                    .containsExactly(0);
            net.train(true);
            Tensor trained = net.forward(Tensors.of(new double[75], 1, 3, 5, 5));
            assertThat(trained.requires_grad()).isTrue();
            assertThat(Tensors.toLongs(net.tensor("stem.1.num_batches_tracked")))
                    .containsExactly(1);
            net.freezeBatchNorm(true);
            assertThat(net.forward(Tensors.of(new double[75], 1, 3, 5, 5)).requires_grad())
                    .isTrue();
            assertThat(Tensors.toLongs(net.tensor("stem.1.num_batches_tracked")))
                    .containsExactly(1);
            assertThat(net.tensor("stem.1.weight").requires_grad()).isFalse();
        }
    }

    @Test
    void makingAndClosingNetworksKeepsMemoryFlat() {
        int threads = Torch.threads();
        Torch.setThreads(1); // hundreds of tiny operations are no work for several threads
        try {
            LeakCheck.assertFlat(100, NetworkTest::useOnce);
        } finally {
            Torch.setThreads(threads);
        }
    }

    private static void useOnce() {
        // the numbers that a layer keeps for libtorch, some bytes each, are of no scope but this one
        try (Scope scope = Scope.open();
                Small net = new Small(8_000)) {
            net.forward(Tensors.of(new float[6], 2, 3, 1, 1)).sum().backward();
        }
    }

    /** The hash is the one over {@link Network#stateDict()} that products were made under before, read tensor by tensor. */
    @Test
    void theFingerprintIsThatOfTheCopiedState() throws Exception {
        try (Conv2d conv = Conv2d.same(3, 4, 3, 1, 1);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            String drawn = byHand(conv);
            assertThat(conv.fingerprint()).isEqualTo(drawn);
            // not contiguous: what a checkpoint calls the same values must lie in the same order
            Tensor weight = conv.tensor("weight");
            weight.set_data(weight.detach().transpose(2, 3).contiguous().transpose(2, 3));
            assertThat(weight.is_contiguous()).isFalse();
            assertThat(conv.fingerprint()).isEqualTo(drawn).isEqualTo(byHand(conv));
            assertThat(conv.liveState()).isEqualTo(conv.stateDict());
            weight.mul_(new Scalar(2.0));
            assertThat(conv.fingerprint()).isNotEqualTo(drawn).isEqualTo(byHand(conv));
        }
    }

    private static String byHand(Network network) throws Exception {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        network.stateDict().forEach((name, array) -> {
            sha.update((name + array).getBytes(StandardCharsets.UTF_8));
            sha.update(array.bytes());
        });
        return HexFormat.of().formatHex(sha.digest());
    }

    @Test
    void aTrainingStartsFromWhatWasLoadedAndNotFromWhatWasDrawn() {
        try (Conv2d one = Conv2d.same(3, 4, 3, 1, 1);
                Conv2d other = Conv2d.same(3, 4, 3, 1, 1);
                Conv2d wider = Conv2d.same(3, 5, 3, 1, 1)) {
            assertThat(one.fingerprint()).isNotEqualTo(other.fingerprint());
            assertThat(one.start()).isEqualTo(other.start());
            assertThat(one.start()).isNotEqualTo(wider.start());
            assertThat(one.start().entries()).containsEntry("start", "drawn");
            other.load(one.stateDict());
            assertThat(other.start()).isNotEqualTo(one.start());
            assertThat(other.start().entries().get("start")).startsWith("1 of 1 tensors, ");
            one.pinWeights();
            assertThat(one.start()).isEqualTo(other.start());
        }
    }
}
