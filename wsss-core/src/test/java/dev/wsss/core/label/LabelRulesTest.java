package dev.wsss.core.label;

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
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelRulesTest {
    private static final ClassCatalog WITH = ClassCatalog.withBackground(List.of("a", "b", "c"));
    private static final ClassCatalog WITHOUT = ClassCatalog.withoutBackground(List.of("a", "b", "c"));

    private static Sample sample(ClassCatalog catalog, int width) {
        return new Sample("one", new RgbImage(1, width, new byte[3 * width]), ImageTags.of(catalog, 0, 2));
    }

    private static ScoreMaps scores(int width, float... values) {
        int[] labels = {1, 3};
        return ScoreMaps.of(labels, 1, width, values);
    }

    @Test
    void backgroundWinsTiesWithTheThresholdAndTheFirstLabelTiesAmongForeground() {
        ScoreMaps scores = scores(5, .3f, .31f, .5f, .1f, -1f, .2f, .1f, .5f, .9f, -2f);
        LabelMap labels = ThresholdRule.of(.3).label(sample(WITH, 5), scores);
        assertThat(labels.toArray()).containsExactly(0, 1, 1, 3, 0);
        LabelMap ignored = ThresholdRule.of(.3).label(sample(WITHOUT, 5), scores);
        assertThat(ignored.toArray()).containsExactly(-1, 1, 1, 3, -1);
        assertThat(ArgmaxRule.with(Background.constant(.3)).label(sample(WITH, 5), scores))
                .isEqualTo(labels);
    }

    @Test
    void scoresAreResizedToTheImage() {
        // between 0 and 1 a bilinear resize puts 0, 1/4, 3/4, 1
        LabelMap labels = ThresholdRule.of(.5).label(sample(WITH, 4), scores(2, 0, 1, 0, 0));
        assertThat(labels.toArray()).containsExactly(0, 0, 1, 1);
    }

    @Test
    void noMapIsAllBackground() {
        ScoreMaps empty = ScoreMaps.of(new int[0], 1, 3, new float[0]);
        assertThat(ThresholdRule.of(.5).label(sample(WITH, 3), empty).toArray()).containsOnly((byte) 0);
        assertThat(Background.power(4).addTo(empty).toArray()).containsOnly(1f);
        assertThatThrownBy(() -> ArgmaxRule.create().label(sample(WITH, 3), empty))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("no score map");
    }

    @Test
    void aThresholdBesideABackgroundMapIsRefused() {
        ScoreMaps withBackground = ScoreMaps.of(new int[] {0, 1}, 1, 1, new float[] {1, 0});
        assertThatThrownBy(() -> ThresholdRule.of(.5).label(sample(WITH, 1), withBackground))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("one")
                .hasMessageContaining("label 0");
        assertThat(ThresholdRule.of(.5)
                        .label(sample(WITHOUT, 1), withBackground)
                        .toArray())
                .containsExactly(0);
        assertThatThrownBy(() -> ThresholdRule.of(Double.NaN)).hasMessageContaining("NaN");
    }

    @Test
    void backgrounds() {
        ScoreMaps power = Background.power(2).addTo(scores(2, .25f, 1.5f, .5f, 0));
        assertThat(power.labels()).containsExactly(0, 1, 3);
        assertThat(power.toArray()).containsExactly(new float[] {.25f, 0, .25f, 1.5f, .5f, 0}, within(1e-7f));
        assertThat(Background.constant(.26).addTo(scores(1, 1, 2)).toArray()).containsExactly(.26f, 1, 2);
        assertThat(Background.none().addTo(scores(1, 1, 2)).labels()).containsExactly(1, 3);
        // a map of the background that is there already stays
        assertThat(Background.constant(.26).addTo(power).toArray()).isEqualTo(power.toArray());
        assertThatThrownBy(() -> Background.power(0)).hasMessageContaining("alpha");
        assertThatThrownBy(() -> Background.constant(Double.NaN)).hasMessageContaining("finite");
    }

    @Test
    void theBandBetweenTwoThresholdsIsIgnored() {
        ScoreMaps scores = scores(4, .5f, .2f, .05f, 0, .1f, .1f, .01f, .31f);
        LabelMap labels = ConfidenceBand.of(.3, .05).label(sample(WITH, 4), scores);
        assertThat(labels.toArray()).containsExactly(1, -1, 0, 3);
        assertThatThrownBy(() -> ConfidenceBand.of(.05, .3)).hasMessageContaining("0.3");
        assertThatThrownBy(() -> ConfidenceBand.of(.3, .05).label(sample(WITHOUT, 4), scores))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("background");
        assertThatThrownBy(() -> ConfidenceBand.combine(labels, LabelMap.of(1, 1, new byte[1])))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
