package dev.wsss.core.augment;

import dev.wsss.api.RgbImage;
import java.util.List;

/**
 * What an {@link Augmentation} drew for one image: where the view's pixels come from, and how their colours change. Maps of
 * the image follow by {@link Views} and the geometry.
 */
public final class DrawnView {
    private final ViewGeometry geometry;
    private final List<PixelOperation> pixels;
    private final Resampling resampling;
    private final int fill;

    DrawnView(ViewGeometry geometry, List<PixelOperation> pixels, Resampling resampling, int fill) {
        this.geometry = geometry;
        this.pixels = pixels;
        this.resampling = resampling;
        this.fill = fill;
    }

    /** Where the pixels come from. */
    public ViewGeometry geometry() {
        return geometry;
    }

    /** How images and their maps are resampled. */
    public Resampling resampling() {
        return resampling;
    }

    /** The pixels of the view of an image of the source's size. */
    public RgbImage image(RgbImage source) {
        return Views.image(source, geometry, resampling.interpolation(), pixels, fill);
    }
}
