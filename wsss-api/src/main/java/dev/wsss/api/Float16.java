package dev.wsss.api;

/** IEEE 754 half precision, held as the bits of a short. */
public final class Float16 {
    /** The bits of positive infinity; those of NaN lie beyond. */
    private static final int INFINITY = 0x7C00;

    private static final int MANTISSA_BITS = 10;

    private Float16() {}

    /** The value of a half; exact. */
    public static float toFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = half >> MANTISSA_BITS & 0x1F;
        int mantissa = half & 0x3FF;
        if (exponent == 0) {
            float magnitude = mantissa * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int bits = exponent == 31 ? 0x7F800000 | mantissa << 13 : exponent + 112 << 23 | mantissa << 13;
        return Float.intBitsToFloat(sign | bits);
    }

    /** The half nearest to a value, of two equally near the one with an even last bit; infinity from 65520 on. */
    public static short of(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        float magnitude = Math.abs(value);
        if (Float.isNaN(value)) {
            return (short) (sign | INFINITY | 0x200);
        }
        if (magnitude >= 65520) {
            return (short) (sign | INFINITY);
        }
        if (magnitude < 0x1p-14f) {
            // subnormal halves are multiples of 2^-24, and rint rounds as it is wanted
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
        }
        int rebased = (bits & 0x7FFFFFFF) - (112 << 23);
        int odd = rebased >> 13 & 1;
        // half of the last place less one, and one more for an odd number; a carry moves on into the exponent
        return (short) (sign | rebased + 0xFFF + odd >> 13);
    }
}
