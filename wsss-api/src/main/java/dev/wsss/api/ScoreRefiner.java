package dev.wsss.api;

/** Makes better score maps from score maps: a random walk, a dense CRF, an attention refinement. */
@FunctionalInterface
public interface ScoreRefiner extends Described {
    /**
     * Refines.
     *
     * @param scores stay the caller's, unchanged and open
     * @return new maps, which the caller closes
     * @throws InvalidDataException if the scores are not what this refiner works on
     */
    ScoreMaps refine(Sample sample, ScoreMaps scores);

    /** This refiner, then another. */
    default ScoreRefiner andThen(ScoreRefiner next) {
        return new RefinerChain(this, next);
    }
}
