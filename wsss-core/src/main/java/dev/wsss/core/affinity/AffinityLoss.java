package dev.wsss.core.affinity;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The loss of AffinityNet: cross entropy of the affinities, averaged over each of the three kinds of known pairs by
 * itself, since pairs of different classes are few.
 *
 * <p>With affinity {@code a}: {@code background = sum -log(a + eps) / (n + eps)} over the {@code n} background pairs of
 * the batch, {@code foreground} likewise, {@code different = sum -log(1 + eps - a) / (n + eps)}; a kind without pairs
 * counts as 0.
 *
 * @param backgroundWeight weight of {@code background} in the total
 * @param foregroundWeight weight of {@code foreground}
 * @param differentWeight weight of {@code different}
 * @param eps keeps logarithms and divisions finite
 * @see <a href="https://arxiv.org/abs/1803.10464">Ahn and Kwak, Learning Pixel-level Semantic Affinity, eq. 3 and 4</a>
 */
public record AffinityLoss(double backgroundWeight, double foregroundWeight, double differentWeight, double eps) {
    /** The published weights, 1/4, 1/4 and 1/2, with epsilon 1e-5. */
    public static final AffinityLoss DEFAULT = new AffinityLoss(0.25, 0.25, 0.5, 1e-5);

    public AffinityLoss {
        if (!(backgroundWeight >= 0 && foregroundWeight >= 0 && differentWeight >= 0 && eps > 0)) {
            throw new IllegalArgumentException("weights must be 0 or more and eps positive, got " + backgroundWeight
                    + ", " + foregroundWeight + ", " + differentWeight + " and " + eps);
        }
    }

    /**
     * The loss and its parts, scalars of the current scope with gradient.
     *
     * @param background mean over background pairs
     * @param foreground mean over pairs of one class
     * @param different mean over pairs of two classes
     * @param total the weighted sum
     */
    public record Terms(Tensor background, Tensor foreground, Tensor different, Tensor total) {}

    /**
     * Computes.
     *
     * @param affinity {@code [N][O][S]} of {@link AffinityHead#affinity}
     * @param background mask of the same shape, ones where both nodes are background, any type
     * @param foreground likewise for both of one class
     * @param different likewise for two classes
     */
    public Terms apply(Tensor affinity, Tensor background, Tensor foreground, Tensor different) {
        Tensor alike = torch.log(affinity.add(new Scalar(eps))).neg();
        Tensor unlike = torch.log(affinity.neg().add(new Scalar(1 + eps))).neg();
        Tensor b = mean(alike, background);
        Tensor f = mean(alike, foreground);
        Tensor d = mean(unlike, different);
        Tensor total = b.mul(new Scalar(backgroundWeight))
                .add(f.mul(new Scalar(foregroundWeight)))
                .add(d.mul(new Scalar(differentWeight)));
        return new Terms(b, f, d, total);
    }

    private Tensor mean(Tensor loss, Tensor mask) {
        Tensor weight = mask.to(loss.scalar_type());
        return loss.mul(weight).sum().div(weight.sum().add(new Scalar(eps)));
    }
}
