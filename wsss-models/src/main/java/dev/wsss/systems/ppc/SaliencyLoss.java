package dev.wsss.systems.ppc;

import dev.wsss.core.nn.Select;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * EPS's pseudo-pixel feedback: the foreground that the maps show should be the salient part of the image.
 *
 * <p>With {@code p = softmax} of the maps over all {@code C + 1} channels and {@code s} the saliency at their size, the
 * overlap of class {@code c} with it is {@code r_c = sum round(p_c) round(s) / sum (round(p_c) + 1e-4)}, without
 * gradient, rounded half to even. Classes in the image with {@code r_c > threshold} make the foreground
 * {@code F = sum p_c}; the others in the image are assigned to the background, {@code B = p_background + sum p_c}; absent
 * classes belong to neither. The estimate {@code M = lambda F + (1 - lambda)(1 - B)} is compared with {@code s} by the mean
 * squared error.
 *
 * @param threshold overlap above which a class is foreground, tau: 0.4 for VOC
 * @param lambda weight of the foreground: 0.5 for VOC, 0.9 for COCO
 * @param background channel of the background, or {@link #LAST}
 * @see <a href="https://arxiv.org/abs/2105.08965">Lee et al., Railroad is not a Train (EPS), eq. 2 to 5</a>
 */
public record SaliencyLoss(double threshold, double lambda, int background) {
    /** The background is the last channel, as in EPS. */
    public static final int LAST = -1;

    /** EPS's settings for VOC. */
    public static final SaliencyLoss DEFAULT = new SaliencyLoss(0.4, 0.5, LAST);

    public SaliencyLoss {
        if (!(threshold >= 0 && threshold <= 1 && lambda >= 0 && lambda <= 1)) {
            throw new IllegalArgumentException(
                    "threshold and lambda must be in [0, 1], got " + threshold + " and " + lambda);
        }
        if (background < LAST) {
            throw new IllegalArgumentException("background must be a channel or LAST, got " + background);
        }
    }

    /**
     * The loss and what it compares, of the current scope.
     *
     * @param foreground {@code F}, {@code [N][1][h][w]}
     * @param rest {@code 1 - B}, same shape
     * @param estimate {@code M}, same shape
     * @param loss scalar with gradient
     */
    public record Terms(Tensor foreground, Tensor rest, Tensor estimate, Tensor loss) {}

    /**
     * Computes.
     *
     * @param cam {@code [N][C+1][h][w]}, as the network gives them, before any normalization
     * @param saliency {@code [N][1][H][W]} in [0, 1], of any size; brought to the maps' size by nearest neighbours
     * @param tags {@code [N][C]}, 1 for the classes in the image and 0 for the others
     */
    public Terms apply(Tensor cam, Tensor saliency, Tensor tags) {
        Select.requireMaps("cam", cam);
        int channel = background == LAST ? (int) cam.size(1) - 1 : background;
        Select.requireChannel("background", channel, cam);
        Select.requireMaps("saliency", saliency);
        Select.requireShape("saliency", saliency, cam.size(0), 1, saliency.size(2), saliency.size(3));
        Select.requireShape("tags", tags, cam.size(0), cam.size(1) - 1);
        long height = cam.size(2);
        long width = cam.size(3);
        Tensor target = saliency.size(2) == height && saliency.size(3) == width
                ? saliency
                : torch.upsample_nearest2d(saliency, height, width);

        Tensor p = torch.softmax(cam, 1);
        Tensor classes = Select.without(p, channel);
        Tensor present = tags.gt(new Scalar(0)).unsqueeze(2).unsqueeze(3);
        Tensor covered = classes.detach().round();
        Tensor overlap = sum(covered.mul(target.round())).div(sum(covered.add(new Scalar(1e-4))));
        Tensor salient = overlap.gt(new Scalar(threshold));
        Tensor foreground = classes.mul(present.logical_and(salient)).sum(1).unsqueeze(1);
        Tensor assigned =
                classes.mul(present.logical_and(salient.logical_not())).sum(1).unsqueeze(1);
        Tensor rest = assigned.add(p.narrow(1, channel, 1)).neg().add(new Scalar(1));
        Tensor estimate = foreground.mul(new Scalar(lambda)).add(rest.mul(new Scalar(1 - lambda)));
        return new Terms(foreground, rest, estimate, torch.mse_loss(estimate, target));
    }

    /** The sum over pixels, as {@code [N][C][1][1]}. */
    private static Tensor sum(Tensor maps) {
        return maps.sum(2, 3).unsqueeze(2).unsqueeze(3);
    }
}
