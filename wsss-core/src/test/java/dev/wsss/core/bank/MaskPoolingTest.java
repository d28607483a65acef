package dev.wsss.core.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.FeatureMap;
import dev.wsss.api.RleMask;
import dev.wsss.api.SplitMix;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskPoolingTest {
    /** A few discs and boxes, some beyond the border. */
    static RleMask blobs(int height, int width, long seed) {
        SplitMix random = new SplitMix(seed);
        byte[] pixels = new byte[height * width];
        for (int blob = 0; blob < 3; blob++) {
            int cy = random.below(height);
            int cx = random.below(width);
            int r = 1 + random.below(Math.max(2, height / 2));
            boolean round = random.chance(.5);
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int dy = Math.abs(y - cy);
                    int dx = Math.abs(x - cx);
                    if (round ? dy * dy + dx * dx <= r * r : Math.max(dy, dx) <= r) {
                        pixels[y * width + x] = 1;
                    }
                }
            }
        }
        return RleMask.ofDense(height, width, pixels);
    }

    private static FeatureMap map(int channels, int rows, int columns, float... values) {
        return FeatureMap.builder()
                .setGrid(channels, rows, columns)
                .setImageSize(8 * rows, 8 * columns)
                .setFloats(values)
                .build();
    }

    static FeatureMap random(int channels, int rows, int columns, long seed) {
        SplitMix random = new SplitMix(seed);
        float[] values = new float[channels * rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.range(-1, 1);
        }
        return map(channels, rows, columns, values);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 8, 100, Integer.MAX_VALUE})
    void erosionKeepsWhatHasNoOutsideWithinTheRadius(int radius) {
        for (long seed = 0; seed < 20; seed++) {
            int height = 9 + (int) seed;
            int width = 30 - (int) seed;
            RleMask mask = blobs(height, width, seed);
            byte[] inside = mask.toDense();
            byte[] expected = inside.clone();
            for (int i = 0; i < inside.length; i++) {
                for (int j = 0; j < inside.length; j++) {
                    long dy = i / width - j / width;
                    long dx = i % width - j % width;
                    if (inside[j] == 0 && dy * dy + dx * dx <= (long) radius * radius) {
                        expected[i] = 0;
                    }
                }
            }
            assertThat(MaskErosion.erode(mask, radius).toDense())
                    .as("seed %d", seed)
                    .isEqualTo(expected);
        }
    }

    @Test
    void theImagesBorderErodesNothing() {
        RleMask all = RleMask.ofCounts(4, 5, 0, 20);
        assertThat(MaskErosion.erode(all, 3)).isEqualTo(all);
        assertThat(MaskErosion.erode(RleMask.ofCounts(4, 5, 20), 3).area()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"7, 11, 3, 4", "12, 8, 3, 2", "5, 5, 5, 5", "4, 6, 9, 7", "1, 1, 3, 2", "13, 1, 4, 1"})
    void coverageIsTheOverlapOfRectangles(int height, int width, int rows, int columns) {
        for (long seed = 0; seed < 10; seed++) {
            RleMask mask = blobs(height, width, seed);
            long[] cells = GridCoverage.of(mask, rows, columns);
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    double area = 0;
                    for (int y = 0; y < height; y++) {
                        for (int x = 0; x < width; x++) {
                            area += mask.contains(y, x)
                                    ? overlap(y, height, r, rows) * overlap(x, width, c, columns)
                                    : 0;
                        }
                    }
                    assertThat((double) cells[r * columns + c] / ((double) rows * columns))
                            .isCloseTo(area, within(1e-9));
                }
            }
        }
    }

    /** Of pixel and cell, in pixels. */
    private static double overlap(int pixel, int pixels, int cell, int cells) {
        double low = Math.max(pixel, (double) cell * pixels / cells);
        double high = Math.min(pixel + 1, (cell + 1.0) * pixels / cells);
        return Math.max(0, high - low);
    }

    @Test
    void poolsByCoveredShare() {
        // the mask covers all of the first cell and a quarter of the second
        RleMask mask = RleMask.ofCounts(2, 8, 0, 8, 0, 2, 6);
        FeatureMap features = map(2, 1, 2, 1, 0, 0, 1);
        PooledMasks pooled = MaskPooling.PLAIN.pool(features, List.of(mask));
        double norm = Math.sqrt(1 + 1 / 16.0);
        assertThat(pooled.vectors())
                .containsExactly(new float[] {(float) (1 / norm), (float) (.25 / norm)}, within(1e-7f));
        assertThat(pooled.mask(0)).isZero();
        assertThat(pooled.counts()).isEqualTo(new PoolingCounts(1, 0, 0, 0));
    }

    @Test
    void masksOfAnotherSizeAndRatioLieOverTheSameGrid() {
        FeatureMap features = random(5, 4, 6, 1);
        // left half of the image, once as wide as high and once very high
        PooledMasks square = MaskPooling.PLAIN.pool(features, List.of(RleMask.ofCounts(60, 60, 0, 1800, 1800)));
        PooledMasks high = MaskPooling.PLAIN.pool(features, List.of(RleMask.ofCounts(400, 2, 0, 400, 400)));
        assertThat(high.vectors()).isEqualTo(square.vectors());
    }

    @Test
    void masksWithoutVectorAreCountedByTheirReason() {
        FeatureMap features = FeatureMap.builder()
                .setGrid(1, 1, 4)
                .setImageSize(4, 16)
                .setFloats(new float[] {1, 0, 5, -1})
                .optValid(new boolean[] {true, true, false, true})
                .build();
        RleMask empty = RleMask.ofCounts(4, 16, 64);
        RleMask small = RleMask.ofCounts(4, 16, 0, 3, 61);
        RleMask zero = RleMask.ofCounts(4, 16, 16, 16, 32);
        RleMask invalid = RleMask.ofCounts(4, 16, 32, 16, 16);
        RleMask thin = RleMask.ofCounts(4, 16, 4, 4, 56);
        RleMask thick = RleMask.ofCounts(4, 16, 48, 16);
        PooledMasks pooled = new MaskPooling(1, 4).pool(features, List.of(empty, small, zero, invalid, thin, thick));
        assertThat(pooled.counts()).isEqualTo(new PoolingCounts(2, 1, 2, 2));
        assertThat(pooled.size()).isEqualTo(2);
        assertThat(List.of(pooled.mask(0), pooled.mask(1))).containsExactly(4, 5);
        assertThat(pooled.vectors()).containsExactly(1, -1);
        assertThat(MaskPooling.PLAIN.pool(features, List.of()).counts()).isEqualTo(PoolingCounts.NONE);
    }

    @Test
    void erosionLeavesOutContours() {
        // a cell wide of one kind between two of another; the mask reaches half a cell too far
        FeatureMap features = map(2, 1, 3, 0, 1, 0, 1, 0, 1);
        byte[] pixels = new byte[8 * 24];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i % 24 >= 4 && i % 24 < 20 ? 1 : 0);
        }
        RleMask mask = RleMask.ofDense(8, 24, pixels);
        assertThat(new MaskPooling(4, 1).pool(features, List.of(mask)).vectors())
                .containsExactly(1, 0);
        assertThat(MaskPooling.PLAIN.pool(features, List.of(mask)).vectors()[1]).isGreaterThan(.5f);
    }

    @Test
    void halfPrecisionIsPooledAsItsFloats() {
        FeatureMap half = random(7, 5, 5, 3).toHalf();
        FeatureMap same = map(7, 5, 5, half.toFloats());
        List<RleMask> masks = List.of(blobs(40, 40, 1), blobs(40, 40, 2));
        assertThat(MaskPooling.PLAIN.pool(half, masks).vectors())
                .isEqualTo(MaskPooling.PLAIN.pool(same, masks).vectors());
    }

    @Test
    void refusesSettings() {
        assertThatThrownBy(() -> new MaskPooling(-1, 1)).hasMessageContaining("erosion is -1");
        assertThatThrownBy(() -> new MaskPooling(0, 0)).hasMessageContaining("minArea is 0");
    }
}
