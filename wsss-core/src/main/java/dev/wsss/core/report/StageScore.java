package dev.wsss.core.report;

import dev.wsss.core.metrics.Evaluation;

/**
 * How good the products of one stage are.
 *
 * @param stage the stage, such as {@code random walk}
 * @param miou mean IoU, 0 to 1
 * @param on what it was measured on, for the reader, such as {@code shapes/val, 40 images}
 * @param imageSet equal for scores of the same images, which alone are compared
 */
public record StageScore(String stage, double miou, String on, String imageSet) {
    public StageScore {
        if (!(miou >= 0 && miou <= 1)) {
            throw new IllegalArgumentException("miou of stage '" + stage + "' must be in 0..1, got " + miou);
        }
    }

    /** A score that is compared with all others that say the same of what they were measured on. */
    public StageScore(String stage, double miou, String on) {
        this(stage, miou, on, on);
    }

    /** The score of an evaluation, to be compared with those of the same images of the same split. */
    public static StageScore of(Evaluation evaluation) {
        return new StageScore(
                evaluation.subject(),
                evaluation.meanIou(),
                evaluation.split() + ", " + evaluation.images() + " images",
                evaluation.split() + "/" + evaluation.imageSet());
    }
}
