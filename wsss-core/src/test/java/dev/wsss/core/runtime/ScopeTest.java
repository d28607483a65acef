package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.DeviceUnavailableException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScopeTest {
    @Test
    void freesWhatWasMadeInIt() {
        Tensor t;
        try (Scope scope = Scope.open()) {
            t = Tensors.of(new float[] {1, 2}, 2);
            assertThat(t.isNull()).isFalse();
        }
        assertThat(t.isNull()).isTrue();
    }

    @Test
    void keptObjectBelongsToTheScopeAround() {
        Tensor t;
        try (Scope outer = Scope.open()) {
            try (Scope inner = Scope.open()) {
                t = inner.keep(Tensors.of(new float[] {1, 2}, 2));
            }
            assertThat(Tensors.toFloats(t)).containsExactly(1, 2);
        }
        assertThat(t.isNull()).isTrue();
    }

    @Test
    void keptObjectWithoutScopeAroundBelongsToTheCaller() {
        Tensor t;
        try (Scope scope = Scope.open()) {
            t = scope.keep(Tensors.of(new float[] {3}, 1));
        }
        assertThat(Tensors.toFloats(t)).containsExactly(3);
        t.close();
        assertThat(t.isNull()).isTrue();
    }

    @Test
    void ownedObjectOutlivesEveryScope() {
        Tensor t;
        try (Scope outer = Scope.open();
                Scope inner = Scope.open()) {
            t = Scope.own(Tensors.of(new float[] {4}, 1));
        }
        assertThat(Tensors.toFloats(t)).containsExactly(4);
        t.close();
        assertThat(t.isNull()).isTrue();
    }

    @Test
    void memoryStaysFlatOverManyScopes() {
        LeakCheck.assertFlat(200, ScopeTest::allocate);
    }

    /** That freed objects give their memory back is for the system to say: 200 x 8 MB would be 1.6 GB. */
    @Test
    void aScopeThatEndsGivesItsMemoryBack() {
        for (int i = 0; i < 20; i++) {
            allocate();
        }
        long before = NativeMemory.now().residentBytes();
        for (int i = 0; i < 200; i++) {
            allocate();
        }
        assertThat(NativeMemory.now().residentBytes() - before).isLessThan(500L << 20);
    }

    private static void allocate() {
        try (Scope scope = Scope.open()) {
            Tensor t = Tensors.zeros(DType.F32, ComputeDevice.CPU, 1 << 20);
            assertThat(Tensors.item(t.add(t).sum())).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void arraysGoThereAndBack(DType dtype) {
        java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocate(6 * dtype.bytes());
        for (int i = 0; i < bytes.capacity(); i++) {
            bytes.put(i, (byte) (dtype == DType.BOOL ? i % 2 : i * 7));
        }
        HostArray array = HostArray.of(dtype, new long[] {2, 3}, bytes);
        try (Scope scope = Scope.open()) {
            assertThat(Tensors.toHost(Tensors.of(array))).isEqualTo(array);
        }
    }

    @Test
    void nativeErrorIsShort() {
        try (Scope scope = Scope.open()) {
            Tensor a = Tensors.zeros(DType.F32, ComputeDevice.CPU, 2, 3);
            assertThatThrownBy(() -> Torch.call(() -> torch.matmul(a, a)))
                    .isInstanceOf(NativeException.class)
                    .hasMessageContaining("2x3")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
        }
    }

    @Test
    void devicesByName() {
        assertThat(ComputeDevice.parse("cpu")).isEqualTo(ComputeDevice.CPU);
        assertThat(ComputeDevice.parse("auto").isCuda()).isEqualTo(ComputeDevice.cudaDevices() > 0);
        assertThatThrownBy(() -> ComputeDevice.parse("cuda:99"))
                .isInstanceOf(DeviceUnavailableException.class)
                .hasMessageContaining("cuda:99");
        assertThatThrownBy(() -> ComputeDevice.parse("tpu")).hasMessageContaining("tpu");
    }

    @Test
    void modesEndWithClose() {
        try (Scope scope = Scope.open()) {
            Tensor w = torch.ones(2, 2).requires_grad_(true);
            try (Torch.Mode noGrad = Torch.noGrad()) {
                assertThat(w.mul(w).requires_grad()).isFalse();
                try (Torch.Mode grad = Torch.grad()) {
                    assertThat(w.mul(w).requires_grad()).isTrue();
                }
            }
            assertThat(w.mul(w).requires_grad()).isTrue();
            try (Torch.Mode bf16 = Torch.autocastBf16(ComputeDevice.CPU)) {
                assertThat(Tensors.dtype(torch.matmul(w, w))).isEqualTo(DType.BF16);
            }
            assertThat(Tensors.dtype(torch.matmul(w, w))).isEqualTo(DType.F32);
        }
    }
}
