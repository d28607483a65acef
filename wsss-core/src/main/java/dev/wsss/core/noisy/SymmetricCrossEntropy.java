package dev.wsss.core.noisy;

import dev.wsss.api.Description;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.TrainingStep;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Symmetric cross-entropy: Wang, Ma, Chen, Luo, Yi and Bailey, "Symmetric Cross Entropy for Robust Learning with Noisy
 * Labels", ICCV 2019, equation 7, {@code alpha CE + beta RCE}.
 *
 * <p>The reverse cross-entropy {@code RCE = -sum_k p_k log q_k} takes the network's p for the truth and the label's q for the
 * prediction, with {@code log 0} replaced by {@code A < 0}. With q one-hot it is {@code -A (1 - p_y)}: bounded, so that a wrong
 * label of which the network is sure cannot pull without limit. Cross-entropy is left in, for it learns faster.
 *
 * @param network from images to logits {@code [N][C][h][w]}, which are resized to the labels
 * @param alpha weight of cross-entropy, 0 or more
 * @param beta weight of reverse cross-entropy, 0 or more
 * @param logZero A, below 0
 * @param alignCorners how logits are resized
 */
public record SymmetricCrossEntropy(Layer network, double alpha, double beta, double logZero, boolean alignCorners)
        implements LossStep<Batch> {
    /** Checks the numbers. */
    public SymmetricCrossEntropy {
        Pixels.requireIn("alpha", alpha, 0, Double.MAX_VALUE);
        Pixels.requireIn("beta", beta, 0, Double.MAX_VALUE);
        Pixels.requireIn("logZero", logZero, -Double.MAX_VALUE, -Double.MIN_VALUE);
    }

    /** As published for few classes (CIFAR-10): alpha 0.1, beta 1, A -4. */
    public static SymmetricCrossEntropy of(Layer network) {
        return new SymmetricCrossEntropy(network, 0.1, 1, -4, false);
    }

    @Override
    public Tensor loss(Batch batch, TrainingStep step) {
        return loss(Pixels.logits(network, batch, alignCorners), batch.labels(), alpha, beta, logZero);
    }

    /**
     * The mean over the labelled pixels.
     *
     * @param logits {@code [N][C][H][W]}, floating point
     * @param labels int64 {@code [N][H][W]}, in 0..C-1 or {@link dev.wsss.core.loss.Losses#IGNORE}
     * @param alpha weight of cross-entropy
     * @param beta weight of reverse cross-entropy
     * @param logZero in place of the logarithm of 0
     */
    public static Tensor loss(Tensor logits, Tensor labels, double alpha, double beta, double logZero) {
        Tensor ce = Pixels.crossEntropy(logits, labels);
        // p_y = exp(-CE)
        Tensor rce = ce.neg().exp().neg().add(new Scalar(1.0)).mul(new Scalar(-logZero));
        return Pixels.mean(ce.mul(new Scalar(alpha)).add(rce.mul(new Scalar(beta))), Pixels.labelled(labels));
    }

    @Override
    public Description description() {
        return Description.of("SymmetricCrossEntropy")
                .put("alpha", alpha)
                .put("beta", beta)
                .put("logZero", logZero)
                .put("alignCorners", alignCorners)
                .build();
    }
}
