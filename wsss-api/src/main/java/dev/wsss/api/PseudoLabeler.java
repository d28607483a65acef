package dev.wsss.api;

import java.util.List;

/** Turns an image and its tags into a pseudo label. */
@FunctionalInterface
public interface PseudoLabeler {
    /** The pseudo label of a sample, of the image's size. */
    LabelMap label(Sample sample);

    /** The usual walk: CAM, refiners one after the other, rule. */
    static PseudoLabeler of(CamGenerator cam, List<? extends ScoreRefiner> refiners, LabelRule rule) {
        List<ScoreRefiner> chain = List.copyOf(refiners);
        return sample -> {
            ScoreMaps scores = cam.generate(sample);
            try {
                for (ScoreRefiner refiner : chain) {
                    ScoreMaps next = refiner.refine(sample, scores);
                    scores.close();
                    scores = next;
                }
                return rule.label(sample, scores);
            } finally {
                scores.close();
            }
        };
    }
}
