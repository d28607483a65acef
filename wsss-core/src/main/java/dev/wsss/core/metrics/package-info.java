/**
 * How good are labels: the confusion of predicted and true labels, and what follows from it.
 *
 * <p>{@link dev.wsss.core.metrics.ConfusionMatrix} counts pixels and gives IoU, accuracy, precision, recall and DHR's
 * shares of false and missed pixels; {@link dev.wsss.core.metrics.BoundaryIou} counts along contours, {@link
 * dev.wsss.core.metrics.ObjectSizes} by the size of objects. {@link dev.wsss.core.metrics.ThresholdSweep} gives the mean IoU
 * of score maps at every background threshold in one pass.
 *
 * <p>Published numbers differ in what counts. All skip pixels whose truth is 255 and count whole datasets, not images; labels
 * and truth have the size of the image.
 *
 * <table class="striped">
 * <caption>Published evaluations</caption>
 * <thead>
 * <tr><th>of</th><th>classes in the mean</th><th>further</th></tr>
 * </thead>
 * <tbody>
 * <tr><td>CDL, deeplab-pytorch, EPS, CLIP-ES, AFA</td><td>{@code IN_TRUTH}</td><td></td></tr>
 * <tr><td>AFA's pseudo labels</td><td>{@code IN_TRUTH}</td><td>{@code Unpredicted.LEFT_OUT}</td></tr>
 * <tr><td>IRN</td><td>{@code OCCURRING}</td><td>{@code Unpredicted.MISS}</td></tr>
 * <tr><td>RIB</td><td>{@code OCCURRING}</td><td>{@code Unpredicted.BACKGROUND}</td></tr>
 * <tr><td>wseg, PPC</td><td>{@code ALL}</td><td></td></tr>
 * <tr><td>DHR</td><td>{@code OCCURRING}</td><td>mFPR and mFNR as shares of the union; on all datasets but COCO {@code
 * onlyWithForeground}; images without a prediction are passed over in silence there, and are listed here</td></tr>
 * <tr><td>CARB, mmsegmentation</td><td>{@code OCCURRING}</td><td></td></tr>
 * <tr><td>Cityscapes</td><td>{@code OCCURRING} of 19</td><td>{@link dev.wsss.core.metrics.Evaluation#grouped} for its seven
 * categories</td></tr>
 * <tr><td>ADE20K</td><td>{@code ALL} of 150</td><td>its score is the mean of this and of pixel accuracy</td></tr>
 * <tr><td>SegNet's CamVid</td><td>{@code ALL} of 11</td><td></td></tr>
 * </tbody>
 * </table>
 *
 * <p>{@link dev.wsss.core.metrics.Evaluator} counts a dataset's images. Evaluations know which images they are of: they are
 * compared {@linkplain dev.wsss.core.metrics.Evaluation#on on the common ones}, and {@link dev.wsss.core.metrics.Overlap}
 * says which of them were trained on.
 */
@NullMarked
package dev.wsss.core.metrics;

import org.jspecify.annotations.NullMarked;
