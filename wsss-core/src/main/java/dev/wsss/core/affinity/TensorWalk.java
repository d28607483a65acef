package dev.wsss.core.affinity;

import dev.wsss.core.cuda.Kernels;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The random walk of {@link TransitionMatrix} on tensors, for CUDA; it computes the same on the CPU, where {@link
 * TransitionMatrix} is faster.
 *
 * <p>The affinities are copied to the device once, and serve any number of walks with any {@code beta} and number of steps.
 * On CUDA a step is one kernel of this library's, or, where that cannot be compiled, one multiply-add of libtorch's for
 * each offset and direction. Scores stay on the device between the steps.
 *
 * <p>Of float64, or of float32, where rounding adds up by some 3e-8 of the largest score a step. May be used by several
 * threads; to be closed.
 */
public final class TensorWalk implements AutoCloseable {
    private final int height;
    private final int width;
    private final ComputeDevice device;
    private final DType dtype;
    private final Optional<Kernels> kernels;
    // laid out like TransitionMatrix: rows `stride` apart, zeros between and around them
    private final int stride;
    private final int first;
    private final int nodes;
    private final int size;
    private final int[] shifts;
    /** float64 {@code [offset][size]}: the affinity of a node and its neighbour at the offset. */
    private final Tensor affinities;
    /** float64 {@code [size]}: a node's affinity with itself, 1, and 0 between the rows. */
    private final Tensor self;

    private final Tensor deviceShifts;

    private TensorWalk(GridAffinity grid, ComputeDevice device, DType dtype, Optional<Kernels> kernels) {
        height = grid.height();
        width = grid.width();
        this.device = device;
        this.dtype = dtype;
        this.kernels = kernels;
        int[][] offsets = grid.offsets();
        int reachY = Arrays.stream(offsets).mapToInt(o -> Math.abs(o[0])).max().orElse(0);
        int reachX = Arrays.stream(offsets).mapToInt(o -> Math.abs(o[1])).max().orElse(0);
        stride = width + reachX;
        first = reachY * stride + reachX;
        nodes = height * stride;
        size = first + nodes + first;
        shifts = Arrays.stream(offsets).mapToInt(o -> o[0] * stride + o[1]).toArray();
        try (Scope scope = Scope.open()) {
            Tensor planes = Tensors.zeros(DType.F64, ComputeDevice.CPU, offsets.length, size);
            for (int o = 0; o < offsets.length; o++) {
                rows(planes.narrow(0, o, 1)).copy_(Tensors.of(grid.planes()[o], 1, height, width));
            }
            affinities = Scope.own(Tensors.to(planes, device));
            Tensor ones = Tensors.zeros(DType.F64, ComputeDevice.CPU, 1, size);
            rows(ones).fill_(new Scalar(1.0));
            self = Scope.own(Tensors.to(ones.view(-1), device));
            long[] wide = Arrays.stream(shifts).asLongStream().toArray();
            deviceShifts = Scope.own(Tensors.to(Tensors.of(wide, wide.length).to(torch.ScalarType.Int), device));
        }
    }

    /**
     * Copies affinities to a device.
     *
     * @param dtype float32 or float64: of the walk; its weights are made in float64
     */
    public static TensorWalk of(GridAffinity grid, ComputeDevice device, DType dtype) {
        if (dtype != DType.F32 && dtype != DType.F64) {
            throw new IllegalArgumentException("a walk is of float32 or float64, got " + dtype);
        }
        Torch.load();
        return new TensorWalk(grid, device, dtype, Kernels.of(device, TensorWalk.class, "walk.cu", option(dtype)));
    }

    /** As {@link #of} with given kernels, or without any. */
    static TensorWalk of(GridAffinity grid, ComputeDevice device, DType dtype, Optional<Kernels> kernels) {
        return new TensorWalk(grid, device, dtype, kernels);
    }

    /** Which type the kernel is compiled for. */
    static String option(DType dtype) {
        return dtype == DType.F32 ? "-DREAL=float" : "-DREAL=double";
    }

    /**
     * Walks: {@code scores T^steps}, with the transition matrix of this {@code beta}.
     *
     * @param beta positive: the larger, the more the walk avoids weak links
     * @param scores {@code [count][height][width]}; unchanged
     * @param count number of maps
     * @param steps number of steps, 0 or more
     * @return {@code [count][height][width]}, a new array
     * @throws IllegalArgumentException if the scores do not have that size
     */
    public float[] walk(double beta, float[] scores, int count, int steps) {
        if (scores.length != (long) count * height * width) {
            throw new IllegalArgumentException(count + " maps on a grid of " + height + "x" + width + " have "
                    + (long) count * height * width + " scores, got " + scores.length);
        }
        try (Scope scope = Scope.open()) {
            Tensor maps = Tensors.to(Tensors.of(scores, count, height, width), device);
            return Tensors.toFloats(walk(beta, maps, steps));
        }
    }

