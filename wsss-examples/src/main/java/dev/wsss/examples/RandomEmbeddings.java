package dev.wsss.examples;

import dev.wsss.api.SplitMix;
import dev.wsss.core.io.HostArray;
import dev.wsss.models.maskclip.TextEmbeddings;
import java.util.List;

/** Embeddings of classes that say nothing of them: orthogonal rows of length 1, for a student that no CLIP takes part in. */
final class RandomEmbeddings {
    private RandomEmbeddings() {}

    /**
     * Normal numbers, made orthogonal row by row (Gram-Schmidt).
     *
     * @param classes what the rows are called
     * @param width columns, at least as many as there are classes
     * @param seed fixes them
     * @throws IllegalArgumentException if there are more classes than columns
     */
    static TextEmbeddings orthonormal(List<String> classes, int width, long seed) {
        int n = classes.size();
        if (width < n) {
            throw new IllegalArgumentException("width is " + width + "; expected at least that of " + n
                    + " classes, whose embeddings are to be orthogonal");
        }
        SplitMix random = new SplitMix(seed, n, width);
        double[][] rows = new double[n][width];
        float[] all = new float[n * width];
        for (int r = 0; r < n; r++) {
            double[] row = rows[r];
            for (int i = 0; i < width; i++) {
                row[i] = normal(random);
            }
            for (int before = 0; before < r; before++) {
                subtract(row, dot(row, rows[before]), rows[before]);
            }
            double length = Math.sqrt(dot(row, row));
            for (int i = 0; i < width; i++) {
                row[i] /= length;
                all[r * width + i] = (float) row[i];
            }
        }
        return new TextEmbeddings(classes, HostArray.ofFloats(all, n, width));
    }

    /** Box and Muller's transform; the logarithm is of a number in (0, 1]. */
    private static double normal(SplitMix random) {
        return Math.sqrt(-2 * StrictMath.log(1 - random.uniform())) * StrictMath.cos(2 * Math.PI * random.uniform());
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void subtract(double[] from, double factor, double[] what) {
        for (int i = 0; i < from.length; i++) {
            from[i] -= factor * what[i];
        }
    }
}
