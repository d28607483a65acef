package dev.wsss.core.label;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;

/**
 * Labels only what is certain (IRN, Ahn, Cho and Kwak, CVPR 2019): two rules look at the scores, a strict one that is
 * slow to see foreground and a lenient one that is quick to. A pixel that the strict one calls foreground gets that
 * label, one that both call background is background, the rest is {@link LabelMap#IGNORE}.
 */
public final class ConfidenceBand implements LabelRule {
    private final LabelRule strict;
    private final LabelRule lenient;

    private ConfidenceBand(LabelRule strict, LabelRule lenient) {
        this.strict = strict;
        this.lenient = lenient;
    }

    /**
     * Two thresholds; IRN's are 0.30 and 0.05.
     *
     * @param foreground scores above are foreground
     * @param background scores up to this are background; not above {@code foreground}
     */
    public static ConfidenceBand of(double foreground, double background) {
        if (!(background <= foreground)) {
            throw new IllegalArgumentException("background threshold must not be above the foreground threshold, got "
                    + background + " above " + foreground);
        }
        return of(ThresholdRule.of(foreground), ThresholdRule.of(background));
    }

    /**
     * Any two rules; IRN puts a CRF behind each of its thresholds.
     *
     * @param strict decides what is certainly foreground
     * @param lenient decides what may be foreground
     */
    public static ConfidenceBand of(LabelRule strict, LabelRule lenient) {
        return new ConfidenceBand(strict, lenient);
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException if the catalog has no background
     */
    @Override
    public LabelMap label(Sample sample, ScoreMaps scores) {
        if (!sample.tags().catalog().hasBackground()) {
            throw new InvalidDataException("a confidence band needs a background, and the catalog of image "
                    + sample.id() + " has none: " + sample.tags().catalog());
        }
        return combine(strict.label(sample, scores), lenient.label(sample, scores));
    }

    /**
     * The two rules' verdicts in one.
     *
     * @throws IllegalArgumentException if the maps differ in size
     */
    public static LabelMap combine(LabelMap strict, LabelMap lenient) {
        if (strict.height() != lenient.height() || strict.width() != lenient.width()) {
            throw new IllegalArgumentException("label maps differ in size: " + strict + " and " + lenient);
        }
        byte[] out = strict.toArray();
        byte[] maybe = lenient.toArray();
        for (int i = 0; i < out.length; i++) {
            if (out[i] == 0 && maybe[i] != 0) {
                out[i] = (byte) LabelMap.IGNORE;
            }
        }
        return LabelMap.wrap(strict.height(), strict.width(), out);
    }

    @Override
    public Description description() {
        return Description.of("ConfidenceBand")
                .put("strict", strict)
                .put("lenient", lenient)
                .build();
    }

    @Override
    public String toString() {
        return "ConfidenceBand[" + strict + ", " + lenient + "]";
    }
}
