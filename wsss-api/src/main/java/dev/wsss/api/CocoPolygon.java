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

    /** The vertices on the grid, the last one first: edge {@code i} goes from {@code i} to {@code i + 1}. */
    private final int[] x;

    private final int[] y;

    /** The first and the last column whose middle an edge crosses; the last is less than the first if it crosses none. */
    private final int[] first;

    private final int[] last;

    /** The leftmost column that any edge crosses. */
    private int left;

    /** Where the rows of a column go next, of the columns from {@link #left} on. */
    private int[] next = {};

    /** The rows at which columns change, column by column. */
    private int[] rows = {};

    private CocoPolygon(int height, int width, double[] xy) {
        this.height = height;
        this.width = width;
        int edges = xy.length / 2;
        x = new int[edges + 1];
        y = new int[edges + 1];
        first = new int[edges];
        last = new int[edges];
        for (int i = 0; i < edges; i++) {
            x[i + 1] = grid(xy[2 * i]);
            y[i + 1] = grid(xy[2 * i + 1]);
        }
        x[0] = x[edges];
        y[0] = y[edges];
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
        CocoPolygon polygon = new CocoPolygon(height, width, xy);
        int[] begin = polygon.columns();
        for (int i = 0; i < polygon.first.length; i++) {
            if (polygon.first[i] <= polygon.last[i]) {
                polygon.edge(i);
            }
        }
        return polygon.inOrder(begin);
    }

    /**
     * Finds the columns that each edge crosses, and makes room for their changes: a column's place is known before its
     * changes are, so that nothing has to be sorted but the few of one column.
     *
     * @return where the place of each column begins
     */
    private int[] columns() {
        left = width;
        int right = -1;
        long crossings = 0;
        for (int i = 0; i < first.length; i++) {
            int from = firstColumn(Math.min(x[i], x[i + 1]));
            int to = lastColumn(Math.max(x[i], x[i + 1]));
            first[i] = from;
            last[i] = to;
            if (from <= to) {
                crossings += to - from + 1;
                left = Math.min(left, from);
                right = Math.max(right, to);
            }
        }
        if (crossings > MAX_CROSSINGS) {
            throw new InvalidDataException("the edges of a polygon cross more than " + MAX_CROSSINGS
                    + " columns of an image of " + height + "x" + width + "; expected an outline of an object");
        }
        rows = new int[(int) crossings];
        int columns = Math.max(0, right - left + 1);
        int[] begin = new int[columns + 1];
        // edges that begin and end at a column, then edges at each, then all edges before it
        for (int i = 0; i < first.length; i++) {
            if (first[i] <= last[i]) {
                begin[first[i] - left]++;
                begin[last[i] - left + 1]--;
            }
        }
        int edges = 0;
        int before = 0;
        for (int c = 0; c <= columns; c++) {
            edges += begin[c];
            begin[c] = before;
            before += edges;
        }
        next = begin.clone();
        return begin;
    }

    private void edge(int i) {
        // the edge's own direction does not matter, only the order of its ends
        long dx = Math.abs((long) x[i + 1] - x[i]);
        long dy = Math.abs((long) y[i + 1] - y[i]);
        boolean inOrder = dx >= dy ? x[i] <= x[i + 1] : y[i] <= y[i + 1];
        int from = inOrder ? i : i + 1;
        int to = inOrder ? i + 1 : i;
        if (dx >= dy) {
            flat(x[from], y[from], dx, (long) y[to] - y[from], first[i], last[i]);
        } else {
            steep(x[from], y[from], (long) x[to] - x[from], dy, first[i], last[i]);
        }
    }

    /** An edge that is at least as wide as high, from left to right: the upper end of the step over a middle counts. */
    private void flat(int x0, int y0, long dx, long dy, int from, int to) {
        double slope = (double) dy / dx;
        double t = (long) GRID * from + MIDDLE - x0 + (dy < 0 ? 1 : 0);
        for (int column = from; column <= to; column++, t += GRID) {
            toggle(column, (int) (y0 + slope * t + .5));
        }
    }

    /** An edge that is higher than wide, from top to bottom. */
    private void steep(int x0, int y0, long dx, long dy, int from, int to) {
        double slope = (double) dx / dy;
        double steps = 1 / slope;
        for (int column = from; column <= to; column++) {
            int middle = GRID * column + MIDDLE;
            // all but always right; what the drawn line does decides
            long t = (long) Math.ceil((middle + .5 - x0) * steps);
            if (t < 1 || t > dy || !isOver(x0, slope, t, middle) || isOver(x0, slope, t - 1, middle)) {
                t = search(x0, slope, dy, middle);
            }
            if (t <= dy) {
                toggle(column, (int) (y0 + t - 1));
            }
        }
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

    /** Changes a column from the first pixel on whose centre is not above the grid row. */
    private void toggle(int column, int gridRow) {
        // a division that rounds towards 0 does for what is above the image, too
        rows[next[column - left]++] = Math.max(0, Math.min(height, (gridRow + MIDDLE) / GRID));
    }

    /** The changes in column-major order; two at one place are none. */
    private int[] inOrder(int[] begin) {
        int n = 0;
        for (int c = 0; c < begin.length - 1; c++) {
            int from = begin[c];
            int to = next[c];
            if (to - from == 2) {
                int a = rows[from];
                int b = rows[from + 1];
                rows[from] = Math.min(a, b);
                rows[from + 1] = Math.max(a, b);
            } else {
                Arrays.sort(rows, from, to);
            }
            // what was read makes room for what is written
            int start = (left + c) * height;
            for (int i = from; i < to; i++) {
                int change = start + rows[i];
                if (n > 0 && rows[n - 1] == change) {
                    n--;
                } else {
                    rows[n++] = change;
                }
            }
        }
        // a change behind the last pixel changes nothing
        if (n > 0 && rows[n - 1] == height * width) {
            n--;
        }
        return Arrays.copyOf(rows, n);
    }
}
