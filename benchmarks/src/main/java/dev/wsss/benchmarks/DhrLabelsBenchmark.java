package dev.wsss.benchmarks;

import dev.wsss.api.ClassCatalog;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.systems.dhr.ContentBox;
import dev.wsss.systems.dhr.DhrRebalancing;
import dev.wsss.systems.dhr.DhrRefiner;
import dev.wsss.systems.dhr.DhrSample;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How long do DHR's labels of one crop take, as published on VOC: a canvas of 512 pixels, CAUSE's 90 features of 37x37 cells, the
 * student's C4 and C5, three tagged classes and background? All prototypes look alike here, so that every step has work. By the
 * host's clock; on a CUDA device also by its events.
 */
public class DhrLabelsBenchmark extends DeviceBenchmark {
    private static final int SIDE = 512;
    private static final int CELLS = 37;
    private static final int MAP = 64;
    private static final int TAGS = 20;

    @Param({"1"})
    public int threads;

    private ComputeDevice computeDevice = ComputeDevice.CPU;
    private @Nullable DhrSample sample;
    private final DhrRebalancing rebalancing = DhrRebalancing.builder().build();
    private @Nullable DhrRefiner plain;
    private @Nullable DhrRefiner smooth;
    private @Nullable DenseCrf crf;

    @Setup
    public void setUp() {
        computeDevice = computeDevice();
        Torch.setThreads(threads);
        ClassCatalog classes = ClassCatalog.withBackground(
                IntStream.range(0, TAGS).mapToObj(c -> "class " + c).toList());
        DenseCrf model = DenseCrf.deeplabPytorch().build();
        crf = model;
        plain = DhrRefiner.builder().setClasses(classes).build();
        smooth = DhrRefiner.builder().setClasses(classes).optCrf(model).build();
        long[] mask = new long[SIDE * SIDE];
        for (int i = 0; i < mask.length; i++) {
            int quarter = 2 * (i / SIDE / (SIDE / 2)) + i % SIDE / (SIDE / 2);
            mask[i] = quarter == 0 ? 0 : 5L * quarter;
        }
        float[] tags = new float[TAGS];
        tags[4] = tags[9] = tags[14] = 1;
        sample = new DhrSample(
                planes(1, 3, SIDE),
                own(Tensors.of(mask, SIDE, SIDE)),
                own(Tensors.of(tags, TAGS)),
                ContentBox.whole(SIDE, SIDE),
                planes(2, TAGS, 32),
                planes(3, 90, CELLS),
                List.of(planes(4, 1024, MAP), planes(5, 2048, MAP)));
    }

    private Tensor planes(long seed, int channels, int side) {
        return own(Tensors.of(Inputs.scores(seed, channels * side * side), channels, side, side));
    }

    private Tensor own(Tensor t) {
        return Scope.own(Tensors.to(t, computeDevice));
    }

    @TearDown
    public void tearDown() {
        if (crf != null) {
            crf.close();
        }
        if (sample != null) {
            sample.levels().forEach(Tensor::close);
            for (Tensor t : List.of(sample.image(), sample.mask(), sample.tags(), sample.cams(), sample.features())) {
                t.close();
            }
        }
    }

    /** Inter-class and intra-class rebalancing, without the seed. */
    @Benchmark
    public double rebalancing() {
        DhrSample s = Objects.requireNonNull(sample);
        return DeviceEvents.time(computeDevice, () -> {
            try (Scope scope = Scope.open()) {
                return Tensors.item(rebalancing
                        .apply(s.features(), s.levels(), s.mask(), s.content())
                        .heatmaps()
                        .sum());
            }
        });
    }

    /** All steps without the CRF. */
    @Benchmark
    public double withoutCrf() {
        return labels(Objects.requireNonNull(plain));
    }

    /** All steps. */
    @Benchmark
    public double withCrf() {
        return labels(Objects.requireNonNull(smooth));
    }

    private double labels(DhrRefiner refiner) {
        DhrSample s = Objects.requireNonNull(sample);
        return DeviceEvents.time(computeDevice, () -> {
            try (Scope scope = Scope.open()) {
                return Tensors.item(refiner.refine(s).sum());
            }
        });
    }
}
