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
 * The Gaussian filter of a {@link PermutohedralLattice}, normalized symmetrically, {@code n K n} with {@code n_i = 1 /
 * sqrt((K 1)_i)}, by libtorch.
 *
 * <p>Values are {@code [point][label]} and {@code [row][label]}. Splat, blur and slice are all the same operation on them,
 * a sum of few weighted rows for each row of the output, which libtorch has under the name {@code embedding_bag}: with
 * vector instructions on the CPU, and on CUDA, where {@link LatticeKernels} take its place if they can. Each output row is
 * one sum in a fixed order, so that threads do not change a bit.
 */
final class TensorFilter implements AutoCloseable {
    private static final long SUM = 0;

    private final int d;
    private final ComputeDevice device;
    private final @Nullable LatticeKernels kernels;
    private final NativeArray vertexOfPoint = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray barycentric = new NativeArray(DType.F32, ComputeDevice.CPU);
    private final NativeArray neighbours = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray firstEntry = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray pointOfEntry = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray weightOfEntry = new NativeArray(DType.F32, ComputeDevice.CPU);
    private final NativeArray firstVertex = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray firstNeighbour = new NativeArray(DType.I32, ComputeDevice.CPU);
    private final NativeArray neighbourWeights = new NativeArray(DType.F32, ComputeDevice.CPU);

    /** The arrays above, cut to size and on the device: splat, blur for each axis, slice. */
    private final List<Sum> sums = new ArrayList<>();
    /** The splat in runs of rows with about as many entries each, for as many tasks. */
    private final List<Sum> splatParts = new ArrayList<>();

    private int builds;

    TensorFilter(int dimensions, ComputeDevice device, @Nullable LatticeKernels kernels) {
        d = dimensions;
        this.device = device;
        this.kernels = kernels;
    }

    /**
     * Takes up the lattice of an image, if it is new.
     *
     * @param factor what every filtered value is multiplied by
     * @param threads among which {@link #blurred} may divide the splat
     */
    void prepare(PermutohedralLattice lattice, float factor, int threads) {
        if (builds == lattice.builds()) {
            return;
        }
        builds = lattice.builds();
        int points = lattice.points();
        int rows = lattice.rows();
        int corners = points * (d + 1);
        vertexOfPoint.ints(corners).put(lattice.rowOfCorner(), 0, corners);
        barycentric.floats(corners).put(lattice.barycentric(), 0, corners);
        sortByRow(lattice);
        fillPatterns(lattice);
        copyToDevice(points, rows);
        normalize(points, lattice.blurGain(), factor);
        if (threads > 1 && !device.isCuda()) {
            divideSplat(2 * threads, rows);
        }
    }

    /** The points and weights that make up each row. */
    private void sortByRow(PermutohedralLattice lattice) {
        int[] rowOfCorner = lattice.rowOfCorner();
        float[] weights = lattice.barycentric();
        int corners = lattice.points() * (d + 1);
        int[] next = new int[lattice.rows() + 1];
        for (int i = 0; i < corners; i++) {
            next[rowOfCorner[i] + 1]++;
        }
        for (int row = 0; row < lattice.rows(); row++) {
            next[row + 1] += next[row];
        }
        firstEntry.ints(lattice.rows()).put(next, 0, lattice.rows());
        IntBuffer pointOf = pointOfEntry.ints(corners);
        FloatBuffer weightOf = weightOfEntry.floats(corners);
        for (int i = 0; i < corners; i++) {
            int entry = next[rowOfCorner[i]]++;
            pointOf.put(entry, i / (d + 1));
            weightOf.put(entry, weights[i]);
        }
    }

    private void fillPatterns(PermutohedralLattice lattice) {
        int points = lattice.points();
        int rows = lattice.rows();
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
        IntBuffer all = neighbours.ints(3 * rows * (d + 1));
        for (int axis = 0, i = 0; axis <= d; axis++) {
            int[] pairs = lattice.neighbours(axis);
            for (int row = 0; row < rows; row++, i += 3) {
                all.put(i, row).put(i + 1, pairs[2 * row]).put(i + 2, pairs[2 * row + 1]);
            }
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

    /** Works the norm and the factor into the weights. */
    private void normalize(int points, double gain, double factor) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor ones = Tensors.empty(DType.F32, device, points, 1).fill_(new Scalar(1));
            Tensor norm = slice(blurred(ones, 1), 0, points)
                    .mul_(new Scalar(1 / gain))
                    .add_(new Scalar(1e-20))
                    .rsqrt_();
            Sum splat = sums.get(0);
            splat.weights.mul_(norm.view(-1).index_select(0, splat.indices));
            sums.get(d + 2)
                    .weights
                    .mul_(new Scalar(factor / gain))
                    .view(points, d + 1)
                    .mul_(norm);
        }
    }

    /**
     * Splats {@code [point][label]} and blurs; to be {@link #slice}d.
     *
     * @param threads for the splat, if the filter was prepared for more than one
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
