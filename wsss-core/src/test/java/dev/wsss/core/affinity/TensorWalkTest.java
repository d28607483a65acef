package dev.wsss.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.cuda.HostKernels;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LeakCheck;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorWalkTest {
    private static float[] random(Random random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    private static GridAffinity grid(Random random, int height, int width, int radius) {
        if (random.nextBoolean()) {
            return GridAffinity.ofBoundary(random(random, height * width), height, width, radius);
        }
        PairGeometry g = PairGeometry.of(PairRule.FULL_DISC, radius, height, width);
        return GridAffinity.ofPairs(g, random(random, g.offsetCount() * g.sourceCount()));
    }

    private static void assertClose(float[] got, float[] expected, float tolerance) {
        assertThat(got).hasSameSizeAs(expected);
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).isEqualTo(expected[i], within(tolerance));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void equalsTheMatrix(int seed) {
        Random random = new Random(seed);
        int h = 1 + random.nextInt(20);
        int w = 1 + random.nextInt(20);
        GridAffinity grid = grid(random, h, w, 1 + random.nextInt(6));
        float[] x = random(random, 3 * h * w);
        try (TensorWalk single = TensorWalk.of(grid, ComputeDevice.CPU, DType.F32);
                TensorWalk walk = TensorWalk.of(grid, ComputeDevice.CPU, DType.F64)) {
            // one copy of the affinities serves every beta and number of steps
            for (int steps : new int[] {0, 1, 2, 31}) {
                double beta = random.nextBoolean() ? 1 + random.nextInt(10) : 0.5 + random.nextDouble();
                float[] expected = grid.transition(beta).walk(x, 3, steps);
                assertClose(walk.walk(beta, x, 3, steps), expected, 1e-7f);
                assertClose(single.walk(beta, x, 3, steps), expected, 1e-6f + steps * 1e-7f);
            }
        }
    }

    /** The CUDA kernel's source, compiled for the CPU. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F64"})
    void theKernelComputesTheSame(DType type, @TempDir Path folder) {
        try (HostKernels kernels = HostKernels.of(folder, TensorWalk.class, "walk.cu", TensorWalk.option(type))) {
            for (int seed = 1; seed <= 6; seed++) {
                Random random = new Random(seed);
                int h = 1 + random.nextInt(20);
                int w = 1 + random.nextInt(20);
                GridAffinity grid = grid(random, h, w, 1 + random.nextInt(6));
                float[] x = random(random, 3 * h * w);
                try (TensorWalk walk = TensorWalk.of(grid, ComputeDevice.CPU, type, Optional.of(kernels))) {
                    for (int steps : new int[] {1, 4, 7}) {
                        float[] expected = grid.transition(seed).walk(x, 3, steps);
                        assertClose(walk.walk(seed, x, 3, steps), expected, type == DType.F64 ? 1e-7f : 2e-6f);
                    }
                }
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        GridAffinity grid = grid(new Random(1), 5, 6, 3);
        assertThatThrownBy(() -> TensorWalk.of(grid, ComputeDevice.CPU, DType.F16))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("F16");
        try (TensorWalk walk = TensorWalk.of(grid, ComputeDevice.CPU, DType.F64)) {
            assertThatThrownBy(() -> walk.walk(8, new float[29], 1, 4))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("have 30 scores, got 29");
            assertThatThrownBy(() -> walk.walk(0, new float[30], 1, 4))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("beta");
            assertThatThrownBy(() -> walk.walk(8, new float[30], 1, -1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("steps");
        }
    }

    @Test
    void memoryStaysFlat() {
        Random random = new Random(3);
        GridAffinity grid = grid(random, 30, 40, 5);
        float[] x = random(random, 2 * 30 * 40);
        LeakCheck.assertFlat(100, () -> {
            try (TensorWalk walk = TensorWalk.of(grid, ComputeDevice.CPU, DType.F32)) {
                walk.walk(8, x, 2, 4);
            }
        });
    }
}
