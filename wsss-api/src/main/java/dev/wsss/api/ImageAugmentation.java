package dev.wsss.api;

/** Changes a training image and, alike, its labels and scores. A pure function, safe for use from several threads. */
@FunctionalInterface
public interface ImageAugmentation {
    /**
     * Changes.
     *
     * @param seed of the training run
     * @param epoch number of the pass over the data
     * @param index of the sample in the dataset
     * @return labels where there were labels, and as many score maps, on the heap; the same for the same arguments
     */
    LabelledImage apply(LabelledImage in, long seed, int epoch, int index);

    /** Leaves everything as it is. */
    static ImageAugmentation none() {
        return (in, seed, epoch, index) -> in;
    }
}
