package dev.wsss.benchmarks;

import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Resize;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * How long does it take to resize an image to 1.5 times, and three CAMs from stride 8 to the image? On the CPU alone, by
 * the host's clock. Peers, Pillow and OpenCV: {@code resize} of {@code peers/run.sh}.
 */
public class ResizeBenchmark extends DeviceBenchmark {
    @Param({"375x500"})
    public String size = "375x500";

    private ImageSize sides = new ImageSize(1, 1);
    private ImageSize grid = new ImageSize(1, 1);
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
        requireCpu();
        sides = ImageSize.parse(size);
        grid = sides.grid(8);
        image = Inputs.image(1, sides.height(), sides.width());
        maps = Inputs.scores(2, 3 * grid.count());
    }

    @Benchmark
    public RgbImage image(Bytes bytes) {
        return bytes.mode.apply(image, sides.height() * 3 / 2, sides.width() * 3 / 2);
    }

    @Benchmark
    public float[] maps() {
        return Resize.TORCH_BILINEAR.apply(maps, 3, grid.height(), grid.width(), sides.height(), sides.width());
    }
}
