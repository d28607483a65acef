/**
 * What networks that turn images into feature maps have in common, be they convolutional or transformers.
 *
 * <p>A {@link dev.wsss.models.backbone.Backbone} gives a {@link dev.wsss.models.backbone.FeaturePyramid}; a head asks it for
 * the map of a stride or for the last, and for its channels when it is made. A backbone that lacks the stride is refused when
 * the head is made, by an error that names those it has.
 */
@NullMarked
package dev.wsss.models.backbone;

import org.jspecify.annotations.NullMarked;
