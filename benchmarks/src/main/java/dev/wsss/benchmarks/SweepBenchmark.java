package dev.wsss.benchmarks;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.metrics.ThresholdSweep;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * How long do the mIoUs of 100 background thresholds take on one image with three score maps: in the one pass of
 * {@link ThresholdSweep}, and in a loop that labels and counts the image anew for each threshold, which is the peer? On
 * the CPU alone, by the host's clock. A peer in NumPy: {@code sweep} of {@code peers/run.sh}.
 */
public class SweepBenchmark extends DeviceBenchmark {
    static final ClassCatalog VOC = ClassCatalog.withBackground(Arrays.asList(
            "aeroplane bicycle bird boat bottle bus car cat chair cow table dog horse motorbike person plant sheep sofa train tv"
                    .split(" ")));
    private static final int[] MAPS = {3, 8, 15};

    @Param({"375x500"})
    public String size = "375x500";

    private final double[] thresholds = ThresholdSweep.range(0, 0.01, 100);
    private ImageSize sides = new ImageSize(1, 1);
    private LabelMap truth = LabelMap.of(1, 1, new byte[1]);
    private ScoreMaps scores = ScoreMaps.of(new int[0], 1, 1, new float[0]);

    /** Draws the scores, and checks that both ways give the same figures. */
    @Setup
    public void setUp() {
        requireCpu();
        sides = ImageSize.parse(size);
        truth = Inputs.labels(1, sides.height(), sides.width(), VOC.labelCount());
        scores = ScoreMaps.of(MAPS, sides.height(), sides.width(), Inputs.scores(2, MAPS.length * sides.count()));
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
        int pixels = sides.count();
        for (int t = 0; t < curve.length; t++) {
            float threshold = (float) thresholds[t];
            byte[] labels = new byte[pixels];
            for (int i = 0; i < pixels; i++) {
                float best = threshold;
                for (int k = 0; k < MAPS.length; k++) {
                    if (values[k * pixels + i] > best) {
                        best = values[k * pixels + i];
                        labels[i] = (byte) MAPS[k];
                    }
                }
            }
            ConfusionMatrix confusion = new ConfusionMatrix(VOC.labelCount());
            confusion.add(LabelMap.wrap(sides.height(), sides.width(), labels), truth);
            curve[t] = confusion.meanIou(IouConvention.OCCURRING);
        }
        return curve;
    }
}
