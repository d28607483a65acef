package dev.wsss.benchmarks;

import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The peer of {@link RandomWalkBenchmark#psa()}: the reference implementations' form of the same walk in libtorch, a
 * dense matrix of all pairs of nodes that is squared eight times. From affinities on the device to walked scores on the
 * host, by the host's clock; on a CUDA device also by its events. At IRN's size one such matrix has 552 MB.
 */
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 3, time = 1)
public class DenseWalkBenchmark extends DeviceBenchmark {
    private static final int MOST_NODES = 16_384;

    @Param({"375x500"})
    public String size = "375x500";

    @Param({"1"})
    public int threads;

    private ComputeDevice computeDevice = ComputeDevice.CPU;
    private @Nullable Tensor affinities;
    private float[] scores = {};

    /** Makes the matrix, and checks that the peer computes what we do. */
    @Setup
    public void setUp() {
        computeDevice = computeDevice();
        ImageSize grid = ImageSize.parse(size).grid(RandomWalkBenchmark.PSA_STRIDE);
        if (grid.count() > MOST_NODES) {
            throw new IllegalArgumentException("size must make at most " + MOST_NODES
                    + " nodes, as the matrix has all pairs of them; got " + size + ", a grid of " + grid);
        }
        Torch.setThreads(threads);
        GridAffinity affinity = RandomWalkBenchmark.psaAffinity(grid.height(), grid.width());
        try (Scope scope = Scope.open()) {
            affinities = Scope.own(Tensors.to(
                    new Dense(affinity, grid.count(), RandomWalkBenchmark.PSA_BETA).tensor(), computeDevice));
        }
        scores = Inputs.scores(2, RandomWalkBenchmark.MAPS * grid.count());
        float[] ours = affinity.transition(RandomWalkBenchmark.PSA_BETA)
                .walk(scores, RandomWalkBenchmark.MAPS, RandomWalkBenchmark.STEPS);
        float[] theirs = walk(affinities);
        for (int i = 0; i < ours.length; i++) {
            if (Math.abs(ours[i] - theirs[i]) > 1e-4) {
                throw new IllegalStateException(
                        "the walks differ: score " + i + " is " + ours[i] + " here and " + theirs[i] + " there");
            }
        }
    }

    @Benchmark
    public float[] psa() {
        Tensor matrix = Objects.requireNonNull(affinities);
        return DeviceEvents.time(computeDevice, () -> walk(matrix));
    }

    private float[] walk(Tensor matrix) {
        return Dense.walk(
                matrix,
                RandomWalkBenchmark.PSA_BETA,
                scores,
                RandomWalkBenchmark.MAPS,
                RandomWalkBenchmark.STEPS,
                computeDevice);
    }

    @TearDown
    public void tearDown() {
        if (affinities != null) {
            affinities.close();
        }
    }

    /** The reference implementations' walk: all pairs of nodes, {@code [nodes][nodes]}. */
    record Dense(float[] affinities, int nodes, double beta) {
        Dense(GridAffinity affinity, int nodes, double beta) {
            this(new float[nodes * nodes], nodes, beta);
            for (int i = 0; i < nodes; i++) {
                for (int j = 0; j < nodes; j++) {
                    affinities[i * nodes + j] = affinity.get(i, j);
                }
            }
        }

        /** The affinities on the CPU; of the current scope. */
        Tensor tensor() {
            return Tensors.of(affinities, nodes, nodes);
        }

        float[] walk(float[] scores, int maps, int steps) {
            try (Scope scope = Scope.open()) {
                return walk(tensor(), beta, scores, maps, steps, ComputeDevice.CPU);
            }
        }

        /** A walk on the device that the affinities are on. */
        static float[] walk(Tensor affinities, double beta, float[] scores, int maps, int steps, ComputeDevice device) {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor transition = transition(affinities, beta);
                for (int power = 1; power < steps; power *= 2) {
                    Tensor square = transition.matmul(transition);
                    transition.close();
                    transition = square;
                }
                Tensor start = Tensors.to(Tensors.of(scores, maps, affinities.size(0)), device);
                return Tensors.toFloats(start.matmul(transition));
            }
        }

        private static Tensor transition(Tensor affinities, double beta) {
            Tensor powers = affinities.pow(new Scalar(beta));
            return powers.div_(powers.sum(new long[] {0}, true, null));
        }

        /** How long one squaring takes on the CPU; a walk of {@code 2^n} steps is little more than {@code n} of them. */
        double squaringSeconds() {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor source = tensor();
                Tensor transition = transition(source, beta);
                source.close(); // half a gigabyte at IRN's size
                long start = System.nanoTime();
                transition.matmul(transition);
                return (System.nanoTime() - start) * 1e-9;
            }
        }
    }
}
