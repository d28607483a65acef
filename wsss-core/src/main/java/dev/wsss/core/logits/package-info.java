/**
 * What a segmentation network says of the images of a data set, kept in little space, so that it is run once and its result refined
 * and scored as often as one likes.
 *
 * <p>{@link dev.wsss.core.logits.PixelLogits} are those of an image, a {@link dev.wsss.core.logits.LogitStore} is a folder of
 * them that knows which run they are of, and a {@link dev.wsss.core.logits.LogitEvaluation} scores them, with or without a CRF, on
 * several threads.
 */
@NullMarked
package dev.wsss.core.logits;

import org.jspecify.annotations.NullMarked;
