package dev.wsss.core.image;

import java.util.Arrays;

/** Keeps source rows that were resampled across for as long as output rows are made of them. */
final class LineBuffers implements ByteRows {
    private final ByteLines lines;
    private final FixedAxis rows;
    private final int sourceStride;
    private final int[] lineOfSlot;
    /** The line buffer of each tap. */
    private final int[] slots;

    /** @param sourceWidth pixels of a source row */
    LineBuffers(ByteLines lines, FixedAxis rows, int sourceWidth) {
        this.lines = lines;
        this.rows = rows;
        this.sourceStride = 3 * sourceWidth;
        lineOfSlot = new int[rows.taps];
        Arrays.fill(lineOfSlot, -1);
        slots = new int[rows.taps];
    }

    @Override
    public void make(byte[] in, int row, byte[] out, int at) {
        for (int t = 0; t < rows.taps; t++) {
            int line = rows.position(row, t);
            int slot = line % rows.taps;
            slots[t] = slot;
            if (lineOfSlot[slot] != line) {
                lineOfSlot[slot] = line;
                lines.across(in, line * sourceStride, slot);
            }
        }
        lines.down(row, slots, out, at);
    }
}
