package dev.wsss.core.train;

/**
 * The learning rate as a pure function of the step: nothing to advance, nothing to save, the same after a resume.
 *
 * <p>Steps count finished optimizer updates, so the first update uses {@code rate(0, base)}. Most schedules scale the
 * base rate; those with a minimum do not, as the minimum is the same for every parameter group.
 *
 * <p>"Poly" means three things in published code, which differ after the end and between steps:
 *
 * <table>
 * <caption>The poly schedules</caption>
 * <tr><th>factory</th><th>at step t of T</th><th>from T on</th><th>used by</th></tr>
 * <tr><td>{@link #polyHoldingLast}</td><td>(1 - t/T)^p</td><td>the rate of step T - 1</td><td>PSA, IRN, SEAM, PPC; DHR</td></tr>
 * <tr><td>{@link #polyToMinimum}</td><td>(base - min)(1 - t/T)^p + min</td><td>min</td><td>CARB (MMSegmentation, min
 * 1e-4); Mask2Former in FMA (min 0)</td></tr>
 * <tr><td>{@link #polyInStairs}</td><td>as the first, at the last multiple of {@code every}</td><td>the last stair</td><td>CDL
 * (deeplab-pytorch, every 10)</td></tr>
 * </table>
 */
@FunctionalInterface
public interface Schedule {
    /**
     * The rate of one update.
     *
     * @param step number of updates before this one, from 0
     * @param baseRate the parameter group's own rate
     */
    double rate(long step, double baseRate);

    /** Always the base rate. */
    static Schedule constant() {
        return (step, base) -> base;
    }

    /**
     * Poly decay; after the end the rate stays where the last step left it, which is small but not zero. The DeepLab
     * v1 and v2 training of PPC's evaluation divides by {@code T + 1}: pass that as {@code steps}.
     *
     * @param power usually 0.9
     * @param steps T
     */
    static Schedule polyHoldingLast(double power, long steps) {
        checkPoly(power, steps);
        return (step, base) -> base * Math.pow(1 - (double) Math.min(step, steps - 1) / steps, power);
    }

    /**
     * Poly decay to a minimum that is reached at the end and kept.
     *
     * @param minimum absolute rate, the same for every group; 0 for none
     */
    static Schedule polyToMinimum(double power, long steps, double minimum) {
        checkPoly(power, steps);
        checkMinimum(minimum);
        return (step, base) -> (base - minimum) * Math.pow(1 - (double) Math.min(step, steps) / steps, power) + minimum;
    }

    /** Poly decay that is evaluated every so many steps only and constant between them. */
    static Schedule polyInStairs(double power, long steps, long every) {
        checkPoly(power, steps);
        check("every", every);
        return (step, base) -> base * Math.pow(1 - (double) (Math.min(step, steps) / every * every) / steps, power);
    }

    /** Half a cosine from the base rate down to a minimum, which is kept from step {@code steps} on. */
    static Schedule cosine(long steps, double minimum) {
        check("steps", steps);
        checkMinimum(minimum);
        return (step, base) -> minimum + (base - minimum) / 2 * (1 + Math.cos(Math.PI * Math.min(step, steps) / steps));
    }

    /**
     * Cosine with warm restarts (SGDR, Loshchilov and Hutter 2017) as IRN has it: cycles of growing length, and the peak
     * of cycle n (from 0) is {@code base / (n + 1)}.
     *
     * @param firstCycle length of the first cycle in steps
     * @param growth each cycle is so many times as long as the one before
     */
    static Schedule cosineRestarts(long firstCycle, int growth) {
        check("firstCycle", firstCycle);
        check("growth", growth);
        return (step, base) -> {
            long local = step;
            long length = firstCycle;
            int cycle = 0;
            while (local >= length) {
                local -= length;
                length *= growth;
                cycle++;
            }
            return base * (1 + Math.cos(Math.PI * local / length)) / 2 / (cycle + 1);
        };
    }

    /** Multiplies the rate by {@code factor} after every {@code every} steps. */
    static Schedule stairs(long every, double factor) {
        check("every", every);
        checkFactor(factor);
        return (step, base) -> base * Math.pow(factor, step / every);
    }

    /**
     * This schedule, its first steps scaled by a factor that grows linearly from {@code ratio} to 1. The schedule's own
     * clock runs meanwhile, as in MMCV.
     */
    default Schedule withLinearWarmup(long steps, double ratio) {
        check("steps", steps);
        checkFactor(ratio);
        return (step, base) -> rate(step, base) * (step < steps ? 1 - (1 - (double) step / steps) * (1 - ratio) : 1);
    }

    /** As {@link #withLinearWarmup}, growing exponentially. */
    default Schedule withExponentialWarmup(long steps, double ratio) {
        check("steps", steps);
        checkFactor(ratio);
        return (step, base) -> rate(step, base) * (step < steps ? Math.pow(ratio, 1 - (double) step / steps) : 1);
    }

    /** As {@link #withLinearWarmup}, with the factor {@code ratio} throughout the warm-up. */
    default Schedule withConstantWarmup(long steps, double ratio) {
        check("steps", steps);
        checkFactor(ratio);
        return (step, base) -> rate(step, base) * (step < steps ? ratio : 1);
    }

    /**
     * {@code ratio * base} for some steps, then this schedule from its beginning: its clock starts after the warm-up. The
     * prompt training of FMA is {@code cosine(T - W, 0).precededBy(W, 0.01)}.
     */
    default Schedule precededBy(long steps, double ratio) {
        check("steps", steps);
        checkFactor(ratio);
        return (step, base) -> step < steps ? ratio * base : rate(step - steps, base);
    }

    private static void checkPoly(double power, long steps) {
        check("steps", steps);
        if (!(power >= 0) || Double.isInfinite(power)) {
            throw new IllegalArgumentException("power must be finite and at least 0, got " + power);
        }
    }

    private static void check(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, got " + value);
        }
    }

    private static void checkMinimum(double minimum) {
        if (!(minimum >= 0) || Double.isInfinite(minimum)) {
            throw new IllegalArgumentException("minimum rate must be finite and at least 0, got " + minimum);
        }
    }

    private static void checkFactor(double factor) {
        if (!(factor > 0 && factor <= 1)) {
            throw new IllegalArgumentException("factor must be in (0, 1], got " + factor);
        }
    }
}
