package dev.wsss.core.affinity;

import java.util.Arrays;

/** The mean over square blocks, with zeros beyond the border: padding to a multiple of the block, then pooling. */
final class BlockMean {
    private BlockMean() {}

    /** {@code [count][height][width]} to {@code [count][ceil(height / block)][ceil(width / block)]}. */
    static float[] of(float[] maps, int count, int height, int width, int block) {
        int rows = (height + block - 1) / block;
        int columns = (width + block - 1) / block;
        double[] sums = new double[columns];
        float[] out = new float[count * rows * columns];
        for (int k = 0; k < count; k++) {
            for (int row = 0; row < rows; row++) {
                Arrays.fill(sums, 0);
                for (int y = row * block; y < Math.min(height, (row + 1) * block); y++) {
                    for (int x = 0; x < width; x++) {
                        sums[x / block] += maps[(k * height + y) * width + x];
                    }
                }
                for (int column = 0; column < columns; column++) {
                    out[(k * rows + row) * columns + column] = (float) (sums[column] / (block * block));
                }
            }
        }
        return out;
    }
}
