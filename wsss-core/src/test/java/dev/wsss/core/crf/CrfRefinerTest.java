package dev.wsss.core.crf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.label.Background;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrfRefinerTest {
    private static final ClassCatalog CATALOG = ClassCatalog.withBackground(List.of("a", "b", "c"));
    private static final int SIZE = 24;

    /** A dark image with a bright square in the middle half. */
    private static Sample square() {
        byte[] data = new byte[SIZE * SIZE * 3];
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                boolean inside = y >= 6 && y < 18 && x >= 6 && x < 18;
                Arrays.fill(data, (y * SIZE + x) * 3, (y * SIZE + x) * 3 + 3, (byte) (inside ? 200 : 20));
            }
        }
        return new Sample("square", new RgbImage(SIZE, SIZE, data), ImageTags.of(CATALOG, 1));
    }

    /** A blob that is too small for the square and spills over its left side. */
    private static ScoreMaps blob() {
        float[] scores = new float[SIZE * SIZE];
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                scores[y * SIZE + x] = (float) Math.exp(-(Math.pow(y - 11.5, 2) + Math.pow(x - 9.5, 2)) / 40);
            }
        }
        return ScoreMaps.of(new int[] {2}, SIZE, SIZE, scores);
    }

    private static CrfRefiner.Builder refiner() {
        return CrfRefiner.builder().setCrf(DenseCrf.psa(1).build());
    }

    @Test
    void labelsSnapToTheEdgesOfTheImage() {
        LabelMap labels = CrfLabelRule.of(
                        refiner().optBackground(Background.constant(.3)).build())
                .label(square(), blob());
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                boolean inside = y >= 6 && y < 18 && x >= 6 && x < 18;
                assertThat(labels.get(y, x)).as("row %d, column %d", y, x).isEqualTo(inside ? 2 : 0);
            }
        }
    }

    @Test
    void theMapsAreOfTheLabelsAndSumToOne() {
        ScoreMaps q = refiner().optBackground(Background.power(4)).build().refine(square(), blob());
        assertThat(q.labels()).containsExactly(0, 2);
        ScoreMaps all = refiner()
                .optBackground(Background.power(4))
                .optAllLabels(true)
                .build()
                .refine(square(), blob());
        assertThat(all.labels()).containsExactly(0, 1, 2, 3);
        int n = SIZE * SIZE;
        for (int i = 0; i < n; i++) {
            assertThat(q.toArray()[i] + q.toArray()[n + i]).isCloseTo(1f, within(1e-6f));
            assertThat(all.toArray()[i]).isCloseTo(q.toArray()[i], within(.02f));
        }
    }

    @Test
    void hardLabelsAreTrustedAsSaid() {
        DenseCrf none = DenseCrf.builder().build();
        CrfRefiner labels = CrfRefiner.builder()
                .setCrf(none)
                .optBackground(Background.constant(.3))
                .optFromLabels(.7)
                .build();
        float[] q = labels.refine(square(), blob()).toArray();
        float[] blob = blob().toArray();
        for (int i = 0; i < blob.length; i++) {
            assertThat(q[i]).isCloseTo(blob[i] > .3f ? .3f : .7f, within(1e-6f));
        }
    }

    @Test
    void smallScoresAreResizedFirst() {
        ScoreMaps small = ScoreMaps.of(new int[] {2}, 3, 3, new float[] {0, 0, 0, 0, 1, 0, 0, 0, 0});
        ScoreMaps q = refiner().optBackground(Background.constant(.3)).build().refine(square(), small);
        assertThat(q.height()).isEqualTo(SIZE);
        assertThat(q.width()).isEqualTo(SIZE);
    }

    @Test
    void aSingleMapIsCertain() {
        assertThat(refiner().build().refine(square(), blob()).toArray()).containsOnly(1f);
    }

    @Test
    void badScoresAreNamed() {
        float[] scores = new float[SIZE * SIZE];
        scores[5] = -1e-5f;
        ScoreMaps suppressed = ScoreMaps.of(new int[] {2}, SIZE, SIZE, scores);
        assertThat(refiner().build().refine(square(), suppressed).labels()).containsExactly(2);
        scores[SIZE + 3] = -.5f;
        assertThatThrownBy(() -> refiner().build().refine(square(), suppressed))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("label 2")
                .hasMessageContaining("square")
                .hasMessageContaining("row 1, column 3 is -0.5");
        assertThatThrownBy(() -> refiner().build().refine(square(), ScoreMaps.of(new int[0], 1, 1, new float[0])))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("square");
        assertThatThrownBy(() -> CrfRefiner.builder().build()).hasMessageContaining("setCrf");
    }

    @Test
    void unaries() {
        assertThat(Unary.fromLabels(new int[] {0, 1, 2}, 2, .5, true))
                .containsExactly(
                        new float[] {.6931472f, .6931472f, .6931472f, .6931472f, .6931472f, .6931472f}, within(1e-6f));
        // 21 labels at 0.7
        float[] voc = Unary.fromLabels(new int[] {3}, 21, .7, false);
        assertThat(voc[3]).isCloseTo(.356675f, within(1e-6f));
        assertThat(voc[0]).isCloseTo(4.199705f, within(1e-6f));
        assertThat(Unary.fromProbabilities(new float[] {0, 2}, 2, 1, 1e-5, 1))
                .containsExactly(new float[] {11.512925f, 0}, within(1e-5f));
        assertThatThrownBy(() -> Unary.fromLabels(new int[] {0, 21}, 21, .7, false))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("label 21 of point 1");
        assertThatThrownBy(() -> Unary.fromProbabilities(new float[] {0, Float.NaN}, 2, 1, 1e-5, 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("label 1");
        assertThatThrownBy(() -> Unary.fromLabels(new int[1], 1, .7, false)).hasMessageContaining("at least 2");
        assertThatThrownBy(() -> Unary.fromProbabilities(new float[2], 2, 1, 0, 1))
                .hasMessageContaining("clip");
    }
}
