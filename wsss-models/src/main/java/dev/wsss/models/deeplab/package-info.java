/**
 * The DeepLab family: networks that score every pixel.
 *
 * <p>{@link dev.wsss.models.deeplab.DeepLabV1}, {@link dev.wsss.models.deeplab.DeepLabV2}, {@link
 * dev.wsss.models.deeplab.DeepLabV3} and {@link dev.wsss.models.deeplab.DeepLabV3Plus} put a head on a {@link
 * dev.wsss.models.backbone.Backbone}. Each is a {@link dev.wsss.core.nn.Layer} from images {@code [N][3][H][W]} to logits
 * {@code [N][classes][h][w]} at the stride of the map that the head works on; resizing them is left to the caller, since
 * code bases differ in it. {@link dev.wsss.models.deeplab.MultiScale} runs any of them on several sizes of its input and
 * {@link dev.wsss.models.segment.NetworkSegmenter} makes a {@link dev.wsss.api.Segmenter} of one.
 *
 * <p>{@link dev.wsss.models.deeplab.TextDeepLab} has text embeddings in place of a trained classifier.
 *
 * <p>With {@link dev.wsss.models.mobilenet.MobileNetV2} beneath it, DeepLab v3 is published with a small head: a 1x1
 * convolution and the image's mean, no dilated branch ({@code optAsppRates(0)}). {@link
 * dev.wsss.models.tflite.TfliteNetworks} reads trained ones.
 *
 * <p>Key names are those of the published checkpoints, which is why a network may come in several {@code Form}s.
 */
@NullMarked
package dev.wsss.models.deeplab;

import org.jspecify.annotations.NullMarked;
