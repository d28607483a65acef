package dev.wsss.core.crf;

import java.util.Arrays;

/**
 * The permutohedral lattice of a set of points: a Gaussian filter of standard deviation 1 in feature space, as splat,
 * blur along the {@code d + 1} lattice axes, and slice (Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the
 * Permutohedral Lattice", 2010).
 *
 * <p>Values are label-interleaved: {@code [point][label]} and {@code [vertex + 1][label]}, where row 0 of the vertices is
 * the absent neighbour and stays zero. A vertex gathers its points in their order, so a splat gives the same bits however
 * its vertices are shared out among threads.
 *
 * <p>Sums are fused ({@link Math#fma}), which halves their instructions; the reference rounds twice. That is safe, unlike
 * a change in the last bit of a feature: here results depend on the values continuously. Loops over labels are unrolled
 * by hand because they are too short for the compiler to vectorise.
 *
 * <p>Immutable once {@link #scale}d.
 */
final class PermutohedralLattice {
    private final int dimensions;
    private final int points;
    private final int vertices;
    /** Row in the vertex values, {@code [point][d + 1]}. */
    private final int[] vertexOfPoint;
    /** {@code [point][d + 1]}. */
    private final float[] barycentric;
    /** Two rows of vertex values for each vertex, {@code [axis][vertex][2]}. */
    private final int[] neighbours;
    /** First entry of each vertex in {@link #pointOfEntry} and {@link #weightOfEntry}; one longer than the vertices. */
    private final int[] firstEntry;

    private final int[] pointOfEntry;
    private final float[] weightOfEntry;

    /**
     * Builds the lattice.
     *
     * @param features {@code [points][dimensions]}, each coordinate divided by its standard deviation
     */
    PermutohedralLattice(float[] features, int dimensions) {
        this.dimensions = dimensions;
        this.points = features.length / dimensions;
        int corners = dimensions + 1;
        vertexOfPoint = new int[points * corners];
        barycentric = new float[points * corners];
        VertexTable table = new VertexTable(points / 4);
        SimplexFinder simplex = new SimplexFinder(dimensions);
        int[] found = new int[corners];
        for (int p = 0; p < points; p++) {
            boolean moved = simplex.locate(features, p * dimensions);
            if (moved || p == 0) {
                simplex.addVertices(table, found);
            }
            for (int r = 0; r < corners; r++) {
                vertexOfPoint[p * corners + r] = found[r] + 1;
                barycentric[p * corners + r] = simplex.weight(r);
            }
        }
        // The reference works on four points at a time and fills the last group with points at the origin. Nothing is
        // splatted there, but their vertices exist and pass values on in the blur.
        if (points % 4 != 0) {
            simplex.locate(new float[dimensions], 0);
            simplex.addVertices(table, found);
        }
        vertices = table.size();
        neighbours = findNeighbours(table, dimensions);
        firstEntry = new int[vertices + 1];
        pointOfEntry = new int[vertexOfPoint.length];
        weightOfEntry = new float[vertexOfPoint.length];
        sortEntries();
    }

    private static int[] findNeighbours(VertexTable table, int dimensions) {
        int vertices = table.size();
        int[] neighbours = new int[(dimensions + 1) * vertices * 2];
        for (int axis = 0; axis <= dimensions; axis++) {
            for (int v = 0; v < vertices; v++) {
                // one step along an axis: minus one everywhere, plus d at the axis itself
                long low = 0;
                for (int k = 0; k < Math.min(dimensions, 4); k++) {
                    int coordinate = (short) (table.low(v) >>> 16 * k) + (k == axis ? dimensions : -1);
                    low |= (coordinate & 0xFFFFL) << 16 * k;
                }
                short high = 0;
                if (dimensions == 5) {
                    high = (short) (table.high(v) + (axis == 4 ? dimensions : -1));
                }
                int next = table.find(low, high);
                if (next >= 0) {
                    neighbours[(axis * vertices + v) * 2] = next + 1;
                    neighbours[(axis * vertices + next) * 2 + 1] = v + 1;
                }
            }
        }
        return neighbours;
    }

    private void sortEntries() {
        int corners = dimensions + 1;
        for (int row : vertexOfPoint) {
            firstEntry[row]++;
        }
        for (int v = 0; v < vertices; v++) {
            firstEntry[v + 1] += firstEntry[v];
        }
        int[] next = Arrays.copyOf(firstEntry, vertices);
        for (int p = 0, i = 0; p < points; p++) {
            for (int c = 0; c < corners; c++, i++) {
                int entry = next[vertexOfPoint[i] - 1]++;
                pointOfEntry[entry] = p;
                weightOfEntry[entry] = barycentric[i];
            }
        }
    }

    int points() {
        return points;
    }

    int vertices() {
        return vertices;
    }

    int axes() {
        return dimensions + 1;
    }

    /** Multiplies each point's weights by a factor of its own: before the splat, and after the slice. */
    void scale(float[] splatFactor, float sliceFactor) {
        for (int i = 0; i < weightOfEntry.length; i++) {
            weightOfEntry[i] *= splatFactor[pointOfEntry[i]];
        }
        for (int p = 0, i = 0; p < points; p++) {
            float factor = sliceFactor * splatFactor[p];
            for (int c = 0; c <= dimensions; c++, i++) {
                barycentric[i] *= factor;
            }
        }
    }

    /** The factor 1 / (1 + 2^-d) by which the blur's gain is undone. */
    float gainCorrection() {
        return (float) (1 / (1 + Math.pow(2, -dimensions)));
    }

