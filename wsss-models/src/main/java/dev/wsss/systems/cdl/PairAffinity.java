package dev.wsss.systems.cdl;

import dev.wsss.api.LabelMap;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How alike two positions of a map are, from learnt features, for all pairs: memory is that of {@code (h w)^2} numbers an
 * image.
 */
public final class PairAffinity {
    private static final double EPS = 1e-5;

    private PairAffinity() {}

    /**
     * Affinities of all pairs: in {@link CdlVariant#BASE} {@code sigmoid(<a, b> / (|a| |b| + 1e-5))}, which lies in [0.269,
     * 0.731], in {@link CdlVariant#EXTENDED} {@code sigmoid(<a, b>)}.
     *
     * @param features {@code [N][D][h][w]}
     * @return {@code [N][h w][h w]} in the current scope
     */
    public static Tensor of(Tensor features, CdlVariant variant) {
        Select.requireMaps("features", features);
        try (Scope scope = Scope.open()) {
            // a product of half-precision numbers saturates the sigmoid by steps
            Tensor flat = features.flatten(2, 3);
            Tensor precise = Tensors.dtype(flat).bytes() < 4 ? flat.to(ScalarType.Float) : flat;
            Tensor products = torch.bmm(precise.transpose(1, 2), precise);
            if (variant == CdlVariant.BASE) {
                Tensor length = torch.linalg_vector_norm(
                        precise, new Scalar(2.0), new long[] {1}, false, new ScalarTypeOptional());
                Tensor lengths = length.unsqueeze(2).mul(length.unsqueeze(1));
                products = products.div(lengths.add(new Scalar(EPS)));
            }
            return scope.keep(products.sigmoid());
        }
    }

    /**
     * The loss of affinities {@code A} by a label map: {@code -mean log(A + 1e-5)} over pairs of one label, each position with
     * itself included, and {@code -mean log(1 - A + 1e-5)} over pairs of two, times a weight. A pair with an ignored position
     * takes no part; a mean over no pairs is 0.
     *
     * @param affinity {@code [N][h w][h w]}
     * @param labels int64 {@code [N][h][w]}
     * @param negativeWeight of pairs of two labels; 1 in CDL-b, 2 in CDL-e
     * @return one element
     */
    public static Tensor loss(Tensor affinity, Tensor labels, double negativeWeight) {
        Tensor flat = labels.flatten(1, 2);
        long positions = flat.size(1);
        Select.requireShape("affinity", affinity, flat.size(0), positions, positions);
        try (Scope scope = Scope.open()) {
            Tensor valid = flat.ne(new Scalar(LabelMap.IGNORE));
            Tensor pairs = valid.unsqueeze(2).logical_and(valid.unsqueeze(1));
            Tensor equal = flat.unsqueeze(2).eq(flat.unsqueeze(1));
            Tensor like = pairs.logical_and(equal);
            Tensor unlike = pairs.logical_and(equal.logical_not());
            Tensor alike = mean(affinity.add(new Scalar(EPS)).log(), like);
            Tensor apart = mean(affinity.neg().add(new Scalar(1 + EPS)).log(), unlike);
            return scope.keep(alike.add(apart.mul(new Scalar(negativeWeight))).neg());
        }
    }

    private static Tensor mean(Tensor values, Tensor members) {
        Tensor count = members.sum();
        return values.where(members, new Scalar(0.0)).sum().div(count.add(new Scalar(EPS)));
    }
}
