package dev.wsss.core.augment;

import java.util.Arrays;

/**
 * The pixels of a view that lie beyond its source: those whose middle does. The others are a rectangle, unless the view is
 * turned.
 */
final class Padding {
    private final ViewGeometry geometry;
    private final int top;
    private final int bottom;
    private final int left;
    private final int right;

    private Padding(ViewGeometry g) {
        geometry = g;
        top = first(g.top(), g.height());
        bottom = end(g.scaledHeight() - g.top(), g.height());
        int before = first(g.left(), g.width());
        int after = end(g.scaledWidth() - g.left(), g.width());
        left = g.flipped() ? g.width() - after : before;
        right = g.flipped() ? g.width() - before : after;
    }

    static Padding of(ViewGeometry geometry) {
        return new Padding(geometry);
    }

    /** The first place whose middle is not before the source. */
    private static int first(double offset, int size) {
        return (int) Math.max(0, Math.min(size, Math.ceil(-offset - 0.5)));
    }

    /** The first place whose middle is behind it. */
    private static int end(double length, int size) {
        return (int) Math.max(0, Math.min(size, Math.ceil(length - 0.5)));
    }

    /** First row of the rectangle; that and the others are of the view before it is turned. */
    int top() {
        return top;
    }

    int left() {
        return left;
    }

    /** Rows of the rectangle, 0 where the view shows nothing of its source. */
    int height() {
        return Math.max(0, bottom - top);
    }

    /** Columns of the rectangle, likewise. */
    int width() {
        return Math.max(0, right - left);
    }

    /** Whether all that is not padding here is not padding there either. */
    boolean isWithin(Padding other) {
        boolean none = height() == 0 || width() == 0;
        return none || top >= other.top && bottom <= other.bottom && left >= other.left && right <= other.right;
    }

    /** Pixels of a row, from first to end, that are padding. */
    @FunctionalInterface
    private interface Run {
        void at(int first, int end);
    }

    private void runs(Run run) {
        int rows = geometry.height();
        int columns = geometry.width();
        if (geometry.isTurned()) {
            turned(run);
            return;
        }
        for (int y = 0; y < rows; y++) {
            int start = y * columns;
            if (y < top || y >= bottom || left >= right) {
                run.at(start, start + columns);
            } else {
                run.at(start, start + left);
                run.at(start + right, start + columns);
            }
        }
    }

    private void turned(Run run) {
        Turn turn = new Turn(geometry);
        int columns = geometry.width();
        for (int y = 0; y < geometry.height(); y++) {
            int start = y * columns;
            for (int x = 0; x < columns; x++) {
                if (!turn.shows(y, x)) {
                    run.at(start + x, start + x + 1);
                }
            }
        }
    }

    /** Paints the padding of interleaved pixels. */
    void fill(byte[] rgb, int colour) {
        runs((first, end) -> {
            for (int i = 3 * first; i < 3 * end; i += 3) {
                rgb[i] = (byte) (colour >> 16);
                rgb[i + 1] = (byte) (colour >> 8);
                rgb[i + 2] = (byte) colour;
            }
        });
    }

    /** Puts zero into the padding of three planes. */
    void zero(float[] planes) {
        int size = geometry.height() * geometry.width();
        runs((first, end) -> {
            for (int c = 0; c < 3; c++) {
                Arrays.fill(planes, c * size + first, c * size + end, 0);
            }
        });
    }
}
