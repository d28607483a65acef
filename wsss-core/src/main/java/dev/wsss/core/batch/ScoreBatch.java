package dev.wsss.core.batch;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Torch;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Score maps of a batch, each image's of the labels that it has, side by side without gaps.
 *
 * @param values float32 {@code [N][K][H][W]} with K the most maps of an image; 0 where an image has fewer
 * @param labels int64 {@code [N][K]}: the label of each map, ascending; -1 where an image has fewer
 */
public record ScoreBatch(Tensor values, Tensor labels) implements AutoCloseable {
    /**
     * The maps by label: float32 {@code [N][labelCount][H][W]} in the current scope, 0 for labels that an image does not
     * have.
     *
     * @param labelCount more than the largest label
     */
    public Tensor dense(int labelCount) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            long n = values.size(0);
            long k = values.size(1);
            long h = values.size(2);
            long w = values.size(3);
            // one more channel takes the maps that are none
            Tensor all = values.new_zeros(n, labelCount + 1, h, w);
            Tensor place = labels.masked_fill(labels.lt(new Scalar(0L)), new Scalar((long) labelCount));
            all.scatter_(1, place.view(n, k, 1, 1).expand(n, k, h, w), values);
            return scope.keep(all.narrow(1, 0, labelCount));
        }
    }

    /** Frees both. */
    @Override
    public void close() {
        values.close();
        labels.close();
    }
}
