package dev.wsss.core.crf;

import java.util.Arrays;

/**
 * Finds the simplex that encloses a feature, and the feature's barycentric coordinates in it. All in float32 and in the
 * reference's order of operations: on which side of a face a feature falls may hang on the last bit.
 *
 * <p>Simplices and vertices are numbered in the order in which features fall into them.
 */
final class SimplexFinder {
    static final int MAX_DIMENSIONS = 5;

    private final int d;
    private final float inverse;
    private final float[] scale;
    private final float[] elevated;
    private final float[] distance;
    /** The nearest lattice point of remainder 0, and the rank of each coordinate's distance from it. */
    private final int[] origin;

    private final int[] rank;
    private final float[] barycentric;

    private final VertexTable simplices = new VertexTable();
    private final VertexTable vertices = new VertexTable();
    /** {@code [simplex][d + 1]}. */
    private int[] verticesOfSimplex = new int[1 << 12];

    SimplexFinder(int dimensions) {
        if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
            throw new IllegalArgumentException(
                    "features have 1 to " + MAX_DIMENSIONS + " dimensions, got " + dimensions);
        }
        d = dimensions;
        inverse = 1f / (d + 1);
        scale = new float[d];
        // the standard deviation that splat, blur and slice together have on the lattice (p. 6 of the paper)
        float deviation = (float) (Math.sqrt(2.0 / 3.0) * (d + 1));
        for (int i = 0; i < d; i++) {
            scale[i] = (float) (1.0 / Math.sqrt((i + 2) * (i + 1)) * deviation);
        }
        elevated = new float[d + 1];
        distance = new float[d + 1];
        origin = new int[d + 1];
        rank = new int[d + 1];
        barycentric = new float[d + 2];
    }

    /** Forgets all simplices and vertices. */
    void clear() {
        simplices.clear();
        vertices.clear();
    }

    /** The vertices met so far; a key is the first {@code d} coordinates, 16 bits each, the first lowest. */
    VertexTable vertices() {
        return vertices;
    }

    /** Locates a feature, {@code [d]}; returns the number of its simplex. */
    int locate(float[] feature) {
        elevate(feature);
        int sum = 0;
        for (int i = 0; i <= d; i++) {
            int steps = (int) Math.rint(inverse * elevated[i]);
            origin[i] = steps * (d + 1);
            sum += steps;
        }
        rankDistances();
        returnToPlane(sum);
        weigh();
        return simplex();
    }

    private void elevate(float[] feature) {
        float sum = 0;
        for (int j = d; j > 0; j--) {
            float c = feature[j - 1] * scale[j - 1];
            elevated[j] = sum - j * c;
            sum += c;
        }
        elevated[0] = sum;
    }

    private void rankDistances() {
        Arrays.fill(rank, 0);
        for (int i = 0; i <= d; i++) {
            distance[i] = elevated[i] - origin[i];
        }
        for (int i = 0; i < d; i++) {
            int before = 0;
            for (int j = i + 1; j <= d; j++) {
                // the sign of the difference, as a branch here would be wrong half of the time
                int less = Float.floatToRawIntBits(distance[i] - distance[j]) >>> 31;
                before += less;
                rank[j] += 1 - less;
            }
            rank[i] += before;
        }
    }

    /** Moves the origin, whose coordinates sum to {@code sum * (d + 1)}, to the plane where they sum to zero. */
    private void returnToPlane(int sum) {
        for (int i = 0; i <= d; i++) {
            rank[i] += sum;
            if (rank[i] < 0) {
                rank[i] += d + 1;
                origin[i] += d + 1;
            } else if (rank[i] > d) {
                rank[i] -= d + 1;
                origin[i] -= d + 1;
            }
        }
    }

    private void weigh() {
        Arrays.fill(barycentric, 0);
        for (int i = 0; i <= d; i++) {
            float v = (elevated[i] - origin[i]) * inverse;
            int p = d - rank[i];
            barycentric[p] += v;
            barycentric[p + 1] -= v;
        }
        barycentric[0] += 1 + barycentric[d + 1];
    }

    /** Neighbouring pixels share simplices, so that one look-up here saves the d + 1 of its vertices. */
    private int simplex() {
        long low = 0;
        int high = 0;
        for (int i = 0; i < d; i++) {
            if (i < 4) {
                low |= (origin[i] & 0xFFFFL) << 16 * i;
            } else {
                high |= origin[i] << 15;
            }
            // the last rank follows from the others
            high |= rank[i] << 3 * i;
        }
        int known = simplices.size();
        int simplex = simplices.findOrAdd(low, high);
        if (simplex == known) {
            addVertices(simplex);
        }
        return simplex;
    }

    private void addVertices(int simplex) {
        int first = simplex * (d + 1);
        if (first + d >= verticesOfSimplex.length) {
            verticesOfSimplex = Arrays.copyOf(verticesOfSimplex, verticesOfSimplex.length * 2);
        }
        for (int r = 0; r <= d; r++) {
            long low = 0;
            for (int i = 0; i < Math.min(d, 4); i++) {
                low |= (coordinate(i, r) & 0xFFFFL) << 16 * i;
            }
            int high = d == 5 ? coordinate(4, r) & 0xFFFF : 0;
            verticesOfSimplex[first + r] = vertices.findOrAdd(low, high);
        }
    }

    private int coordinate(int i, int r) {
        return origin[i] + (rank[i] <= d - r ? r : r - (d + 1));
    }

    /** The vertex of remainder {@code r} of a simplex. */
    int vertex(int simplex, int r) {
        return verticesOfSimplex[simplex * (d + 1) + r];
    }

    /** Copies the weights of the vertices for the last feature, by remainder. */
    void copyWeights(float[] weights, int at) {
        System.arraycopy(barycentric, 0, weights, at, d + 1);
    }
}
