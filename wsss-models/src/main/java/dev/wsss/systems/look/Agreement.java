package dev.wsss.systems.look;

import dev.wsss.api.LabelMap;
import java.util.Locale;
import java.util.function.IntPredicate;

/**
 * How far the labels of a look agree with a supervised segmenter's on a class, or on all that is not background.
 *
 * @param of the segmenter's class, or "foreground" where none corresponds to what was looked for
 * @param raw intersection over union without the CRF, 0 to 1; NaN if neither has a pixel
 * @param refined the same with the CRF; NaN if there was none
 */
public record Agreement(String of, double raw, double refined) {
    @Override
    public String toString() {
        String one = "IoU with the supervised " + of + ": " + text(raw);
        return Double.isNaN(refined) ? one : one + ", with CRF " + text(refined);
    }

    private static String text(double iou) {
        return Double.isNaN(iou) ? "none, as neither has a pixel" : String.format(Locale.ROOT, "%.3f", iou);
    }

    /** Intersection over union of the pixels that {@code a} and {@code b} choose; NaN if there are none. */
    static double iou(LabelMap one, IntPredicate a, LabelMap other, IntPredicate b) {
        long[] both = new long[2];
        one.compare(other, (mine, its, pixels) -> {
            boolean inOne = a.test(mine);
            boolean inOther = b.test(its);
            both[0] += inOne && inOther ? pixels : 0;
            both[1] += inOne || inOther ? pixels : 0;
        });
        return both[1] == 0 ? Double.NaN : (double) both[0] / both[1];
    }
}
