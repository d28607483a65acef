package dev.wsss.benchmarks;

import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.PairRule;
import dev.wsss.core.affinity.TensorWalk;
import dev.wsss.core.affinity.TransitionMatrix;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * How long does a walk of 256 steps with three maps take, from affinities to walked scores on the host? By the host's
 * clock; on a CUDA device also by its events. {@link #psa} has PSA's pairs on its grid of stride 8, {@link #irn} those of
 * boundary maps on IRN's of stride 4, 47x63 and 94x125 of an image of 375x500. Threads are those of the common pool
 * ({@code -Djava.util.concurrent.ForkJoinPool.common.parallelism}). Peer: {@link DenseWalkBenchmark}.
 */
public class RandomWalkBenchmark extends DeviceBenchmark {
    static final int MAPS = 3;
    static final int STEPS = 256;

    /** Of the image, to a node of the grid. */
    static final int PSA_STRIDE = 8;

    static final int PSA_BETA = 8;
    private static final int IRN_STRIDE = 4;
    private static final int IRN_BETA = 10;

    private static final ImageSize VOC = new ImageSize(Inputs.HEIGHT, Inputs.WIDTH);

    /** A VOC image's grids. */
    static final int PSA_ROWS = VOC.grid(PSA_STRIDE).height();

    static final int PSA_COLUMNS = VOC.grid(PSA_STRIDE).width();
    static final int IRN_ROWS = VOC.grid(IRN_STRIDE).height();
    static final int IRN_COLUMNS = VOC.grid(IRN_STRIDE).width();

    /** How to walk. */
    public enum Form {
        FLOAT64,
        FLOAT32,
        WITHIN_1E_6,
        WITHIN_1E_14
    }

    @Param({"375x500"})
    public String size = "375x500";

    @Param
    public Form form = Form.FLOAT64;

    private ComputeDevice computeDevice = ComputeDevice.CPU;
    private @Nullable GridAffinity psa;
    private ImageSize irnGrid = new ImageSize(1, 1);
    private float[] psaScores = {};
    private float[] boundary = {};
    private float[] irnScores = {};

    static GridAffinity psaAffinity(int rows, int columns) {
        PairGeometry pairs = PairGeometry.of(PairRule.HALF_DISC, PairGeometry.RADIUS, rows, columns);
        return GridAffinity.ofPairs(pairs, Inputs.scores(1, pairs.offsetCount() * pairs.sourceCount()));
    }

    @Setup
    public void setUp() {
        computeDevice = computeDevice();
        ImageSize psaGrid = ImageSize.parse(size).grid(PSA_STRIDE);
        psa = psaAffinity(psaGrid.height(), psaGrid.width());
        psaScores = Inputs.scores(2, MAPS * psaGrid.count());
        irnGrid = ImageSize.parse(size).grid(IRN_STRIDE);
        boundary = Inputs.scores(3, irnGrid.count());
        irnScores = Inputs.scores(4, MAPS * irnGrid.count());
    }

    @Benchmark
    public float[] psa() {
        GridAffinity affinity = Objects.requireNonNull(psa);
        return DeviceEvents.time(computeDevice, () -> walk(affinity, PSA_BETA, psaScores));
    }

    @Benchmark
    public float[] irn() {
        return DeviceEvents.time(
                computeDevice,
                () -> walk(
                        GridAffinity.ofBoundary(boundary, irnGrid.height(), irnGrid.width(), PairGeometry.RADIUS),
                        IRN_BETA,
                        irnScores));
    }

    private float[] walk(GridAffinity affinity, double beta, float[] scores) {
        if (computeDevice.isCuda()) {
            if (form == Form.WITHIN_1E_6 || form == Form.WITHIN_1E_14) {
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
            case WITHIN_1E_14 -> transition.walkWithin(1e-14, scores, MAPS, STEPS);
        };
    }
}
