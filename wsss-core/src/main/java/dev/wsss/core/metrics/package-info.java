/**
 * How good are labels: the confusion of predicted and true labels, and what follows from it.
 *
 * <p>{@link dev.wsss.core.metrics.ConfusionMatrix} counts pixels and gives IoU, accuracy, precision, recall and DHR's
 * shares of false and missed pixels; {@link dev.wsss.core.metrics.BoundaryIou} counts along contours, {@link
 * dev.wsss.core.metrics.ObjectSizes} by the size of objects. {@link dev.wsss.core.metrics.ThresholdSweep} gives the mean IoU of score maps at every background threshold in one pass.
 * Published numbers differ in how a class that does not occur counts; {@link dev.wsss.core.metrics.IouConvention} names
 * the ways.
 *
 * <p>{@link dev.wsss.core.metrics.Evaluator} counts a dataset's images. Evaluations know which images they are of: they are
 * compared {@linkplain dev.wsss.core.metrics.Evaluation#on on the common ones}, and {@link dev.wsss.core.metrics.Overlap}
 * says which of them were trained on.
 */
@NullMarked
package dev.wsss.core.metrics;

import org.jspecify.annotations.NullMarked;
