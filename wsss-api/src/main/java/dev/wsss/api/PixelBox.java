package dev.wsss.api;

/**
 * A rectangle of whole pixels, as COCO keeps boxes.
 *
 * @param x first column, from 0
 * @param y first row, from 0
 * @param width columns; 0 for the box of nothing
 * @param height rows; 0 for the box of nothing
 */
public record PixelBox(int x, int y, int width, int height) {
    /** The box of nothing. */
    public static final PixelBox EMPTY = new PixelBox(0, 0, 0, 0);

    public PixelBox {
        if (x < 0 || y < 0 || width < 0 || height < 0) {
            throw new IllegalArgumentException("box has x " + x + ", y " + y + ", width " + width + ", height " + height
                    + "; expected none of them negative");
        }
    }
}
