/**
 * From a network of pixel logits to labelled images: any {@link dev.wsss.models.segment.PixelClassifier}, DeepLab's or a
 * transformer's, becomes a {@link dev.wsss.api.Segmenter} by {@link dev.wsss.models.segment.NetworkSegmenter}.
 */
@NullMarked
package dev.wsss.models.segment;

import org.jspecify.annotations.NullMarked;
