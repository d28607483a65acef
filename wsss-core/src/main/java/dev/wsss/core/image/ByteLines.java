package dev.wsss.core.image;

/** The two passes of a byte resize, line by line: across the columns into one of a few line buffers, then down those. */
interface ByteLines {
    /**
     * Resamples a source row.
     *
     * @param in the source image
     * @param at where the row begins
     * @param slot the line buffer to fill
     */
    void across(byte[] in, int at, int slot);

    /**
     * Makes an output row of line buffers.
     *
     * @param row of the output
     * @param slots the line buffer of each tap
     * @param at where the output row begins
     */
    void down(int row, int[] slots, byte[] out, int at);
}