    /**
     * Sums the values of the points onto vertices {@code from} to {@code to - 1}.
     *
     * @param in {@code [point][stride]}
     * @param out {@code [vertex + 1][stride]}; the vertices' rows are overwritten
     */
    void splat(float[] in, float[] out, int stride, int from, int to) {
        for (int v = from; v < to; v++) {
            int label = 0;
            for (; label + 8 <= stride; label += 8) {
                splat8(in, out, stride, v, label);
            }
            for (; label + 4 <= stride; label += 4) {
                splat4(in, out, stride, v, label);
            }
            for (; label < stride; label++) {
                splat1(in, out, stride, v, label);
            }
        }
    }

    private void splat8(float[] in, float[] out, int stride, int v, int label) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        int end = firstEntry[v + 1];
        for (int e = firstEntry[v]; e < end; e++) {
            float w = weightOfEntry[e];
            int i = pointOfEntry[e] * stride + label;
            s0 = Math.fma(w, in[i], s0);
            s1 = Math.fma(w, in[i + 1], s1);
            s2 = Math.fma(w, in[i + 2], s2);
            s3 = Math.fma(w, in[i + 3], s3);
            s4 = Math.fma(w, in[i + 4], s4);
            s5 = Math.fma(w, in[i + 5], s5);
            s6 = Math.fma(w, in[i + 6], s6);
            s7 = Math.fma(w, in[i + 7], s7);
        }
        int o = (v + 1) * stride + label;
        out[o] = s0;
        out[o + 1] = s1;
        out[o + 2] = s2;
        out[o + 3] = s3;
        out[o + 4] = s4;
        out[o + 5] = s5;
        out[o + 6] = s6;
        out[o + 7] = s7;
    }

    private void splat4(float[] in, float[] out, int stride, int v, int label) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int end = firstEntry[v + 1];
        for (int e = firstEntry[v]; e < end; e++) {
            float w = weightOfEntry[e];
            int i = pointOfEntry[e] * stride + label;
            s0 = Math.fma(w, in[i], s0);
            s1 = Math.fma(w, in[i + 1], s1);
            s2 = Math.fma(w, in[i + 2], s2);
            s3 = Math.fma(w, in[i + 3], s3);
        }
        int o = (v + 1) * stride + label;
        out[o] = s0;
        out[o + 1] = s1;
        out[o + 2] = s2;
        out[o + 3] = s3;
    }

    private void splat1(float[] in, float[] out, int stride, int v, int label) {
        float sum = 0;
        int end = firstEntry[v + 1];
        for (int e = firstEntry[v]; e < end; e++) {
            sum = Math.fma(weightOfEntry[e], in[pointOfEntry[e] * stride + label], sum);
        }
        out[(v + 1) * stride + label] = sum;
    }

    /** Blurs vertices {@code from} to {@code to - 1} along one axis, {@code in} and {@code out} being different. */
    void blur(float[] in, float[] out, int stride, int axis, int from, int to) {
        for (int v = from; v < to; v++) {
            int n = (axis * vertices + v) * 2;
            int a = neighbours[n] * stride;
            int b = neighbours[n + 1] * stride;
            int o = (v + 1) * stride;
            for (int label = 0; label < stride; label++) {
                out[o + label] = in[o + label] + 0.5f * (in[a + label] + in[b + label]);
            }
        }
    }

    /** Interpolates one point's values from its vertices into {@code out[0..stride-1]}. */
    void slice(float[] in, float[] out, int stride, int point) {
        int first = point * (dimensions + 1);
        int end = first + dimensions + 1;
        int label = 0;
        for (; label + 8 <= stride; label += 8) {
            float s0 = 0;
            float s1 = 0;
            float s2 = 0;
            float s3 = 0;
            float s4 = 0;
            float s5 = 0;
            float s6 = 0;
            float s7 = 0;
            for (int c = first; c < end; c++) {
                float w = barycentric[c];
                int i = vertexOfPoint[c] * stride + label;
                s0 = Math.fma(w, in[i], s0);
                s1 = Math.fma(w, in[i + 1], s1);
                s2 = Math.fma(w, in[i + 2], s2);
                s3 = Math.fma(w, in[i + 3], s3);
                s4 = Math.fma(w, in[i + 4], s4);
                s5 = Math.fma(w, in[i + 5], s5);
                s6 = Math.fma(w, in[i + 6], s6);
                s7 = Math.fma(w, in[i + 7], s7);
            }
            out[label] = s0;
            out[label + 1] = s1;
            out[label + 2] = s2;
            out[label + 3] = s3;
            out[label + 4] = s4;
            out[label + 5] = s5;
            out[label + 6] = s6;
            out[label + 7] = s7;
        }
        for (; label + 4 <= stride; label += 4) {
            float s0 = 0;
            float s1 = 0;
            float s2 = 0;
            float s3 = 0;
            for (int c = first; c < end; c++) {
                float w = barycentric[c];
                int i = vertexOfPoint[c] * stride + label;
                s0 = Math.fma(w, in[i], s0);
                s1 = Math.fma(w, in[i + 1], s1);
                s2 = Math.fma(w, in[i + 2], s2);
                s3 = Math.fma(w, in[i + 3], s3);
            }
            out[label] = s0;
            out[label + 1] = s1;
            out[label + 2] = s2;
            out[label + 3] = s3;
        }
        for (; label < stride; label++) {
            float sum = 0;
            for (int c = first; c < end; c++) {
                sum = Math.fma(barycentric[c], in[vertexOfPoint[c] * stride + label], sum);
            }
            out[label] = sum;
        }
    }
}
