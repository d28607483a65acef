package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;
import org.jspecify.annotations.Nullable;

/**
 * mmseg's {@code PhotoMetricDistortion}: brightness, contrast, saturation and hue, each for every second image. Levels are
 * float32 products and sums, kept within 0..255 and truncated; saturation and hue each go through OpenCV's 8-bit HSV and
 * back. Contrast comes either before or after these two, by chance.
 *
 * @param brightness most to add to all levels, drawn from {@code -brightness .. brightness}
 * @param minContrast least factor of all levels, at least 0
 * @param maxContrast greatest factor
 * @param minSaturation least factor of the saturation, at least 0
 * @param maxSaturation greatest factor
 * @param hue steps of two degrees: drawn from {@code -hue .. hue - 1}, 0 to 90
 */
public record PhotometricDistortion(
        double brightness, double minContrast, double maxContrast, double minSaturation, double maxSaturation, int hue)
        implements Transform {
    /** mmseg's defaults: 32, 0.5 to 1.5 for contrast and for saturation, 18. */
    public static final PhotometricDistortion MMSEG = new PhotometricDistortion(32, 0.5, 1.5, 0.5, 1.5, 18);

    public PhotometricDistortion {
        if (!(brightness >= 0 && brightness <= 255)) {
            throw new IllegalArgumentException("brightness is " + brightness + "; expected 0..255");
        }
        requireRange("contrast", minContrast, maxContrast);
        requireRange("saturation", minSaturation, maxSaturation);
        if (hue < 0 || hue > 90) {
            throw new IllegalArgumentException("hue is " + hue + "; expected 0..90");
        }
    }

    private static void requireRange(String name, double min, double max) {
        if (!(min >= 0 && max >= min && max < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " is " + min + ".." + max + "; expected 0 <= min <= max");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        draft.add(new Draw(
                random.chance(0.5) ? random.range(-brightness, brightness) : null,
                random.chance(0.5) ? random.range(minContrast, maxContrast) : null,
                random.chance(0.5),
                random.chance(0.5) ? random.range(minSaturation, maxSaturation) : null,
                random.chance(0.5) && hue > 0 ? random.below(2 * hue) - hue : null));
    }

    @Override
    public Description description() {
        return Description.of("PhotometricDistortion").putAll(this).build();
    }

    /**
     * What was drawn for one image; null is a step that is left out.
     *
     * @param brightness added to all levels
     * @param contrast factor of all levels
     * @param contrastFirst whether contrast comes before saturation and hue
     * @param saturation factor of the saturation
     * @param hue added to the hue, in steps of two degrees
     */
    public record Draw(
            @Nullable Double brightness,
            @Nullable Double contrast,
            boolean contrastFirst,
            @Nullable Double saturation,
            @Nullable Integer hue)
            implements PixelOperation {
        @Override
        public void apply(byte[] rgb, int height, int width) {
            apply(ColourOperation.CV_ADD, brightness, rgb, height, width);
            if (contrastFirst) {
                apply(ColourOperation.CV_MULTIPLY, contrast, rgb, height, width);
            }
            apply(ColourOperation.CV_SATURATION, saturation, rgb, height, width);
            apply(ColourOperation.CV_HUE, hue, rgb, height, width);
            if (!contrastFirst) {
                apply(ColourOperation.CV_MULTIPLY, contrast, rgb, height, width);
            }
        }

        private static void apply(
                ColourOperation operation, @Nullable Number amount, byte[] rgb, int height, int width) {
            if (amount != null) {
                operation.at(amount.doubleValue()).apply(rgb, height, width);
            }
        }
    }
}
