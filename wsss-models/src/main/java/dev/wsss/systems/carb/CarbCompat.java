package dev.wsss.systems.carb;

import dev.wsss.models.maskclip.LabelGate;

/**
 * Where the published code of CARB does something else than it means to: true repeats it, false is the sound choice.
 *
 * <p>One accident has no switch: a region without pixels has the loss 0 / 0, which is NaN for the whole step and, through the
 * queues, for five more. Here it is 0 in any case, and such a step leaves the queues as they are.
 *
 * @param zeroGate a class that the image does not have scores 0, in the masks of the teacher and in the consistency test, and
 *     so wins where all others are negative: {@link LabelGate#ZERO}. The student's scores are unbounded and often negative,
 *     so that many sound pixels count as noisy. Matters much: the published numbers were trained so
 * @param restartedWarmUp a resumed training counts its steps from 0 again and warms up once more, while learning rate and
 *     length go on
 * @param forgottenQueues a resumed training begins with empty queues of losses
 * @param exclusiveOffsets the last row and the last column are never part of a patch. Matters little
 * @param paddedViews the sides of a scaled patch are of any length; the teacher pads them to whole patches of its own and its
 *     map, padding included, is squeezed into the patch: shifts labels by up to 15 scaled pixels
 * @param labelledPadding where an image is smaller than the crop, the padding gets labels and is learnt
 * @param imageNetStatistics the teacher sees images with ImageNet's mean and deviation, and not those of CLIP. Matters little
 * @param doubleTags the tags of CamVid and WildDash2 are float64, and so then are the resize and the argmax of both
 */
public record CarbCompat(
        boolean zeroGate,
        boolean restartedWarmUp,
        boolean forgottenQueues,
        boolean exclusiveOffsets,
        boolean paddedViews,
        boolean labelledPadding,
        boolean imageNetStatistics,
        boolean doubleTags) {
    /** The sound choices. */
    public static CarbCompat sound() {
        return new CarbCompat(false, false, false, false, false, false, false, false);
    }

    /** The published code, accident for accident, with the tags of Cityscapes, which are float32. */
    public static CarbCompat original() {
        return new CarbCompat(true, true, true, true, true, true, true, false);
    }

    /** The same with another {@link #doubleTags}. */
    public CarbCompat withDoubleTags(boolean doubleTags) {
        return new CarbCompat(
                zeroGate,
                restartedWarmUp,
                forgottenQueues,
                exclusiveOffsets,
                paddedViews,
                labelledPadding,
                imageNetStatistics,
                doubleTags);
    }

    /** How tags gate scores. */
    public LabelGate gate() {
        return zeroGate ? LabelGate.ZERO : LabelGate.MINUS_INFINITY;
    }
}
