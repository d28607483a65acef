package dev.wsss.api;

import java.util.Arrays;

/**
 * Fills a polygon as COCO does, which is neither the even-odd rule at pixel centres nor AWT's: vertices are rounded to a
 * grid of a fifth of a pixel, edges are drawn on that grid, and where the drawn line steps over the middle of a column
 * the column changes between outside and inside. The result is that of pycocotools for coordinates of at most {@link
 * #MAX_COORDINATE}; of the drawn line only the steps that count are looked at, so that time depends on columns crossed
 * and not on lengths.
 */
final class CocoPolygon {
    /** Grid cells a pixel. */
    private static final int GRID = 5;

    /** The grid cell left of the middle of column 0. */
    private static final int MIDDLE = GRID / 2;

    private static final int MIN_POINTS = 3;

    /** Largest absolute coordinate: on the grid it is an int yet, and no image is larger. */
    static final int MAX_COORDINATE = RleMask.MAX_PIXELS;

    /** Most columns that the edges may cross in all, so that a small file takes neither hours nor gigabytes. */
    private static final long MAX_CROSSINGS = 1L << 25;

    private final int height;
    private final int width;
    private int[] toggles = new int[64];
    private int count;
    private long crossings;

    private CocoPolygon(int height, int width) {
        this.height = height;
        this.width = width;
    }

    /**
     * Where, in column-major order, outside changes to inside and back.
     *
     * @param xy x and y of each vertex in turn
     * @throws InvalidDataException if there are not at least three whole vertices, a coordinate is not a number of at most
     *     {@link #MAX_COORDINATE}, or edges cross too many columns
     */
    static int[] changes(int height, int width, double[] xy) {
        check(xy);
        CocoPolygon polygon = new CocoPolygon(height, width);
        int last = xy.length - 2;
        int x = grid(xy[last]);
        int y = grid(xy[last + 1]);
        for (int i = 0; i < xy.length; i += 2) {
            int nextX = grid(xy[i]);
            int nextY = grid(xy[i + 1]);
            // the edge's own direction does not matter, only the order of its ends
            long dx = Math.abs((long) nextX - x);
            long dy = Math.abs((long) nextY - y);
            if (dx >= dy) {
                if (x <= nextX) {
                    polygon.flat(x, y, nextX, nextY);
                } else {
                    polygon.flat(nextX, nextY, x, y);
                }
            } else if (y <= nextY) {
                polygon.steep(x, y, nextX, nextY);
            } else {
                polygon.steep(nextX, nextY, x, y);
            }
            x = nextX;
            y = nextY;
        }
        polygon.cancel();
        // a change behind the last pixel changes nothing
        int n = polygon.count;
        if (n > 0 && polygon.toggles[n - 1] == height * width) {
            n--;
        }
        return Arrays.copyOf(polygon.toggles, n);
    }

    private static void check(double[] xy) {
        if (xy.length % 2 != 0) {
            throw new InvalidDataException(
                    "a polygon has " + xy.length + " coordinates; expected an even number, x and y of each point");
        }
        if (xy.length < 2 * MIN_POINTS) {
            throw new InvalidDataException(
                    "a polygon has " + xy.length / 2 + " points; expected at least " + MIN_POINTS);
        }
        for (int i = 0; i < xy.length; i++) {
            if (!(Math.abs(xy[i]) <= MAX_COORDINATE)) {
                throw new InvalidDataException("coordinate " + i + " of a polygon is " + xy[i]
                        + "; expected a number from -" + MAX_COORDINATE + " to " + MAX_COORDINATE);
            }
        }
    }

    /** Rounds as a cast in C does, towards 0; left and above of the image that is of no effect. */
    private static int grid(double v) {
        return (int) (GRID * v + .5);
    }

    /** An edge that is at least as wide as high, from left to right. */
    private void flat(int x0, int y0, int x1, int y1) {
        int first = firstColumn(x0);
        int last = lastColumn(x1);
        reserve(first, last);
        double slope = (double) ((long) y1 - y0) / ((long) x1 - x0);
        for (int column = first; column <= last; column++) {
            long t = (long) GRID * column + MIDDLE - x0;
            int left = (int) (y0 + slope * t + .5);
            int right = (int) (y0 + slope * (t + 1) + .5);
            toggle(column, Math.min(left, right));
        }
    }

    /** An edge that is higher than wide, from top to bottom. */
    private void steep(int x0, int y0, int x1, int y1) {
        int first = firstColumn(Math.min(x0, x1));
        int last = lastColumn(Math.max(x0, x1));
        reserve(first, last);
        long dy = (long) y1 - y0;
        double slope = (double) ((long) x1 - x0) / dy;
        for (int column = first; column <= last; column++) {
            int middle = GRID * column + MIDDLE;
            long t = (long) Math.ceil((middle + .5 - x0) / slope);
            t = Math.max(1, Math.min(dy, t));
            if (!isOver(x0, slope, t, middle) || isOver(x0, slope, t - 1, middle)) {
                t = search(x0, slope, dy, middle);
            }
            if (t <= dy) {
                toggle(column, (int) (y0 + t - 1));
            }
        }
    }

    /** The first step at which the edge is over the middle, by halving; beyond the last if none is. */
    private static long search(int x0, double slope, long dy, int middle) {
        long low = 1;
        long high = dy + 1;
        while (low < high) {
            long mid = (low + high) >>> 1;
            if (isOver(x0, slope, mid, middle)) {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        return low;
    }

    private static boolean isOver(int x0, double slope, long t, int middle) {
        int x = (int) (x0 + slope * t + .5);
        return slope > 0 ? x > middle : x <= middle;
    }

    /** The first column whose middle is not left of a grid cell. */
    private static int firstColumn(int x) {
        return Math.max(0, Math.floorDiv(x - MIDDLE + GRID - 1, GRID));
    }

    /** The last column whose middle is left of a grid cell. */
    private int lastColumn(int x) {
        return Math.min(width - 1, Math.floorDiv(x - MIDDLE - 1, GRID));
    }

    private void reserve(int first, int last) {
        crossings += Math.max(0, (long) last - first + 1);
        if (crossings > MAX_CROSSINGS) {
            throw new InvalidDataException("the edges of a polygon cross more than " + MAX_CROSSINGS
                    + " columns of an image of " + height + "x" + width + "; expected an outline of an object");
        }
    }

    /** Changes a column from the first pixel on whose centre is not above the grid row. */
    private void toggle(int column, int gridRow) {
        if (count == toggles.length) {
            cancel();
            if (count > toggles.length / 2) {
                toggles = Arrays.copyOf(toggles, 2 * toggles.length);
            }
        }
        int row = Math.max(0, Math.min(height, Math.floorDiv(gridRow + MIDDLE, GRID)));
        toggles[count++] = column * height + row;
    }

    /** Sorts the changes; two at one place are none. */
    private void cancel() {
        Arrays.sort(toggles, 0, count);
        int n = 0;
        for (int i = 0; i < count; i++) {
            if (n > 0 && toggles[n - 1] == toggles[i]) {
                n--;
            } else {
                toggles[n++] = toggles[i];
            }
        }
        count = n;
    }
}
