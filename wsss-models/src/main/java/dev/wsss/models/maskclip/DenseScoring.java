package dev.wsss.models.maskclip;

import dev.wsss.api.Description;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * From dense embeddings to scores: cosines with the text embeddings, prompt denoising, key smoothing.
 *
 * @param denoise a class whose best place has less probability is dropped; 0 for none
 * @param smooth a place whose best class has less probability is smoothed; 0 for none
 * @param temperature what cosines are multiplied by before the softmax that gives those probabilities
 * @param keepBest whether the class of the highest score stays where all would be dropped
 */
record DenseScoring(double denoise, double smooth, KeyAffinity affinity, double temperature, boolean keepBest) {
    /** Below every cosine, so far that no softmax sees it. */
    private static final double DROPPED = -100;

    /** Elements of a block of affinities: a map of 2048 places would need 17 MB whole, one of 16000 a gigabyte. */
    private static final long BLOCK = 1 << 22;

    DenseScoring {
        if (!(denoise >= 0 && denoise <= 1 && smooth >= 0 && smooth <= 1)) {
            throw new IllegalArgumentException(
                    "thresholds must be in [0, 1], got denoise " + denoise + ", smooth " + smooth);
        }
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature must be positive, got " + temperature);
        }
    }

    /** Whether {@link #refine} takes keys. */
    boolean needsKeys() {
        return smooth > 0;
    }

    /**
     * Refines.
     *
     * @param cosines float {@code [N][C][h][w]}
     * @param keys {@code [N][h * w][D]}; null for a tower without, whose maps are not smoothed
     * @return of the shape of {@code cosines}: cosines still, or, smoothed, probabilities
     */
    Tensor refine(Tensor cosines, @Nullable Tensor keys) {
        Select.requireMaps("scores", cosines);
        try (Scope scope = Scope.open()) {
            Tensor s = denoise > 0 ? denoised(cosines) : cosines;
            if (smooth > 0 && keys != null) {
                Select.requireShape("keys", keys, s.size(0), s.size(2) * s.size(3), keys.size(2));
                s = smoothed(probabilities(s), keys);
            }
            return scope.keep(s);
        }
    }

    private Tensor probabilities(Tensor scores) {
        return scores.mul(new Scalar(temperature)).softmax(1);
    }

    private Tensor denoised(Tensor cosines) {
        Tensor best = probabilities(cosines).flatten(2, 3).amax(new long[] {2}, true);
        Tensor drop = best.lt(new Scalar(denoise));
        if (keepBest) {
            drop = drop.logical_and(best.lt(best.amax(new long[] {1}, true)));
        }
        return cosines.masked_fill(drop.unsqueeze(3), new Scalar(DROPPED));
    }

    private Tensor smoothed(Tensor probabilities, Tensor keys) {
        long places = keys.size(1);
        Tensor unit = affinity.unit(keys.to(ScalarType.Float));
        Tensor p = probabilities.flatten(2, 3).transpose(1, 2); // [N][places][C]
        Tensor unsure = p.amax(new long[] {2}, true).lt(new Scalar(smooth));
        TensorVector parts = new TensorVector();
        long rows = Math.max(1, BLOCK / (places * keys.size(0)));
        for (long from = 0; from < places; from += rows) {
            long n = Math.min(rows, places - from);
            try (Scope block = Scope.open()) {
                Tensor cosines = unit.narrow(1, from, n).matmul(unit.transpose(1, 2));
                Tensor all = affinity.rows(cosines).matmul(p);
                parts.push_back(block.keep(torch.where(unsure.narrow(1, from, n), all, p.narrow(1, from, n))));
            }
        }
        return torch.cat(parts, 1).transpose(1, 2).reshape(Tensors.shape(probabilities));
    }

    Description.Builder describe(Description.Builder d) {
        return d.put("denoise", denoise)
                .put("smooth", smooth)
                .put("affinity", affinity)
                .put("temperature", temperature)
                .put("keepBest", keepBest);
    }
}
