package dev.wsss.core.bank;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Exact search of unit vectors by cosine. A float32 product of queries and vectors, block by block, finds those that may be
 * among the nearest within the product's error bound; these alone are compared again in float64, in one fixed order. So the
 * answer depends neither on blocks nor on threads nor on how the product is added up, and ties are ties.
 */
final class NearestSearch {
    /** Vectors and queries at a time: their similarities stay in a core's cache. */
    private static final int VECTORS = 1024;

    private static final int QUERIES = 256;

    private final FloatBuffer vectors;
    private final int channels;

    /**
     * A search.
     *
     * @param vectors {@code [n][channels]} in direct memory, where libtorch multiplies them as they lie
     */
    NearestSearch(FloatBuffer vectors, int channels) {
        this.vectors = vectors;
        this.channels = channels;
    }

    /**
     * Searches.
     *
     * @param ranges first vector and the one behind the last, in pairs, ascending; at least one vector in all
     * @param queries {@code [m][channels]} finite, none of them zero
     */
    Neighbours nearest(float[] queries, int k, int... ranges) {
        int available = 0;
        for (int r = 0; r < ranges.length; r += 2) {
            available += ranges[r + 1] - ranges[r];
        }
        int count = Math.min(k, available);
        int m = queries.length / channels;
        int[] found = new int[Math.multiplyExact(m, count)];
        double[] similarities = new double[found.length];
        float[] unit = unit(queries);
        for (int first = 0; first < m; first += QUERIES) {
            int n = Math.min(QUERIES, m - first);
            Candidates[] candidates =
                    candidates(Arrays.copyOfRange(unit, first * channels, (first + n) * channels), count, ranges);
            for (int q = 0; q < n; q++) {
                rank(queries, first + q, candidates[q].vectors(), count, found, similarities);
            }
        }
        return new Neighbours(count, found, similarities);
    }

    /** The queries at length 1, of which the error bound speaks. */
    private float[] unit(float[] queries) {
        float[] unit = new float[queries.length];
        for (int from = 0; from < queries.length; from += channels) {
            double norm = norm(queries, from);
            for (int c = 0; c < channels; c++) {
                unit[from + c] = (float) (queries[from + c] / norm);
            }
        }
        return unit;
    }

    private double norm(float[] queries, int from) {
        double square = 0;
        for (int c = 0; c < channels; c++) {
            square += (double) queries[from + c] * queries[from + c];
        }
        return Math.sqrt(square);
    }

    private Candidates[] candidates(float[] queries, int count, int[] ranges) {
        int m = queries.length / channels;
        // a sum of d products in any order is off by at most about d * 2^-24 of the lengths' product; rounding the
        // query to
        // length 1 and the lengths themselves add less than 4 more, and both of two similarities that are compared are
        // off
        float margin = 2 * (channels + 4) * 0x1.02p-24f;
        Candidates[] candidates = new Candidates[m];
        Arrays.setAll(candidates, q -> new Candidates(count, margin));
        float[] cuts = new float[m];
        Arrays.fill(cuts, Float.NEGATIVE_INFINITY);
        float[] block = new float[m * VECTORS];
        Torch.run(() -> {
            try (Torch.Mode noGrad = Torch.noGrad();
                    Torch.Mode full = Torch.withoutAutocast(ComputeDevice.CPU);
                    Scope scope = Scope.open()) {
                Tensor q = Tensors.of(queries, m, channels);
                Tensor all = torch.from_blob(
                        new FloatPointer(vectors),
                        new long[] {vectors.limit() / channels, channels},
                        Tensors.options(DType.F32, ComputeDevice.CPU));
                for (int r = 0; r < ranges.length; r += 2) {
                    for (int first = ranges[r]; first < ranges[r + 1]; first += VECTORS) {
                        int n = Math.min(VECTORS, ranges[r + 1] - first);
                        multiply(q, all.narrow(0, first, n), block);
                        scan(block, n, first, cuts, candidates);
                    }
                }
            }
        });
        // the tensor does not keep the memory
        Reference.reachabilityFence(vectors);
        return candidates;
    }

    /** Looks at similarities {@code [n][queries]}, which are those of the vectors from {@code firstVector} on. */
    private static void scan(float[] block, int n, int firstVector, float[] cuts, Candidates[] candidates) {
        int m = cuts.length;
        for (int v = 0; v < n; v++) {
            for (int q = 0; q < m; q++) {
                float similarity = block[v * m + q];
                if (similarity >= cuts[q]) {
                    cuts[q] = candidates[q].add(firstVector + v, similarity);
                }
            }
        }
    }

    /**
     * Similarities {@code [n][queries]} of some of the vectors: a matrix product, asked for as a convolution of vectors that
     * lie one below the other. oneDNN computes that twice as fast as OpenBLAS, to which libtorch leaves products; a
     * dilation, which a kernel of one pixel does not feel, keeps convolutions of one thread from going there too.
     */
    private void multiply(Tensor queries, Tensor some, float[] to) {
        try (Scope scope = Scope.open()) {
            long n = some.size(0);
            long m = queries.size(0);
            Tensor product = torch.conv2d(
                    some.view(1, n, 1, channels).permute(0, 3, 1, 2),
                    queries.view(m, channels, 1, 1),
                    new TensorOptional(),
                    new long[] {1, 1},
                    new long[] {0, 0},
                    new long[] {2, 2},
                    1);
            Tensor rows = product.permute(0, 2, 3, 1).contiguous();
            new FloatPointer(rows.data_ptr()).get(to, 0, Math.toIntExact(rows.numel()));
        }
    }

    /** The first ones of the candidates by cosine in float64, and by number where that is equal. */
    private void rank(float[] queries, int query, int[] candidates, int count, int[] found, double[] similarities) {
        double norm = norm(queries, query * channels);
        float[] vector = new float[channels];
        double[] exact = new double[candidates.length];
        for (int i = 0; i < exact.length; i++) {
            vectors.get(candidates[i] * channels, vector);
            exact[i] = dot(queries, query * channels, vector) / norm;
        }
        int[] order = IntStream.range(0, exact.length)
                .boxed()
                .sorted((a, b) -> {
                    int bySimilarity = Double.compare(exact[b], exact[a]);
                    return bySimilarity != 0 ? bySimilarity : Integer.compare(candidates[a], candidates[b]);
                })
                .mapToInt(Integer::intValue)
                .toArray();
        for (int j = 0; j < count; j++) {
            found[query * count + j] = candidates[order[j]];
            similarities[query * count + j] = exact[order[j]];
        }
    }

    /** Four sums at a time, for a processor adds several while it waits for one. */
    private static double dot(float[] a, int from, float[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int c = 0;
        for (; c <= b.length - 4; c += 4) {
            s0 += (double) a[from + c] * b[c];
            s1 += (double) a[from + c + 1] * b[c + 1];
            s2 += (double) a[from + c + 2] * b[c + 2];
            s3 += (double) a[from + c + 3] * b[c + 3];
        }
        for (; c < b.length; c++) {
            s0 += (double) a[from + c] * b[c];
        }
        return s0 + s1 + (s2 + s3);
    }
}
