package dev.wsss.benchmarks;

import dev.wsss.api.RgbImage;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.crf.Unary;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** How long does a dense CRF of ten iterations take on an image of VOC's size, lattices included? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class DenseCrfBenchmark {
    @Param({"2", "6", "21"})
    public int labels;

    @Param({"1", "2"})
    public int threads;

    private RgbImage image = Inputs.image(1, 1, 1);
    private float[] unary = {};
    private DenseCrf crf = DenseCrf.psa(1).build();

    @Setup
    public void setUp() {
        int pixels = Inputs.HEIGHT * Inputs.WIDTH;
        image = Inputs.image(1, Inputs.HEIGHT, Inputs.WIDTH);
        unary = Unary.fromProbabilities(Inputs.scores(2, labels * pixels), labels, pixels, 1e-5, 1);
        crf = DenseCrf.psa(1).optIterations(10).optThreads(threads).build();
    }

    @Benchmark
    public float[] infer() {
        return crf.infer(unary, labels, image);
    }
}
