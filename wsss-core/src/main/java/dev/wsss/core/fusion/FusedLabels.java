package dev.wsss.core.fusion;

import dev.wsss.api.LabelMap;

/**
 * The labels of an image, and how sure they are.
 *
 * @param labels {@link LabelMap#IGNORE} where no source has a label, several win alike, or the winner's share is too small
 * @param agreement of the same size, in percent, 0 to 100: the winner's share of the votes of the sources that have a label
 *     there, or its probability; {@link LabelMap#IGNORE} where no source has one
 */
public record FusedLabels(LabelMap labels, LabelMap agreement) {}
