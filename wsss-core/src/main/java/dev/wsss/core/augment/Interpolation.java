package dev.wsss.core.augment;

import dev.wsss.core.image.Resize;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How images and maps are resampled.
 *
 * <p>Modes with a library's name give images of its very bytes where a view is one resize to whole pixels, cut at whole
 * pixels: what {@link Augmentation}s make, unless they resize what they cut before. Score maps, and images in other views,
 * are resampled with the same kernel in float32 and rounded once.
 */
public enum Interpolation {
    /** Linear with half-pixel centres, without smoothing when shrinking. */
    BILINEAR(Kernel.LINEAR, false, null),
    /** As Pillow's bicubic, but for its rounding between rows and columns: a = -1/2, smoothing when shrinking. */
    BICUBIC(Kernel.CUBIC, true, null),
    /** Pillow 12.3, {@code Image.BILINEAR}: smoothing when shrinking. */
    PILLOW_BILINEAR(Kernel.LINEAR, true, Resize.PIL_BILINEAR),
    /** Pillow 12.3, {@code Image.BICUBIC}: a = -1/2, smoothing when shrinking. */
    PILLOW_BICUBIC(Kernel.CUBIC, true, Resize.PIL_BICUBIC),
    /** OpenCV 4.13 and 5.0, {@code INTER_LINEAR}: not smoothing. */
    OPENCV_LINEAR(Kernel.LINEAR, false, Resize.CV_LINEAR),
    /** OpenCV's {@code INTER_CUBIC} within one level, as releases differ by as much: a = -3/4, not smoothing. */
    OPENCV_CUBIC(Kernel.STEEP_CUBIC, false, Resize.CV_CUBIC);

    private final Kernel kernel;
    private final boolean smoothing;
    private final Optional<Resize> resize;

    Interpolation(Kernel kernel, boolean smoothing, @Nullable Resize resize) {
        this.kernel = kernel;
        this.smoothing = smoothing;
        this.resize = Optional.ofNullable(resize);
    }

    /** The weight of a pixel by its distance. */
    Kernel kernel() {
        return kernel;
    }

    /** Whether the kernel is stretched when shrinking. */
    boolean smoothing() {
        return smoothing;
    }

    /** The library's resize of bytes, for a mode of one. */
    Optional<Resize> resize() {
        return resize;
    }

    /** Kernels, by the distance of a pixel's middle in pixels. */
    enum Kernel {
        LINEAR(1, 0),
        /** Keys' cubic with a = -1/2. */
        CUBIC(2, -0.5),
        /** Keys' cubic with a = -3/4. */
        STEEP_CUBIC(2, -0.75);

        private final int reach;
        private final double a;

        Kernel(int reach, double a) {
            this.reach = reach;
            this.a = a;
        }

        /** The distance from which on weights are zero. */
        int reach() {
            return reach;
        }

        double at(double x) {
            double d = Math.abs(x);
            if (d >= reach) {
                return 0;
            }
            if (this == LINEAR) {
                return 1 - d;
            }
            return d < 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((d - 5) * d + 8) * d * a - 4 * a;
        }
    }
}
