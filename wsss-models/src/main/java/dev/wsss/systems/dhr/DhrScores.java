package dev.wsss.systems.dhr;

import dev.wsss.core.metrics.Evaluation;
import java.util.Locale;

/** Scores as the published code of DHR prints them. */
public final class DhrScores {
    private DhrScores() {}

    /**
     * One line of the mean IoU in percent, and the means of false positives and of false negatives as shares of the union: of a
     * class the three are 1 together.
     *
     * @param tag what the line is of
     */
    public static String line(String tag, Evaluation evaluation) {
        return String.format(
                Locale.ROOT,
                "# %30s | mIoU: %.1f%%, mFPR: %.3f, mFNR: %.3f",
                tag,
                100 * evaluation.meanIou(),
                evaluation.confusion().meanFalsePositives(),
                evaluation.confusion().meanFalseNegatives());
    }
}
