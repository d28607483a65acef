package dev.wsss.core.crf;

import java.util.Arrays;

/**
 * The Gaussian filter of a {@link PermutohedralLattice}, normalized symmetrically, {@code n K n} with {@code n_i = 1 /
 * sqrt((K 1)_i)}, with vector instructions. {@link Tables} hold the values at the vertices.
 */
final class VectorFilter {
    private final PermutohedralLattice lattice;
    private final int corners;
    /** Barycentric weights times the norm of their point, for splat and slice. */
    private float[] weights = {};
    /** Each part's points splat to rows from the first to before the end. */
    private final int[] firstRow = new int[PointParts.COUNT];

    private final int[] endRow = new int[PointParts.COUNT];
    private int builds;

    VectorFilter(PermutohedralLattice lattice) {
        this.lattice = lattice;
        corners = lattice.dimensions() + 1;
    }

    /** Takes up what the lattice has been built for, if it is new. */
    void prepare(int threads) {
        if (builds == lattice.builds()) {
            return;
        }
        builds = lattice.builds();
        int size = lattice.points() * corners;
        if (weights.length < size) {
            weights = new float[size];
        }
        int[] row = lattice.rowOfCorner();
        float[] barycentric = lattice.barycentric();
        float[] kernel = blurredOnes(threads);
        new PointParts(lattice.points()).run(threads, (part, from, to) -> {
            for (int p = from; p < to; p++) {
                float sum = 0;
                for (int i = p * corners; i < (p + 1) * corners; i++) {
                    sum += barycentric[i] * kernel[row[i]];
                }
                float norm = (float) (1 / Math.sqrt(sum / lattice.blurGain() + 1e-20));
                for (int i = p * corners; i < (p + 1) * corners; i++) {
                    weights[i] = barycentric[i] * norm;
                }
            }
        });
    }

    /** The vertices' values if each point has the value one. */
    private float[] blurredOnes(int threads) {
        int rows = lattice.rows();
        int[] row = lattice.rowOfCorner();
        float[] barycentric = lattice.barycentric();
        float[][] ofPart = new float[PointParts.COUNT][];
        new PointParts(lattice.points()).run(threads, (part, from, to) -> {
            float[] table = new float[rows];
            int first = rows;
            int end = 0;
            for (int i = from * corners; i < to * corners; i++) {
                table[row[i]] += barycentric[i];
                first = Math.min(first, row[i]);
                end = Math.max(end, row[i] + 1);
            }
            ofPart[part] = table;
            firstRow[part] = first;
            endRow[part] = end;
        });
        float[] values = ofPart[0];
        for (int part = 1; part < ofPart.length; part++) {
            for (int r = firstRow[part]; r < endRow[part]; r++) {
                values[r] += ofPart[part][r];
            }
        }
        float[] blurred = ofPart[1];
        for (int axis = 0; axis < corners; axis++) {
            int[] neighbours = lattice.neighbours(axis);
            for (int r = 0; r < rows; r++) {
                blurred[r] = values[r] + 0.5f * (values[neighbours[2 * r]] + values[neighbours[2 * r + 1]]);
            }
            float[] swap = values;
            values = blurred;
            blurred = swap;
        }
        return values;
    }

    /** The values at the vertices in one inference. */
    final class Tables {
        /** What each part has splatted; zero from a blur to the next splat. */
        private final float[][] ofPart = new float[PointParts.COUNT][0];

        private float[] values = {};
        private float[] spare = {};
        private int stride;

        /** Makes room for rows of this length. */
        void fit(int rowStride) {
            stride = rowStride;
            int size = Math.multiplyExact(lattice.rows(), stride) + VectorRows.FIRST;
            if (values.length < size) {
                // the next image may have a few vertices more
                int room = size + size / 8;
                values = new float[room];
                spare = new float[room];
                for (int part = 0; part < ofPart.length; part++) {
                    ofPart[part] = new float[room];
                }
            }
        }

        /** Adds the rows of {@code count} points from a part of them to the vertices around each. */
        void splat(int part, int point, int count, float[] values) {
            int[] row = lattice.rowOfCorner();
            VectorRows.scatter(ofPart[part], stride, row, weights, point * corners, corners, count, values);
        }

        /** Blurs what has been splatted, which is then forgotten, and multiplies it by a factor. */
        void blur(double factor, int threads) {
            forEachBlock(threads, this::merge);
            float last = (float) (factor / lattice.blurGain());
            for (int axis = 0; axis < corners; axis++) {
                int[] neighbours = lattice.neighbours(axis);
                float scale = axis == corners - 1 ? last : 1;
                forEachBlock(
                        threads, (from, to) -> VectorRows.blur(values, spare, stride, neighbours, scale, from, to));
                float[] swap = values;
                values = spare;
                spare = swap;
            }
        }

        private void merge(int from, int to) {
            Arrays.fill(values, from * stride + VectorRows.FIRST, to * stride + VectorRows.FIRST, 0);
            for (int part = 0; part < ofPart.length; part++) {
                int first = Math.max(from, firstRow[part]);
                int end = Math.min(to, endRow[part]);
                VectorRows.move(ofPart[part], values, stride, first, end);
            }
        }

        private void forEachBlock(int threads, Rows task) {
            int rows = lattice.rows();
            int blocks = rows / 2048 + 1;
            Parallel.run(
                    threads,
                    blocks,
                    b -> task.run((int) ((long) rows * b / blocks), (int) ((long) rows * (b + 1) / blocks)));
        }

        /** Adds to the rows of {@code count} points the interpolations of the vertices around each. */
        void slice(int point, int count, float[] target) {
            int[] row = lattice.rowOfCorner();
            VectorRows.gather(values, stride, row, weights, point * corners, corners, count, target);
        }
    }

    @FunctionalInterface
    private interface Rows {
        void run(int from, int to);
    }
}
