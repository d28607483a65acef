package dev.wsss.systems.cdl;

import dev.wsss.api.LabelMap;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * How two experts correct noisy labels. An expert's credibility at a pixel is its largest probability.
 *
 * <ol>
 *   <li>Where the more credible expert is credible enough, its class replaces the label. At equal credibility neither speaks.
 *   <li>From the pixels of a sure expert ({@link #source}) that have a label then, the sum {@code Z} of both experts' logits
 *       goes to all others, along affinities {@code A}: {@code T_m = sum_n Z_n exp(A_nm - 1) / (sum_n exp(A_nm - 1) +
 *       1e-5)}.
 *   <li>Where neither expert is half sure ({@link #transfer}), the label becomes {@code argmax (Z_m + T_m) / 2}.
 * </ol>
 *
 * <p>All other pixels keep the label they have.
 *
 * @param first from which credibility on the first expert's class counts, in (0, 1]
 * @param second the same of the second expert
 * @param source above which credibility of either a pixel passes its logits on
 * @param transfer below which credibility of both a pixel takes what is passed on
 */
public record LabelCorrection(double first, double second, double source, double transfer) {
    /** The published thresholds. */
    public static final LabelCorrection PUBLISHED = new LabelCorrection(0.9, 0.9, 0.9, 0.5);

    private static final double EPS = 1e-5;

    /** @throws IllegalArgumentException if a threshold is not in (0, 1] */
    public LabelCorrection {
        require("first", first);
        require("second", second);
        require("source", source);
        require("transfer", transfer);
    }

    private static void require(String name, double threshold) {
        if (!(threshold > 0 && threshold <= 1)) {
            throw new IllegalArgumentException(
                    "threshold '" + name + "' must be above 0 and at most 1, got " + threshold);
        }
    }

    /**
     * Labels after correction, without gradient.
     *
     * @param labels what experts learn from, int64 {@code [N][h][w]}
     * @param reliable classes of credible experts alone, all else ignored: what affinities learn from
     */
    public record Corrected(Tensor labels, Tensor reliable) {}

    /**
     * Corrects the labels of one size by what experts say at that size.
     *
     * @param first logits {@code [N][C][h][w]}
     * @param second logits of the same shape
     * @param affinity {@code [N][h w][h w]}: {@link PairAffinity#of}
     * @param labels int64 {@code [N][h][w]}
     * @param closed bool {@code [N][h][w]}, where nothing is to get a label, such as padding: it is ignored in both results.
     *     Null for nowhere
     * @return int64 maps in the current scope
     */
    public Corrected apply(Tensor first, Tensor second, Tensor affinity, Tensor labels, @Nullable Tensor closed) {
        Select.requireMaps("first", first);
        long n = first.size(0);
        long h = first.size(2);
        long w = first.size(3);
        Select.requireShape("second", second, Tensors.shape(first));
        Select.requireShape("affinity", affinity, n, h * w, h * w);
        Select.requireShape("labels", labels, n, h, w);
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor credible1 = Select.max(precise(first).softmax(1), 1).squeeze(1);
            Tensor credible2 = Select.max(precise(second).softmax(1), 1).squeeze(1);
            Scalar ignore = new Scalar(LabelMap.IGNORE);
            Tensor says1 = credible1.gt(credible2).logical_and(credible1.ge(new Scalar(this.first)));
            Tensor says2 = credible2.gt(credible1).logical_and(credible2.ge(new Scalar(this.second)));
            Tensor none = torch.full_like(labels, ignore);
            Tensor reliable = classes(first).where(says1, classes(second).where(says2, none));
            if (closed != null) {
                reliable = reliable.masked_fill(closed, ignore);
            }
            Tensor corrected = reliable.where(reliable.ne(ignore), labels);
            if (closed != null) {
                corrected = corrected.masked_fill(closed, ignore);
            }
            Tensor sources = credible1
                    .gt(new Scalar(source))
                    .logical_or(credible2.gt(new Scalar(source)))
                    .logical_and(corrected.ne(ignore));
            Tensor unsure = credible1.lt(new Scalar(transfer)).logical_and(credible2.lt(new Scalar(transfer)));
            if (closed != null) {
                unsure = unsure.logical_and(closed.logical_not());
            }
            Tensor passedOn = classes(passOn(first.add(second), affinity, sources));
            return new Corrected(scope.keep(passedOn.where(unsure, corrected)), scope.keep(reliable));
        }
    }

    /** The mean of own logits and those that come from the sources; twice of it, as only the largest matters. */
    private static Tensor passOn(Tensor logits, Tensor affinity, Tensor sources) {
        Tensor flat = logits.flatten(2, 3).to(affinity.scalar_type());
        Tensor from = sources.flatten(1, 2).unsqueeze(1).to(affinity.scalar_type()); // [N][1][P]
        Tensor ways = affinity.sub(new Scalar(1)).exp();
        Tensor all = torch.bmm(from, ways).add(new Scalar(EPS));
        Tensor came = torch.bmm(flat.mul(from), ways).div(all);
        return flat.add(came).reshape(Tensors.shape(logits));
    }

    private static Tensor precise(Tensor logits) {
        return Tensors.dtype(logits).bytes() < 4 ? logits.to(ScalarType.Float) : logits;
    }

    private static Tensor classes(Tensor logits) {
        return logits.argmax(new LongOptional(1), false).to(ScalarType.Long);
    }
}
