package dev.wsss.api;

import java.util.Optional;

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

    /**
     * Why there is nothing for the sample of an id, as far as can be told in a moment, without reading anything; empty if
     * there may be something. By this a run finds out before it begins how many samples it would leave out.
     */
    default Optional<String> missing(String id) {
        return Optional.empty();
    }
}
