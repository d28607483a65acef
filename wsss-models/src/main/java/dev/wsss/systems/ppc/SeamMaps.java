package dev.wsss.systems.ppc;

import dev.wsss.core.nn.Ops;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link SeamHead} gives for a batch. The maps have a channel for each tag and one for the background; they
 * belong to the scope in which they were computed.
 *
 * @param cam class activations, signed: {@code [N][C][H][W]} at the images' size, or the grid's {@code [N][C][h][w]} where
 *     the head does not resize
 * @param refined the prepared activations after pixel correlation, in [0, 1], of the size of {@code cam}; its gradient
 *     reaches the embedding only
 * @param refinedOnGrid the same before it was resized, {@code [N][C][h][w]}; where nothing is resized, the same tensor
 * @param projection PPC's pixel features, not negative and of any length, {@code [N][D][h][w]}; null without a projection
 */
public record SeamMaps(Tensor cam, Tensor refined, Tensor refinedOnGrid, @Nullable Tensor projection) {
    /** Class logits {@code [N][C]}: the mean of {@link #cam} over its positions, resized ones where it is resized. */
    public Tensor logits() {
        return Ops.globalAverage(cam);
    }

    /** The mean of {@link #refined} over its positions, {@code [N][C]}. */
    public Tensor refinedLogits() {
        return Ops.globalAverage(refined);
    }
}
