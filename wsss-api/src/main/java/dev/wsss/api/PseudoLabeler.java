package dev.wsss.api;

import java.util.List;

/** Turns an image and its tags into a pseudo label. */
@FunctionalInterface
public interface PseudoLabeler extends Described {
    /** The pseudo label of a sample, of the image's size. */
    LabelMap label(Sample sample);

    /** The usual walk: CAM, refiners one after the other, rule. */
    static PseudoLabeler of(CamGenerator cam, List<? extends ScoreRefiner> refiners, LabelRule rule) {
        return new LabelerChain(cam, List.copyOf(refiners), rule);
    }
}
