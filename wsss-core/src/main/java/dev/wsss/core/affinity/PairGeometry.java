package dev.wsss.core.affinity;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The pairs of near nodes on a grid whose affinity is learnt: {@code O} offsets times {@code S} sources.
 *
 * <p>Nodes are numbered row by row. Sources form the rectangle of nodes from which every offset stays on the grid, so a
 * pair is a source and an offset, and a table of pairs is a dense {@code [O][S]}. The lowest {@code radius - 1} rows and
 * as many columns at each side hold no source (at radius 5 the corners of a grid are in no pair at all), as in the
 * published AffinityNet. A grid too small for any source has {@code S = 0} and no pair.
 *
 * <p>Immutable.
 *
 * @see <a href="https://arxiv.org/abs/1803.10464">Ahn and Kwak, Learning Pixel-level Semantic Affinity</a>
 * @see <a href="https://arxiv.org/abs/1904.05044">Ahn, Cho and Kwak, IRNet: Inter-pixel Relations</a>
 */
public final class PairGeometry {
    /** The radius of the published systems at inference. */
    public static final int RADIUS = 5;

    private final PairRule rule;
    private final int radius;
    private final int height;
    private final int width;
    private final int[][] offsets;
    private final int firstRow;
    private final int firstColumn;
    private final int rows;
    private final int columns;

    private PairGeometry(PairRule rule, int radius, int height, int width) {
        this.rule = rule;
        this.radius = radius;
        this.height = height;
        this.width = width;
        offsets = offsets(rule, radius);
        int reach = radius - 1;
        firstRow = rule == PairRule.FULL_DISC ? reach : 0;
        firstColumn = reach;
        rows = Math.max(0, height - firstRow - reach);
        columns = Math.max(0, width - 2 * reach);
    }

    /**
     * The pairs of a grid.
     *
     * @param radius pairs are closer than this many nodes, at least 1 (which has no pair)
     * @param height rows of the grid
     * @param width columns of the grid
     */
    public static PairGeometry of(PairRule rule, int radius, int height, int width) {
        if (radius < 1) {
            throw new IllegalArgumentException("radius must be at least 1, got " + radius);
        }
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("grid must be at least 1x1, got " + height + "x" + width);
        }
        return new PairGeometry(rule, radius, height, width);
    }

    /**
     * The radius that SEAM takes on a grid: {@code (min(height, width) - 1) / 2} where a side is shorter than twice the
     * radius and one, else the radius.
     */
    public static int smallGridRadius(int radius, int height, int width) {
        int shorter = Math.min(height, width);
        return shorter < 2 * radius + 1 ? Math.max(1, (shorter - 1) / 2) : radius;
    }

    private static int[][] offsets(PairRule rule, int radius) {
        List<int[]> list = new ArrayList<>();
        for (int dy = rule == PairRule.FULL_DISC ? 1 - radius : 0; dy < radius; dy++) {
            for (int dx = 1 - radius; dx < radius; dx++) {
                boolean wanted = rule == PairRule.FULL_DISC ? dy != 0 || dx != 0 : dy > 0 || dx > 0;
                if (wanted && dx * dx + dy * dy < radius * radius) {
                    list.add(new int[] {dy, dx});
                }
            }
        }
        if (rule == PairRule.PATHS) {
            list.sort(Comparator.comparingInt(o -> path(o[0], o[1]).length)); // stable
        }
        return list.toArray(int[][]::new);
    }

    /**
     * The nodes that a straight line from (0, 0) to an offset passes within a distance of 1, both ends included, as
     * {@code (dy, dx)}, the far end first.
     */
    static int[][] path(int dy, int dx) {
        int lengthSquared = dy * dy + dx * dx;
        List<int[]> nodes = new ArrayList<>();
        for (int y = Math.min(0, dy); y <= Math.max(0, dy); y++) {
            for (int x = Math.min(0, dx); x <= Math.max(0, dx); x++) {
                int cross = dy * x - dx * y;
                if (cross * cross < lengthSquared) {
                    nodes.add(new int[] {y, x});
                }
            }
        }
        nodes.sort(Comparator.comparingInt(n -> -Math.abs(n[0]) - Math.abs(n[1]))); // stable
        return nodes.toArray(int[][]::new);
    }

    /** The rule that chose these pairs. */
    public PairRule rule() {
        return rule;
    }

    /** The radius: pairs are closer than this. */
    public int radius() {
        return radius;
    }

    /** Rows of the grid. */
    public int height() {
        return height;
    }

    /** Columns of the grid. */
    public int width() {
        return width;
    }

    /** Number of offsets, {@code O}. */
    public int offsetCount() {
        return offsets.length;
    }

    /** Rows from source to destination. */
    public int dy(int offset) {
        return offsets[offset][0];
    }

    /** Columns from source to destination. */
    public int dx(int offset) {
        return offsets[offset][1];
    }

    /** Number of sources, {@code S}. */
    public int sourceCount() {
        return rows * columns;
    }

    /** The first row that holds sources. */
    public int firstSourceRow() {
        return firstRow;
    }

    /** The first column that holds sources. */
    public int firstSourceColumn() {
        return firstColumn;
    }

    /** Number of rows that hold sources. */
    public int sourceRows() {
        return columns == 0 ? 0 : rows;
    }

    /** Number of columns that hold sources. */
    public int sourceColumns() {
        return rows == 0 ? 0 : columns;
    }

    /** The node of each source, ascending; {@code S} of them. */
    public int[] sources() {
        return nodes(0, 0);
    }

    /** The destination node of each source at an offset; {@code S} of them. */
    public int[] destinations(int offset) {
        return nodes(dy(offset), dx(offset));
    }

    private int[] nodes(int dy, int dx) {
        int[] nodes = new int[sourceCount()];
        int n = 0;
        for (int y = 0; y < sourceRows(); y++) {
            for (int x = 0; x < columns; x++) {
                nodes[n++] = (firstRow + y + dy) * width + firstColumn + x + dx;
            }
        }
        return nodes;
    }

    /**
     * The nodes on the straight path of an offset, relative to the source, both ends included, the destination first:
     * {@code [length][2]} of rows and columns.
     */
    public int[][] path(int offset) {
        return path(dy(offset), dx(offset));
    }

    @Override
    public String toString() {
        return "PairGeometry[" + rule + ", radius " + radius + ", " + height + "x" + width + ", " + offsetCount() + "x"
                + sourceCount() + " pairs]";
    }
}
