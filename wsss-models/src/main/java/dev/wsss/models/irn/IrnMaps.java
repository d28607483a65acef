package dev.wsss.models.irn;

import org.bytedeco.pytorch.Tensor;

/**
 * What {@link IrnNet} says of a batch, on a grid at stride 4. The tensors belong to the scope in which they were computed.
 *
 * @param boundary logits {@code [N][1][h][w]}: high where a pixel lies on the boundary of two classes
 * @param displacement {@code [N][2][h][w]}, rows then columns, in nodes of the grid: from a pixel towards the centre of its
 *     object
 */
public record IrnMaps(Tensor boundary, Tensor displacement) {}
