package dev.wsss.core.augment;

import dev.wsss.core.image.Window;
import java.util.Optional;

/**
 * A view that is one resize to whole pixels, cut at whole pixels, as an image library does both: the size of the whole after
 * the resize, the window of it that the view shows, and where that lies in the view; what is around is padding.
 *
 * @param height rows of the whole
 * @param width columns of the whole
 * @param window what the view shows, at least one pixel
 * @param top row of the view where that begins
 * @param left column likewise
 */
record Placement(int height, int width, Window window, int top, int left) {
    /** Empty where a geometry is another thing, or shows nothing but padding. */
    static Optional<Placement> of(ViewGeometry g) {
        if (!isWhole(g.scaledHeight()) || !isWhole(g.scaledWidth()) || !isWhole(g.top()) || !isWhole(g.left())) {
            return Optional.empty();
        }
        int height = (int) g.scaledHeight();
        int width = (int) g.scaledWidth();
        int firstRow = Math.max(0, (int) g.top());
        int firstColumn = Math.max(0, (int) g.left());
        int rows = (int) Math.min(height, (long) g.top() + g.height()) - firstRow;
        int columns = (int) Math.min(width, (long) g.left() + g.width()) - firstColumn;
        if (rows < 1 || columns < 1) {
            return Optional.empty();
        }
        int before = firstColumn - (int) g.left();
        return Optional.of(new Placement(
                height,
                width,
                new Window(firstRow, firstColumn, rows, columns, g.flipped()),
                firstRow - (int) g.top(),
                g.flipped() ? g.width() - before - columns : before));
    }

    private static boolean isWhole(double v) {
        return v == (int) v;
    }

    /**
     * Copies the window's pixels to where they lie in a view.
     *
     * @param size bytes of a pixel
     */
    void copy(byte[] pixels, byte[] view, int viewWidth, int size) {
        int line = window.width() * size;
        for (int y = 0; y < window.height(); y++) {
            System.arraycopy(pixels, y * line, view, ((top + y) * viewWidth + left) * size, line);
        }
    }
}
