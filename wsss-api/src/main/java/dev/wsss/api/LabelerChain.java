package dev.wsss.api;

import java.util.List;

/** CAM, refiners one after the other, rule. */
record LabelerChain(CamGenerator cam, List<ScoreRefiner> refiners, LabelRule rule) implements PseudoLabeler {
    @Override
    public LabelMap label(Sample sample) {
        ScoreMaps scores = cam.generate(sample);
        try {
            for (ScoreRefiner refiner : refiners) {
                ScoreMaps next = refiner.refine(sample, scores);
                scores.close();
                scores = next;
            }
            return rule.label(sample, scores);
        } finally {
            scores.close();
        }
    }

    @Override
    public Description description() {
        return Description.of("PseudoLabeler")
                .put("cam", cam)
                .put("refiners", refiners)
                .put("rule", rule)
                .build();
    }
}
