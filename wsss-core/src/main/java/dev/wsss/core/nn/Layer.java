package dev.wsss.core.nn;

import org.bytedeco.pytorch.Tensor;

/** A network of one input and one output. */
public abstract class Layer extends Network {
    /** Computes; the result belongs to the current scope. */
    public abstract Tensor forward(Tensor x);
}
