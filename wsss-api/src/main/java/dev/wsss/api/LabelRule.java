package dev.wsss.api;

/** Decides from scores which label each pixel gets. */
@FunctionalInterface
public interface LabelRule extends Described {
    /**
     * Decides.
     *
     * @param scores stay the caller's
     * @return a map of the image's size
     * @throws InvalidDataException if the scores are not what this rule works on
     */
    LabelMap label(Sample sample, ScoreMaps scores);
}
