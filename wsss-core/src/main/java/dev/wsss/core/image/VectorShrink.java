package dev.wsss.core.image;

import java.util.Optional;

/** OpenCV's linear resize to half the rows or fewer: no source row is used twice, so both passes are one. */
final class VectorShrink implements ByteRows {
    private static final int LANES = VectorLines.INTS.length();

    private final FixedAxis rows;
    private final VectorColumns columns;
    private final int sourceStride;
    private final int count;
    private final byte[] end;

    private VectorShrink(FixedAxis rows, VectorColumns across, FixedAxis columns) {
        this.rows = rows;
        this.columns = across;
        sourceStride = 3 * columns.in;
        count = 3 * columns.out;
        end = new byte[count + LANES];
    }

    /** Empty where source rows are used twice. */
    static Optional<ByteRows> of(FixedAxis rows, VectorColumns across, FixedAxis columns) {
        for (int i = 1; i < rows.out; i++) {
            if (rows.start[i] < rows.start[i - 1] + 2) {
                return Optional.empty();
            }
        }
        return Optional.of(new VectorShrink(rows, across, columns));
    }

    @Override
    public void make(byte[] in, int row, byte[] out, int at) {
        boolean fits = at + end.length <= out.length;
        columns.linear(
                in,
                rows.position(row, 0) * sourceStride,
                rows.weight[2 * row],
                rows.position(row, 1) * sourceStride,
                rows.weight[2 * row + 1],
                fits ? out : end,
                fits ? at : 0);
        if (!fits) {
            System.arraycopy(end, 0, out, at, count);
        }
    }
}
