package dev.wsss.api;

/** Makes score maps from an image and its tags, with a network that was trained from tags. */
@FunctionalInterface
public interface CamGenerator extends Source<ScoreMaps> {
    /**
     * Scores the pixels for each tag of the sample.
     *
     * @return maps of the sample's labels, in [0, 1], at the size that the implementation documents, none if the sample has
     *     no tag; the caller closes them
     * @throws InvalidDataException if the network gives NaN
     */
    ScoreMaps generate(Sample sample);

    /** As {@link #generate}. */
    @Override
    default ScoreMaps get(Sample sample) {
        return generate(sample);
    }
}
