/**
 * Class activation maps: where in an image a network trained from tags sees each tag.
 *
 * <p>{@link dev.wsss.core.cam.Cam} runs a network on several scales of an image and on their flipped copies and fuses
 * what it gives into one map for each tag of the image. The network is a {@link dev.wsss.core.cam.CamNetwork}, which
 * gives activations of every tag in one pass, or a {@link dev.wsss.core.cam.GradCamNetwork}, whose activations {@link
 * dev.wsss.core.cam.GradCam} derives from gradients. {@link dev.wsss.core.cam.CamFusion} is the arithmetic between
 * activations and scores, without network or image.
 */
@NullMarked
package dev.wsss.core.cam;

import org.jspecify.annotations.NullMarked;
