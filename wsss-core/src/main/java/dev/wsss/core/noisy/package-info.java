/**
 * Losses of segmentation for labels of which some are wrong, to be used where {@link
 * dev.wsss.core.loss.Losses#crossEntropy cross-entropy} would be.
 *
 * <ul>
 *   <li>{@link dev.wsss.core.noisy.SymmetricCrossEntropy} bounds what a wrong label can do;
 *   <li>{@link dev.wsss.core.noisy.SmallLoss} learns from the pixels whose labels are easy to believe alone;
 *   <li>{@link dev.wsss.core.noisy.TeacherSmoothing} mixes the labels with what the average of the network says.
 * </ul>
 *
 * <p>Each is a {@link dev.wsss.core.train.LossStep} of images with labels, for a {@link dev.wsss.core.train.Trainer}, and a
 * function of tensors. In all of them pixels of {@link dev.wsss.core.loss.Losses#IGNORE} take no part, and a batch without any
 * labelled pixel has the loss 0 and no gradient. Nothing here waits for the device.
 *
 * <pre>{@code
 * Trainer<Batch> trainer = Trainer.<Batch>builder()
 *         .setNetwork(deepLab)
 *         .setData(batches)
 *         .setLoss(SmallLoss.coTeaching(deepLab, 0.2, 2000).withTeacher())
 *         .setOptimizer(sgd)
 *         .optEma(0.999)
 *         .optSteps(20_000)
 *         .build();
 * }</pre>
 */
@NullMarked
package dev.wsss.core.noisy;

import org.jspecify.annotations.NullMarked;
