package dev.wsss.core.crf;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The permutohedral lattice of a set of points: a Gaussian filter of standard deviation 1 in feature space, as splat,
 * blur along the {@code d + 1} lattice axes, and slice (Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the
 * Permutohedral Lattice", 2010), normalised symmetrically: {@code n K n} with {@code n_i = 1 / sqrt((K 1)_i)}.
 *
 * <p>Values are {@code [point][label]} and {@code [row][label]}, where row 0 is the absent neighbour and stays zero and
 * row {@code v + 1} is vertex {@code v}. Splat, blur and slice are all the same operation on them, a sum of few weighted
 * rows for each row of the output, which libtorch has under the name {@code embedding_bag}: with vector instructions on
 * the CPU, and on CUDA, where {@link LatticeKernels} take its place if they can. Each output row is one sum in a fixed
 * order, so that threads do not change a bit.
 *
 * <p>{@link #build} may be called again, and fills the same memory.
 */
final class PermutohedralLattice implements AutoCloseable {
    private static final long SUM = 0;
    /** Fewer points than this are not worth a thread. */
    private static final int SMALLEST_PART = 4096;

    /** Writes a point's feature, each coordinate divided by its standard deviation. */
    @FunctionalInterface
    interface Features {
        void write(int point, float[] feature);
    }

    private final int d;
    private final ComputeDevice device;
    private final @Nullable LatticeKernels kernels;
    private final List<SimplexFinder> finders = new ArrayList<>();
    private final NativeArray vertexOfPoint = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray barycentric = new NativeArray(DType.F32, ComputeDevice.CPU);
    private final NativeArray neighbours = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray firstEntry = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray pointOfEntry = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray weightOfEntry = new NativeArray(DType.F32, ComputeDevice.CPU);
    private final NativeArray firstVertex = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray firstNeighbour = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray neighbourWeights = new NativeArray(DType.F32, ComputeDevice.CPU);
    private int[] simplexOfPoint = {};

    /** The arrays above, cut to size and on the device: splat, blur for each axis, slice. */
    private final List<Sum> sums = new ArrayList<>();
    /** The splat in runs of rows with about as many entries each, for as many tasks. */
    private final List<Sum> splatParts = new ArrayList<>();

    PermutohedralLattice(int dimensions, ComputeDevice device) {
        this(dimensions, device, LatticeKernels.of(device));
    }

    PermutohedralLattice(int dimensions, ComputeDevice device, @Nullable LatticeKernels kernels) {
        d = dimensions;
        this.device = device;
        this.kernels = kernels;
        finders.add(new SimplexFinder(dimensions));
    }

    /**
     * Builds the lattice of a set of points.
     *
     * @param factor what every filtered value is multiplied by
     * @param threads for this method, on the common pool
     */
    void build(int points, Features features, float factor, int threads) {
        int parts = Math.max(1, Math.min(threads, points / SMALLEST_PART));
        while (finders.size() < parts) {
            finders.add(new SimplexFinder(d));
        }
        if (simplexOfPoint.length < points) {
            simplexOfPoint = new int[points];
        }
        int[] start = new int[parts + 1];
        for (int part = 0; part <= parts; part++) {
            start[part] = (int) ((long) points * part / parts);
        }
        FloatBuffer weights = barycentric.floats(Math.multiplyExact(points, d + 1));
        Parallel.run(
                threads, parts, part -> locate(finders.get(part), start[part], start[part + 1], features, weights));
        int[][] rowOfVertex = mergeVertices(parts, points);
        VertexTable table = finders.get(0).vertices();
        int rows = table.size() + 1;
        int[][] next = new int[parts][rows];
        IntBuffer vertices = vertexOfPoint.ints(points * (d + 1));
        Parallel.run(
                threads,
                parts,
                part -> expand(
                        finders.get(part), start[part], start[part + 1], rowOfVertex[part], vertices, next[part]));
        toFirsts(next, firstEntry.ints(rows));
        IntBuffer pointOf = pointOfEntry.ints(points * (d + 1));
        FloatBuffer weightOf = weightOfEntry.floats(points * (d + 1));
        Parallel.run(threads, parts, part -> {
            int[] entry = next[part];
            for (int p = start[part], i = p * (d + 1); p < start[part + 1]; p++) {
                for (int c = 0; c <= d; c++, i++) {
                    int e = entry[vertices.get(i)]++;
                    pointOf.put(e, p);
                    weightOf.put(e, weights.get(i));
                }
            }
        });
        IntBuffer triples = neighbours.ints(3 * rows * (d + 1));
        Parallel.run(threads, d + 1, axis -> findNeighbours(table, axis, triples));
        fillPatterns(points, rows);
        copyToDevice(points, rows);
        normalise(points, factor);
        if (parts > 1 && !device.isCuda()) {
            divideSplat(2 * parts, rows);
        }
    }

    private void locate(SimplexFinder finder, int from, int to, Features features, FloatBuffer weights) {
        finder.clear();
        float[] feature = new float[d];
        for (int p = from, i = from * (d + 1); p < to; p++) {
            features.write(p, feature);
            simplexOfPoint[p] = finder.locate(feature);
            for (int r = 0; r <= d; r++, i++) {
                weights.put(i, finder.weight(r));
            }
        }
    }

    /**
     * Adds the vertices of all finders to those of the first, part by part and thus in the order in which a single finder
     * would have met them.
     *
     * @return for each part the row of each of its vertices
     */
    private int[][] mergeVertices(int parts, int points) {
        VertexTable all = finders.get(0).vertices();
        int[][] rows = new int[parts][];
        for (int part = 0; part < parts; part++) {
            VertexTable own = finders.get(part).vertices();
            rows[part] = new int[own.size()];
            for (int v = 0; v < rows[part].length; v++) {
                rows[part][v] = 1 + (part == 0 ? v : all.findOrAdd(own.low(v), own.high(v)));
            }
        }
        // The reference works on four points at a time and fills the last group with points at the origin. Nothing is
        // splatted there, but their vertices exist and pass values on in the blur.
        if (points % 4 != 0) {
            finders.get(0).locate(new float[d]);
        }
        return rows;
    }

    private void expand(SimplexFinder finder, int from, int to, int[] rowOfVertex, IntBuffer vertices, int[] counts) {
        for (int p = from, i = from * (d + 1); p < to; p++) {
            for (int r = 0; r <= d; r++, i++) {
                int row = rowOfVertex[finder.vertex(simplexOfPoint[p], r)];
                vertices.put(i, row);
                counts[row]++;
            }
        }
    }

    /** Turns the number of entries of each part and row into the first of them. */
    private static void toFirsts(int[][] counts, IntBuffer firstOfRow) {
        int entries = 0;
        for (int row = 0; row < counts[0].length; row++) {
            firstOfRow.put(row, entries);
            for (int[] count : counts) {
                int first = entries;
                entries += count[row];
                count[row] = first;
            }
        }
    }

    /** Writes, for each row, itself and its two neighbours along an axis. */
    private void findNeighbours(VertexTable table, int axis, IntBuffer triples) {
        int rows = table.size() + 1;
        int first = 3 * rows * axis;
        for (int row = 0, i = first; row < rows; row++, i += 3) {
            triples.put(i, row).put(i + 1, 0).put(i + 2, 0);
        }
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
                triples.put(first + 3 * (v + 1) + 1, neighbour + 1);
                triples.put(first + 3 * (neighbour + 1) + 2, v + 1);
            }
        }
    }

    private void fillPatterns(int points, int rows) {
        IntBuffer vertices = firstVertex.ints(points);
        for (int p = 0; p < points; p++) {
            vertices.put(p, p * (d + 1));
        }
        IntBuffer triples = firstNeighbour.ints(rows);
        FloatBuffer weights = neighbourWeights.floats(3 * rows);
        for (int row = 0; row < rows; row++) {
            triples.put(row, 3 * row);
            weights.put(3 * row, 1f).put(3 * row + 1, 0.5f).put(3 * row + 2, 0.5f);
        }
    }

    private void copyToDevice(int points, int rows) {
        release();
        int entries = points * (d + 1);
        try (Scope scope = Scope.open()) {
            sums.add(owned(pointOfEntry.tensor(entries), firstEntry.tensor(rows), weightOfEntry.tensor(entries)));
            Tensor first = firstNeighbour.tensor(rows);
            Tensor weights = neighbourWeights.tensor(3L * rows);
            Tensor triples = neighbours.tensor(d + 1, 3L * rows);
            for (int axis = 0; axis <= d; axis++) {
                sums.add(owned(triples.select(0, axis), first, weights));
            }
            sums.add(owned(vertexOfPoint.tensor(entries), firstVertex.tensor(points), barycentric.tensor(entries)));
        }
    }

    private Sum owned(Tensor indices, Tensor first, Tensor weights) {
        return new Sum(
                kernels,
                Scope.own(Tensors.to(indices, device)),
                Scope.own(Tensors.to(first, device)),
                Scope.own(Tensors.to(weights, device)));
    }

    private void divideSplat(int parts, int rows) {
        IntBuffer firsts = firstEntry.ints(rows);
        Sum splat = sums.get(0);
        long entries = splat.indices.numel();
        try (Scope scope = Scope.open()) {
            int row = 0;
            for (int part = 1; part <= parts; part++) {
                int from = row;
                while (row < rows && (part == parts || firsts.get(row) < entries * part / parts)) {
                    row++;
                }
                if (row > from) {
                    long first = firsts.get(from);
                    long count = (row < rows ? firsts.get(row) : entries) - first;
                    splatParts.add(owned(
                            splat.indices.narrow(0, first, count),
                            splat.first.narrow(0, from, row - from).sub(new Scalar(first)),
                            splat.weights.narrow(0, first, count)));
                }
            }
        }
    }

    /** Works the norm, the correction of the blur's gain and the factor into the weights. */
    private void normalise(int points, float factor) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Scalar gain = new Scalar(1 / (1 + Math.pow(2, -d)));
            Tensor ones = Tensors.empty(DType.F32, device, points, 1).fill_(new Scalar(1));
            Tensor norm = slice(blurred(ones, 1), 0, points)
                    .mul_(gain)
                    .add_(new Scalar(1e-20))
                    .rsqrt_();
            Sum splat = sums.get(0);
            splat.weights.mul_(norm.view(-1).index_select(0, splat.indices));
            sums.get(d + 2)
                    .weights
                    .mul_(gain)
                    .mul_(new Scalar(factor))
                    .view(points, d + 1)
                    .mul_(norm);
        }
    }

    /**
     * Splats {@code [point][label]} and blurs; to be {@link #slice}d.
     *
     * @param threads for the splat, if the lattice was built with more than one
     */
    Tensor blurred(Tensor values, int threads) {
        try (Scope scope = Scope.open()) {
            Tensor table = threads > 1 && !splatParts.isEmpty()
                    ? splatInParts(values, threads)
                    : sums.get(0).of(values);
            for (Sum sum : sums.subList(1, d + 2)) {
                table = sum.of(table);
            }
            return scope.keep(table);
        }
    }

    private Tensor splatInParts(Tensor values, int threads) {
        Tensor[] parts = new Tensor[splatParts.size()];
        Parallel.run(threads, parts.length, part -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                parts[part] = Scope.own(splatParts.get(part).of(values));
            }
        });
        Tensor table = torch.cat(new TensorVector(parts));
        for (Tensor part : parts) {
            part.close();
        }
        return table;
    }

    /** Interpolates points {@code from} to {@code from + count - 1} from blurred vertices. */
    Tensor slice(Tensor blurred, long from, long count) {
        try (Scope scope = Scope.open()) {
            long corners = d + 1;
            Sum slice = sums.get(d + 2);
            Sum part = new Sum(
                    kernels,
                    slice.indices.narrow(0, from * corners, count * corners),
                    slice.first.narrow(0, 0, count),
                    slice.weights.narrow(0, from * corners, count * corners));
            return scope.keep(part.of(blurred));
        }
    }

    private void release() {
        sums.forEach(Sum::close);
        sums.clear();
        splatParts.forEach(Sum::close);
        splatParts.clear();
    }

    @Override
    public void close() {
        release();
        List.of(
                        vertexOfPoint,
                        barycentric,
                        neighbours,
                        firstEntry,
                        pointOfEntry,
                        weightOfEntry,
                        firstVertex,
                        firstNeighbour,
                        neighbourWeights)
                .forEach(NativeArray::close);
    }

    /**
     * Output row {@code i} is the sum of the input's rows {@code indices[first[i]..first[i + 1] - 1]}, weighted.
     *
     * @param indices int32 {@code [entries]}
     * @param first int32 {@code [rows]}
     * @param weights float32 {@code [entries]}
     */
    private record Sum(@Nullable LatticeKernels kernels, Tensor indices, Tensor first, Tensor weights) {
        /** {@code [input rows][labels]} to {@code [rows][labels]}. */
        Tensor of(Tensor values) {
            if (kernels != null) {
                return kernels.rowSums(values, indices, first, weights);
            }
            return new Tensor(
                    torch.embedding_bag(values, indices, first, false, SUM, false, new TensorOptional(weights), false)
                            .get0());
        }

        void close() {
            indices.close();
            first.close();
            weights.close();
        }
    }
}
