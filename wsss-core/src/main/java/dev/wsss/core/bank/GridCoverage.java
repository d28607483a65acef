package dev.wsss.core.bank;

import dev.wsss.api.RleMask;

/**
 * How much of each cell of a grid a mask covers: the mask resized to the grid by area averaging. Whole numbers throughout,
 * so that the result is exact whether or not the grid's lines fall between pixels.
 */
final class GridCoverage {
    private final int imageHeight;
    private final int imageWidth;
    private final int rows;
    private final int columns;
    private final long[] cells;

    /** Of the column of the image that is under way: how much of it lies in each row of the grid. */
    private final long[] column;

    private int firstRow;
    private int lastRow = -1;

    private GridCoverage(RleMask mask, int rows, int columns) {
        imageHeight = mask.height();
        imageWidth = mask.width();
        this.rows = rows;
        this.columns = columns;
        cells = new long[rows * columns];
        column = new long[rows];
        firstRow = rows;
    }

    /**
     * The covered areas.
     *
     * @return {@code [rows][columns]}, in units of which a cell has {@code height * width}, those of the image
     */
    static long[] of(RleMask mask, int rows, int columns) {
        GridCoverage coverage = new GridCoverage(mask, rows, columns);
        int[] counts = mask.counts();
        int at = 0;
        int x = -1;
        for (int i = 0; i < counts.length; i++) {
            int end = at + counts[i];
            if (i % 2 == 1) {
                while (at < end) {
                    int nextX = at / mask.height();
                    if (nextX != x) {
                        coverage.endColumn(x);
                        x = nextX;
                    }
                    int stop = Math.min(end, (x + 1) * mask.height());
                    coverage.addRun(at - x * mask.height(), stop - x * mask.height());
                    at = stop;
                }
            }
            at = end;
        }
        coverage.endColumn(x);
        return coverage.cells;
    }

    /** A pixel has {@code rows} parts from top to bottom, a cell {@code imageHeight}. */
    private void addRun(int from, int to) {
        long start = (long) from * rows;
        long end = (long) to * rows;
        int row = (int) (start / imageHeight);
        firstRow = Math.min(firstRow, row);
        for (; (long) row * imageHeight < end; row++) {
            long low = Math.max(start, (long) row * imageHeight);
            long high = Math.min(end, (row + 1L) * imageHeight);
            column[row] += high - low;
        }
        lastRow = Math.max(lastRow, row - 1);
    }

    private void endColumn(int x) {
        if (firstRow > lastRow) {
            return;
        }
        long start = (long) x * columns;
        long end = start + columns;
        for (int c = (int) (start / imageWidth); (long) c * imageWidth < end; c++) {
            long share = Math.min(end, (c + 1L) * imageWidth) - Math.max(start, (long) c * imageWidth);
            for (int row = firstRow; row <= lastRow; row++) {
                cells[row * columns + c] += column[row] * share;
            }
        }
        for (int row = firstRow; row <= lastRow; row++) {
            column[row] = 0;
        }
        firstRow = rows;
        lastRow = -1;
    }
}
