package dev.wsss.core.bank;

import java.util.Arrays;

/**
 * The vectors that may be among the nearest to a query, by similarities that are known but for an error. Holds the {@code k}
 * highest ones seen in a heap, and of all seen those that are not below the lowest of these by more than twice that error.
 */
final class Candidates {
    private final float margin;

    /** The lowest on top; not full in the beginning. */
    private final float[] best;

    private int bestSize;
    private float cut = Float.NEGATIVE_INFINITY;
    private int[] vectors;
    private float[] similarities;
    private int size;

    /**
     * None yet.
     *
     * @param margin twice the greatest error of a similarity
     */
    Candidates(int k, float margin) {
        this.margin = margin;
        best = new float[k];
        vectors = new int[Math.max(16, 2 * k)];
        similarities = new float[vectors.length];
    }

    /**
     * Adds a vector whose similarity is not below the {@link #cut}.
     *
     * @return the cut from now on
     */
    float add(int vector, float similarity) {
        if (size == vectors.length) {
            dropThoseBelow();
            if (size > vectors.length / 2) {
                vectors = Arrays.copyOf(vectors, 2 * vectors.length);
                similarities = Arrays.copyOf(similarities, vectors.length);
            }
        }
        vectors[size] = vector;
        similarities[size++] = similarity;
        if (bestSize < best.length) {
            siftUp(bestSize++, similarity);
        } else if (similarity > best[0]) {
            siftDown(similarity);
        }
        if (bestSize == best.length) {
            cut = best[0] - margin;
        }
        return cut;
    }

    private void siftUp(int hole, float value) {
        int at = hole;
        while (at > 0 && best[(at - 1) / 2] > value) {
            best[at] = best[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        best[at] = value;
    }

    private void siftDown(float value) {
        int at = 0;
        for (int child = 1; child < bestSize; child = 2 * at + 1) {
            if (child + 1 < bestSize && best[child + 1] < best[child]) {
                child++;
            }
            if (best[child] >= value) {
                break;
            }
            best[at] = best[child];
            at = child;
        }
        best[at] = value;
    }

    private void dropThoseBelow() {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (similarities[i] >= cut) {
                vectors[kept] = vectors[i];
                similarities[kept++] = similarities[i];
            }
        }
        size = kept;
    }

    /** The candidates, in the order in which they were seen. */
    int[] vectors() {
        dropThoseBelow();
        return Arrays.copyOf(vectors, size);
    }
}
