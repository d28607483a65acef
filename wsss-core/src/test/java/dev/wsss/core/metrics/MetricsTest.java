package dev.wsss.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final ClassCatalog CATALOG = ClassCatalog.withBackground(List.of("a", "b", "c"));

    private static LabelMap map(int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        return LabelMap.of(1, labels.length, bytes);
    }

    @Test
    void countsAndRatios() {
        ConfusionMatrix m = new ConfusionMatrix(4);
        m.add(map(0, 0, 1, 1, 2, 255, 3, 1), map(0, 0, 0, 1, 1, 1, 255, 1));
        assertThat(m.truePositives()).containsExactly(2, 2, 0, 0);
        assertThat(m.predicted()).containsExactly(2, 3, 1, 0);
        assertThat(m.truth()).containsExactly(3, 4, 0, 0);
        assertThat(m.total()).isEqualTo(7);
        assertThat(m.count(1, 255)).isEqualTo(1);
        assertThat(m.iou(IouConvention.OCCURRING))
                .containsExactly(new double[] {2 / 3.0, 2 / 5.0, 0, Double.NaN}, within(1e-12));
        assertThat(m.iou(IouConvention.IN_TRUTH))
                .containsExactly(new double[] {2 / 3.0, 2 / 5.0, Double.NaN, Double.NaN}, within(1e-12));
        assertThat(m.iou(IouConvention.ALL)).containsExactly(new double[] {2 / 3.0, 2 / 5.0, 0, 0}, within(1e-9));
        assertThat(m.meanIou(IouConvention.OCCURRING)).isCloseTo((2 / 3.0 + 2 / 5.0) / 3, within(1e-12));
        assertThat(m.meanIou(IouConvention.IN_TRUTH)).isCloseTo((2 / 3.0 + 2 / 5.0) / 2, within(1e-12));
        assertThat(m.meanIou(IouConvention.ALL)).isCloseTo((2 / 3.0 + 2 / 5.0) / 4, within(1e-9));
        assertThat(m.pixelAccuracy()).isCloseTo(4 / 7.0, within(1e-12));
        assertThat(m.meanAccuracy()).isCloseTo((2 / 3.0 + 2 / 4.0) / 2, within(1e-12));
        assertThat(m.precision()).containsExactly(new double[] {1, 2 / 3.0, 0, Double.NaN}, within(1e-12));
        assertThat(m.frequencyWeightedIou()).isCloseTo((3 * 2 / 3.0 + 4 * 2 / 5.0) / 7, within(1e-12));

        ConfusionMatrix other = new ConfusionMatrix(4);
        other.add(map(3), map(3));
        other.merge(m);
        assertThat(other.total()).isEqualTo(8);
        assertThat(other.truePositives()).containsExactly(2, 2, 0, 1);
    }

    @Test
    void anEmptyMatrixHasNoRatios() {
        ConfusionMatrix m = new ConfusionMatrix(2);
        assertThat(m.meanIou(IouConvention.OCCURRING)).isNaN();
        assertThat(m.pixelAccuracy()).isNaN();
        assertThat(m.meanIou(IouConvention.ALL)).isEqualTo(0);
    }

    @Test
    void wrongMapsAreNamedAndNotCounted() {
        ConfusionMatrix m = new ConfusionMatrix(4);
        assertThatThrownBy(() -> m.add(map(0, 1), map(0)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("prediction is 1x2")
                .hasMessageContaining("truth is 1x1");
        assertThatThrownBy(() -> m.add(map(0, 4), map(0, 0)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("prediction holds the value 4");
        assertThatThrownBy(() -> m.add(map(0, 0), map(0, 254)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("truth holds the value 254");
        assertThatThrownBy(() -> m.merge(new ConfusionMatrix(3))).isInstanceOf(IllegalArgumentException.class);
        assertThat(m.total()).isZero();
    }

    @Test
    void theSweepEqualsOneEvaluationPerThreshold() {
        double[] thresholds = ThresholdSweep.range(0, 0.01, 60);
        ThresholdSweep sweep = new ThresholdSweep(CATALOG, thresholds);
        ThresholdSweep half = new ThresholdSweep(CATALOG, thresholds);
        ConfusionMatrix[] brute = new ConfusionMatrix[60];
        for (int k = 0; k < 60; k++) {
            brute[k] = new ConfusionMatrix(4);
        }
        Random random = new Random(1);
        int[][] present = {{1}, {1, 3}, {}, {2, 3}, {1, 2, 3}};
        for (int image = 0; image < present.length; image++) {
            int[] labels = present[image];
            int n = 12 * 13;
            float[] scores = new float[labels.length * n];
            for (int i = 0; i < scores.length; i++) {
                // every third score lies exactly on a threshold, some are tied, some slightly negative
                scores[i] = i % 3 == 0 ? (float) (random.nextInt(70) * 0.01) : random.nextFloat() * 0.7f - 0.01f;
            }
            byte[] truth = new byte[n];
            for (int i = 0; i < n; i++) {
                truth[i] = (byte) (random.nextInt(9) == 0 ? 255 : random.nextInt(4));
            }
            LabelMap t = LabelMap.of(12, 13, truth);
            (image < 2 ? half : sweep).add(ScoreMaps.of(labels, 12, 13, scores), t);
            for (int k = 0; k < 60; k++) {
                brute[k].add(argmax(labels, scores, (float) thresholds[k]), t);
            }
        }
        sweep.merge(half);
        double best = 0;
        for (int k = 0; k < 60; k++) {
            for (int i = 0; i < 4; i++) {
                for (int j = 0; j < 4; j++) {
                    assertThat(sweep.at(k).count(i, j)).isEqualTo(brute[k].count(i, j));
                }
            }
            assertThat(sweep.curve(IouConvention.ALL)[k]).isEqualTo(brute[k].meanIou(IouConvention.ALL));
            best = Math.max(best, brute[k].meanIou(IouConvention.OCCURRING));
        }
        int k = sweep.best(IouConvention.OCCURRING);
        assertThat(brute[k].meanIou(IouConvention.OCCURRING)).isEqualTo(best);
    }

    /** The reference's way: an argmax over all labels, absent ones 0, the threshold in the background's place. */
    private static LabelMap argmax(int[] labels, float[] scores, float threshold) {
        int n = 12 * 13;
        byte[] out = new byte[n];
        for (int i = 0; i < n; i++) {
            float[] all = new float[4];
            all[0] = threshold;
            for (int k = 0; k < labels.length; k++) {
                all[labels[k]] = scores[k * n + i];
            }
            int best = 0;
            for (int l = 1; l < 4; l++) {
                if (all[l] > all[best]) {
                    best = l;
                }
            }
            out[i] = (byte) best;
        }
        return LabelMap.of(12, 13, out);
    }

    @Test
    void theSweepRefusesWhatItCannotCount() {
        ClassCatalog none = ClassCatalog.withoutBackground(List.of("road", "sky"));
        assertThatThrownBy(() -> new ThresholdSweep(none, 0.1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("road");
        assertThatThrownBy(() -> new ThresholdSweep(CATALOG, 0.2, 0.1)).hasMessageContaining("ascend");
        assertThatThrownBy(() -> new ThresholdSweep(CATALOG, Double.NaN)).hasMessageContaining("NaN");
        ThresholdSweep sweep = new ThresholdSweep(CATALOG, 0.1);
        assertThatThrownBy(() -> sweep.add(ScoreMaps.of(new int[] {0}, 1, 1, new float[1]), map(0)))
                .hasMessageContaining("background");
        assertThatThrownBy(() -> sweep.add(ScoreMaps.of(new int[] {9}, 1, 1, new float[1]), map(0)))
                .hasMessageContaining("label 9");
        assertThatThrownBy(() -> sweep.add(ScoreMaps.of(new int[] {1}, 1, 1, new float[1]), map(0, 0)))
                .hasMessageContaining("1x2");
        assertThatThrownBy(() -> sweep.merge(new ThresholdSweep(CATALOG, 0.2))).hasMessageContaining("merge");
    }

    @Test
    void falseAndMissedPixelsAreSharesOfTheUnion() {
        // DHR's example: a class that neither side shows is in no mean
        ConfusionMatrix m = new ConfusionMatrix(4);
        m.add(LabelMap.of(2, 3, new byte[] {0, 1, 1, 1, 0, 2}), LabelMap.of(2, 3, new byte[] {0, 0, 1, 1, 2, (byte) 255
        }));
        assertThat(m.falsePositives()).containsExactly(1 / 3.0, 1 / 3.0, 0, Double.NaN);
        assertThat(m.falseNegatives()).containsExactly(1 / 3.0, 0, 1, Double.NaN);
        assertThat(m.meanFalsePositives()).isCloseTo(2 / 9.0, within(1e-12));
        assertThat(m.meanFalseNegatives()).isCloseTo(4 / 9.0, within(1e-12));
        assertThat(m.meanIou(IouConvention.OCCURRING) + m.meanFalsePositives() + m.meanFalseNegatives())
                .isCloseTo(1, within(1e-12));
    }
}
