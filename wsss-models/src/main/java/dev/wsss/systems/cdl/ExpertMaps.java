package dev.wsss.systems.cdl;

import dev.wsss.core.nn.Ops;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.deeplab.MultiScale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * What CDL's network says of images at one size.
 *
 * @param first logits of the expert that learns by cross-entropy, {@code [N][C][h][w]}
 * @param second logits of the expert that learns by Dice, {@code [N][C][h][w]}
 * @param third logits of the expert of the strong view, {@code [N][C][h][w]}; null in {@link CdlVariant#BASE}
 * @param features from which affinities are made: {@code [N][D][h][w]}, or {@code [2N][D][h][w]} with a third expert, first
 *     those of the plain views
 */
public record ExpertMaps(Tensor first, Tensor second, @Nullable Tensor third, Tensor features) {
    /** @throws IllegalArgumentException if shapes do not go together */
    public ExpertMaps {
        Select.requireMaps("first", first);
        long[] shape = Tensors.shape(first);
        Select.requireShape("second", second, shape);
        if (third != null) {
            Select.requireShape("third", third, shape);
        }
        Select.requireMaps("features", features);
        long images = third == null ? shape[0] : 2 * shape[0];
        if (features.size(0) != images || features.size(2) != shape[2] || features.size(3) != shape[3]) {
            throw new IllegalArgumentException("features must be [" + images + "][D][" + shape[2] + "][" + shape[3]
                    + "], got " + Arrays.toString(Tensors.shape(features)));
        }
    }

    /**
     * The maps of all sizes and, as the last, those of all together in the size of the first: of logits the largest at each
     * pixel, of features the mean.
     *
     * @param sizes at least one, each with a third expert or none
     * @throws IllegalArgumentException if there is none
     */
    public static List<ExpertMaps> withTogether(List<ExpertMaps> sizes) {
        if (sizes.isEmpty()) {
            throw new IllegalArgumentException("expected the maps of at least one size, got none");
        }
        List<ExpertMaps> all = new ArrayList<>(sizes);
        Tensor third = sizes.get(0).third == null
                ? null
                : MultiScale.largest(
                        sizes.stream()
                                .map(m -> Objects.requireNonNull(m.third, "third"))
                                .toList(),
                        false);
        all.add(new ExpertMaps(
                MultiScale.largest(sizes.stream().map(ExpertMaps::first).toList(), false),
                MultiScale.largest(sizes.stream().map(ExpertMaps::second).toList(), false),
                third,
                mean(sizes.stream().map(ExpertMaps::features).toList())));
        return all;
    }

    private static Tensor mean(List<Tensor> maps) {
        try (Scope scope = Scope.open()) {
            Tensor size = maps.get(0);
            Tensor[] same = maps.stream()
                    .map(m -> Ops.bilinear(m, size.size(2), size.size(3), false))
                    .toArray(Tensor[]::new);
            return scope.keep(torch.stack(new TensorVector(same), 0).sum(0).mul(new Scalar(1.0 / maps.size())));
        }
    }

    /** Features of the plain views. */
    Tensor plainFeatures() {
        return features.narrow(0, 0, first.size(0));
    }

    /** Features of the strong views; only with a third expert. */
    Tensor strongFeatures() {
        return features.narrow(0, first.size(0), first.size(0));
    }
}
