package dev.wsss.core.affinity;

import dev.wsss.api.InvalidDataException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How alike near nodes of a grid are: a symmetric sparse matrix over {@code height * width} nodes with ones on its
 * diagonal, held as one plane of floats for each offset. What a {@link RandomWalk} walks on.
 *
 * <p>Immutable, on the heap.
 */
public final class GridAffinity {
    /** An affinity may miss [0, 1] by this much, as rounding does. */
    private static final double SLACK = 1e-4;

    private final int height;
    private final int width;
    private final int[][] offsets;
    private final float[][] planes;
    private final float @Nullable [] boundary;

    private GridAffinity(int height, int width, int[][] offsets, float[][] planes, float @Nullable [] boundary) {
        this.height = height;
        this.width = width;
        this.offsets = offsets;
        this.planes = planes;
        this.boundary = boundary;
    }

    /**
     * Affinities of pairs, as {@link AffinityHead} computes them. Where a geometry holds a pair in both directions, the
     * later one counts.
     *
     * @param pairs {@code [O][S]}, in [0, 1]
     * @throws IllegalArgumentException if there are not as many values as pairs
     * @throws InvalidDataException if a value is not in [0, 1]
     */
    public static GridAffinity ofPairs(PairGeometry geometry, float[] pairs) {
        int sourceCount = geometry.sourceCount();
        if (pairs.length != geometry.offsetCount() * sourceCount) {
            throw new IllegalArgumentException("expected " + geometry.offsetCount() + "x" + sourceCount
                    + " affinities, got " + pairs.length + " values");
        }
        int[] sources = geometry.sources();
        int nodes = geometry.height() * geometry.width();
        Map<List<Integer>, float[]> planes = new LinkedHashMap<>();
        for (int o = 0; o < geometry.offsetCount(); o++) {
            int dy = geometry.dy(o);
            int dx = geometry.dx(o);
            boolean backwards = dy < 0 || dy == 0 && dx < 0;
            int shift = dy * geometry.width() + dx;
            List<Integer> key = backwards ? List.of(-dy, -dx) : List.of(dy, dx);
            float[] plane = planes.computeIfAbsent(key, k -> new float[nodes]);
            for (int s = 0; s < sourceCount; s++) {
                float value = checked(pairs[o * sourceCount + s], sources[s], sources[s] + shift);
                plane[backwards ? sources[s] + shift : sources[s]] = value;
            }
        }
        int[][] offsets = planes.keySet().stream()
                .map(k -> new int[] {k.get(0), k.get(1)})
                .toArray(int[][]::new);
        return new GridAffinity(
                geometry.height(), geometry.width(), offsets, planes.values().toArray(float[][]::new), null);
    }

    /**
     * Affinities of all pairs of a grid, those at its border included, from pairs of the grid with a margin around: {@code
     * reach - 1} rows below and columns on both sides, whose pairs are left out. PSA's own geometry has no pair that
     * begins near the border; its corner nodes have none at all.
     *
     * @param wide the half disc on the grid with its margin
     * @param pairs {@code [O][height * width]}: each node of the grid is a source
     */
    static GridAffinity ofWidePairs(PairGeometry wide, float[] pairs, int height, int width) {
        int nodes = height * width;
        if (wide.sourceRows() != height
                || wide.sourceColumns() != width
                || pairs.length != wide.offsetCount() * nodes) {
            throw new IllegalArgumentException(
                    wide + " with " + pairs.length + " affinities has no margin around " + height + "x" + width);
        }
        int[][] offsets = new int[wide.offsetCount()][];
        float[][] planes = new float[wide.offsetCount()][nodes];
        for (int o = 0; o < offsets.length; o++) {
            int dy = wide.dy(o);
            int dx = wide.dx(o);
            offsets[o] = new int[] {dy, dx};
            for (int y = 0; y + dy < height; y++) {
                for (int x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
                    int node = y * width + x;
                    planes[o][node] = checked(pairs[o * nodes + node], node, node + dy * width + dx);
                }
            }
        }
        return new GridAffinity(height, width, offsets, planes, null);
    }

