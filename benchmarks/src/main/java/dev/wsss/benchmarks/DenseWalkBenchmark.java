package dev.wsss.benchmarks;

import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The peer of {@link RandomWalkBenchmark#psa()}: the reference implementations' form of the same walk in libtorch, a
 * dense matrix of all pairs of nodes that is squared eight times. At IRN's size one such matrix has 552 MB.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class DenseWalkBenchmark {
    private static final int NODES = RandomWalkBenchmark.PSA_ROWS * RandomWalkBenchmark.PSA_COLUMNS;

    @Param({"1", "2"})
    public int threads;

    private float[] dense = {};
    private float[] scores = {};

    /** Makes the matrix, and checks that the peer computes what we do. */
    @Setup
    public void setUp() {
        Torch.setThreads(threads);
        GridAffinity affinity = RandomWalkBenchmark.psaAffinity();
        dense = new float[NODES * NODES];
        for (int i = 0; i < NODES; i++) {
            for (int j = 0; j < NODES; j++) {
                dense[i * NODES + j] = affinity.get(i, j);
            }
        }
        scores = Inputs.scores(2, RandomWalkBenchmark.MAPS * NODES);
        float[] ours = affinity.transition(8).walk(scores, RandomWalkBenchmark.MAPS, RandomWalkBenchmark.STEPS);
        float[] theirs = psa();
        for (int i = 0; i < ours.length; i++) {
            if (Math.abs(ours[i] - theirs[i]) > 1e-4) {
                throw new IllegalStateException(
                        "the walks differ: score " + i + " is " + ours[i] + " here and " + theirs[i] + " there");
            }
        }
    }

    @Benchmark
    public float[] psa() {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor powers = Tensors.of(dense, NODES, NODES).pow(new Scalar(8));
            Tensor transition = powers.div(powers.sum(new long[] {0}, true, null));
            for (int steps = 1; steps < RandomWalkBenchmark.STEPS; steps *= 2) {
                transition = transition.matmul(transition);
            }
            return Tensors.toFloats(
                    Tensors.of(scores, RandomWalkBenchmark.MAPS, NODES).matmul(transition));
        }
    }
}
