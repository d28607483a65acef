package dev.wsss.benchmarks;

import dev.wsss.api.RgbImage;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.crf.Unary;
import dev.wsss.core.runtime.ComputeDevice;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * How long does a dense CRF of ten iterations take on an image, lattices included? Its result is on the host, which waits
 * for the device. A device that is not there is an error.
 */
@Fork(jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class DenseCrfBenchmark {
    @Param({"cpu", "cuda"})
    public String device = "cpu";

    @Param({"375x500"})
    public String size = "375x500";

    @Param({"2", "6", "21"})
    public int labels;

    @Param({"1", "2"})
    public int threads;

    private RgbImage image = Inputs.image(1, 1, 1);
    private float[] unary = {};
    private DenseCrf crf = DenseCrf.psa(1).build();

    @Setup
    public void setUp() {
        String[] sides = size.split("x");
        int height = Integer.parseInt(sides[0]);
        int width = Integer.parseInt(sides[1]);
        image = Inputs.image(1, height, width);
        unary = Unary.fromProbabilities(Inputs.scores(2, labels * height * width), labels, height * width, 1e-5, 1);
        crf = DenseCrf.psa(1)
                .optIterations(10)
                .optThreads(threads)
                .optDevice(ComputeDevice.parse(device))
                .build();
    }

    @Benchmark
    public float[] infer() {
        return crf.infer(unary, labels, image);
    }
}
