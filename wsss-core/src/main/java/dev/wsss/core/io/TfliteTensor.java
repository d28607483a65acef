package dev.wsss.core.io;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tensor of a {@link TfliteModel}: a constant, or what flows between operators.
 *
 * @param index by which operators refer to it
 * @param name as the file has it; may be empty, and several may have the same
 * @param type of elements as TFLite calls it, such as {@code int8}
 * @param dtype null if none of ours stands for the type, as of strings and numbers of 4 bits
 * @param shape of the tensor; -1 where the file leaves a dimension open
 * @param constant whether the file holds the elements
 * @param quantization null if there is none
 */
public record TfliteTensor(
        int index,
        String name,
        String type,
        @Nullable DType dtype,
        long[] shape,
        boolean constant,
        @Nullable Quantization quantization) {

    /**
     * What an integer {@code q} stands for: {@code scale * (q - zeroPoint)}.
     *
     * @param scales one for all elements, or one for each index of a dimension; finite, 0 or more
     * @param zeroPoints as many
     * @param dimension that the scales are of, where there are several; else 0
     */
    public record Quantization(float[] scales, long[] zeroPoints, int dimension) {
        /** Whether there is a scale for each index of a dimension. */
        public boolean perChannel() {
            return scales.length > 1;
        }

        /**
         * The scale of all elements.
         *
         * @throws IllegalStateException if there are several
         */
        public float scale() {
            requireOne();
            return scales[0];
        }

        /**
         * The zero point of all elements.
         *
         * @throws IllegalStateException if there are several
         */
        public long zeroPoint() {
            requireOne();
            return zeroPoints[0];
        }

        private void requireOne() {
            if (scales.length != 1) {
                throw new IllegalStateException(
                        "there are " + scales.length + " scales, along dimension " + dimension + "; expected one");
            }
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Quantization other
                    && Arrays.equals(scales, other.scales)
                    && Arrays.equals(zeroPoints, other.zeroPoints)
                    && dimension == other.dimension;
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(scales) * 31 + Arrays.hashCode(zeroPoints);
        }

        /** Such as {@code 0.0078125 * (q - 128)}. */
        @Override
        public String toString() {
            return perChannel()
                    ? scales.length + " scales along dimension " + dimension
                    : scales[0] + " * (q - " + zeroPoints[0] + ")";
        }
    }

    /** Such as {@code 'MobilenetV2/Conv/weights' uint8[32, 3, 3, 3]}. */
    @Override
    public String toString() {
        return Inputs.quote(name) + " " + type + Inputs.shape(shape);
    }
}
