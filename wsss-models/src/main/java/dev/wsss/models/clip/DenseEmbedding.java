package dev.wsss.models.clip;

import dev.wsss.models.vit.PatchGrid;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** What an image tower says of each place of its images. Tensors of one scope, of the network's type. */
public final class DenseEmbedding {
    private final PatchGrid grid;
    private final Tensor features;
    private final @Nullable Tensor keys;

    DenseEmbedding(PatchGrid grid, Tensor features, @Nullable Tensor keys) {
        this.grid = grid;
        this.features = features;
        this.keys = keys;
    }

    /** Rows and columns of places. */
    public PatchGrid grid() {
        return grid;
    }

    /**
     * {@code [N][E][rows][columns]}, in the space of the text embeddings and not normalized: divided by their norm over the
     * channels, their products with class embeddings are cosines.
     */
    public Tensor features() {
        return features;
    }

    /**
     * {@code [N][rows * columns][D]}: of a vision transformer the keys of its last block, of a ResNet those of its attention
     * pooling.
     *
     * @throws IllegalStateException if they were not asked for
     */
    public Tensor keys() {
        if (keys == null) {
            throw new IllegalStateException("keys were not asked for");
        }
        return keys;
    }
}
