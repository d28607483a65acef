package dev.wsss.benchmarks;

import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.PairRule;
import dev.wsss.core.affinity.TensorWalk;
import dev.wsss.core.affinity.TransitionMatrix;
import dev.wsss.core.io.DType;
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
 * How long does a walk of 256 steps with three maps take, from affinities to walked scores on the host? A device that is
 * not there is an error. Threads are those of the
 * common pool ({@code -Djava.util.concurrent.ForkJoinPool.common.parallelism}). Peer: {@link DenseWalkBenchmark}.
 */
@Fork(jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class RandomWalkBenchmark {
    static final int MAPS = 3;
    static final int STEPS = 256;

    /** A VOC image at PSA's stride 8. */
    static final int PSA_ROWS = 47;

    static final int PSA_COLUMNS = 63;

    static final int IRN_ROWS = 94;
    static final int IRN_COLUMNS = 125;

    /** How to walk. */
    public enum Form {
        FLOAT64,
        FLOAT32,
        WITHIN_1E_6
    }

    @Param({"cpu", "cuda"})
    public String device = "cpu";

    @Param
    public Form form = Form.FLOAT64;

    private ComputeDevice computeDevice = ComputeDevice.CPU;
    private GridAffinity psa = psaAffinity();
    private float[] psaScores = {};
    private float[] boundary = {};
    private float[] irnScores = {};

    static GridAffinity psaAffinity() {
        PairGeometry pairs = PairGeometry.of(PairRule.HALF_DISC, PairGeometry.RADIUS, PSA_ROWS, PSA_COLUMNS);
        return GridAffinity.ofPairs(pairs, Inputs.scores(1, pairs.offsetCount() * pairs.sourceCount()));
    }

    @Setup
    public void setUp() {
        computeDevice = ComputeDevice.parse(device);
        psa = psaAffinity();
        psaScores = Inputs.scores(2, MAPS * PSA_ROWS * PSA_COLUMNS);
        boundary = Inputs.scores(3, IRN_ROWS * IRN_COLUMNS);
        irnScores = Inputs.scores(4, MAPS * IRN_ROWS * IRN_COLUMNS);
    }

    @Benchmark
    public float[] psa() {
        return walk(psa, 8, psaScores);
    }

    @Benchmark
    public float[] irn() {
        return walk(GridAffinity.ofBoundary(boundary, IRN_ROWS, IRN_COLUMNS, PairGeometry.RADIUS), 10, irnScores);
    }

    private float[] walk(GridAffinity affinity, double beta, float[] scores) {
        if (computeDevice.isCuda()) {
            if (form == Form.WITHIN_1E_6) {
                throw new IllegalArgumentException(
                        "a device leaves no products out; ask for another form than " + form);
            }
            DType dtype = form == Form.FLOAT64 ? DType.F64 : DType.F32;
            try (TensorWalk walk = TensorWalk.of(affinity, computeDevice, dtype)) {
                return walk.walk(beta, scores, MAPS, STEPS);
            }
        }
        TransitionMatrix transition = affinity.transition(beta);
        return switch (form) {
            case FLOAT64 -> transition.walk(scores, MAPS, STEPS);
            case FLOAT32 -> transition.walkFloat32(scores, MAPS, STEPS);
            case WITHIN_1E_6 -> transition.walkWithin(1e-6, scores, MAPS, STEPS);
        };
    }
}
