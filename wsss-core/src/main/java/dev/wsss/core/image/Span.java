package dev.wsss.core.image;

/**
 * The part of one resized axis that is computed.
 *
 * @param in places before the resize
 * @param out places after it, in all
 * @param first of those computed
 * @param count of them
 * @param mirrored whether the last of them is given first
 */
record Span(int in, int out, int first, int count, boolean mirrored) {
    static Span whole(int in, int out) {
        return new Span(in, out, 0, out, false);
    }

    /** The place after the resize of the {@code k}-th that is computed. */
    int at(int k) {
        return mirrored ? first + count - 1 - k : first + k;
    }
}
