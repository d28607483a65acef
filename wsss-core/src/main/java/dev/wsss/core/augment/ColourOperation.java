package dev.wsss.core.augment;

import java.util.function.DoubleFunction;

/**
 * Changes of colours, each by an amount. Those of Pillow give Pillow's bytes; those of OpenCV are OpenCV's arithmetic on 8
 * bits: its scalar code, to the byte. Where it goes back from the HSV of 180 hues, its vector code, which takes 32 pixels at
 * a time with AVX2, truncates instead of rounding, and so is up to one level darker than the scalar code.
 *
 * <p>{@link RandomColour} draws the amount. What ignores it says so.
 */
public enum ColourOperation {
    /** {@code ImageEnhance.Brightness}: the amount is a factor, 1 changes nothing. */
    BRIGHTNESS(f -> PilColours.brightness((float) f)),
    /** {@code ImageEnhance.Contrast}: multiplies the distance from the image's mean grey. */
    CONTRAST(f -> PilColours.contrast((float) f)),
    /** {@code ImageEnhance.Color}: multiplies the distance from each pixel's own grey. */
    SATURATION(f -> PilColours.saturation((float) f)),
    /** torchvision's {@code adjust_hue} of a Pillow image: turns the hue by this part of the circle, -1 to 1. */
    HUE(PilHue::turn),
    /** {@code ImageEnhance.Sharpness}: multiplies the distance from the smoothed image. */
    SHARPNESS(f -> PilColours.sharpness((float) f)),
    /** {@code ImageOps.grayscale} in all three channels; the amount is ignored. */
    GREY(f -> (rgb, height, width) -> PilColours.toGrey(rgb)),
    /** {@code ImageOps.invert}; the amount is ignored. */
    INVERT(f -> Levels.each(v -> 255 - v)),
    /** {@code ImageOps.posterize}: keeps this many upper bits, 1 to 8; fractions are cut off. */
    POSTERIZE(bits -> PilColours.posterize((int) within("bits", bits, 1, 8))),
    /** {@code ImageOps.solarize}: inverts levels from this one on, 0 to 256; fractions are cut off. */
    SOLARIZE(threshold -> PilColours.solarize((int) within("threshold", threshold, 0, 256))),
    /** {@code ImageOps.equalize}; the amount is ignored. */
    EQUALIZE(f -> (rgb, height, width) -> PilColours.equalize(rgb)),
    /** {@code ImageOps.autocontrast} without a cutoff; the amount is ignored. */
    AUTOCONTRAST(f -> (rgb, height, width) -> PilColours.autocontrast(rgb)),
    /** {@code ImageFilter.GaussianBlur}: the amount is the Gaussian's standard deviation in pixels, 0 to 1000. */
    BLUR(ColourOperation::blur),
    /** Adds to all levels, keeps them within 0..255, truncates: mmseg's brightness. */
    CV_ADD(a -> CvColours.levels(CvColours.truncated(1, a))),
    /** Multiplies all levels, keeps them within 0..255, truncates: mmseg's contrast. */
    CV_MULTIPLY(f -> CvColours.levels(CvColours.truncated(f, 0))),
    /** Multiplies the saturation of OpenCV's HSV, likewise. */
    CV_SATURATION(CvColours::saturation),
    /** Adds to the hue of OpenCV's HSV around the circle: steps of two degrees, the next whole number below the amount. */
    CV_HUE(steps -> CvColours.hue((int) Math.floor(steps))),
    /** {@code cv2.convertScaleAbs} with this summand: a sum below zero becomes positive. */
    CV_ABS_ADD(CvColours::foldedBrightness),
    /** {@code cv2.convertScaleAbs} with this factor. */
    CV_ABS_MULTIPLY(CvColours::foldedContrast),
    /** {@code cv2.convertScaleAbs} with this factor on the saturation of {@code COLOR_BGR2HSV_FULL}. */
    CV_ABS_SATURATION(CvColours::foldedSaturation),
    /** {@code cv2.convertScaleAbs} with this summand on the hue of {@code COLOR_BGR2HSV_FULL}, not around the circle. */
    CV_ABS_HUE(CvColours::foldedHue);

    private static final double MAX_SIGMA = 1000;

    private final DoubleFunction<PixelOperation> operations;

    ColourOperation(DoubleFunction<PixelOperation> operations) {
        this.operations = operations;
    }

    /**
     * The change by an amount.
     *
     * @throws IllegalArgumentException if the amount is not a number or out of the range that is given with the operation
     */
    public PixelOperation at(double amount) {
        if (!Double.isFinite(amount)) {
            throw new IllegalArgumentException(this + " by " + amount + "; expected a finite number");
        }
        return operations.apply(amount);
    }

    private static PixelOperation blur(double sigma) {
        within("sigma", sigma, 0, MAX_SIGMA);
        // a Gaussian that narrow leaves all as it is
        return sigma == 0 ? (rgb, height, width) -> {} : new PilBlur(sigma)::apply;
    }

    private static double within(String name, double value, double min, double max) {
        if (!(value >= min && value <= max)) {
            throw new IllegalArgumentException(name + " is " + value + "; expected " + min + ".." + max);
        }
        return value;
    }
}
