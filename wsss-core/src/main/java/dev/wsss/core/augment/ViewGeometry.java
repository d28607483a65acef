package dev.wsss.core.augment;

/**
 * Where the pixels of a view lie in the image that it was made of: the source is scaled, a rectangle is cut out of it (or
 * it is placed in a larger one), that is mirrored, and at last turned about its middle. Every kind of map that belongs to
 * the image follows by it, and a loss finds by it where a crop lies in its parent.
 *
 * <p>Positions are continuous: pixel {@code i} covers {@code i .. i + 1}. Operations give new geometries and may follow
 * each other in any order, but for one: nothing is scaled or cut after it was turned. {@code top} and {@code left} are
 * always in the source's orientation, mirrored or not.
 *
 * <p>In a turned view rows and columns no longer belong to rows and columns of the source. What goes by {@link #source}
 * holds for it; what speaks of rows, columns or rectangles alone refuses it.
 *
 * @param sourceHeight rows of the source
 * @param sourceWidth columns of the source
 * @param scaledHeight rows of the whole source after scaling; whole numbers unless a crop was scaled
 * @param scaledWidth columns likewise
 * @param top where the view begins in the scaled source; negative where it begins before
 * @param left likewise
 * @param height rows of the view
 * @param width columns of the view
 * @param flipped whether left and right are exchanged
 * @param angle degrees by which the content is turned, counter-clockwise, about the middle of the view
 */
