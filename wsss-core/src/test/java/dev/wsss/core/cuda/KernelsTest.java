package dev.wsss.core.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wsss.core.affinity.TensorWalk;
import dev.wsss.core.runtime.ComputeDevice;
import org.junit.jupiter.api.Test;

class KernelsTest {
    @Test
    void theCpuHasNone() {
        assertThat(Kernels.of(ComputeDevice.CPU, TensorWalk.class, "walk.cu")).isEmpty();
    }

    /** Presets without natives, natives without a driver: whatever is missing, the tensor path takes over. */
    @Test
    void whereCudaIsMissingThereAreNone() {
        assumeTrue(ComputeDevice.cudaDevices() == 0, "this machine has a CUDA device");
        ComputeDevice absent = new ComputeDevice(0);
        assertThat(Kernels.of(absent, TensorWalk.class, "walk.cu", "-DREAL=float"))
                .isEmpty();
        assertThat(Kernels.of(absent, TensorWalk.class, "walk.cu", "-DREAL=float"))
                .isEmpty();
    }

    @Test
    void timesDevicesOnly() {
        assertThatThrownBy(() -> CudaTimer.start(ComputeDevice.CPU))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cpu");
    }
}
