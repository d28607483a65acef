package dev.wsss.core.crf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.cuda.HostKernels;
import dev.wsss.core.runtime.ComputeDevice;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The CUDA kernels' source, compiled for the CPU, against libtorch's operations. */
class LatticeKernelsTest {
    private static final int WIDTH = 17;
    private static final int POINTS = 13 * WIDTH;

    @Test
    void inferTheSame(@TempDir Path folder) {
        try (HostKernels host = HostKernels.of(folder, LatticeKernels.class, LatticeKernels.SOURCE)) {
            inferTheSame(new LatticeKernels(ComputeDevice.CPU, host));
        }
    }

    private static void inferTheSame(LatticeKernels kernels) {
        Random random = new Random(5);
        float[] colours = new float[POINTS];
        for (int i = 0; i < POINTS; i++) {
            colours[i] = (i % WIDTH < 8 ? 2 : 5) + random.nextFloat();
        }
        Compatibility[] appearances = {
            Compatibility.potts(10),
            Compatibility.diagonal(-8, -10, -6, -9, -10),
            Compatibility.matrix(new float[][] {
                {-9, 0, 1, 0, 0}, {0, -8, 0, 0, 0}, {1, 0, -10, 0, 0}, {0, 0, 0, -7, 2}, {0, 0, 0, 2, -6}
            })
        };
        float[] unary = new float[5 * POINTS];
        for (int i = 0; i < unary.length; i++) {
            unary[i] = 3 * random.nextFloat();
        }
        for (Compatibility appearance : appearances) {
            float[] expected = infer(null, colours, appearance, unary);
            float[] got = infer(kernels, colours, appearance, unary);
            for (int i = 0; i < got.length; i++) {
                assertThat(got[i]).isEqualTo(expected[i], within(2e-6f));
            }
        }
    }

    private static float[] infer(
            @Nullable LatticeKernels kernels, float[] colours, Compatibility appearance, float[] unary) {
        Compatibility smoothness = Compatibility.potts(3);
        DrawnLattices lattices = new DrawnLattices();
        lattices.build(colours, WIDTH);
        List<MeanField.Term> terms = lattices.terms(smoothness, appearance);
        try (MeanField meanField = new TensorMeanField(ComputeDevice.CPU, kernels, terms)) {
            meanField.prepare(1);
            return meanField.infer(unary, 5, 4, 1);
        }
    }
}
