package dev.wsss.core.noisy;

import dev.wsss.api.Description;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.TrainingStep;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Smooths labels online, by what the moving average of the network says of each pixel: the soft bootstrapping of Reed, Lee,
 * Anguelov, Szegedy, Erhan and Rabinovich, "Training Deep Neural Networks on Noisy Labels with Bootstrapping", ICLR workshop
 * 2015, equation 6, with the mean teacher of Tarvainen and Valpola, NeurIPS 2017, in the network's own place.
 *
 * <p>The target is {@code (1 - e) one-hot(label) + e softmax(teacher / T)}, and the loss the cross-entropy with it. With a
 * teacher that knows nothing this is ordinary label smoothing; as it learns, a wrong label is outvoted where the pixel looks
 * like another class. Since a new teacher knows nothing, e grows from 0 to its full value over the first steps.
 *
 * @param network from images to logits {@code [N][C][h][w]}, which are resized to the labels; the trainer must have {@link
 *     dev.wsss.core.train.Trainer.Builder#optEma a moving average} of it
 * @param weight e, 0 to 1; 0.05 in Reed's paper for the network's own word, more for a teacher's
 * @param temperature T of the teacher, above 0; above 1 it is less sure
 * @param rampSteps until e is full, 0 or more
 * @param alignCorners how logits are resized
 */
public record TeacherSmoothing(Layer network, double weight, double temperature, long rampSteps, boolean alignCorners)
        implements LossStep<Batch> {
    /** Checks the numbers. */
    public TeacherSmoothing {
        Pixels.requireIn("weight", weight, 0, 1);
        Pixels.requireIn("temperature", temperature, Double.MIN_VALUE, Double.MAX_VALUE);
        Pixels.requireIn("rampSteps", rampSteps, 0, Long.MAX_VALUE);
    }

    /** With the teacher's own probabilities, temperature 1. */
    public static TeacherSmoothing of(Layer network, double weight, long rampSteps) {
        return new TeacherSmoothing(network, weight, 1, rampSteps, false);
    }

    /** The teacher's weight at a step, from 0. */
    public double weight(long step) {
        return step >= rampSteps ? weight : weight * step / rampSteps;
    }

    @Override
    public Tensor loss(Batch batch, TrainingStep step) {
        Tensor teacher = step.teacher(() -> Pixels.logits(network, batch, alignCorners));
        Tensor logits = Pixels.logits(network, batch, alignCorners);
        double now = weight(step.number());
        step.report("teacher_weight", now);
        return loss(logits, teacher, batch.labels(), now, temperature);
    }

    /**
     * The mean over the labelled pixels.
     *
     * @param logits {@code [N][C][H][W]}, floating point, which the gradient goes to
     * @param teacher logits of the same shape; without gradient
     * @param labels int64 {@code [N][H][W]}, in 0..C-1 or {@link dev.wsss.core.loss.Losses#IGNORE}
     * @param weight of the teacher, 0 to 1
     * @param temperature of the teacher, above 0
     */
    public static Tensor loss(Tensor logits, Tensor teacher, Tensor labels, double weight, double temperature) {
        Tensor ofLabels = Pixels.crossEntropy(logits, labels);
        Tensor soft = teacher.detach().div(new Scalar(temperature)).softmax(1);
        Tensor ofTeacher = soft.mul(logits.log_softmax(1)).sum(1).neg();
        Tensor pixels = ofLabels.mul(new Scalar(1 - weight)).add(ofTeacher.mul(new Scalar(weight)));
        return Pixels.mean(pixels, Pixels.labelled(labels));
    }

    @Override
    public Description description() {
        return Description.of("TeacherSmoothing")
                .put("weight", weight)
                .put("temperature", temperature)
                .put("rampSteps", rampSteps)
                .put("alignCorners", alignCorners)
                .build();
    }
}
