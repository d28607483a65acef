package dev.wsss.systems.dhr;

/**
 * Where the image lies on the canvas that a crop is pasted on; the rest of the canvas is padding.
 *
 * @param left the first column
 * @param top the first row
 * @param right the column after the last
 * @param bottom the row after the last
 */
public record ContentBox(int left, int top, int right, int bottom) {
    /** @throws IllegalArgumentException if it is empty, or starts before the canvas */
    public ContentBox {
        if (left < 0 || top < 0 || right <= left || bottom <= top) {
            throw new IllegalArgumentException(
                    "content box must have 0 <= left < right and 0 <= top < bottom, got left " + left + ", top " + top
                            + ", right " + right + ", bottom " + bottom);
        }
    }

    /** All of a canvas. */
    public static ContentBox whole(int height, int width) {
        return new ContentBox(0, 0, width, height);
    }

    /** How many rows it has. */
    public int height() {
        return bottom - top;
    }

    /** How many columns it has. */
    public int width() {
        return right - left;
    }

    /**
     * The box on a map of the canvas: each of the four coordinates times the map's size over the canvas's, rounded down. It has
     * at least one cell; where rounding leaves none, the published code divides by zero.
     *
     * @param canvasHeight rows of the canvas
     * @param canvasWidth columns of the canvas
     * @param rows of the map
     * @param columns of the map
     * @throws IllegalArgumentException if the box is not inside the canvas
     */
    public ContentBox on(int canvasHeight, int canvasWidth, int rows, int columns) {
        requireInside(canvasHeight, canvasWidth);
        int x = floor(left, canvasWidth, columns);
        int y = floor(top, canvasHeight, rows);
        return new ContentBox(
                x,
                y,
                Math.max(x + 1, floor(right, canvasWidth, columns)),
                Math.max(y + 1, floor(bottom, canvasHeight, rows)));
    }

    private static int floor(int coordinate, int size, int cells) {
        return (int) ((long) coordinate * cells / size);
    }

    /** @throws IllegalArgumentException if it goes beyond a canvas of this size */
    void requireInside(int height, int width) {
        if (right > width || bottom > height) {
            throw new IllegalArgumentException(
                    "content " + this + " is not inside the canvas of " + height + "x" + width + " (height x width)");
        }
    }
}
