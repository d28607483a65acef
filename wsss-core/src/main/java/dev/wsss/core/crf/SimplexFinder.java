package dev.wsss.core.crf;

import java.util.Arrays;

/**
 * Finds the simplex that encloses a feature, and the feature's barycentric coordinates in it. All in float32 and in the
 * reference's order of operations: on which side of a face a feature falls may hang on the last bit.
 */
final class SimplexFinder {
    private final int d;
    private final float inverse;
    private final float[] scale;
    private final float[] elevated;
    private final float[] distance;
    /** The nearest lattice point of remainder 0, and the rank of each coordinate's distance from it. */
    private final int[] origin;

    private final int[] rank;
    private final int[] previousOrigin;
    private final int[] previousRank;
    private final float[] barycentric;

    SimplexFinder(int dimensions) {
        if (dimensions < 1 || dimensions > VertexTable.MAX_COORDINATES) {
            throw new IllegalArgumentException(
                    "features have 1 to " + VertexTable.MAX_COORDINATES + " dimensions, got " + dimensions);
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
        previousOrigin = new int[d + 1];
        previousRank = new int[d + 1];
        barycentric = new float[d + 2];
    }

    /** Locates a feature; returns whether its simplex differs from the one located before. */
    boolean locate(float[] features, int at) {
        System.arraycopy(origin, 0, previousOrigin, 0, d + 1);
        System.arraycopy(rank, 0, previousRank, 0, d + 1);
        elevate(features, at);
        int sum = 0;
        for (int i = 0; i <= d; i++) {
            int steps = (int) Math.rint(inverse * elevated[i]);
            origin[i] = steps * (d + 1);
            sum += steps;
        }
        rankDistances();
        returnToPlane(sum);
        weigh();
        return !Arrays.equals(origin, previousOrigin) || !Arrays.equals(rank, previousRank);
    }

    private void elevate(float[] features, int at) {
        float sum = 0;
        for (int j = d; j > 0; j--) {
            float c = features[at + j - 1] * scale[j - 1];
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

    /** Weight of the vertex of remainder {@code r}. */
    float weight(int r) {
        return barycentric[r];
    }

    /** Looks up or creates the simplex's vertices, by remainder. */
    void addVertices(VertexTable table, int[] vertices) {
        for (int r = 0; r <= d; r++) {
            long low = 0;
            for (int i = 0; i < Math.min(d, 4); i++) {
                low |= (coordinate(i, r) & 0xFFFFL) << 16 * i;
            }
            short high = d == 5 ? (short) coordinate(4, r) : 0;
            vertices[r] = table.findOrAdd(low, high);
        }
    }

    private int coordinate(int i, int r) {
        return origin[i] + (rank[i] <= d - r ? r : r - (d + 1));
    }
}
