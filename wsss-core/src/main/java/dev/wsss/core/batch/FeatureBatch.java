package dev.wsss.core.batch;

import org.bytedeco.pytorch.Tensor;

/**
 * Feature maps of a batch, on the grid that lies over its view.
 *
 * @param values float16 where all maps are, else float32: {@code [N][C][h][w]}; 0 in cells that are not valid
 * @param valid booleans {@code [N][h][w]}: whether the cell shows a part of the image
 */
public record FeatureBatch(Tensor values, Tensor valid) implements AutoCloseable {
    /** Frees both. */
    @Override
    public void close() {
        values.close();
        valid.close();
    }
}
