package dev.wsss.core.nn;

import org.bytedeco.pytorch.Tensor;

/** A network of one input and one output. */
public abstract class Layer extends Network {
    /** Computes; the result belongs to the current scope. */
    public abstract Tensor forward(Tensor x);

    /**
     * Adds what this layer computes in evaluation mode to an ONNX graph.
     *
     * @param x name of the input in the graph
     * @return name of the result
     * @throws UnsupportedOperationException naming the layer, if it has no such form
     */
    public String onnx(OnnxGraph graph, String x) {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " has no ONNX form");
    }
}
