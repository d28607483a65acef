package dev.wsss.benchmarks;

import dev.wsss.api.RgbImage;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.crf.Unary;
import dev.wsss.core.runtime.ComputeDevice;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * How long does a dense CRF of ten iterations take on an image, lattices included? From energies
 * on the host to probabilities on the host, by the host's clock; on a CUDA device also by its events. Peer, the C++ core of
 * pydensecrf: {@code crf} of {@code peers/run.sh}.
 */
public class DenseCrfBenchmark extends DeviceBenchmark {
    @Param({"375x500"})
    public String size = "375x500";

    @Param({"2", "6", "21"})
    public int labels;

    @Param({"1", "2"})
    public int threads;

    private ComputeDevice computeDevice = ComputeDevice.CPU;
    private RgbImage image = Inputs.image(1, 1, 1);
    private float[] unary = {};
    private DenseCrf crf = DenseCrf.psa(1).build();

    @Setup
    public void setUp() {
        computeDevice = computeDevice();
        ImageSize sides = ImageSize.parse(size);
        image = Inputs.image(1, sides.height(), sides.width());
        int pixels = sides.count();
        unary = Unary.fromProbabilities(Inputs.scores(2, labels * pixels), labels, pixels, 1e-5, 1);
        crf = DenseCrf.psa(1)
                .optIterations(10)
                .optThreads(threads)
                .optDevice(computeDevice)
                .build();
    }

    @Benchmark
    public float[] infer() {
        return DeviceEvents.time(computeDevice, () -> crf.infer(unary, labels, image));
    }
}
