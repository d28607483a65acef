package dev.wsss.core.image;

import java.util.Arrays;
import java.util.Optional;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums across a line with vector instructions. Eight values at a time, pixels and colours as they follow each other: of the
 * 32 bytes around, one shuffle puts those of up to four taps of a value into the four bytes of its lane.
 */
final class VectorColumns {
    private static final VectorSpecies<Integer> INTS = VectorLines.INTS;

    /** Values of a block. */
    private static final int LANES = 8;

    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_256;
    private static final int REACH = 32;

    /** Of OpenCV's weights. */
    private static final int HALF = 1 << FixedAxis.CV_BITS - 1;

    /** Taps of one shuffle, 4 or 2. */
    private final int group;

    private final int groups;
    private final int first;
    /** Where the bytes of each block begin, from {@link #first} on. */
    private final int[] base;
    /** For each byte of a block's lanes, which of the bytes from its base it is. */
    private final byte[] shuffles;
    /** {@code [blocks][groups][group][LANES]}. */
    private final int[] weights;
    /** Bytes of a source row that are used, from {@link #first} on. */
    private final int used;
    /** Bytes from there on that vectors may read. */
    private final int reach;
    /** Room for a source row with what vectors read beyond it. */
    private final byte[] copy;

    private final byte[] otherCopy;
    /** Whether all are OpenCV's weights of one half. */
    private final boolean halves;

    private VectorColumns(FixedAxis axis, int group, int[] base, byte[] shuffles) {
        this.group = group;
        this.base = base;
        this.shuffles = shuffles;
        groups = (axis.taps + group - 1) / group;
        first = 3 * axis.low();
        used = 3 * axis.high() - first;
        reach = used + 3 * group * groups + REACH;
        halves = axis.taps == 2 && Arrays.stream(axis.weight).allMatch(w -> w == HALF);
        copy = new byte[reach];
        otherCopy = new byte[reach];
        weights = new int[base.length * groups * group * LANES];
        for (int v = 0; v < 3 * axis.out; v++) {
            int block = v / LANES * groups * group;
            for (int t = 0; t < axis.taps; t++) {
                weights[(block + t) * LANES + v % LANES] = axis.weight[v / 3 * axis.taps + t];
            }
        }
    }

    /** Empty where neighbouring values are made of bytes too far apart: the image shrinks to less than a third or so. */
    static Optional<VectorColumns> of(FixedAxis axis) {
        for (int group = axis.taps > 2 ? 4 : 2; group >= 2; group -= 2) {
            int values = 3 * axis.out;
            int[] base = new int[(values + LANES - 1) / LANES];
            byte[] shuffles = new byte[base.length * REACH];
            if (shuffle(axis, group, base, shuffles)) {
                return Optional.of(new VectorColumns(axis, group, base, shuffles));
            }
        }
        return Optional.empty();
    }

    /** False if bytes of a block lie too far apart. */
    private static boolean shuffle(FixedAxis axis, int group, int[] base, byte[] shuffles) {
        int first = 3 * axis.low();
        int[] at = new int[LANES];
        for (int block = 0; block < base.length; block++) {
            int least = Integer.MAX_VALUE;
            int most = 0;
            for (int lane = 0; lane < LANES; lane++) {
                int v = Math.min(block * LANES + lane, 3 * axis.out - 1);
                at[lane] = 3 * axis.start[v / 3] + v % 3 - first;
                least = Math.min(least, at[lane]);
                most = Math.max(most, at[lane]);
            }
            if (most - least + 3 * (group - 1) >= REACH) {
                return false;
            }
            base[block] = least;
            for (int lane = 0; lane < LANES; lane++) {
                for (int t = 0; t < group; t++) {
                    // of two taps each begins a half of the lane
                    shuffles[block * REACH + 4 * lane + t * (4 / group)] = (byte) (at[lane] - least + 3 * t);
                }
            }
        }
        return true;
    }

