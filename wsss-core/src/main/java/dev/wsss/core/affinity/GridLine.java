package dev.wsss.core.affinity;

import java.util.Arrays;

/**
 * How scores of a grid and a {@link Stencil}'s weights lie in memory. Scores lie in one line: rows {@link #stride} apart
 * with columns of zeros between them, and zeros before the first and after the last, so that a neighbour outside the
 * grid is read as zero without a test. Weights lie row by row as well, {@code [row][offset][stride]}, so that what a row
 * needs is close together; in each row a plane of zeros comes last.
 *
 * <p>A vector that begins inside a row ends before the next one.
 */
final class GridLine {
    /** The longest vector: 16 numbers of float32 in 512 bits. */
    private static final int LANES = 16;

    private final int height;
    private final int width;
    private final int[][] offsets;
    private final int down;
    private final int right;
    private final int stride;

    /**
     * Lays out a grid.
     *
     * @param offsets of a node's neighbours, {@code {rows down, columns right}} each, in reading order after the node;
     *     those before it are their mirror images
     */
    GridLine(int height, int width, int[][] offsets) {
        this.height = height;
        this.width = width;
        this.offsets = offsets;
        down = reach(offsets, 0);
        right = reach(offsets, 1);
        int vectors = (width + LANES - 1) / LANES;
        stride = Math.max(vectors * LANES, width + right);
    }

    private static int reach(int[][] offsets, int axis) {
        return Arrays.stream(offsets).mapToInt(o -> Math.abs(o[axis])).max().orElse(0);
    }

    int height() {
        return height;
    }

    int width() {
        return width;
    }

    int[][] offsets() {
        return offsets;
    }

    /** From a row to the next. */
    int stride() {
        return stride;
    }

    /** How many parts of so many rows cover the grid. */
    int parts(int rows) {
        return (height + rows - 1) / rows;
    }

    /** How many numbers hold a map; a row below the last may be written too, which makes their number even. */
    int size() {
        return row(height + 1) + stride + down * stride + right;
    }

    /** Where a row begins in a map. */
    int row(int y) {
        return (down + y) * stride + right;
    }

    /** Where a node's neighbour at an offset lies, from the node on. */
    int shift(int o) {
        return offsets[o][0] * stride + offsets[o][1];
    }

    /** How many numbers hold all weights. */
    int weightSize() {
        return Math.multiplyExact(down + height + 2, weightStride());
    }

    /** From a row of weights to the next. */
    int weightStride() {
        return (offsets.length + 1) * stride;
    }

    /** Where a row's weights begin. */
    int weightRow(int y) {
        return (down + y) * weightStride() + right;
    }

    /** Where a node's weight for the neighbour at an offset lies, from where the row's weights begin. */
    int after(int o) {
        return o * stride;
    }

    /** As {@link #after} for the neighbour at minus the offset: the neighbour's own. */
    int before(int o) {
        return o * stride - offsets[o][0] * weightStride() - offsets[o][1];
    }

    /** As {@link #after}, for no neighbour: zeros. */
    int zeros() {
        return offsets.length * stride;
    }
}
