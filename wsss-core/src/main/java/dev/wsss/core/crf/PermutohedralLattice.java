package dev.wsss.core.crf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The permutohedral lattice of a set of points: which vertices enclose each point, with which barycentric weights, and
 * which vertices are neighbours. Splat, blur along the {@code d + 1} lattice axes and slice on it are a Gaussian filter of
 * standard deviation 1 in feature space (Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the Permutohedral
 * Lattice", 2010).
 *
 * <p>Values at the vertices are rows: row 0 is the absent neighbour and stays zero, row {@code v + 1} is vertex {@code v}.
 *
 * <p>{@link #build} may be called again, and fills the same memory, so that the images of a data set take turns in the
 * same pages: fresh ones cost more than what is written to them. Arrays may be longer than what is said of them.
 */
final class PermutohedralLattice {
    /** Fewer points than this are not worth a thread. */
    private static final int SMALLEST_PART = 4096;

    /** Writes a point's feature, each coordinate divided by its standard deviation. */
    @FunctionalInterface
    interface Features {
        void write(int point, float[] feature);
    }

    private final int d;
    private final List<SimplexFinder> finders = new ArrayList<>();
    private int builds;
    private int points;
    private int rows;
    private int[] simplexOfPoint = {};
    private int[] rowOfCorner = {};
    private float[] barycentric = {};
    private int[][] neighbours;

    PermutohedralLattice(int dimensions) {
        d = dimensions;
        finders.add(new SimplexFinder(dimensions));
        neighbours = new int[d + 1][0];
    }

    /**
     * Builds the lattice of a set of points. The result does not depend on the number of threads.
     *
     * @param threads for this method, on the common pool
     */
    void build(int pointCount, Features features, int threads) {
        builds++;
        points = pointCount;
        int corners = Math.multiplyExact(points, d + 1);
        if (rowOfCorner.length < corners) {
            simplexOfPoint = new int[points];
            rowOfCorner = new int[corners];
            barycentric = new float[corners];
        }
        int parts = Math.max(1, Math.min(threads, points / SMALLEST_PART));
        while (finders.size() < parts) {
            finders.add(new SimplexFinder(d));
        }
        int[] start = new int[parts + 1];
        for (int part = 0; part <= parts; part++) {
            start[part] = (int) ((long) points * part / parts);
        }
        Parallel.run(threads, parts, part -> locate(finders.get(part), start[part], start[part + 1], features));
        int[][] rowOfVertex = mergeVertices(parts);
        VertexTable table = finders.get(0).vertices();
        rows = table.size() + 1;
        if (neighbours[0].length < 2 * rows) {
            // the next image may have a few vertices more
            neighbours = new int[d + 1][2 * rows + rows / 4];
        }
        Parallel.run(
                threads, parts, part -> expand(finders.get(part), start[part], start[part + 1], rowOfVertex[part]));
        Parallel.run(threads, d + 1, axis -> findNeighbours(table, axis));
    }

    private void locate(SimplexFinder finder, int from, int to, Features features) {
        finder.clear();
        float[] feature = new float[d];
        for (int p = from; p < to; p++) {
            features.write(p, feature);
            simplexOfPoint[p] = finder.locate(feature);
            finder.copyWeights(barycentric, p * (d + 1));
        }
    }

    /**
     * Adds the vertices of all finders to those of the first, part by part and thus in the order in which a single finder
     * would have met them.
     *
     * @return for each part the row of each of its vertices
     */
    private int[][] mergeVertices(int parts) {
        VertexTable all = finders.get(0).vertices();
        int[][] merged = new int[parts][];
        for (int part = 0; part < parts; part++) {
            VertexTable own = finders.get(part).vertices();
            merged[part] = new int[own.size()];
            for (int v = 0; v < merged[part].length; v++) {
                merged[part][v] = 1 + (part == 0 ? v : all.findOrAdd(own.low(v), own.high(v)));
            }
        }
        // The reference works on four points at a time and fills the last group with points at the origin. Nothing is
        // splatted there, but their vertices exist and pass values on in the blur.
        if (points % 4 != 0) {
            finders.get(0).locate(new float[d]);
        }
        return merged;
    }

    private void expand(SimplexFinder finder, int from, int to, int[] rowOfVertex) {
        for (int p = from, i = from * (d + 1); p < to; p++) {
            for (int r = 0; r <= d; r++, i++) {
                rowOfCorner[i] = rowOfVertex[finder.vertex(simplexOfPoint[p], r)];
            }
        }
    }

    private void findNeighbours(VertexTable table, int axis) {
        int[] pairs = neighbours[axis];
        Arrays.fill(pairs, 0, 2 * rows, 0);
        for (int v = 0; v < rows - 1; v++) {
            // one step along an axis: minus one everywhere, plus d at the axis itself
            long low = 0;
            for (int k = 0; k < Math.min(d, 4); k++) {
                int coordinate = (short) (table.low(v) >>> 16 * k) + (k == axis ? d : -1);
                low |= (coordinate & 0xFFFFL) << 16 * k;
            }
            int high = d == 5 ? table.high(v) + (axis == 4 ? d : -1) & 0xFFFF : 0;
            int neighbour = table.find(low, high);
            if (neighbour >= 0) {
                pairs[2 * (v + 1)] = neighbour + 1;
                pairs[2 * (neighbour + 1) + 1] = v + 1;
            }
        }
    }

    /** How often it has been built: who has seen this number has seen this lattice. */
    int builds() {
        return builds;
    }

    int dimensions() {
        return d;
    }

    int points() {
        return points;
    }

    /** Number of vertices and one. */
    int rows() {
        return rows;
    }

    /** {@code [point][d + 1]}. */
    int[] rowOfCorner() {
        return rowOfCorner;
    }

    /** {@code [point][d + 1]}, summing to one for each point. */
    float[] barycentric() {
        return barycentric;
    }

    /** The rows on both sides of each row along an axis, {@code [row][2]}. */
    int[] neighbours(int axis) {
        return neighbours[axis];
    }

    /** The constant by which the blur makes values larger, to be divided by: {@code 1 + 2^-d}. */
    double blurGain() {
        return 1 + Math.pow(2, -d);
    }
}
