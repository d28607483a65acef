package dev.wsss.core.crf;

import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.vector.VectorApi;
import java.util.List;

/**
 * Mean-field inference on one image at a time: from {@code Q = softmax(-U)} on, {@code Q = softmax(-U - sum of the terms'
 * energies)}. Keeps its memory for the next image.
 */
interface MeanField extends AutoCloseable {
    /** A pairwise term: its filter is the compatibility's {@link Compatibility#factor} times the lattice's kernel. */
    record Term(PermutohedralLattice lattice, Compatibility compatibility) {}

    /** With vector instructions from Java where it may use them, else with libtorch. */
    static MeanField on(ComputeDevice device, List<Term> terms) {
        return device.isCuda() || !VectorApi.isPresent()
                ? new TensorMeanField(device, terms)
                : new VectorMeanField(terms);
    }

    /** Takes up the image that the terms' lattices have been built for. */
    void prepare(int threads);

    /**
     * Infers; by several threads at once, if need be.
     *
     * @param unary finite energies {@code [labels][points]}
     * @return {@code [labels][points]}, a new array
     */
    float[] infer(float[] unary, int labels, int iterations, int threads);

    @Override
    void close();
}
