package dev.wsss.examples;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Cross-entropy of a CLIP's places with labels of pixels. */
final class PlaceLoss {
    /** The cosine above which a place shall be of a class rather than of none, and what cosines are multiplied by. */
    private static final double BOUND = 0.25;

    private static final double SCALE = 20;

    private PlaceLoss() {}

    /**
     * The loss, a scalar.
     *
     * @param places unit vectors {@code [N][E][h][w]}
     * @param classes unit vectors {@code [C][E]}
     * @param labels {@code [N][1 + C][H][W]}: 1 at the label of each pixel, background first; pixels without one count nowhere
     */
    static Tensor of(Tensor places, Tensor classes, Tensor labels) {
        try (Scope scope = Scope.open()) {
            Tensor shares = torch.adaptive_avg_pool2d(labels, places.size(2), places.size(3));
            Tensor cosines = classes.matmul(places.flatten(2, 3));
            Tensor bound = torch.full_like(cosines.narrow(1, 0, 1), new Scalar(BOUND));
            Tensor logits = torch.cat(new TensorVector(bound, cosines), 1).mul(new Scalar(SCALE));
            return scope.keep(logits.log_softmax(1)
                    .mul(shares.flatten(2, 3))
                    .sum(1L)
                    .mean()
                    .neg());
        }
    }
}
