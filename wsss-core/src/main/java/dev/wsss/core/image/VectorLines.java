package dev.wsss.core.image;

import java.util.Arrays;
import java.util.Optional;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Byte resizes with vector instructions; the same bytes as of {@link PlainLines}. */
final class VectorLines implements ByteLines {
    /** One for all: a JDK 17 that has met vectors of integers of two sizes makes objects of some. */
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;

    private static final int LANES = 8;
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_64;
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_128;

    private static final int SHIFT = 22;
    private static final int HALF = 1 << SHIFT - 1;

    private final ByteArithmetic arithmetic;
    private final FixedAxis rows;
    private final VectorColumns columns;
    /** Values of a line. */
    private final int count;
    /** Values from one line buffer to the next: whole vectors. */
    private final int stride;

    private final int[] sums;

    // line buffers of one of the three, as the arithmetic has it

    /** Levels less 128, which widen to integers in one instruction. */
    private final byte[] levels;
    /** With 7 fractional bits. */
    private final short[] fractions;
    /** With 11 fractional bits. */
    private final int[] fine;

    private final byte[] end = new byte[LANES];

    private VectorLines(ByteArithmetic arithmetic, FixedAxis rows, VectorColumns columns, int count) {
        this.arithmetic = arithmetic;
        this.rows = rows;
        this.columns = columns;
        this.count = count;
        stride = (count + 63) / 64 * 64;
        sums = new int[stride];
        int size = Math.multiplyExact(rows.taps, stride);
        levels = new byte[arithmetic == ByteArithmetic.PIL ? size : 0];
        fractions = new short[arithmetic == ByteArithmetic.CV_LINEAR ? size : 0];
        fine = new int[arithmetic == ByteArithmetic.CV_CUBIC ? size : 0];
    }

    /** Empty where vectors are too short, or the image shrinks too much for them. */
    static Optional<ByteRows> of(ByteArithmetic arithmetic, FixedAxis rows, FixedAxis columns) {
        if (IntVector.SPECIES_PREFERRED.length() < LANES) {
            return Optional.empty();
        }
        return VectorColumns.of(columns).map(across -> {
            Optional<ByteRows> shrink =
                    arithmetic == ByteArithmetic.CV_LINEAR ? VectorShrink.of(rows, across, columns) : Optional.empty();
            return shrink.orElseGet(() ->
                    new LineBuffers(new VectorLines(arithmetic, rows, across, 3 * columns.out), rows, columns.in));
        });
    }

    @Override
    public void across(byte[] in, int at, int slot) {
        switch (arithmetic) {
            case PIL -> {
                columns.sums(in, at, sums);
                signedLevels(sums, levels, slot * stride);
            }
            case CV_LINEAR -> columns.fractions(in, at, fractions, slot * stride);
            case CV_CUBIC -> {
                columns.sums(in, at, sums);
                System.arraycopy(sums, 0, fine, slot * stride, count);
            }
        }
    }

    @Override
    public void down(int row, int[] slots, byte[] out, int at) {
        // a line's last vector may reach into the next, which comes after it
        int whole = Math.min((count + LANES - 1) / LANES, (out.length - at) / LANES) * LANES;
        down(row, slots, 0, whole, out, at);
        if (whole < count) {
            down(row, slots, whole, LANES, end, 0);
            System.arraycopy(end, 0, out, at + whole, count - whole);
        }
    }

    private void down(int row, int[] slots, int begin, int size, byte[] out, int at) {
        int[] weight = rows.weight;
        int first = row * rows.taps;
        switch (arithmetic) {
            case CV_LINEAR -> {
                int a = slots[0] * stride + begin;
                int b = slots[1] * stride + begin;
                blend(fractions, a, weight[first], b, weight[first + 1], size, out, at);
            }
            case PIL -> {
                int start = HALF;
                for (int t = 0; t < rows.taps; t++) {
                    start += 128 * weight[first + t];
                }
                if (rows.taps == 2) {
                    int a = slots[0] * stride + begin;
                    int b = slots[1] * stride + begin;
                    levels(start, levels, a, weight[first], b, weight[first + 1], size, out, at);
                    return;
                }
                Arrays.fill(sums, 0, size, start);
                for (int t = 0; t < rows.taps; t += 2) {
                    // of an odd number the last goes with itself, and weighs nothing
                    int other = Math.min(t + 1, rows.taps - 1);
                    int a = slots[t] * stride + begin;
                    int b = slots[other] * stride + begin;
                    add(levels, a, weight[first + t], b, other > t ? weight[first + other] : 0, size, sums);
                }
                levels(sums, size, out, at);
            }
            case CV_CUBIC -> {
                Arrays.fill(sums, 0, size, HALF);
                for (int t = 0; t < rows.taps; t++) {
                    add(fine, slots[t] * stride + begin, weight[first + t], size, sums);
                }
                levels(sums, size, out, at);
            }
        }
    }

