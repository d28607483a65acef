package dev.wsss.core.affinity;

/**
 * A symmetric stencil on a grid that is laid out in one line with enough zeros around it, and its product with scores:
 * {@code y[i] = scale[i] (x[i] + sum over o of (w[o][i] x[i + shift[o]] + w[o][i - shift[o]] x[i - shift[o]]))}.
 *
 * @param <A> {@code double[]} or {@code float[]}, of scores
 */
interface Stencil<A> {
    /** Nodes that are worked on at a time. */
    int BLOCK = 512;

    /**
     * Computes the nodes {@code start} to {@code start + BLOCK - 1} of each map; to be called with a block's number by one
     * thread at a time.
     */
    void multiply(A[] from, A[] to, int block, int start);
}
