package dev.wsss.models.checkpoint;

import java.util.List;

/**
 * The families of a package of networks, found by {@link java.util.ServiceLoader}: a library that lists its class in {@code
 * META-INF/services/dev.wsss.models.checkpoint.CheckpointFamilies} has its families guessed and named like ours.
 */
public interface CheckpointFamilies {
    /** The families. */
    List<CheckpointFamily> families();
}
