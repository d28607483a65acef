package dev.wsss.core.image;

/**
 * A rectangle of a resized image, in its pixels.
 *
 * @param top first row
 * @param left first column
 * @param height rows, at least 1
 * @param width columns, at least 1
 * @param mirrored whether left and right of the rectangle are exchanged
 */
public record Window(int top, int left, int height, int width, boolean mirrored) {
    public Window {
        if (top < 0 || left < 0 || height < 1 || width < 1) {
            throw new IllegalArgumentException("window of " + height + "x" + width + " begins at row " + top
                    + ", column " + left + "; expected at least 1x1 from 0, 0 on");
        }
    }

    /** All of an image. */
    static Window whole(int height, int width) {
        return new Window(0, 0, height, width, false);
    }

    Span rows(int in, int out) {
        return new Span(in, out, top, height, false);
    }

    Span columns(int in, int out) {
        return new Span(in, out, left, width, mirrored);
    }

    void requireInside(int ofHeight, int ofWidth) {
        if (top > ofHeight - height || left > ofWidth - width) {
            throw new IllegalArgumentException("window of " + height + "x" + width + " from row " + top + ", column "
                    + left + " is not inside " + ofHeight + "x" + ofWidth);
        }
    }
}
