package dev.wsss.core.affinity;

import dev.wsss.api.Described;
import org.bytedeco.pytorch.Tensor;

/** A backbone with an {@link AffinityHead}. Called without gradient; see {@link FeatureAffinity}. */
@FunctionalInterface
public interface AffinityNetwork extends Described {
    /**
     * The features whose distances are affinities.
     *
     * @param images {@code [N][3][H][W]}, normalized, of sides that are multiples of the stride
     * @return {@code [N][C][H / stride][W / stride]}, as {@link AffinityHead#features} gives them
     */
    Tensor features(Tensor images);
}
