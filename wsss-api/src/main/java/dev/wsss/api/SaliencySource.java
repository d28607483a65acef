package dev.wsss.api;

/** Says what stands out in an image, for systems that learn from saliency beside tags (EPS). */
@FunctionalInterface
public interface SaliencySource extends Source<SaliencyMap> {
    /**
     * The saliency of a sample's pixels.
     *
     * @return a map of the image's size
     * @throws InvalidDataException if there is none for the sample, or it does not fit the image
     */
    SaliencyMap saliency(Sample sample);

    /** As {@link #saliency}. */
    @Override
    default SaliencyMap get(Sample sample) {
        return saliency(sample);
    }
}
