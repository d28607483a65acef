package dev.wsss.core.bank;

/** The nearest vectors of a bank to each of several queries, nearest first. Immutable. */
public final class Neighbours {
    private final int count;
    private final int[] vectors;
    private final double[] similarities;

    Neighbours(int count, int[] vectors, double[] similarities) {
        this.count = count;
        this.vectors = vectors;
        this.similarities = similarities;
    }

    /** Number of queries. */
    public int queries() {
        return vectors.length / count;
    }

    /** Neighbours of each query: as many as were asked for, or all there are. */
    public int count() {
        return count;
    }

    /**
     * The number of a vector in the bank.
     *
     * @param rank 0 for the nearest
     */
    public int vector(int query, int rank) {
        return vectors[at(query, rank)];
    }

    /**
     * Its cosine with the query, -1 to 1 but for rounding to float32 of the bank's vectors.
     *
     * @param rank 0 for the nearest
     */
    public double similarity(int query, int rank) {
        return similarities[at(query, rank)];
    }

    private int at(int query, int rank) {
        if (query < 0 || query >= queries() || rank < 0 || rank >= count) {
            throw new IndexOutOfBoundsException(
                    "neighbour " + rank + " of query " + query + "; there are " + count + " each of " + queries());
        }
        return query * count + rank;
    }

    @Override
    public String toString() {
        return "Neighbours[" + count + " each of " + queries() + "]";
    }
}
