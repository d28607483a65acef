package dev.wsss.core.affinity;

/**
 * A symmetric stencil on a grid that is laid out in one line with enough zeros around it, and its product with scores:
 * {@code y[i] = scale[i] (x[i] + sum over o of (w[o][i] x[i + shift[o]] + w[o][i - shift[o]] x[i - shift[o]]))}.
 *
 * @param <A> {@code double[]} or {@code float[]}, of scores
 */
interface Stencil<A> {
    /** Rows of a part; the last part has what is left. */
    int rows();

    /** Computes the nodes of part {@code part} of each map; a part is to be worked on by one thread at a time. */
    void multiply(A[] from, A[] to, int part);
}
