package dev.wsss.models.clip;

import dev.wsss.models.vit.PatchGrid;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What an image tower says of each place of its images. Tensors of one scope, of the network's type.
 *
 * @param grid rows and columns of places
 * @param features {@code [N][E][rows][columns]}, in the space of the text embeddings and not normalized: divided by their norm
 *     over the channels, their products with class embeddings are cosines
 * @param keys {@code [N][rows * columns][D]}, or null if they were not asked for. Of a vision transformer those of the last
 *     block, of a ResNet those of its attention pooling
 */
public record DenseEmbedding(PatchGrid grid, Tensor features, @Nullable Tensor keys) {}
