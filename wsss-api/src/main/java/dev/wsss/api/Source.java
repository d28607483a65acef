package dev.wsss.api;

/**
 * Gives something for each sample: a label map to train on, saliency, features. A store of products is one, and so is a
 * folder of files. Safe for use from several threads.
 *
 * @param <T> what it gives; closed by the receiver if it is {@link AutoCloseable}
 */
@FunctionalInterface
public interface Source<T> extends Described {
    /**
     * What there is for a sample.
     *
     * @throws InvalidDataException if there is nothing, or it cannot be read; such a sample is left out
     */
    T get(Sample sample);
}
