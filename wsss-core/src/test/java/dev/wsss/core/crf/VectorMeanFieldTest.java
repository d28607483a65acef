package dev.wsss.core.crf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.runtime.ComputeDevice;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Vector instructions against libtorch's operations. */
class VectorMeanFieldTest {
    private static final int WIDTH = 41;
    private static final int POINTS = 33 * WIDTH;

    /** Rows of less than a vector, of a whole number of them, and of more than the three that share a loop. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 7, 8, 9, 16, 21, 24, 25, 33, 48, 81})
    void anyNumberOfLabels(int labels) {
        assertSame(labels, 5, Compatibility.potts(3), Compatibility.potts(10));
    }

    @Test
    void noIterations() {
        assertSame(5, 0, Compatibility.potts(3), Compatibility.potts(10));
    }

    @Test
    void anyCompatibility() {
        Compatibility diagonal = Compatibility.diagonal(-8, 10, -6, -9, -10);
        Compatibility matrix = Compatibility.matrix(
                new float[][] {{-9, 0, 1, 0, 0}, {0, -8, 0, 0, 0}, {1, 0, -10, 0, 0}, {0, 0, 0, -7, 2}, {0, 0, 0, 2, -6}
                });
        assertSame(5, 4, diagonal, matrix);
        assertSame(5, 4, matrix, Compatibility.potts(10));
        assertSame(5, 4, Compatibility.potts(-3), diagonal);
    }

    /** Energies that no exponential of a float can hold. */
    @Test
    void heavyWeights() {
        assertSame(3, 2, Compatibility.potts(70), Compatibility.potts(90));
        assertSame(3, 2, Compatibility.potts(-70), Compatibility.potts(-90));
    }

    private static void assertSame(int labels, int iterations, Compatibility smoothness, Compatibility appearance) {
        Random random = new Random(labels);
        float[] unary = new float[labels * POINTS];
        for (int i = 0; i < unary.length; i++) {
            unary[i] = 40 * random.nextFloat() * random.nextFloat();
        }
        DrawnLattices lattices = new DrawnLattices();
        List<MeanField.Term> terms = lattices.terms(smoothness, appearance);
        try (MeanField expected = new TensorMeanField(ComputeDevice.CPU, null, terms);
                MeanField got = new VectorMeanField(terms)) {
            for (int image = 0; image < 2; image++) {
                lattices.build(colours(random), WIDTH);
                expected.prepare(1);
                got.prepare(2);
                assertThat(got.infer(unary, labels, iterations, 2))
                        .containsExactly(expected.infer(unary, labels, iterations, 1), within(5e-5f));
            }
        }
    }

    private static float[] colours(Random random) {
        float[] colours = new float[POINTS];
        for (int i = 0; i < POINTS; i++) {
            colours[i] = (i % WIDTH < 20 ? 2 : 5) + random.nextFloat();
        }
        return colours;
    }
}
