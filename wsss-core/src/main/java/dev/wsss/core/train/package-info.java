/**
 * Training of any network.
 *
 * <p>{@link dev.wsss.core.train.Trainer} repeats one step: take a {@linkplain dev.wsss.core.train.BatchSource batch}, ask
 * the {@link dev.wsss.core.train.LossStep} for a loss, go backward, let the {@link dev.wsss.core.train.Optimizer} update
 * the {@linkplain dev.wsss.core.train.ParameterGroups parameter groups} at the rate of a {@link
 * dev.wsss.core.train.Schedule}. Around it are gradient accumulation and clipping, bfloat16 autocast, a {@linkplain
 * dev.wsss.core.train.Ema moving average}, checkpoints, {@linkplain dev.wsss.core.train.TrainingListener listeners} and a
 * {@link dev.wsss.core.train.TrainingHistory} at the end.
 *
 * <p>A run is a function of its settings and one seed. Batches depend on (seed, epoch, index) only, however many threads
 * load them; libtorch's generators are seeded anew from (seed, step) before every step. So a run that was stopped and
 * resumed gives bit for bit the weights of one that was not, and what listeners draw at random in between changes nothing.
 *
 * <p>A {@link dev.wsss.core.train.BatchLoader} loads the batches ahead of their use; it serves loops of one's own, too.
 *
 * <p>Losses stay on the device: nothing in a step waits for it. They are read at the log points, where a loss that is not
 * a number ends the run with the step and the terms by name.
 */
@NullMarked
package dev.wsss.core.train;

import org.jspecify.annotations.NullMarked;
