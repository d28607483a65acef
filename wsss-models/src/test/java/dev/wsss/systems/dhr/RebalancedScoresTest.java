package dev.wsss.systems.dhr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Source;
import dev.wsss.core.label.ArgmaxRule;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An image of 28x56 whose left half looks otherwise than its right, in features of 2x4 cells. */
class RebalancedScoresTest {
    private static final int HEIGHT = 28;
    private static final int WIDTH = 56;
    private static final Sample SAMPLE = new Sample(
            "halves",
            new RgbImage(HEIGHT, WIDTH, new byte[HEIGHT * WIDTH * 3]),
            ImageTags.of(ClassCatalog.withBackground(List.of("a", "b")), 1));

    private static Source<FeatureMap> features(int height) {
        float[] f = new float[16];
        for (int i = 0; i < 8; i++) {
            f[i] = i % 4 < 2 ? 1 : .1f;
            f[8 + i] = i % 4 < 2 ? .1f : 1;
        }
        FeatureMap map = FeatureMap.builder()
                .setGrid(2, 2, 4)
                .setImageSize(height, WIDTH)
                .setFloats(f)
                .build();
        return new Source<>() {
            @Override
            public FeatureMap get(Sample sample) {
                return map;
            }

            @Override
            public Description description() {
                return Description.of("Halves").build();
            }
        };
    }

    /** Scores of labels 0 and 2, of which the second wins in some columns from the left. */
    private static ScoreMaps scores(int columns) {
        float[] s = new float[2 * HEIGHT * WIDTH];
        for (int i = 0; i < HEIGHT * WIDTH; i++) {
            s[i] = 0.4f;
            s[HEIGHT * WIDTH + i] = i % WIDTH < columns ? 0.5f : 0.3f;
        }
        return ScoreMaps.of(new int[] {0, 2}, HEIGHT, WIDTH, s);
    }

    @Test
    void scoresFollowTheFeatures() {
        for (boolean student : new boolean[] {false, true}) {
            RebalancedScores.Builder b = RebalancedScores.builder().setFeatures(features(HEIGHT));
            RebalancedScores refiner = (student ? b.optTau(0).optStudent(features(HEIGHT)) : b).build();
            ScoreMaps balanced = refiner.refine(SAMPLE, scores(14));
            assertThat(balanced.labels()).containsExactly(0, 2);
            byte[] expected = new byte[HEIGHT * WIDTH];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = (byte) (i % WIDTH < WIDTH / 2 ? 2 : 0);
            }
            LabelMap labels = ArgmaxRule.create().label(SAMPLE, balanced);
            assertThat(labels).isEqualTo(LabelMap.of(HEIGHT, WIDTH, expected));
        }
    }

    @Test
    void scoresStayWhereOneClassHasAllCells() {
        ScoreMaps one = scores(3);
        assertThat(RebalancedScores.builder()
                        .setFeatures(features(HEIGHT))
                        .build()
                        .refine(SAMPLE, one))
                .isSameAs(one);
    }

    @Test
    void featuresOfAnotherSizeAreRefused() {
        RebalancedScores refiner =
                RebalancedScores.builder().setFeatures(features(30)).build();
        assertThatThrownBy(() -> refiner.refine(SAMPLE, scores(14)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("halves")
                .hasMessageContaining("30x56")
                .hasMessageContaining("28x56");
        assertThatThrownBy(() -> RebalancedScores.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setFeatures is required");
    }
}
