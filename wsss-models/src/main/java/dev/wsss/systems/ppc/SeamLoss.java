package dev.wsss.systems.ppc;

import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.nn.Select;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The whole loss of SEAM over two views:
 * {@code (cls1 + cls2) / 2 + (rvmin1 + rvmin2) / 2 + er + ecr1 + ecr2}, where {@code cls} is
 * {@link Losses#multiLabelSoftMargin} of the mean of each plain map, and the others are the components.
 *
 * @param background {@link MinPoolingLoss} on the refined maps of present classes
 * @param equivariance of the two views; says which channel is the background
 * @see <a href="https://arxiv.org/abs/2004.04581">Wang et al., SEAM, eq. 7</a>
 */
public record SeamLoss(MinPoolingLoss background, EquivarianceLoss equivariance) {
    /** The published settings, background first. */
    public static final SeamLoss DEFAULT = new SeamLoss(MinPoolingLoss.DEFAULT, EquivarianceLoss.of(0));

    /**
     * The losses, scalars of the current scope with gradient.
     *
     * @param classification1 of the first view
     * @param classification2 of the second view
     * @param background1 of the first view
     * @param background2 of the second view
     * @param equivariance between them
     * @param total the loss
     */
    public record Terms(
            Tensor classification1,
            Tensor classification2,
            Tensor background1,
            Tensor background2,
            EquivarianceLoss.Terms equivariance,
            Tensor total) {}

    /**
     * Computes. The maps are those of the network's output: SEAM's are upsampled to the view's size, and their mean, which
     * is the logit, differs from that of the small map, since the border then weighs less.
     *
     * @param cam1 plain maps of the first view, {@code [N][C][h1][w1]}, signed
     * @param refined1 refined maps of the first view, same shape
     * @param cam2 plain maps of the second view, {@code [N][C][h2][w2]}
     * @param refined2 refined maps of the second view, same shape
     * @param tags {@code [N][C-1]}, 1 for the classes in the image and 0 for the others, floating point
     */
    public Terms apply(Tensor cam1, Tensor refined1, Tensor cam2, Tensor refined2, Tensor tags) {
        int channel = equivariance.background();
        Tensor presence = CamMaps.presence(tags, channel);
        EquivarianceLoss.Terms pair = equivariance.apply(cam1, refined1, cam2, refined2, presence);
        Tensor cls1 = classification(cam1, tags);
        Tensor cls2 = classification(cam2, tags);
        Tensor bg1 = background.apply(refined1, presence, channel);
        Tensor bg2 = background.apply(refined2, presence, channel);
        Scalar half = new Scalar(0.5);
        Tensor total = cls1.add(cls2).mul(half).add(bg1.add(bg2).mul(half)).add(pair.total());
        return new Terms(cls1, cls2, bg1, bg2, pair, total);
    }

    private Tensor classification(Tensor cam, Tensor tags) {
        return Losses.multiLabelSoftMargin(Ops.globalAverage(Select.without(cam, equivariance.background())), tags);
    }
}
