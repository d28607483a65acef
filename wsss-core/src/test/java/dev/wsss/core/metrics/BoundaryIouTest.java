package dev.wsss.core.metrics;

import static dev.wsss.core.metrics.FakeData.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Boundary IoU against its definition. */
class BoundaryIouTest {
    private static final int LABELS = 4;

    /** Regions of some size, with values that do not occur and ones that are ignored. */
    private static LabelMap regions(Random random, int height, int width, int cell) {
        int[] grid = random.ints((height / cell + 1L) * (width / cell + 1), 0, LABELS + 1)
                .toArray();
        byte[] values = new byte[height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int v = grid[y / cell * (width / cell + 1) + x / cell];
                values[y * width + x] =
                        (byte) (random.nextInt(40) == 0 ? random.nextInt(LABELS) : v == LABELS ? 255 : v);
            }
        }
        return LabelMap.wrap(height, width, values);
    }

    /** Every pixel of the window of every pixel. */
    private static boolean onBoundary(LabelMap map, int y, int x, int d) {
        for (int ny = y - d; ny <= y + d; ny++) {
            for (int nx = x - d; nx <= x + d; nx++) {
                if (ny < 0 || nx < 0 || ny >= map.height() || nx >= map.width() || map.get(ny, nx) != map.get(y, x)) {
                    return true;
                }
            }
        }
        return false;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 40, 60, 13, 0.02",
        "2, 60, 40, 9, 0.05",
        "3, 37, 53, 20, 0.03",
        "4, 1, 50, 4, 0.02",
        "5, 30, 30, 30, 0.1",
        "6, 7, 90, 5, 0.02",
        "7, 50, 50, 50, 0.5",
        "8, 33, 20, 1, 0.02",
        "9, 3, 3, 2, 0.2"
    })
    void equalsTheDefinition(long seed, int height, int width, int cell, double ratio) {
        Random random = new Random(seed);
        BoundaryIou fast = new BoundaryIou(LABELS, ratio);
        long[] both = new long[LABELS];
        long[] either = new long[LABELS];
        for (int image = 0; image < 5; image++) {
            LabelMap truth = regions(random, height, width, cell);
            LabelMap prediction = regions(random, height, width, cell + 1);
            fast.add(prediction, truth);
            byte[] masked = prediction.toArray();
            for (int i = 0; i < masked.length; i++) {
                if (truth.get(i / width, i % width) == 255) {
                    masked[i] = (byte) 255;
                }
            }
            LabelMap p = LabelMap.wrap(height, width, masked);
            int d = fast.width(height, width);
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    for (int l = 0; l < LABELS; l++) {
                        boolean t = truth.get(y, x) == l && onBoundary(truth, y, x, d);
                        boolean q = p.get(y, x) == l && onBoundary(p, y, x, d);
                        both[l] += t && q ? 1 : 0;
                        either[l] += t || q ? 1 : 0;
                    }
                }
            }
        }
        double[] iou = fast.iou(IouConvention.OCCURRING);
        for (int l = 0; l < LABELS; l++) {
            assertThat(iou[l]).as("label " + l).isEqualTo((double) both[l] / either[l]);
        }
    }

    @Test
    void theWidthIsThatOfThePaper() {
        BoundaryIou iou = new BoundaryIou(2);
        assertThat(iou.width(375, 500)).isEqualTo(12); // 12.5, half to even
        assertThat(iou.width(1024, 2048)).isEqualTo(46);
        assertThat(iou.width(10, 10)).isEqualTo(1);
    }

    @Test
    void seesAnErrorOfTheContourThatIouHardlySees() {
        byte[] truth = new byte[200 * 200];
        byte[] larger = new byte[200 * 200];
        for (int y = 0; y < 200; y++) {
            for (int x = 0; x < 200; x++) {
                truth[y * 200 + x] = (byte) (y >= 20 && y < 180 && x >= 20 && x < 180 ? 1 : 0);
                larger[y * 200 + x] = (byte) (y >= 18 && y < 182 && x >= 18 && x < 182 ? 1 : 0);
            }
        }
        LabelMap t = LabelMap.wrap(200, 200, truth);
        LabelMap p = LabelMap.wrap(200, 200, larger);
        BoundaryIou boundary = new BoundaryIou(2);
        boundary.add(p, t);
        // bands of 6: 160^2 - 148^2 and 164^2 - 152^2 pixels, in common 160^2 - 152^2
        double common = 160 * 160 - 152 * 152;
        double all = 160 * 160 - 148 * 148 + 164 * 164 - 152 * 152 - common;
        assertThat(boundary.iou(IouConvention.OCCURRING)[1]).isCloseTo(common / all, within(1e-12));
        ConfusionMatrix plain = new ConfusionMatrix(2);
        plain.add(p, t);
        assertThat(plain.iou(IouConvention.OCCURRING)[1]).isGreaterThan(0.95);
    }

    @Test
    void aPredictionThatIsRightWherePixelsCountHasOne() {
        LabelMap truth = regions(new Random(3), 50, 70, 15);
        byte[] filled = truth.toArray();
        for (int i = 0; i < filled.length; i++) {
            if (filled[i] == (byte) 255) {
                filled[i] = (byte) (i % 3);
            }
        }
        BoundaryIou iou = new BoundaryIou(LABELS);
        iou.add(LabelMap.wrap(50, 70, filled), truth);
        assertThat(iou.meanIou(IouConvention.OCCURRING)).isEqualTo(1);
    }

    @Test
    void partsAddUp() {
        Random random = new Random(1);
        BoundaryIou whole = new BoundaryIou(LABELS);
        BoundaryIou sum = new BoundaryIou(LABELS);
        for (int image = 0; image < 4; image++) {
            LabelMap truth = regions(random, 30, 40, 8);
            LabelMap prediction = regions(random, 30, 40, 8);
            BoundaryIou part = new BoundaryIou(LABELS);
            whole.add(prediction, truth);
            part.add(prediction, truth);
            sum.merge(part);
        }
        assertThat(sum.iou(IouConvention.ALL)).isEqualTo(whole.iou(IouConvention.ALL));
        assertThatThrownBy(() -> sum.merge(new BoundaryIou(LABELS, 0.03)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("0.03", "0.02");
    }

    @Test
    void refusesWhatItCannotCount() {
        BoundaryIou iou = new BoundaryIou(2);
        assertThatThrownBy(() -> iou.add(map(1, 1), map(1, 1, 1, 1)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("2x1", "2x2");
        assertThatThrownBy(() -> iou.add(map(1, 3), map(1, 1)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("prediction holds the value 3");
        assertThat(iou.iou(IouConvention.OCCURRING)).containsOnly(Double.NaN);
        assertThatThrownBy(() -> new BoundaryIou(2, 0)).hasMessageContaining("got 0.0");
        assertThatThrownBy(() -> new BoundaryIou(2, Double.NaN)).hasMessageContaining("got NaN");
        assertThatThrownBy(() -> new BoundaryIou(0)).hasMessageContaining("got 0");
    }
}
