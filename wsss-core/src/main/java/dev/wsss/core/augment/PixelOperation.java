package dev.wsss.core.augment;

/** A change of colours that was drawn for one view. The same for the same pixels, whoever calls. */
@FunctionalInterface
public interface PixelOperation {
    /**
     * Changes pixels in place. They are an image of their own: what of a view lies beyond its source is not among them.
     *
     * @param rgb {@code [height][width][3]}, red first
     */
    void apply(byte[] rgb, int height, int width);
}
