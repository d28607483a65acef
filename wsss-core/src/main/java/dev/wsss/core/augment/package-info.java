/**
 * Random changes to training images.
 *
 * <p>An {@link dev.wsss.core.augment.Augmentation} is a list of {@link dev.wsss.core.augment.Transform}s. For each image
 * they draw a {@link dev.wsss.core.augment.ViewGeometry}, by which the image and all that belongs to it (labels, scores,
 * features, masks) move together, and changes of colours, which the image alone gets. A transform of one's own is a record
 * with one method.
 */
@NullMarked
package dev.wsss.core.augment;

import org.jspecify.annotations.NullMarked;
