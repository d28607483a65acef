package dev.wsss.core.noisy;

import dev.wsss.api.Description;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.TrainingStep;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Learns from the pixels of small loss alone, whose labels are probably right: Han, Yao, Yu, Niu, Xu, Hu, Tsang and Sugiyama,
 * "Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels", NeurIPS 2018, algorithm 1.
 *
 * <p>Networks learn what is regular first and wrong labels by heart later. So at step T the share {@code R(T) = 1 - min(tau
 * T^c / T_k, tau)} of the batch's labelled pixels is kept (line 10 of the algorithm, with its exponent c), those of the smallest
 * cross-entropy, and the loss is their mean.
 *
 * <p>In the paper two networks select for each other, lest one confirms itself. Here the pixels are selected by the network
 * itself or, {@linkplain #withTeacher with a teacher}, by its moving average, which lags behind and forgets single batches; for
 * two networks there is {@link #loss(Tensor, Tensor, Tensor, double)}, called once with each as the selector.
 *
 * @param network from images to logits {@code [N][C][h][w]}, which are resized to the labels
 * @param noise tau, the share of labels that are taken to be wrong, 0 to 1
 * @param rampSteps T_k, after which all of them are forgotten if c is 1; at least 1
 * @param exponent c, above 0; 1 in the paper's main results, 0.5 and 2 beside it
 * @param byTeacher whether {@link dev.wsss.core.train.Trainer.Builder#optEma the moving average} selects
 * @param alignCorners how logits are resized
 */
public record SmallLoss(
        Layer network, double noise, long rampSteps, double exponent, boolean byTeacher, boolean alignCorners)
        implements LossStep<Batch> {
    /** Checks the numbers. */
    public SmallLoss {
        Pixels.requireIn("noise", noise, 0, 1);
        Pixels.requireIn("rampSteps", rampSteps, 1, Long.MAX_VALUE);
        Pixels.requireIn("exponent", exponent, Double.MIN_VALUE, 100);
    }

    /** As published: a linear schedule. The paper takes tau as known, and T_k a twentieth of the training. */
    public static SmallLoss coTeaching(Layer network, double noise, long rampSteps) {
        return new SmallLoss(network, noise, rampSteps, 1, false, false);
    }

    /** As this, with the pixels selected by the moving average, which the trainer must have. */
    public SmallLoss withTeacher() {
        return new SmallLoss(network, noise, rampSteps, exponent, true, alignCorners);
    }

    /** The share of labelled pixels that is kept at a step, from 0: R(T). */
    public double keep(long step) {
        return 1 - Math.min(noise * Math.pow(step, exponent) / rampSteps, noise);
    }

    @Override
    public Tensor loss(Batch batch, TrainingStep step) {
        Tensor logits = Pixels.logits(network, batch, alignCorners);
        Tensor selector = byTeacher ? step.teacher(() -> Pixels.logits(network, batch, alignCorners)) : logits.detach();
        double keep = keep(step.number());
        step.report("kept", keep);
        return loss(logits, selector, batch.labels(), keep);
    }

    /**
     * The mean cross-entropy of the pixels that another network finds easy.
     *
     * @param logits {@code [N][C][H][W]}, floating point, which the gradient goes to
     * @param selector logits of the same shape, by whose cross-entropy pixels are selected; without gradient
     * @param labels int64 {@code [N][H][W]}, in 0..C-1 or {@link dev.wsss.core.loss.Losses#IGNORE}
     * @param keep share of the batch's labelled pixels, 0 to 1, rounded up
     */
    public static Tensor loss(Tensor logits, Tensor selector, Tensor labels, double keep) {
        Tensor ce = Pixels.crossEntropy(logits, labels);
        return Pixels.mean(ce, select(selector, labels, keep));
    }

    /**
     * The pixels of small loss. Of those whose loss is as large as the largest that is kept, all are kept.
     *
     * @param selector as above
     * @param labels as above
     * @param keep as above
     * @return bool {@code [N][H][W]}
     */
    public static Tensor select(Tensor selector, Tensor labels, double keep) {
        Pixels.requireIn("keep", keep, 0, 1);
        try (Torch.Mode noGrad = Torch.noGrad()) {
            Tensor labelled = Pixels.labelled(labels);
            if (keep == 0) {
                return labelled.logical_and(labelled.logical_not());
            }
            Tensor ce = Pixels.crossEntropy(selector.detach(), labels);
            Tensor flat =
                    ce.where(labelled, new Scalar(Double.POSITIVE_INFINITY)).view(-1);
            Tensor easiestFirst = Select.descending(flat.neg());
            Tensor last = labelled.sum()
                    .to(ScalarType.Double)
                    .mul(new Scalar(keep))
                    .ceil()
                    .to(ScalarType.Long)
                    .sub(new Scalar(1))
                    .clamp_min(new Scalar(0));
            Tensor threshold = flat.index_select(0, easiestFirst.index_select(0, last.view(1)));
            return ce.le(threshold).logical_and(labelled);
        }
    }

    @Override
    public Description description() {
        return Description.of("SmallLoss")
                .put("noise", noise)
                .put("rampSteps", rampSteps)
                .put("exponent", exponent)
                .put("byTeacher", byTeacher)
                .put("alignCorners", alignCorners)
                .build();
    }
}
