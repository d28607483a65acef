package dev.wsss.models.maskclip;

import dev.wsss.api.LabelMap;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How the tags of an image keep classes that it does not have out of the argmax over its pixels' scores. */
public enum LabelGate {
    /**
     * Absent classes score minus infinity and never win. In an image without any tag nothing can: its pixels are {@link
     * LabelMap#IGNORE}.
     */
    MINUS_INFINITY {
        @Override
        Tensor gated(Tensor scores, Tensor present) {
            return scores.masked_fill(present.eq(new Scalar(0.0)), new Scalar(Double.NEGATIVE_INFINITY));
        }

        @Override
        Tensor winners(Tensor gated, Tensor tags) {
            Tensor none = tags.sum(1).eq(new Scalar(0.0)).view(-1, 1, 1);
            return first(gated).masked_fill(none, new Scalar(LabelMap.IGNORE));
        }
    },

    /**
     * Scores are multiplied by the tags, as MaskCLIP's and CARB's code has it. An absent class scores 0 and so wins where all
     * present ones are negative; an image without tags is class 0 everywhere.
     */
    ZERO {
        @Override
        Tensor gated(Tensor scores, Tensor present) {
            return scores.mul(present);
        }

        @Override
        Tensor winners(Tensor gated, Tensor tags) {
            return first(gated);
        }
    };

    abstract Tensor gated(Tensor scores, Tensor present);

    abstract Tensor winners(Tensor gated, Tensor tags);

    private static Tensor first(Tensor scores) {
        return scores.argmax(new LongOptional(1), false);
    }

    /**
     * The gated scores. Resize before, not after: a neighbour at minus infinity makes NaN of a bilinear mean.
     *
     * @param scores {@code [N][C][h][w]}
     * @param tags {@code [N][C]}, 1 for the classes in the image and 0 for the others; in float64 scores become float64
     * @return of the shape of {@code scores}, in the current scope
     * @throws IllegalArgumentException if the tags are not of these images and classes
     */
    public Tensor apply(Tensor scores, Tensor tags) {
        require(scores, tags);
        return gated(scores, tags.view(tags.size(0), tags.size(1), 1, 1));
    }

    /**
     * The class of the largest gated score of each pixel; of equal ones the lowest.
     *
     * @param scores as for {@link #apply}
     * @param tags as for {@link #apply}
     * @return int64 {@code [N][h][w]}, without gradient, in the current scope
     * @throws IllegalArgumentException as {@link #apply}
     */
    public Tensor labels(Tensor scores, Tensor tags) {
        try (Scope scope = Scope.open()) {
            return scope.keep(winners(apply(scores.detach(), tags), tags));
        }
    }

    private static void require(Tensor scores, Tensor tags) {
        Select.requireMaps("scores", scores);
        Select.requireShape("tags", tags, scores.size(0), scores.size(1));
        ScalarType type = tags.scalar_type().intern();
        if (!tags.is_floating_point()) {
            throw new IllegalArgumentException("tags must be floating point, got " + type);
        }
    }
}
