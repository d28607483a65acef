package dev.wsss.api;

/**
 * A rectangle as COCO's annotations hold it, in pixels and fractions of them, 0 being the upper left corner of the image.
 * The box of a mask is a {@link PixelBox}.
 *
 * @param x left border
 * @param y upper border
 * @param width 0 or more
 * @param height 0 or more
 */
public record CocoBox(double x, double y, double width, double height) {
    /**
     * Checks.
     *
     * @throws InvalidDataException if a number is not finite, or width or height negative
     */
    public CocoBox {
        if (!(Double.isFinite(x)
                && Double.isFinite(y)
                && Double.isFinite(width)
                && Double.isFinite(height)
                && width >= 0
                && height >= 0)) {
            throw new InvalidDataException("a box has x " + x + ", y " + y + ", width " + width + ", height " + height
                    + "; expected finite numbers, width and height 0 or more");
        }
    }

    /**
     * Overlap of a detected box with an annotated one: intersection over union or, where the annotation is of a crowd, over
     * the detected box alone. 0 where they do not overlap; more than 1 never.
     */
    public double iou(CocoBox annotated, boolean crowd) {
        double w = Math.min(x + width, annotated.x + annotated.width) - Math.max(x, annotated.x);
        double h = Math.min(y + height, annotated.y + annotated.height) - Math.max(y, annotated.y);
        if (w <= 0 || h <= 0) {
            return 0;
        }
        double both = w * h;
        double area = width * height;
        return both / (crowd ? area : area + annotated.width * annotated.height - both);
    }
}
