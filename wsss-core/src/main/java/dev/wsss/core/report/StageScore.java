package dev.wsss.core.report;

import dev.wsss.core.metrics.Evaluation;
import org.jspecify.annotations.Nullable;

/**
 * How good the products of one stage are.
 *
 * @param stage the stage, such as {@code random walk}
 * @param miou mean IoU, 0 to 1, or NaN if no pixel was counted
 * @param on what it was measured on, for the reader, such as {@code shapes/val, 40 images}
 * @param imageSet equal for scores of the same images, which alone are compared
 * @param common the score on the images that it is compared on, where these are not all; null where they are
 */
public record StageScore(String stage, double miou, String on, String imageSet, @Nullable Common common) {
    /**
     * A score on the images that all rows of a table have in common.
     *
     * @param miou mean IoU, 0 to 1, or NaN if no pixel was counted
     * @param images how many images
     * @param imageSet equal for scores of the same images
     */
    public record Common(double miou, int images, String imageSet) {
        public Common {
            requireShare("miou on common images", miou);
        }
    }

    public StageScore {
        requireShare("miou of stage '" + stage + "'", miou);
    }

    /** A score that is compared with those of the same images. */
    public StageScore(String stage, double miou, String on, String imageSet) {
        this(stage, miou, on, imageSet, null);
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

    StageScore withCommon(Common on) {
        return new StageScore(stage, miou, this.on, imageSet, on);
    }

    /** The score that is compared. */
    double comparedMiou() {
        return common == null ? miou : common.miou;
    }

    /** Which scores it is compared with. */
    String comparedSet() {
        return common == null ? imageSet : common.imageSet;
    }

    private static void requireShare(String what, double miou) {
        if (!(miou >= 0 && miou <= 1) && !Double.isNaN(miou)) {
            throw new IllegalArgumentException(what + " must be in 0..1, got " + miou);
        }
    }
}
