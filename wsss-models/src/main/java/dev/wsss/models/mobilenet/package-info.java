/**
 * Small networks of depthwise separable convolutions, for images on a processor.
 *
 * <p>{@link dev.wsss.models.mobilenet.MobileNetV1}, {@link dev.wsss.models.mobilenet.MobileNetV2} and {@link
 * dev.wsss.models.mobilenet.MobileNetEdgeTpu} are {@link dev.wsss.models.backbone.Backbone}s: a {@link
 * dev.wsss.models.cam.Classifier} on top gives class activation maps, a {@link dev.wsss.models.deeplab.DeepLabV3} labels
 * pixels. All come in any width and at an output stride of 32, 16 or 8.
 *
 * <p>TensorFlow and PyTorch pad strided convolutions differently. Weights of one work in the other's padding, but not as
 * well: {@code optSamePadding} chooses.
 */
@NullMarked
package dev.wsss.models.mobilenet;

import org.jspecify.annotations.NullMarked;
