package dev.wsss.core.affinity;

import dev.wsss.api.Described;
import dev.wsss.api.Sample;

/** Gives the affinities of an image's grid to a {@link RandomWalk}, usually with a network trained for it. */
@FunctionalInterface
public interface AffinitySource extends Described {
    /**
     * The affinities of a sample's image.
     *
     * @return a grid of {@code ceil(H / stride) x ceil(W / stride)} nodes for an image of {@code H x W} and the stride of
     *     the walk
     */
    GridAffinity affinities(Sample sample);
}
