package dev.wsss.core.image;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;

/**
 * The most pixels of an image. A larger one is reduced, its sides in proportion; others stay as they are. A very long image
 * may keep one row, whose length takes what that leaves.
 *
 * @param pixels at least 1
 */
public record PixelLimit(long pixels) {
    public PixelLimit {
        if (pixels < 1) {
            throw new IllegalArgumentException("maxPixels must be at least 1, got " + pixels);
        }
    }

    /** The image, or, bilinearly as Pillow does, as much of it as is allowed. */
    public RgbImage apply(RgbImage image) {
        return exceededBy(image.height(), image.width())
                ? Resize.PIL_BILINEAR.apply(
                        image, height(image.height(), image.width()), width(image.height(), image.width()))
                : image;
    }

    /** Labels of an image, to the size that {@link #apply(RgbImage)} gives it; each is the nearest. */
    public LabelMap apply(LabelMap labels) {
        return exceededBy(labels.height(), labels.width())
                ? Resize.PIL_NEAREST.apply(
                        labels, height(labels.height(), labels.width()), width(labels.height(), labels.width()))
                : labels;
    }

    private boolean exceededBy(int height, int width) {
        return (long) height * width > pixels;
    }

    private int width(int height, int width) {
        double factor = Math.sqrt(pixels / ((double) height * width));
        int rows = (int) Math.max(1, height * factor);
        return (int) Math.max(1, Math.min(width * factor, (double) pixels / rows));
    }

    private int height(int height, int width) {
        double factor = Math.sqrt(pixels / ((double) height * width));
        return (int) Math.min(Math.max(1, height * factor), pixels / width(height, width));
    }
}