    // Loops are whole methods with all vectors inside: one that is handed from method to method may become an object.

    private static void signedLevels(int[] sums, byte[] lines, int to) {
        for (int x = 0; x < sums.length; x += LANES) {
            IntVector level = IntVector.fromArray(INTS, sums, x)
                    .add(HALF)
                    .lanewise(VectorOperators.ASHR, SHIFT)
                    .max(0)
                    .min(255)
                    .sub(128);
            ((ByteVector) level.convertShape(VectorOperators.I2B, BYTES, 0)).intoArray(lines, to + x);
        }
    }

    private static void blend(short[] lines, int a, int weightOfA, int b, int weightOfB, int size, byte[] out, int at) {
        for (int x = 0; x < size; x += LANES) {
            IntVector first =
                    (IntVector) ShortVector.fromArray(SHORTS, lines, a + x).convertShape(VectorOperators.S2I, INTS, 0);
            IntVector second =
                    (IntVector) ShortVector.fromArray(SHORTS, lines, b + x).convertShape(VectorOperators.S2I, INTS, 0);
            IntVector level = first.mul(weightOfA)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(second.mul(weightOfB).lanewise(VectorOperators.ASHR, 16))
                    .add(2)
                    .lanewise(VectorOperators.ASHR, 2);
            ((ByteVector) level.convertShape(VectorOperators.I2B, BYTES, 0)).intoArray(out, at + x);
        }
    }

    private static void levels(
            int start, byte[] lines, int a, int weightOfA, int b, int weightOfB, int size, byte[] out, int at) {
        for (int x = 0; x < size; x += LANES) {
            IntVector first =
                    (IntVector) ByteVector.fromArray(BYTES, lines, a + x).convertShape(VectorOperators.B2I, INTS, 0);
            IntVector second =
                    (IntVector) ByteVector.fromArray(BYTES, lines, b + x).convertShape(VectorOperators.B2I, INTS, 0);
            IntVector level = first.mul(weightOfA)
                    .add(second.mul(weightOfB))
                    .add(start)
                    .lanewise(VectorOperators.ASHR, SHIFT)
                    .max(0)
                    .min(255);
            ((ByteVector) level.convertShape(VectorOperators.I2B, BYTES, 0)).intoArray(out, at + x);
        }
    }

    private static void add(byte[] lines, int a, int weightOfA, int b, int weightOfB, int size, int[] sums) {
        for (int x = 0; x < size; x += LANES) {
            IntVector first =
                    (IntVector) ByteVector.fromArray(BYTES, lines, a + x).convertShape(VectorOperators.B2I, INTS, 0);
            IntVector second =
                    (IntVector) ByteVector.fromArray(BYTES, lines, b + x).convertShape(VectorOperators.B2I, INTS, 0);
            first.mul(weightOfA)
                    .add(second.mul(weightOfB))
                    .add(IntVector.fromArray(INTS, sums, x))
                    .intoArray(sums, x);
        }
    }

    private static void add(int[] lines, int from, int weight, int size, int[] sums) {
        for (int x = 0; x < size; x += LANES) {
            IntVector.fromArray(INTS, lines, from + x)
                    .mul(weight)
                    .add(IntVector.fromArray(INTS, sums, x))
                    .intoArray(sums, x);
        }
    }

    private static void levels(int[] sums, int size, byte[] out, int at) {
        for (int x = 0; x < size; x += LANES) {
            IntVector level = IntVector.fromArray(INTS, sums, x)
                    .lanewise(VectorOperators.ASHR, SHIFT)
                    .max(0)
                    .min(255);
            ((ByteVector) level.convertShape(VectorOperators.I2B, BYTES, 0)).intoArray(out, at + x);
        }
    }
}
