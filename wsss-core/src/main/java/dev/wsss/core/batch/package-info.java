/**
 * What a network trains on: {@link dev.wsss.core.batch.ImageBatches} turn a dataset into {@link dev.wsss.core.batch.Batch}es
 * of images, tags and whatever else a loss needs.
 *
 * <p>A {@link dev.wsss.core.batch.Channel} is a typed name for something that belongs to an image; it knows how such a thing
 * follows a crop. A {@link dev.wsss.core.batch.View} is one look at the images, with its own augmentation and the geometry
 * that leads back: weak and strong views of one crop, a patch within a crop, two unrelated crops.
 */
@NullMarked
package dev.wsss.core.batch;

import org.jspecify.annotations.NullMarked;
