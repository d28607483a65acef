package dev.wsss.core.crf;

import dev.wsss.core.cuda.Kernels;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The steps of mean-field inference as this library's own CUDA kernels. */
final class LatticeKernels {
    static final String SOURCE = "lattice.cu";

    private final ComputeDevice device;
    private final Kernels kernels;

    LatticeKernels(ComputeDevice device, Kernels kernels) {
        this.device = device;
        this.kernels = kernels;
    }

    /** Null on the CPU, and where they cannot be compiled. */
    static @Nullable LatticeKernels of(ComputeDevice device) {
        return Kernels.of(device, LatticeKernels.class, SOURCE)
                .map(kernels -> new LatticeKernels(device, kernels))
                .orElse(null);
    }

    /**
     * Row {@code i} of the result is the sum of the rows {@code indices[first[i]..first[i + 1] - 1]}, weighted.
     *
     * @param values {@code [input rows][labels]}
     * @return {@code [rows][labels]}
     */
    Tensor rowSums(Tensor values, Tensor indices, Tensor first, Tensor weights) {
        try (Scope scope = Scope.open()) {
            int rows = Math.toIntExact(first.numel());
            int labels = Math.toIntExact(values.size(1));
            Tensor out = Tensors.empty(DType.F32, device, rows, labels);
            kernels.launch(
                    "row_sums",
                    (long) rows * labels,
                    values,
                    indices,
                    first,
                    weights,
                    rows,
                    Math.toIntExact(indices.numel()),
                    labels,
                    out);
            return scope.keep(out);
        }
    }

    /** The softmax over the labels of negative energies; both {@code [point][label]}. */
    void softmax(Tensor energies, Tensor q) {
        int points = Math.toIntExact(energies.size(0));
        kernels.launch("softmax_rows", points, energies, points, Math.toIntExact(energies.size(1)), q);
    }
}
