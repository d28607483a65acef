package dev.wsss.models.tflite;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.TfliteOptions.Activation;
import dev.wsss.core.io.TfliteTensor;
import java.util.Arrays;

/**
 * A tensor of 8-bit integers between two operators. In memory it is {@code q - zeroPoint} as float32, which holds these
 * numbers, and all sums of them below 2^24, exactly.
 *
 * @param shape each dimension is at least 1
 * @param signed whether the integers are -128 to 127, and not 0 to 255
 * @param scale finite and positive
 */
record EightBit(long[] shape, boolean signed, float scale, int zeroPoint) {
    /** Whether a tensor's elements are 8-bit integers. */
    static boolean is(TfliteTensor tensor) {
        return tensor.dtype() == DType.U8 || tensor.dtype() == DType.I8;
    }

    /** The smallest integer. */
    int least() {
        return signed ? Byte.MIN_VALUE : 0;
    }

    /** The greatest integer. */
    int most() {
        return signed ? Byte.MAX_VALUE : 255;
    }

    /** The greatest distance from the zero point. */
    int reach() {
        return Math.max(zeroPoint - least(), most() - zeroPoint);
    }

    /** Whether integers stand for the same numbers in both. */
    boolean sameNumbers(EightBit other) {
        return signed == other.signed && scale == other.scale && zeroPoint == other.zeroPoint;
    }

    /** The least distance from the zero point that an activation lets through. */
    double low(Activation activation) {
        return switch (activation) {
            case RELU, RELU6 -> quantized(0);
            case RELU_N1_TO_1 -> quantized(-1);
            default -> least() - zeroPoint;
        };
    }

    /** The greatest distance from the zero point that an activation lets through. */
    double high(Activation activation) {
        return switch (activation) {
            case RELU6 -> quantized(6);
            case RELU_N1_TO_1 -> quantized(1);
            default -> most() - zeroPoint;
        };
    }

    /** In float32, and halves to even, as XNNPACK has it. */
    private double quantized(float value) {
        float integer = value / scale + zeroPoint;
        return Math.rint(Math.min(Math.max(integer, least()), most())) - zeroPoint;
    }

    @Override
    public String toString() {
        return (signed ? "int8" : "uint8") + Arrays.toString(shape) + " " + scale + " * (q - " + zeroPoint + ")";
    }
}
