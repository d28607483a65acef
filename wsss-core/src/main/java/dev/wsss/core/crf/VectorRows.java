package dev.wsss.core.crf;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Arithmetic on rows of labels with vector instructions. Rows lie {@link #stride} apart, with zeros behind the labels; those
 * of a table of vertices begin at {@link #FIRST}.
 */
final class VectorRows {
    /** Wider ones would leave more of a row empty than they save. */
    private static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > 8 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_PREFERRED;

    private static final int LANES = SPECIES.length();

    /**
     * Where a table's first row begins. Behind the header of an array that the JVM has laid at the start of a page or region,
     * as it does with large ones, this is the start of a cache line, and no vector of a row reaches over the end of one.
     */
    static final int FIRST = 12;

    // exp(x) = 2^n exp(r), n whole and |r| at most ln(2) / 2, where a polynomial is exact to the last bit or two
    private static final float LOG2_E = 1.442695f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.1219444e-4f;
    /** Added to a float it leaves the nearest whole number in the lowest bits. */
    private static final float ROUNDING = 12582912f;

    /**
     * Smaller arguments give zero. Their exponentials times a weight would be denormal, which processors take a hundred
     * times as long for.
     */
    private static final float LEAST = -69f;

    /** The exponentials of greater arguments, and their sum, might overflow. */
    private static final float GREATEST = 80f;

    private VectorRows() {}

    /** The least number of floats that holds a row and whole vectors. */
    static int stride(int labels) {
        return (labels + LANES - 1) / LANES * LANES;
    }

    /**
     * For each of {@code points} rows of the target: {@code target += sum of weight[i] * table[row[i]]} over the next
     * {@code corners} entries, of which {@code entry} is the first.
     */
    static void gather(
            float[] table, int stride, int[] row, float[] weight, int entry, int corners, int points, float[] target) {
        int first = entry;
        for (int p = 0; p < points; p++, first += corners) {
            int end = (p + 1) * stride;
            int c = p * stride;
            int column = FIRST;
            // the sums of three vectors stay in registers, and look-ups of row and weight serve all of them
            for (; c + 3 * LANES <= end; c += 3 * LANES, column += 3 * LANES) {
                FloatVector a = FloatVector.fromArray(SPECIES, target, c);
                FloatVector b = FloatVector.fromArray(SPECIES, target, c + LANES);
                FloatVector e = FloatVector.fromArray(SPECIES, target, c + 2 * LANES);
                for (int i = first; i < first + corners; i++) {
                    int at = row[i] * stride + column;
                    FloatVector w = FloatVector.broadcast(SPECIES, weight[i]);
                    a = w.fma(FloatVector.fromArray(SPECIES, table, at), a);
                    b = w.fma(FloatVector.fromArray(SPECIES, table, at + LANES), b);
                    e = w.fma(FloatVector.fromArray(SPECIES, table, at + 2 * LANES), e);
                }
                a.intoArray(target, c);
                b.intoArray(target, c + LANES);
                e.intoArray(target, c + 2 * LANES);
            }
            for (; c + LANES <= end; c += LANES, column += LANES) {
                FloatVector a = FloatVector.fromArray(SPECIES, target, c);
                for (int i = first; i < first + corners; i++) {
                    FloatVector w = FloatVector.broadcast(SPECIES, weight[i]);
                    a = w.fma(FloatVector.fromArray(SPECIES, table, row[i] * stride + column), a);
                }
                a.intoArray(target, c);
            }
        }
    }

    /**
     * For each of {@code points} rows of values: {@code table[row[i]] += weight[i] * values} for the next {@code corners}
     * entries, of which {@code entry} is the first.
     */
    static void scatter(
            float[] table, int stride, int[] row, float[] weight, int entry, int corners, int points, float[] values) {
        int first = entry;
        for (int p = 0; p < points; p++, first += corners) {
            int end = (p + 1) * stride;
            int c = p * stride;
            int column = FIRST;
            for (; c + 3 * LANES <= end; c += 3 * LANES, column += 3 * LANES) {
                FloatVector a = FloatVector.fromArray(SPECIES, values, c);
                FloatVector b = FloatVector.fromArray(SPECIES, values, c + LANES);
                FloatVector e = FloatVector.fromArray(SPECIES, values, c + 2 * LANES);
                for (int i = first; i < first + corners; i++) {
                    int at = row[i] * stride + column;
                    FloatVector w = FloatVector.broadcast(SPECIES, weight[i]);
                    w.fma(a, FloatVector.fromArray(SPECIES, table, at)).intoArray(table, at);
                    w.fma(b, FloatVector.fromArray(SPECIES, table, at + LANES)).intoArray(table, at + LANES);
                    w.fma(e, FloatVector.fromArray(SPECIES, table, at + 2 * LANES))
                            .intoArray(table, at + 2 * LANES);
                }
            }
            for (; c + LANES <= end; c += LANES, column += LANES) {
                FloatVector a = FloatVector.fromArray(SPECIES, values, c);
                for (int i = first; i < first + corners; i++) {
                    int at = row[i] * stride + column;
                    FloatVector w = FloatVector.broadcast(SPECIES, weight[i]);
                    w.fma(a, FloatVector.fromArray(SPECIES, table, at)).intoArray(table, at);
                }
            }
        }
    }

    /** Rows {@code from} to {@code to - 1}: a row and half of its two neighbours, times the factor. */
    static void blur(float[] table, float[] blurred, int stride, int[] neighbours, float factor, int from, int to) {
        FloatVector scale = constant(factor);
        for (int row = from; row < to; row++) {
            int at = row * stride + FIRST;
            int before = neighbours[2 * row] * stride + FIRST;
            int after = neighbours[2 * row + 1] * stride + FIRST;
            for (int c = 0; c < stride; c += LANES) {
                FloatVector.fromArray(SPECIES, table, before + c)
                        .add(FloatVector.fromArray(SPECIES, table, after + c))
                        .mul(0.5f)
                        .add(FloatVector.fromArray(SPECIES, table, at + c))
                        .mul(scale)
                        .intoArray(blurred, at + c);
            }
        }
    }

    /** Adds a table's rows {@code from} to {@code to - 1} to another's, after which they are zero. */
    static void move(float[] part, float[] sum, int stride, int from, int to) {
        FloatVector zero = FloatVector.zero(SPECIES);
        for (int i = from * stride + FIRST; i < to * stride + FIRST; i += LANES) {
            FloatVector.fromArray(SPECIES, sum, i)
                    .add(FloatVector.fromArray(SPECIES, part, i))
                    .intoArray(sum, i);
            zero.intoArray(part, i);
        }
    }

    /**
     * Replaces each row by its softmax. What lies behind the labels is negative infinity and becomes zero.
     *
     * @param shift whether the greatest value of a row may be so far below zero that its exponential vanishes
     */
    static void softmax(float[] rows, int labels, int stride, int points, boolean shift) {
        if (shift || anyAbove(GREATEST, rows, points * stride)) {
            shift(rows, stride, points);
        }
        for (int i = 0; i < points * stride; i += LANES) {
            exp(FloatVector.fromArray(SPECIES, rows, i)).intoArray(rows, i);
        }
        float[] lanes = new float[LANES];
        int used = Math.min(labels, LANES); // the others are zero
        for (int c = 0; c < points * stride; c += stride) {
            FloatVector sum = FloatVector.fromArray(SPECIES, rows, c);
            for (int i = c + LANES; i < c + stride; i += LANES) {
                sum = sum.add(FloatVector.fromArray(SPECIES, rows, i));
            }
            sum.intoArray(lanes, 0);
            // not reduceLanes: its order, and so the last bit, may differ between interpreted and compiled code
            float total = 0;
            for (int lane = 0; lane < used; lane++) {
                total += lanes[lane];
            }
            float scale = 1 / total;
            for (int i = c; i < c + stride; i += LANES) {
                FloatVector.fromArray(SPECIES, rows, i).mul(scale).intoArray(rows, i);
            }
        }
    }

    private static boolean anyAbove(float bound, float[] values, int size) {
        VectorMask<Float> above = SPECIES.maskAll(false);
        for (int i = 0; i < size; i += LANES) {
            above = above.or(FloatVector.fromArray(SPECIES, values, i).compare(VectorOperators.GT, bound));
        }
        return above.anyTrue();
    }

    /** Subtracts from each row its greatest value. */
    private static void shift(float[] rows, int stride, int points) {
        for (int c = 0; c < points * stride; c += stride) {
            float greatest = rows[c];
            for (int i = c; i < c + stride; i++) {
                greatest = Math.max(greatest, rows[i]);
            }
            for (int i = c; i < c + stride; i += LANES) {
                FloatVector.fromArray(SPECIES, rows, i).sub(greatest).intoArray(rows, i);
            }
        }
    }

    /** Of numbers up to {@link #GREATEST}. */
    private static FloatVector exp(FloatVector argument) {
        VectorMask<Float> vanishing = argument.compare(VectorOperators.LT, LEAST);
        FloatVector x = argument.blend(0f, vanishing);
        FloatVector shifted = x.fma(constant(LOG2_E), constant(ROUNDING));
        FloatVector n = shifted.sub(ROUNDING);
        FloatVector r = n.fma(constant(-LN2_LOW), n.fma(constant(-LN2_HIGH), x));
        FloatVector p = r.fma(constant(1.9875691e-4f), constant(1.3982e-3f));
        p = p.fma(r, constant(8.333452e-3f));
        p = p.fma(r, constant(4.1665796e-2f));
        p = p.fma(r, constant(0.16666666f));
        p = p.fma(r, constant(0.5f));
        p = p.fma(r.mul(r), r).add(1f);
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector e = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
        return e.blend(0f, vanishing);
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
