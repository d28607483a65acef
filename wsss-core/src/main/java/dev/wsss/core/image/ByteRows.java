package dev.wsss.core.image;

/** A byte resize, row by row from the top. */
interface ByteRows {
    /**
     * Makes an output row.
     *
     * @param in the source image
     * @param row of the output
     * @param out the output, of which what follows the row may be written to as well
     * @param at where the output row begins
     */
    void make(byte[] in, int row, byte[] out, int at);
}
