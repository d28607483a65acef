package dev.wsss.core.augment;

/** A change of colours that was drawn for one view. The same for the same pixels, whoever calls. */
@FunctionalInterface
public interface PixelOperation {
    /**
     * Changes pixels in place.
     *
     * @param rgb {@code [height][width][3]}; what lies beyond the source is 0 here and gets the fill colour afterwards
     * @param inside number of pixels that are not beyond it
     */
    void apply(byte[] rgb, int height, int width, long inside);
}
