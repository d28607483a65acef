package dev.wsss.systems.cdl;

/**
 * Where the published code of CDL does something else than it means to: true repeats it, false is the sound choice.
 *
 * @param untrainedAffinity CDL-e leaves its affinity head out of the optimizer. As the head sees its maps without gradient,
 *     its loss then teaches nothing at all, and labels are carried along random affinities
 * @param fixedClasses the loss of affinities knows 21 classes, whatever the data have. With more, the published code ends in an
 *     index error, so that {@link DualExpertLoss} refuses them
 * @param diceOverIgnored pixels without a label count in Dice's denominators
 * @param nanWithoutPixels a mean over no pixels is NaN: of a batch without background or without foreground where
 *     cross-entropies are balanced, of one without labels in any case. Otherwise it is 0
 * @param labelledPadding the padding of crops gets labels too, once labels are corrected, and is learnt
 * @param earlyDice in the very iteration at which correction starts, Dice learns from labels that are not corrected yet
 */
public record CdlCompat(
        boolean untrainedAffinity,
        boolean fixedClasses,
        boolean diceOverIgnored,
        boolean nanWithoutPixels,
        boolean labelledPadding,
        boolean earlyDice) {
    /** How many classes the published loss of affinities knows. */
    static final int FIXED_CLASSES = 21;

    /** The sound choices. */
    public static CdlCompat sound() {
        return new CdlCompat(false, false, false, false, false, false);
    }

    /** The published code, accident for accident. */
    public static CdlCompat original() {
        return new CdlCompat(true, true, true, true, true, true);
    }
}
