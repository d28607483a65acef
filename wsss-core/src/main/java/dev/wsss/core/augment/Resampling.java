package dev.wsss.core.augment;

/**
 * How what belongs to an image is resampled for a view.
 *
 * @param interpolation of images and score maps
 * @param nearest of label maps and masks
 */
public record Resampling(Interpolation interpolation, Nearest nearest) {
    /** Bilinear, labels by the middle of a pixel. */
    public static final Resampling DEFAULT = of(Interpolation.BILINEAR);

    /** An interpolation, and {@link Nearest#HALF_PIXEL} for labels. */
    public static Resampling of(Interpolation interpolation) {
        return new Resampling(interpolation, Nearest.HALF_PIXEL);
    }
}
