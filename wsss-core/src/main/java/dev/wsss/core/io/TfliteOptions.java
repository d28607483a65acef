package dev.wsss.core.io;

import java.util.List;

/**
 * The settings of a {@link TfliteOperator}, of those that convolutional networks are made of. Numbers are pixels, of
 * height before width.
 */
public sealed interface TfliteOptions {
    /** How far a window reaches beyond the border. */
    enum Padding {
        /** Far enough that the output has the input's size divided by the stride, rounded up; the odd pixel is at the end. */
        SAME,
        /** Not at all. */
        VALID
    }

    /** What the operator applies to its result. */
    enum Activation {
        /** Nothing. */
        NONE,
        /** At least 0. */
        RELU,
        /** -1 to 1. */
        RELU_N1_TO_1,
        /** 0 to 6. */
        RELU6,
        /** The hyperbolic tangent. */
        TANH,
        /** The sign bit. */
        SIGN_BIT
    }

    /** Of operators that have no settings, such as QUANTIZE, PAD or LOGISTIC. */
    record None() implements TfliteOptions {}

    /**
     * Settings that are not read.
     *
     * @param type their number in the schema's union {@code BuiltinOptions}; 0 of an operator of none of TFLite's own
     */
    record Unread(int type) implements TfliteOptions {}

    /** Of CONV_2D; weights are {@code [out, height, width, in]}. Strides and dilations are 1 or more. */
    record Conv2d(Padding padding, int strideH, int strideW, int dilationH, int dilationW, Activation activation)
            implements TfliteOptions {}

    /**
     * Of DEPTHWISE_CONV_2D; weights are {@code [1, height, width, in * multiplier]}. Strides and dilations are 1 or more.
     *
     * @param depthMultiplier outputs of each input channel; 0 where the file leaves it to the shapes
     */
    record DepthwiseConv2d(
            Padding padding,
            int strideH,
            int strideW,
            int dilationH,
            int dilationW,
            int depthMultiplier,
            Activation activation)
            implements TfliteOptions {}

    /** Of TRANSPOSE_CONV, whose first input is the output's shape. Strides are 1 or more. */
    record TransposeConv(Padding padding, int strideH, int strideW) implements TfliteOptions {}

    /** Of AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D. Strides and windows are 1 or more. */
    record Pool2d(Padding padding, int strideH, int strideW, int height, int width, Activation activation)
            implements TfliteOptions {}

    /** Of ADD, SUB, MUL and DIV. */
    record Arithmetic(Activation activation) implements TfliteOptions {}

    /**
     * Of CONCATENATION.
     *
     * @param axis may be negative, counted from the end
     */
    record Concatenation(int axis, Activation activation) implements TfliteOptions {}

    /**
     * Of FULLY_CONNECTED; weights are {@code [out, in]}.
     *
     * @param shuffled whether the weights are in blocks of 4 x 16, as one runtime wants them
     * @param keepDimensions whether the output has as many dimensions as the input
     */
    record FullyConnected(boolean shuffled, boolean keepDimensions, Activation activation) implements TfliteOptions {}

    /** Of RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR, whose second input is height and width. */
    record Resize(boolean alignCorners, boolean halfPixelCenters) implements TfliteOptions {}

    /** Of SOFTMAX, of {@code beta} times the input. */
    record Softmax(float beta) implements TfliteOptions {}

    /**
     * Of RESHAPE.
     *
     * @param shape empty where the second input has it; one entry may be -1
     */
    record Reshape(List<Integer> shape) implements TfliteOptions {}

    /**
     * Of SQUEEZE.
     *
     * @param dimensions that go; empty for all of size 1
     */
    record Squeeze(List<Integer> dimensions) implements TfliteOptions {}

    /** Of MEAN, SUM and REDUCE_MAX and their like, whose second input is the dimensions. */
    record Reduce(boolean keepDimensions) implements TfliteOptions {}

    /**
     * Of ARG_MAX and ARG_MIN, whose second input is the dimension.
     *
     * @param outputType such as {@code int64}
     */
    record ArgMax(String outputType) implements TfliteOptions {}

    /** Of CAST; types such as {@code uint8}. */
    record Cast(String inputType, String outputType) implements TfliteOptions {}

    /** Of LEAKY_RELU: the slope below 0. */
    record LeakyRelu(float slope) implements TfliteOptions {}

    /**
     * Of STRIDED_SLICE, whose inputs are data, begin, end and strides. Bit {@code i} is of dimension {@code i}.
     *
     * @param beginMask dimensions that begin at the start
     * @param endMask dimensions that end at the end
     * @param ellipsisMask where the dimensions that are not named are
     * @param newAxisMask dimensions that are added
     * @param shrinkAxisMask dimensions of which one index is taken
     */
    record StridedSlice(int beginMask, int endMask, int ellipsisMask, int newAxisMask, int shrinkAxisMask)
            implements TfliteOptions {}
}
