package dev.wsss.core.report;

/**
 * How good the products of one stage are.
 *
 * @param stage the stage, such as {@code random walk}
 * @param miou mean IoU, 0 to 1
 */
public record StageScore(String stage, double miou) {
    public StageScore {
        if (!(miou >= 0 && miou <= 1)) {
            throw new IllegalArgumentException("miou of stage '" + stage + "' must be in 0..1, got " + miou);
        }
    }
}