    /**
     * The weighted sums of a source row.
     *
     * @param in the source image
     * @param at where the row begins
     * @param sums room for whole blocks
     */
    void sums(byte[] in, int at, int[] sums) {
        byte[] source = source(in, at, copy);
        int offset = source == in ? at + first : 0;
        for (int g = 0; g < groups; g++) {
            if (group == 2) {
                two(source, offset, base, shuffles, weights, groups, g, sums);
            } else {
                four(source, offset, base, shuffles, weights, groups, g, sums);
            }
        }
    }

    /** As {@link #sums}, of axes with two taps, without the lowest 4 bits. */
    void fractions(byte[] in, int at, short[] lines, int to) {
        byte[] source = source(in, at, copy);
        fractions(source, source == in ? at + first : 0, base, shuffles, weights, lines, to);
    }

    /**
     * A row of OpenCV's linear resize, both passes in one.
     *
     * @param at where the upper of two source rows begins
     * @param other where the lower begins
     * @param out room for whole blocks from {@code to} on
     */
    void linear(byte[] in, int at, int weightOfUpper, int other, int weightOfLower, byte[] out, int to) {
        byte[] upper = source(in, at, copy);
        byte[] lower = source(in, other, otherCopy);
        int offsetOfUpper = upper == in ? at + first : 0;
        int offsetOfLower = lower == in ? other + first : 0;
        if (halves && weightOfUpper == HALF && weightOfLower == HALF) {
            halve(upper, offsetOfUpper, lower, offsetOfLower, base, shuffles, out, to);
            return;
        }
        linear(
                upper,
                offsetOfUpper,
                weightOfUpper,
                lower,
                offsetOfLower,
                weightOfLower,
                base,
                shuffles,
                weights,
                out,
                to);
    }

    /** The image, or a copy of a row that the image ends behind too soon. */
    private byte[] source(byte[] in, int at, byte[] room) {
        if (at + first <= in.length - reach) {
            return in;
        }
        System.arraycopy(in, at + first, room, 0, used);
        return room;
    }

    // Loops are whole methods with all vectors inside: one that is handed from method to method may become an object.

    private static void fractions(
            byte[] source, int offset, int[] base, byte[] shuffles, int[] weights, short[] lines, int to) {
        for (int block = 0; block < base.length; block++) {
            IntVector taps = ByteVector.fromArray(BYTES, shuffles, block * REACH)
                    .selectFrom(ByteVector.fromArray(BYTES, source, offset + base[block]))
                    .reinterpretAsInts();
            int w = block * 2 * LANES;
            IntVector a = taps.and(255).mul(IntVector.fromArray(INTS, weights, w));
            IntVector b =
                    taps.lanewise(VectorOperators.LSHR, 16).and(255).mul(IntVector.fromArray(INTS, weights, w + LANES));
            IntVector fraction = a.add(b).lanewise(VectorOperators.LSHR, 4);
            ((ShortVector) fraction.convertShape(VectorOperators.I2S, ShortVector.SPECIES_128, 0))
                    .intoArray(lines, to + block * LANES);
        }
    }

    private static void linear(
            byte[] upper,
            int offsetOfUpper,
            int weightOfUpper,
            byte[] lower,
            int offsetOfLower,
            int weightOfLower,
            int[] base,
            byte[] shuffles,
            int[] weights,
            byte[] out,
            int to) {
        for (int block = 0; block < base.length; block++) {
            ByteVector shuffle = ByteVector.fromArray(BYTES, shuffles, block * REACH);
            IntVector taps = shuffle.selectFrom(ByteVector.fromArray(BYTES, upper, offsetOfUpper + base[block]))
                    .reinterpretAsInts();
            IntVector others = shuffle.selectFrom(ByteVector.fromArray(BYTES, lower, offsetOfLower + base[block]))
                    .reinterpretAsInts();
            IntVector left = IntVector.fromArray(INTS, weights, block * 2 * LANES);
            IntVector right = IntVector.fromArray(INTS, weights, block * 2 * LANES + LANES);
            IntVector a = taps.and(255)
                    .mul(left)
                    .add(taps.lanewise(VectorOperators.LSHR, 16).and(255).mul(right))
                    .lanewise(VectorOperators.LSHR, 4)
                    .mul(weightOfUpper)
                    .lanewise(VectorOperators.LSHR, 16);
            IntVector b = others.and(255)
                    .mul(left)
                    .add(others.lanewise(VectorOperators.LSHR, 16).and(255).mul(right))
                    .lanewise(VectorOperators.LSHR, 4)
                    .mul(weightOfLower)
                    .lanewise(VectorOperators.LSHR, 16);
            IntVector level = a.add(b).add(2).lanewise(VectorOperators.LSHR, 2);
            ((ByteVector) level.convertShape(VectorOperators.I2B, ByteVector.SPECIES_64, 0))
                    .intoArray(out, to + block * LANES);
        }
    }

