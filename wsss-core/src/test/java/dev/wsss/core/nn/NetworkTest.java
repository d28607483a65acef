package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.NativeMemory;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
            for (int i = 0; i < 20; i++) {
                useOnce();
            }
            long before = NativeMemory.now().residentBytes();
            for (int i = 0; i < 200; i++) {
                useOnce();
            }
            // 200 networks with their gradients would hold more than 350 MB
            assertThat(NativeMemory.now().residentBytes() - before).isLessThan(100L << 20);
        } finally {
            Torch.setThreads(threads);
        }
    }

    private static void useOnce() {
        try (Small net = new Small(8_000);
                Scope scope = Scope.open()) {
            net.forward(Tensors.of(new float[3], 1, 3, 1, 1)).sum().backward();
        }
    }
}