    private static float checked(float value, int from, int to) {
        if (!(value >= -SLACK && value <= 1 + SLACK)) {
            throw new InvalidDataException(
                    "affinity of nodes " + from + " and " + to + " is " + value + "; expected 0 to 1");
        }
        return Math.max(0, value);
    }

    /**
     * Affinities from a map of boundaries (IRN): one less the strongest boundary on the straight path between two nodes,
     * both included. Every node is in pairs, up to the border.
     *
     * @param boundary {@code [height][width]} in [0, 1], 1 where an object ends; copied
     * @param radius pairs are closer than this
     * @throws IllegalArgumentException if there are not {@code height * width} values
     * @throws InvalidDataException if a value is not in [0, 1]
     */
    public static GridAffinity ofBoundary(float[] boundary, int height, int width, int radius) {
        PairGeometry geometry = PairGeometry.of(PairRule.PATHS, radius, height, width);
        if (boundary.length != height * width) {
            throw new IllegalArgumentException(
                    "expected a boundary map of " + height + "x" + width + ", got " + boundary.length + " values");
        }
        for (int i = 0; i < boundary.length; i++) {
            if (!(boundary[i] >= 0 && boundary[i] <= 1)) {
                throw new InvalidDataException("boundary at row " + i / width + ", column " + i % width + " is "
                        + boundary[i] + "; expected 0 to 1");
            }
        }
        List<int[]> offsets = new ArrayList<>();
        List<float[]> planes = new ArrayList<>();
        for (int o = 0; o < geometry.offsetCount(); o++) {
            int[] offset = {geometry.dy(o), geometry.dx(o)};
            offsets.add(offset);
            planes.add(pathAffinity(boundary, height, width, offset, geometry.path(o)));
        }
        return new GridAffinity(
                height, width, offsets.toArray(int[][]::new), planes.toArray(float[][]::new), boundary.clone());
    }

    private static float[] pathAffinity(float[] boundary, int height, int width, int[] offset, int[][] path) {
        float[] plane = new float[height * width];
        int left = Math.max(0, -offset[1]);
        int right = Math.min(width, width - offset[1]);
        for (int y = 0; y + offset[0] < height; y++) {
            for (int x = left; x < right; x++) {
                float strongest = 0;
                for (int[] node : path) {
                    strongest = Math.max(strongest, boundary[(y + node[0]) * width + x + node[1]]);
                }
                plane[y * width + x] = 1 - strongest;
            }
        }
        return plane;
    }

    /** Rows of the grid. */
    public int height() {
        return height;
    }

    /** Columns of the grid. */
    public int width() {
        return width;
    }

    /** {@code (dy, dx)} of each plane; the other direction follows from symmetry. Not to be changed. */
    int[][] offsets() {
        return offsets;
    }

    /** For each offset {@code [height][width]}: the affinity of a node and the one at the offset. Not to be changed. */
    float[][] planes() {
        return planes;
    }

    /** The boundaries that these affinities were made from, {@code [height][width]}; null if they were not. */
    public float @Nullable [] boundary() {
        return boundary == null ? null : boundary.clone();
    }

    /** The affinity of two nodes: 1 of a node and itself, 0 of nodes that are no pair. */
    public float get(int from, int to) {
        int first = Math.min(from, to);
        int second = Math.max(from, to);
        if (first < 0 || second >= height * width) {
            throw new IndexOutOfBoundsException("nodes " + from + " and " + to + " of " + height + "x" + width);
        }
        if (first == second) {
            return 1;
        }
        int dy = second / width - first / width;
        int dx = second % width - first % width;
        for (int o = 0; o < offsets.length; o++) {
            if (offsets[o][0] == dy && offsets[o][1] == dx) {
                return planes[o][first];
            }
        }
        return 0;
    }

    /**
     * The transition matrix of a random walk over these affinities: each to the power of {@code beta}, each column
     * divided by its sum. Cheap next to the affinities themselves, so one grid serves any number of betas.
     *
     * @param beta positive: the larger, the more a walk avoids weak links
     */
    public TransitionMatrix transition(double beta) {
        return new TransitionMatrix(height, width, offsets, planes, beta);
    }

    @Override
    public String toString() {
        return "GridAffinity[" + height + "x" + width + ", " + offsets.length + " offsets]";
    }
}
