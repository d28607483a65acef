package dev.wsss.systems.ppc;

import dev.wsss.core.affinity.FeatureAffinity;

/**
 * Where the published code of PPC and of what it is built on does something else than it means to: true repeats it, false
 * is the sound choice.
 *
 * @param contrast prototypes of absent classes, made of noise, and a background prototype of the first pixels of the first
 *     image, as {@link PrototypeContrastLoss#original()} has them. Matters much: the published numbers were trained so
 * @param momentum SGD's momentum is the weight decay, 5e-4, which the optimizer was given in its place; the sound choice is
 *     0.9 at a tenth of the rate, so that a step is as long. Matters little with long training
 * @param channelOrder the cross regularization of EPS with contrast takes channel 0 for the background, which is the last
 *     one: {@link EquivarianceLoss#originalEps}. Matters in pixels with two classes of the image
 * @param isolatedNodes nodes in the corners of AffinityNet's grid have no neighbours: {@link
 *     FeatureAffinity.Builder#optBorderPairs}. Matters in a rim of four nodes, 32 pixels
 * @param negativeScores the lowest pixels of a CAM of SEAM are set to 0 before its minimum is subtracted and so end below
 *     0, far below in a nearly flat map ({@link dev.wsss.core.cam.CamNormalization#MIN_MAX_EPS}); the sound choice is the
 *     minimum at 0. Later steps as published clip them
 * @param untrainedNorms scales and shifts of the segmenter's batch normalizations are in no parameter group and stay what
 *     they began as: {@link dev.wsss.models.deeplab.DeepLabGroups#of}
 */
public record PpcCompat(
        boolean contrast,
        boolean momentum,
        boolean channelOrder,
        boolean isolatedNodes,
        boolean negativeScores,
        boolean untrainedNorms) {
    /** The sound choices. */
    public static PpcCompat sound() {
        return new PpcCompat(false, false, false, false, false, false);
    }

    /** The published code, accident for accident. */
    public static PpcCompat original() {
        return new PpcCompat(true, true, true, true, true, true);
    }
}
