package dev.wsss.core.crf;

/** The softmax of one pixel's negative energies. */
final class Softmax {
    private static final int STEPS = 32;
    private static final double STEPS_PER_E = STEPS / Math.log(2);
    private static final double STEP = Math.log(2) / STEPS;
    /** Added to a small number, this leaves its nearest integer in the low bits of the sum: faster than a cast. */
    private static final double TO_INTEGER = 0x1.8p52;

    /** Differences below this give 0, as float32 has nothing but subnormals there. */
    private static final float SMALLEST = -87f;

    /** {@code 2^(-i / 32)}. */
    private static final double[] POWER = new double[(int) (-SMALLEST * STEPS_PER_E) + 2];

    static {
        for (int i = 0; i < POWER.length; i++) {
            POWER[i] = Math.pow(2, -i / (double) STEPS);
        }
    }

    private Softmax() {}

    /** Replaces {@code values[0..count-1]} by their softmax, and the rest of {@code values} stays. */
    static void inPlace(float[] values, int count) {
        float max = values[0];
        for (int i = 1; i < count; i++) {
            // neighbouring pixels mostly agree on their best label, so the branch is foreseen; Math.max costs more
            if (values[i] > max) {
                max = values[i];
            }
        }
        float sum = 0;
        for (int i = 0; i < count; i++) {
            float e = exp(values[i] - max);
            values[i] = e;
            sum += e;
        }
        float inverse = 1f / sum;
        for (int i = 0; i < count; i++) {
            values[i] *= inverse;
        }
    }

    /**
     * {@code e^x} for {@code x <= 0}, correct to half a unit in the last place but for rare double rounding: a table of
     * the powers of {@code 2^(1/32)} and a cubic for the rest, whose error is below 6e-10.
     */
    static float exp(float x) {
        if (x < SMALLEST) {
            return 0f;
        }
        double steps = Math.fma(x, -STEPS_PER_E, TO_INTEGER);
        int n = (int) Double.doubleToRawLongBits(steps);
        double r = Math.fma(steps - TO_INTEGER, STEP, x);
        return (float) (POWER[n] * Math.fma(r, Math.fma(r, Math.fma(r, 1.0 / 6, 0.5), 1), 1));
    }
}
