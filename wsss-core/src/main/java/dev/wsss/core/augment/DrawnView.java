package dev.wsss.core.augment;

import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Normalize;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * What an {@link Augmentation} drew for one image: where the view's pixels come from, and how their colours change. Maps of
 * the image follow by {@link Views} and the geometry.
 */
public final class DrawnView {
    /** ImageNet's mean colour, rounded. */
    private static final int MEAN_COLOUR = 0x7C7468;

    private final ViewGeometry geometry;
    private final List<ViewStage> stages;
    private final Resampling resampling;
    private final OptionalInt fill;

    /** @param fill colour of padding; empty if it is to be 0 after normalization */
    DrawnView(ViewGeometry geometry, List<ViewStage> stages, Resampling resampling, OptionalInt fill) {
        this.geometry = geometry;
        this.stages = stages;
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
        RgbImage image = source;
        for (ViewStage stage : stages) {
            image = stage.apply(image, resampling.interpolation(), fillColour());
        }
        return image;
    }

    private int fillColour() {
        return fill.orElse(MEAN_COLOUR);
    }

    /**
     * The view of an image of the source's size as a network takes it. Padding is 0, unless the augmentation has a fill
     * colour. Where there is no such and no colours change, what {@link Interpolation#BILINEAR} and {@link
     * Interpolation#BICUBIC} give is not rounded to levels before.
     *
     * @return {@code [3][height][width]}
     */
    public float[] input(RgbImage source, Normalize normalize) {
        return input(source, () -> image(source), normalize);
    }

    /**
     * As {@link #input(RgbImage, Normalize)}, for callers that may have the view's pixels already.
     *
     * @param view gives {@link #image} of the source; asked if it is these pixels that are normalized
     */
    public float[] input(RgbImage source, Supplier<RgbImage> view, Normalize normalize) {
        boolean rounded = geometry.isWhole()
                || stages.size() > 1
                || !stages.get(0).pixels().isEmpty()
                || fill.isPresent()
                || resampling.interpolation().resize().isPresent();
        float[] input = rounded
                ? normalize.apply(view.get())
                : normalize.apply(Views.levels(source, geometry, resampling.interpolation()));
        if (fill.isEmpty()) {
            Padding.of(geometry).zero(input);
        }
        return input;
    }
}
