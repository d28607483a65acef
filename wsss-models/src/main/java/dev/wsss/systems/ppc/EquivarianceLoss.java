package dev.wsss.systems.ppc;

import dev.wsss.core.nn.Ops;
import dev.wsss.core.nn.Select;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * SEAM's consistency of two views of an image: equivariant regularization (ER) of the plain maps, and equivariant cross
 * regularization (ECR) between the plain maps of each view and the refined maps of the other.
 *
 * <p>All maps are {@linkplain CamMaps#maxNorm normalized}, resized bilinearly to the second view's size, and set to 0 for
 * absent channels; call them {@code c1, c2} (plain) and {@code v1, v2} (refined). With the background of the plain maps
 * then replaced by {@code 1 - max over classes}:
 *
 * <ul>
 *   <li>{@code er = mean |c1 - c2|} over images, all classes (absent ones count as zeros) and pixels, without background;
 *   <li>{@code ecr1 =} mean of the {@code floor(C * h * w * ratio)} largest of
 *       {@code |maxOneHot(c2) - v1|} in each image, where {@code c2} gets no gradient; {@code ecr2} likewise of
 *       {@code |maxOneHot(c1) - v2|}.
 * </ul>
 *
 * <p>The total is {@code er + ecr1 + ecr2}: a sum, not a mean, of the directions.
 *
 * @param background channel of the background: 0 in SEAM, the last one in EPS
 * @param oneHotBackground the channel that {@link CamMaps#maxOneHot} takes for background. Sound is the same channel, as
 *     {@link #of} has it. EPS with contrast as published has 0 here though its background is last: its first class then
 *     is never suppressed and the background competes as a class. Matters in every pixel with two present classes
 * @param ecrRatio part of all values that counts, the hardest; 0.2 in all published systems
 * @param alignCorners of the resize
 * @param eps of the normalization
 * @see <a href="https://arxiv.org/abs/2004.04581">Wang et al., SEAM, eq. 5 and 6</a>
 */
public record EquivarianceLoss(
        int background, int oneHotBackground, double ecrRatio, boolean alignCorners, double eps) {
    public EquivarianceLoss {
        if (background < 0 || oneHotBackground < 0) {
            throw new IllegalArgumentException(
                    "background channels must be 0 or more, got " + background + " and " + oneHotBackground);
        }
        if (!(ecrRatio > 0 && ecrRatio <= 1 && eps > 0)) {
            throw new IllegalArgumentException(
                    "ecrRatio must be in (0, 1] and eps positive, got " + ecrRatio + " and " + eps);
        }
    }

    /** The published settings with a channel of the background. */
    public static EquivarianceLoss of(int background) {
        return new EquivarianceLoss(background, background, 0.2, true, CamMaps.EPS);
    }

    /** EPS with contrast as published, {@code channels - 1} being the background. For comparisons with its numbers. */
    public static EquivarianceLoss originalEps(int channels) {
        return new EquivarianceLoss(channels - 1, 0, 0.2, true, CamMaps.EPS);
    }

    /**
     * The losses, scalars of the current scope with gradient.
     *
     * @param er of the plain maps
     * @param ecr1 refined maps of the first view towards plain ones of the second
     * @param ecr2 refined maps of the second view towards plain ones of the first
     * @param total their sum
     */
    public record Terms(Tensor er, Tensor ecr1, Tensor ecr2, Tensor total) {}

    /**
     * Computes.
     *
     * @param cam1 plain maps of the first view, {@code [N][C][h1][w1]}, not normalized
     * @param refined1 refined maps of the first view, same shape
     * @param cam2 plain maps of the second view, {@code [N][C][h2][w2]}
     * @param refined2 refined maps of the second view, same shape
     * @param presence {@code [N][C]} of {@link CamMaps#presence}
     */
    public Terms apply(Tensor cam1, Tensor refined1, Tensor cam2, Tensor refined2, Tensor presence) {
        Select.requireMaps("cam1", cam1);
        Select.requireMaps("cam2", cam2);
        Select.requireShape("refined1", refined1, cam1.size(0), cam1.size(1), cam1.size(2), cam1.size(3));
        Select.requireShape("refined2", refined2, cam1.size(0), cam1.size(1), cam2.size(2), cam2.size(3));
        Select.requireChannel("background", background, cam1);
        long height = cam2.size(2);
        long width = cam2.size(3);
        Tensor c1 = prepare(cam1, height, width, presence);
        Tensor v1 = prepare(refined1, height, width, presence);
        Tensor c2 = prepare(cam2, height, width, presence);
        Tensor v2 = prepare(refined2, height, width, presence);

        Tensor classes1 = Select.without(c1, background);
        Tensor classes2 = Select.without(c2, background);
        Tensor er = classes1.sub(classes2).abs().mean();
        Tensor ecr1 = hardest(target(classes2).sub(v1));
        Tensor ecr2 = hardest(target(classes1).sub(v2));
        return new Terms(er, ecr1, ecr2, er.add(ecr1).add(ecr2));
    }

    private Tensor prepare(Tensor maps, long height, long width, Tensor presence) {
        Tensor resized = Ops.bilinear(CamMaps.maxNorm(maps, eps), height, width, alignCorners);
        return CamMaps.present(resized, presence);
    }

    private Tensor target(Tensor classes) {
        Tensor fixed = classes.detach();
        Tensor rest = Select.max(fixed, 1).neg().add(new Scalar(1));
        return CamMaps.maxOneHot(Select.with(fixed, background, rest), oneHotBackground);
    }

    private Tensor hardest(Tensor difference) {
        Tensor values = difference.abs().flatten(1, 3);
        long k = Math.max(1, (long) (values.size(1) * ecrRatio));
        return Select.top(values, k, true).mean();
    }
}
