package dev.wsss.models.tflite;

import org.bytedeco.pytorch.Tensor;

/** An operator that is ready to run. */
@FunctionalInterface
interface IntegerKernel {
    /**
     * Computes the output of an operator. Tensors of 8-bit integers are as {@link EightBit} says, others as they are, and
     * all have the dimensions that the file gives them, contiguous.
     *
     * @param inputs those that the operator's {@link OperatorSite} was asked for, in that order; unchanged
     */
    Tensor apply(Tensor[] inputs);
}