public record ViewGeometry(
        int sourceHeight,
        int sourceWidth,
        double scaledHeight,
        double scaledWidth,
        double top,
        double left,
        int height,
        int width,
        boolean flipped,
        double angle) {
    private static final String NO_ROWS = "has no rows and columns of its source; go by source(y, x)";

    public ViewGeometry {
        if (sourceHeight < 1 || sourceWidth < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException("source and view must be at least 1x1, got " + sourceHeight + "x"
                    + sourceWidth + " and " + height + "x" + width);
        }
        if (!(scaledHeight > 0 && scaledWidth > 0)) {
            throw new IllegalArgumentException("scaled size must be positive, got " + scaledHeight + "x" + scaledWidth);
        }
        if (!Double.isFinite(angle)) {
            throw new IllegalArgumentException("angle is " + angle + "; expected a finite number of degrees");
        }
    }

    /** A geometry that is not turned. */
    public ViewGeometry(
            int sourceHeight,
            int sourceWidth,
            double scaledHeight,
            double scaledWidth,
            double top,
            double left,
            int height,
            int width,
            boolean flipped) {
        this(sourceHeight, sourceWidth, scaledHeight, scaledWidth, top, left, height, width, flipped, 0);
    }

    /** The source as it is. */
    public static ViewGeometry whole(int height, int width) {
        return new ViewGeometry(height, width, height, width, 0, 0, height, width, false);
    }

    /** Whether the view is the source as it is. */
    public boolean isWhole() {
        return equals(whole(sourceHeight, sourceWidth));
    }

    /** Whether the view is turned. */
    public boolean isTurned() {
        return angle != 0;
    }

    /** Whether no whole pixel of the scaled source was cut off; of a view that is turned, before it was. */
    boolean showsAll() {
        return top < 1 && left < 1 && scaledHeight - top < height + 1 && scaledWidth - left < width + 1;
    }

    private void requireNotTurned(String what) {
        if (isTurned()) {
            throw new IllegalStateException("a view that is turned by " + angle + " degrees " + what);
        }
    }

    /**
     * This view resized.
     *
     * @throws IllegalStateException if it is turned
     */
    public ViewGeometry resize(int newHeight, int newWidth) {
        requireNotTurned("cannot be resized; rotate last");
        double rows = (double) newHeight / height;
        double columns = (double) newWidth / width;
        return new ViewGeometry(
                sourceHeight,
                sourceWidth,
                // not by the ratio where the view is the whole: so sizes stay whole numbers
                scaledHeight == height ? newHeight : scaledHeight * rows,
                scaledWidth == width ? newWidth : scaledWidth * columns,
                top * rows,
                left * columns,
                newHeight,
                newWidth,
                flipped);
    }

    /**
     * A rectangle of this view, in the source's orientation; where it reaches beyond, there is padding.
     *
     * @param fromTop rows to leave out at the top, or, negative, to add
     * @param fromLeft columns likewise, at what is the left of the source
     * @throws IllegalStateException if the view is turned
     */
    public ViewGeometry crop(int fromTop, int fromLeft, int newHeight, int newWidth) {
        requireNotTurned("cannot be cropped or padded; rotate last");
        return new ViewGeometry(
                sourceHeight,
                sourceWidth,
                scaledHeight,
                scaledWidth,
                top + fromTop,
                left + fromLeft,
                newHeight,
                newWidth,
                flipped);
    }

    /** This view mirrored, left and right exchanged. */
    public ViewGeometry flip() {
        return new ViewGeometry(
                sourceHeight, sourceWidth, scaledHeight, scaledWidth, top, left, height, width, !flipped, -angle + 0.0);
    }

    /** This view turned about its middle by some degrees, counter-clockwise; its size stays. */
    public ViewGeometry rotate(double degrees) {
        return new ViewGeometry(
                sourceHeight,
                sourceWidth,
                scaledHeight,
                scaledWidth,
                top,
                left,
                height,
                width,
                flipped,
                angle + degrees);
    }

    /** The place in the source that a place of the view shows, both continuous; turned views included. */
    public Position source(double y, double x) {
        if (!isTurned()) {
            return new Position(uprightSourceY(y), uprightSourceX(x));
        }
        Turn turn = new Turn(this);
        return new Position(turn.sourceY(y, x), turn.sourceX(y, x));
    }

    /** The source row at a row of the view before it is turned. */
    double uprightSourceY(double y) {
        return (top + y) * sourceHeight / scaledHeight;
    }

    /** The source column at a column of the view before it is turned. */
    double uprightSourceX(double x) {
        return (left + (flipped ? width - x : x)) * sourceWidth / scaledWidth;
    }

    /**
     * The source row at a row of the view, both continuous: row 0.5 is the middle of the first.
     *
     * @throws IllegalStateException if the view is turned
     */
    public double sourceY(double y) {
        requireNotTurned(NO_ROWS);
        return uprightSourceY(y);
    }

    /**
     * The source column at a column of the view.
     *
     * @throws IllegalStateException if the view is turned
     */
    public double sourceX(double x) {
        requireNotTurned(NO_ROWS);
        return uprightSourceX(x);
    }

    /**
     * The row of the view at a source row.
     *
     * @throws IllegalStateException if the view is turned
     */
    public double viewY(double y) {
        requireNotTurned(NO_ROWS);
        return y * scaledHeight / sourceHeight - top;
    }

    /**
     * The column of the view at a source column.
     *
     * @throws IllegalStateException if the view is turned
     */
    public double viewX(double x) {
        requireNotTurned(NO_ROWS);
        double inOrder = x * scaledWidth / sourceWidth - left;
        return flipped ? width - inOrder : inOrder;
    }

    /**
     * The part of the source that the view shows; beyond the source where the view has padding.
     *
     * @throws IllegalStateException if the view is turned
     */
    public Box region() {
        double x0 = sourceX(0);
        double x1 = sourceX(width);
        return new Box(sourceY(0), Math.min(x0, x1), sourceY(height), Math.max(x0, x1));
    }

    /**
     * The part of the view where the source is: all of it, unless there is padding.
     *
     * @throws IllegalStateException if the view is turned
     */
    public Box content() {
        double x0 = viewX(0);
        double x1 = viewX(sourceWidth);
        return new Box(
                Math.max(0, viewY(0)),
                Math.max(0, Math.min(x0, x1)),
                Math.min(height, viewY(sourceHeight)),
                Math.min(width, Math.max(x0, x1)));
    }

    Axis rows(Interpolation interpolation) {
        return new Axis(sourceHeight, scaledHeight, height, top, false, interpolation);
    }

    Axis columns(Interpolation interpolation) {
        return new Axis(sourceWidth, scaledWidth, width, left, flipped, interpolation);
    }

    int[] nearestRows() {
        return Axis.nearest(sourceHeight, scaledHeight, height, top, false);
    }

    int[] nearestColumns() {
        return Axis.nearest(sourceWidth, scaledWidth, width, left, flipped);
    }

    /**
     * A place, continuous.
     *
     * @param y row
     * @param x column
     */
    public record Position(double y, double x) {}

    /**
     * A rectangle in continuous positions.
     *
     * @param top first row
     * @param left first column
     * @param bottom end of the rows
     * @param right end of the columns
     */
    public record Box(double top, double left, double bottom, double right) {
        /** Rows. */
        public double height() {
            return bottom - top;
        }

        /** Columns. */
        public double width() {
            return right - left;
        }
    }
}