    /** Means of four bytes, halves rounded up: what {@link #linear} is where all weights are one half. */
    private static void halve(
            byte[] upper,
            int offsetOfUpper,
            byte[] lower,
            int offsetOfLower,
            int[] base,
            byte[] shuffles,
            byte[] out,
            int to) {
        for (int block = 0; block < base.length; block++) {
            ByteVector shuffle = ByteVector.fromArray(BYTES, shuffles, block * REACH);
            IntVector pairs = shuffle.selectFrom(ByteVector.fromArray(BYTES, upper, offsetOfUpper + base[block]))
                    .reinterpretAsInts()
                    .and(0xFF00FF)
                    .add(shuffle.selectFrom(ByteVector.fromArray(BYTES, lower, offsetOfLower + base[block]))
                            .reinterpretAsInts()
                            .and(0xFF00FF));
            IntVector level =
                    pairs.add(pairs.lanewise(VectorOperators.LSHR, 16)).add(2).lanewise(VectorOperators.LSHR, 2);
            ((ByteVector) level.convertShape(VectorOperators.I2B, ByteVector.SPECIES_64, 0))
                    .intoArray(out, to + block * LANES);
        }
    }

    private static void two(
            byte[] source, int offset, int[] base, byte[] shuffles, int[] weights, int groups, int g, int[] sums) {
        for (int block = 0; block < base.length; block++) {
            IntVector taps = ByteVector.fromArray(BYTES, shuffles, block * REACH)
                    .selectFrom(ByteVector.fromArray(BYTES, source, offset + base[block] + 6 * g))
                    .reinterpretAsInts();
            int w = (block * groups + g) * 2 * LANES;
            IntVector a = taps.and(255).mul(IntVector.fromArray(INTS, weights, w));
            IntVector b =
                    taps.lanewise(VectorOperators.LSHR, 16).and(255).mul(IntVector.fromArray(INTS, weights, w + LANES));
            IntVector sum = a.add(b);
            if (g > 0) {
                sum = sum.add(IntVector.fromArray(INTS, sums, block * LANES));
            }
            sum.intoArray(sums, block * LANES);
        }
    }

    private static void four(
            byte[] source, int offset, int[] base, byte[] shuffles, int[] weights, int groups, int g, int[] sums) {
        for (int block = 0; block < base.length; block++) {
            IntVector taps = ByteVector.fromArray(BYTES, shuffles, block * REACH)
                    .selectFrom(ByteVector.fromArray(BYTES, source, offset + base[block] + 12 * g))
                    .reinterpretAsInts();
            int w = (block * groups + g) * 4 * LANES;
            IntVector a = taps.and(255).mul(IntVector.fromArray(INTS, weights, w));
            IntVector b =
                    taps.lanewise(VectorOperators.LSHR, 8).and(255).mul(IntVector.fromArray(INTS, weights, w + LANES));
            IntVector c = taps.lanewise(VectorOperators.LSHR, 16)
                    .and(255)
                    .mul(IntVector.fromArray(INTS, weights, w + 2 * LANES));
            IntVector d =
                    taps.lanewise(VectorOperators.LSHR, 24).mul(IntVector.fromArray(INTS, weights, w + 3 * LANES));
            IntVector sum = a.add(b).add(c.add(d));
            if (g > 0) {
                sum = sum.add(IntVector.fromArray(INTS, sums, block * LANES));
            }
            sum.intoArray(sums, block * LANES);
        }
    }
}