    /**
     * As {@link #walk(double, float[], int, int)} without leaving the device, nor waiting for it.
     *
     * @param maps {@code [count][height][width]} on the device, of any floating-point type; unchanged
     * @return float32 or float64, as the walk is
     */
    public Tensor walk(double beta, Tensor maps, int steps) {
        if (!(beta > 0) || Double.isInfinite(beta)) {
            throw new IllegalArgumentException("beta must be positive, got " + beta);
        }
        if (steps < 0) {
            throw new IllegalArgumentException("steps must be 0 or more, got " + steps);
        }
        long[] shape = Tensors.shape(maps);
        if (shape.length != 3 || shape[1] != height || shape[2] != width) {
            throw new IllegalArgumentException(
                    "maps must be [count][" + height + "][" + width + "], got " + Arrays.toString(shape));
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            return Torch.call(() -> {
                Tensor weights = affinities.pow(new Scalar(beta));
                Tensor scale = scale(weights);
                Tensor from = Tensors.zeros(dtype, device, shape[0], size);
                rows(from).copy_(maps);
                Tensor to = Tensors.zeros(dtype, device, shape[0], size);
                torch.ScalarType type = Tensors.scalarType(dtype);
                Tensor walked = steps(from, to, weights.to(type), scale.to(type), steps);
                return scope.keep(rows(walked).contiguous());
            });
        }
    }

    /** The grid's rows within {@code [maps][size]}, as a view {@code [maps][height][width]}. */
    private Tensor rows(Tensor maps) {
        return maps.narrow(1, first, nodes).view(-1, height, stride).narrow(2, 0, width);
    }

    /** One over the sum of each node's affinities, {@code [size]}; 0 between the rows. */
    private Tensor scale(Tensor weights) {
        Tensor sums = self.clone();
        for (int o = 0; o < shifts.length; o++) {
            Tensor plane = weights.select(0, o).narrow(0, first, nodes);
            sums.narrow(0, first, nodes).add_(plane);
            sums.narrow(0, first + shifts[o], nodes).add_(plane);
        }
        // between the rows 0 / 1, not 0 / 0
        return self.div(sums.clamp_min(new Scalar(1.0)));
    }

    private Tensor steps(Tensor from, Tensor to, Tensor weights, Tensor scale, int steps) {
        if (kernels.isPresent()) {
            Kernels own = kernels.get();
            int maps = (int) from.size(0);
            Tensor x = from;
            Tensor y = to;
            for (int step = 0; step < steps; step++) {
                own.launch(
                        "walk_step",
                        (long) maps * nodes,
                        x,
                        y,
                        weights,
                        scale,
                        deviceShifts,
                        shifts.length,
                        maps,
                        first,
                        nodes,
                        size);
                Tensor swap = x;
                x = y;
                y = swap;
            }
            return x;
        }
        // the views of every step, made once: a view costs as much as a small product
        Shifted[] shifted = {Shifted.of(from, weights, this), Shifted.of(to, weights, this)};
        Tensor columns = scale.narrow(0, first, nodes);
        for (int step = 0; step < steps; step++) {
            Shifted x = shifted[step % 2];
            Tensor sum = shifted[1 - step % 2].centre;
            sum.copy_(x.centre);
            for (int o = 0; o < shifts.length; o++) {
                sum.addcmul_(x.forward.get(o), x.after.get(o));
                sum.addcmul_(x.backward.get(o), x.before.get(o));
            }
            sum.mul_(columns);
        }
        return steps % 2 == 0 ? from : to;
    }

    /** Maps and weights as a step reads them: at the nodes, and shifted by each offset in both directions. */
    private record Shifted(
            Tensor centre, List<Tensor> after, List<Tensor> before, List<Tensor> forward, List<Tensor> backward) {
        static Shifted of(Tensor maps, Tensor weights, TensorWalk walk) {
            int first = walk.first;
            int nodes = walk.nodes;
            int[] shifts = walk.shifts;
            return new Shifted(
                    maps.narrow(1, first, nodes),
                    each(shifts, o -> maps.narrow(1, first + shifts[o], nodes)),
                    each(shifts, o -> maps.narrow(1, first - shifts[o], nodes)),
                    each(shifts, o -> weights.select(0, o).narrow(0, first, nodes)),
                    each(shifts, o -> weights.select(0, o).narrow(0, first - shifts[o], nodes)));
        }

        private static List<Tensor> each(int[] shifts, IntFunction<Tensor> view) {
            return IntStream.range(0, shifts.length).mapToObj(view).toList();
        }
    }

    @Override
    public void close() {
        affinities.close();
        self.close();
        deviceShifts.close();
    }

    @Override
    public String toString() {
        return "TensorWalk[" + height + "x" + width + ", " + shifts.length + " offsets, " + dtype + " on " + device
                + "]";
    }
}
