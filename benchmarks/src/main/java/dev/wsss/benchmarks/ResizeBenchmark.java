package dev.wsss.benchmarks;

import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Resize;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** How long does it take to resize an image of VOC's size to 1.5 times, and three CAMs from stride 8 to the image? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ResizeBenchmark {
    private RgbImage image = Inputs.image(1, 1, 1);
    private float[] maps = {};

    /** Image resizes, apart, so that float maps are not measured once for each of them. */
    @State(Scope.Benchmark)
    public static class Bytes {
        @Param({"PIL_BILINEAR", "PIL_BICUBIC", "CV_LINEAR", "CV_CUBIC"})
        public Resize mode = Resize.PIL_BILINEAR;
    }

    @Setup
    public void setUp() {
        image = Inputs.image(1, Inputs.HEIGHT, Inputs.WIDTH);
        maps = Inputs.scores(2, 3 * 47 * 63);
    }

    @Benchmark
    public RgbImage image(Bytes bytes) {
        return bytes.mode.apply(image, Inputs.HEIGHT * 3 / 2, Inputs.WIDTH * 3 / 2);
    }

    @Benchmark
    public float[] maps() {
        return Resize.TORCH_BILINEAR.apply(maps, 3, 47, 63, Inputs.HEIGHT, Inputs.WIDTH);
    }
}
