package dev.wsss.core.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wsss.api.RgbImage;
import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.affinity.TensorWalk;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The device's results against the CPU's; skipped where there is no CUDA device. */
class CudaIT {
    private static final ComputeDevice CUDA = new ComputeDevice(0);

    @BeforeAll
    static void findDevice() {
        assumeTrue(ComputeDevice.cudaDevices() > 0, "no CUDA device, or libtorch without CUDA");
    }

    private static float[] random(Random random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    @Test
    void kernelsAreUsed() {
        assertThat(Kernels.of(CUDA, TensorWalk.class, "walk.cu", "-DREAL=float"))
                .isPresent();
        assertThat(Kernels.of(CUDA, DenseCrf.class, "lattice.cu")).isPresent();
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F64"})
    void walksAsTheCpu(DType type) {
        Random random = new Random(1);
        GridAffinity grid = GridAffinity.ofBoundary(random(random, 47 * 63), 47, 63, 5);
        float[] x = random(random, 3 * 47 * 63);
        float[] expected = grid.transition(8).walk(x, 3, 256);
        try (TensorWalk walk = TensorWalk.of(grid, CUDA, type)) {
            float[] got = walk.walk(8, x, 3, 256);
            for (int i = 0; i < got.length; i++) {
                assertThat(got[i]).isEqualTo(expected[i], within(type == DType.F64 ? 1e-6f : 4e-5f));
            }
        }
    }

    @Test
    void infersAsTheCpu() {
        Random random = new Random(2);
        byte[] pixels = new byte[90 * 120 * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i / 3 % 120 < 50 ? 60 + random.nextInt(20) : 180 + random.nextInt(20));
        }
        RgbImage image = new RgbImage(90, 120, pixels);
        float[] unary = random(random, 6 * 90 * 120);
        float[] expected = DenseCrf.psa(1).build().infer(unary, 6, image);
        float[] got = DenseCrf.psa(1).optDevice(CUDA).build().infer(unary, 6, image);
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).isEqualTo(expected[i], within(1e-4f));
        }
    }

    @Test
    void timesTheDevice() {
        try (CudaTimer timer = CudaTimer.start(CUDA)) {
            infersAsTheCpu();
            assertThat(timer.stop()).isPositive().isLessThan(60_000);
        }
    }
}
