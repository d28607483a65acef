package dev.wsss.models.clip;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * What CLIP is trained by: images and texts that belong together shall be closer than those that do not.
 *
 * <pre>{@code
 * Tensor logits = clip.imageEmbeddings(images).matmul(clip.textEmbeddings(captions).t()).mul(scale);
 * Tensor loss = ContrastiveLoss.symmetric(logits, positives);
 * }</pre>
 */
public final class ContrastiveLoss {
    private ContrastiveLoss() {}

    /**
     * Cross-entropy from images to texts and from texts to images (CLIP, ICML 2021), where several texts may belong to an
     * image and several images to a text (UniCL, CVPR 2022): the target of a row or column is uniform over those that belong to
     * it. Rows and columns without any do not count.
     *
     * @param logits scaled cosines {@code [N][M]} of N images and M texts
     * @param positives 1 where they belong together, else 0, {@code [N][M]}
     * @return a scalar; 0 if nothing belongs together
     */
    public static Tensor symmetric(Tensor logits, Tensor positives) {
        try (Scope scope = Scope.open()) {
            Tensor rows = oneWay(logits, positives);
            Tensor columns = oneWay(logits.t(), positives.t());
            return scope.keep(rows.add(columns).mul(new Scalar(0.5)));
        }
    }

    private static Tensor oneWay(Tensor logits, Tensor positives) {
        Tensor count = positives.sum(1L);
        Tensor sums = logits.log_softmax(1).mul(positives).sum(1L);
        Tensor any = count.gt(new Scalar(0)).to(logits.scalar_type());
        Tensor each = sums.div(count.clamp_min(new Scalar(1.0))).neg();
        return each.mul(any).sum().div(any.sum().clamp_min(new Scalar(1.0)));
    }

    /**
     * Similarities of images and texts by the places that speak for a text (PACL, CVPR 2023): the mean over the places of an
     * image of their cosines with the text, weighted by a softmax of these. What is trained by it shows where things are.
     *
     * @param places unit vectors {@code [N][E][h][w]}
     * @param texts unit vectors {@code [M][E]}
     * @param sharpness what cosines are multiplied by before the softmax; at 0 all places count alike
     * @return cosines {@code [N][M]}
     */
    public static Tensor patchAligned(Tensor places, Tensor texts, double sharpness) {
        try (Scope scope = Scope.open()) {
            Tensor cosines = texts.matmul(places.flatten(2, 3));
            Tensor weights = cosines.mul(new Scalar(sharpness)).softmax(2);
            return scope.keep(weights.mul(cosines).sum(2L));
        }
    }
}
