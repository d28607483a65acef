package dev.wsss.core.crf;

import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.label.ArgmaxRule;

/** Each pixel gets the label that a {@link CrfRefiner} finds likeliest, the lowest on a tie. */
public final class CrfLabelRule implements LabelRule {
    private final CrfRefiner refiner;

    private CrfLabelRule(CrfRefiner refiner) {
        this.refiner = refiner;
    }

    /** The argmax of a refiner's maps. */
    public static CrfLabelRule of(CrfRefiner refiner) {
        return new CrfLabelRule(refiner);
    }

    @Override
    public LabelMap label(Sample sample, ScoreMaps scores) {
        try (ScoreMaps q = refiner.refine(sample, scores)) {
            return ArgmaxRule.of(q);
        }
    }

    @Override
    public Description description() {
        return Description.of("CrfLabelRule").put("refiner", refiner).build();
    }

    @Override
    public String toString() {
        return "CrfLabelRule[" + refiner + "]";
    }
}
