package dev.wsss.benchmarks;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.metrics.ThresholdSweep;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * How long do the mIoUs of 100 background thresholds take on one image of VOC's size with three score maps: in the one
 * pass of {@link ThresholdSweep}, and in a loop that labels and counts the image anew for each threshold?
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SweepBenchmark {
    static final ClassCatalog VOC = ClassCatalog.withBackground(Arrays.asList(
            "aeroplane bicycle bird boat bottle bus car cat chair cow table dog horse motorbike person plant sheep sofa train tv"
                    .split(" ")));
    private static final int[] MAPS = {3, 8, 15};
    private static final int PIXELS = Inputs.HEIGHT * Inputs.WIDTH;

    private final double[] thresholds = ThresholdSweep.range(0, 0.01, 100);
    private LabelMap truth = LabelMap.of(1, 1, new byte[1]);
    private ScoreMaps scores = ScoreMaps.of(new int[0], 1, 1, new float[0]);

    /** Draws the scores, and checks that both ways give the same figures. */
    @Setup
    public void setUp() {
        truth = Inputs.labels(1, Inputs.HEIGHT, Inputs.WIDTH, VOC.labelCount());
        scores = ScoreMaps.of(MAPS, Inputs.HEIGHT, Inputs.WIDTH, Inputs.scores(2, MAPS.length * PIXELS));
        if (!Arrays.equals(onePass(), perThreshold())) {
            throw new IllegalStateException("the two sweeps give different figures");
        }
    }

    @Benchmark
    public double[] onePass() {
        ThresholdSweep sweep = new ThresholdSweep(VOC, thresholds);
        sweep.add(scores, truth);
        return sweep.curve(IouConvention.OCCURRING);
    }

    @Benchmark
    public double[] perThreshold() {
        double[] curve = new double[thresholds.length];
        float[] values = scores.toArray();
        for (int t = 0; t < curve.length; t++) {
            float threshold = (float) thresholds[t];
            byte[] labels = new byte[PIXELS];
            for (int i = 0; i < PIXELS; i++) {
                float best = threshold;
                for (int k = 0; k < MAPS.length; k++) {
                    if (values[k * PIXELS + i] > best) {
                        best = values[k * PIXELS + i];
                        labels[i] = (byte) MAPS[k];
                    }
                }
            }
            ConfusionMatrix confusion = new ConfusionMatrix(VOC.labelCount());
            confusion.add(LabelMap.wrap(Inputs.HEIGHT, Inputs.WIDTH, labels), truth);
            curve[t] = confusion.meanIou(IouConvention.OCCURRING);
        }
        return curve;
    }
}
