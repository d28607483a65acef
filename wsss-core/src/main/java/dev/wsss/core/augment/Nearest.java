package dev.wsss.core.augment;

import dev.wsss.core.image.Resize;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which pixel of a label map is the nearest. The rules differ where a position lies between two pixels, and OpenCV's older
 * one by half a pixel everywhere: labels must move by the rule of the library that a training was published with.
 *
 * <p>Those of libraries are followed to the pixel where a view is one resize to whole pixels, cut at whole pixels: what
 * {@link Augmentation}s make, unless they resize what they cut before. Other views take {@link #HALF_PIXEL}.
 */
public enum Nearest {
    /** The pixel that the middle of the new one lies in, by the geometry in float64. */
    HALF_PIXEL(null),
    /** Pillow 12.3, {@code Image.NEAREST}. */
    PILLOW(Resize.PIL_NEAREST),
    /** OpenCV 4 and 5, {@code INTER_NEAREST}: {@code floor(i * in / out)}, which moves labels by up to half a pixel. */
    OPENCV(Resize.CV_NEAREST),
    /**
     * OpenCV 5.0, {@code INTER_NEAREST_EXACT}: the same pixels as {@link #PILLOW}. That of OpenCV 4 is another, at 1.5
     * times the size in 13 of 100 pixels.
     */
    OPENCV_EXACT(Resize.CV_NEAREST_EXACT);

    private final Optional<Resize> resize;

    Nearest(@Nullable Resize resize) {
        this.resize = Optional.ofNullable(resize);
    }

    /** The library's resize, for a rule of one. */
    Optional<Resize> resize() {
        return resize;
    }
}
