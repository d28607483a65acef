package dev.wsss.models.resnet;

import org.bytedeco.pytorch.Tensor;

/**
 * The maps after each stage of a backbone, {@code [N][C][H][W]} each. They belong to the scope in which they were
 * computed.
 *
 * @param c1 after the stem; of a ResNet, after its pooling, at stride 4
 * @param c2 after the first group of blocks
 * @param c3 after the second
 * @param c4 after the third
 * @param c5 after the last
 */
public record Features(Tensor c1, Tensor c2, Tensor c3, Tensor c4, Tensor c5) {}
