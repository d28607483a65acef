package dev.wsss.api;

/** Gives features of an image, of a network that is not trained with it: an unsupervised segmenter's codes (DHR). */
@FunctionalInterface
public interface FeatureSource extends Source<FeatureMap> {
    /**
     * The features of a sample.
     *
     * @return a map on the network's own grid, made of the whole image
     * @throws InvalidDataException if they cannot be made or read, or are not finite
     */
    @Override
    FeatureMap get(Sample sample);
}
