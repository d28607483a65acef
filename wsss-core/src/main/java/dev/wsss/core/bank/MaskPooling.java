package dev.wsss.core.bank;

import dev.wsss.api.FeatureMap;
import dev.wsss.api.RleMask;
import java.util.Arrays;
import java.util.List;

/**
 * How a mask and a map of features become one vector: the mask is eroded, resized to the features' grid by area averaging,
 * and the mean of the cells with these weights is scaled to length 1. Contours, where features mix what lies on both
 * sides, so count for less.
 *
 * <pre>{@code
 * PooledMasks pooled = new MaskPooling(3, 64).pool(features, masks);
 * float[] vectors = pooled.vectors(); // [pooled.size()][channels]
 * }</pre>
 *
 * <p>A mask that the erosion leaves nothing of, or nothing on a valid cell, is pooled uneroded.
 *
 * @param erosion radius of the disc by which masks are eroded, in pixels of the mask; 0 for none. The border of the image
 *     takes nothing away
 * @param minArea masks of fewer pixels, counted before the erosion, have no vector; at least 1
 */
public record MaskPooling(int erosion, int minArea) {
    /** Masks as they are, however small. */
    public static final MaskPooling PLAIN = new MaskPooling(0, 1);

    public MaskPooling {
        if (erosion < 0) {
            throw new IllegalArgumentException("erosion is " + erosion + "; expected a radius of 0 or more pixels");
        }
        if (minArea < 1) {
            throw new IllegalArgumentException("minArea is " + minArea + "; expected at least 1 pixel");
        }
    }

    /**
     * The vectors of masks. Grid and masks both lie over the whole image; whether the features were made of the image at
     * another size, or another ratio of sides, makes no difference.
     *
     * <p>The same bits on every machine.
     */
    public PooledMasks pool(FeatureMap features, List<RleMask> masks) {
        int channels = features.channels();
        float[] values = features.toFloats();
        float[] vectors = new float[Math.multiplyExact(masks.size(), channels)];
        int[] numbers = new int[masks.size()];
        int n = 0;
        int uneroded = 0;
        int tooSmall = 0;
        for (int i = 0; i < numbers.length; i++) {
            RleMask mask = masks.get(i);
            if (mask.area() < minArea) {
                tooSmall++;
                continue;
            }
            Weights weights = Weights.of(MaskErosion.erode(mask, erosion), features);
            boolean whole = weights.cells.length == 0 && erosion > 0;
            if (whole) {
                weights = Weights.of(mask, features);
            }
            if (mean(values, features.height() * features.width(), weights, vectors, n * channels, channels)) {
                numbers[n++] = i;
                uneroded += whole ? 1 : 0;
            }
        }
        return new PooledMasks(
                Arrays.copyOf(vectors, n * channels),
                Arrays.copyOf(numbers, n),
                new PoolingCounts(n, uneroded, tooSmall, numbers.length - tooSmall - n));
    }

    /** Writes the unit vector of a weighted sum; false, and nothing written, if it has no direction. */
    private static boolean mean(float[] values, int gridCells, Weights weights, float[] to, int at, int channels) {
        double[] sums = new double[channels];
        double square = 0;
        for (int c = 0; c < channels; c++) {
            int from = c * gridCells;
            double sum = 0;
            for (int j = 0; j < weights.cells.length; j++) {
                sum += weights.shares[j] * values[from + weights.cells[j]];
            }
            sums[c] = sum;
            square += sum * sum;
        }
        if (square == 0) {
            return false;
        }
        double norm = Math.sqrt(square);
        for (int c = 0; c < channels; c++) {
            to[at + c] = (float) (sums[c] / norm);
        }
        return true;
    }

    /** The valid cells that a mask covers in part, and how large a part of each, 0 to 1. */
    private record Weights(int[] cells, double[] shares) {
        static Weights of(RleMask mask, FeatureMap features) {
            int columns = features.width();
            long[] areas = GridCoverage.of(mask, features.height(), columns);
            int[] cells = new int[areas.length];
            int n = 0;
            for (int i = 0; i < areas.length; i++) {
                if (areas[i] > 0 && features.isValid(i / columns, i % columns)) {
                    cells[n++] = i;
                }
            }
            double whole = (double) mask.height() * mask.width();
            double[] shares = new double[n];
            for (int j = 0; j < n; j++) {
                shares[j] = areas[cells[j]] / whole;
            }
            return new Weights(Arrays.copyOf(cells, n), shares);
        }
    }
}
