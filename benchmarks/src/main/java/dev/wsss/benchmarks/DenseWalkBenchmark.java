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

    private Dense dense = new Dense(new float[1], 1, 1);
    private float[] scores = {};

    /** Makes the matrix, and checks that the peer computes what we do. */
    @Setup
    public void setUp() {
        Torch.setThreads(threads);
        GridAffinity affinity = RandomWalkBenchmark.psaAffinity();
        dense = new Dense(affinity, NODES, 8);
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
        return dense.walk(scores, RandomWalkBenchmark.MAPS, RandomWalkBenchmark.STEPS);
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

        float[] walk(float[] scores, int maps, int steps) {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor transition = transition();
                for (int power = 1; power < steps; power *= 2) {
                    Tensor square = transition.matmul(transition);
                    transition.close();
                    transition = square;
                }
                return Tensors.toFloats(Tensors.of(scores, maps, nodes).matmul(transition));
            }
        }

        private Tensor transition() {
            Tensor powers = Tensors.of(affinities, nodes, nodes).pow_(new Scalar(beta));
            return powers.div_(powers.sum(new long[] {0}, true, null));
        }

        /** How long one squaring takes; a walk of {@code 2^n} steps is little more than {@code n} of them. */
        double squaringSeconds() {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor transition = transition();
                long start = System.nanoTime();
                transition.matmul(transition);
                return (System.nanoTime() - start) * 1e-9;
            }
        }
    }
}
