/**
 * Networks that are trained from image tags and asked for class activation maps.
 *
 * <p>{@link dev.wsss.models.cam.Classifier} puts a 1x1 convolution on any {@link dev.wsss.models.backbone.Backbone}: its
 * mean over the image classifies, and the same weights at each position are the map (Zhou et al., CVPR 2016). Turning
 * maps of several scales into scores is the business of {@code dev.wsss.core.cam}.
 */
@NullMarked
package dev.wsss.models.cam;

import org.jspecify.annotations.NullMarked;
