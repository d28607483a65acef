package dev.wsss.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfidentChannelTest {
    private static final Sample SAMPLE = new Sample(
            "2007_000032",
            new RgbImage(1, 2, new byte[6]),
            ImageTags.of(ClassCatalog.withBackground(List.of("cat", "dog")), 0, 1));

    private static ScoreMaps maps(int label, double left, double right) {
        return ScoreMaps.of(new int[] {0, label}, 1, 2, new float[] {
            (float) left, (float) right, (float) (1 - left), (float) (1 - right)
        });
    }

    private static ConfidentChannel.Scores pair(ScoreMaps la, ScoreMaps ha) {
        return ConfidentChannel.source(sample -> la, sample -> ha).get(SAMPLE);
    }

    private static void assertRefused(ScoreMaps la, ScoreMaps ha, String reason) {
        assertThatThrownBy(() -> pair(la, ha))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage("sample '2007_000032': CRF probabilities " + reason);
    }

    @Test
    void theStrongBackgroundComesFirst() {
        ScoreMaps la = maps(1, 0.9, 0.4);
        ScoreMaps ha = maps(1, 0.8, 0.1);
        assertThat(pair(la, ha)).isEqualTo(new ConfidentChannel.Scores(la, ha));
        assertRefused(
                ha,
                la,
                "have a mean background of 0.450 in la and 0.650 in ha; expected the stronger in la, the lower alpha");
    }

    @Test
    void oneAlphaForBothIsThePublishedCodesAccident() {
        ScoreMaps both = maps(2, 0.9, 0.4);
        assertThat(pair(both, both)).isNotNull();
        assertThat(pair(maps(2, 1, 1), maps(2, 1, 1))).isNotNull(); // nothing but background
        assertThat(pair(both, maps(2, 0.9, 0.41))).isNotNull();
    }

    @Test
    void logarithmsAreNoProbabilities() {
        ScoreMaps la = maps(1, 0.9, 0.4);
        assertRefused(
                maps(1, Math.log(0.9), Math.log(0.4)),
                la,
                "in la hold -0.105360515 for label 0; expected probabilities, 0 to 1");
        assertRefused(la, maps(1, 90, 40), "in ha hold 90.0 for label 0; expected probabilities, 0 to 1");
        assertThat(pair(maps(1, 1.0000001, 0), maps(1, 1, 0))).isNotNull(); // as far as floats add up
    }

    @Test
    void otherLabelsAreRefused() {
        assertRefused(
                maps(1, 0.9, 0.4),
                maps(2, 0.9, 0.4),
                "are of labels [0, 1] in la and [0, 2] in ha; expected the same in both");
        ScoreMaps classes = ScoreMaps.of(new int[] {1}, 1, 2, new float[2]);
        assertRefused(classes, classes, "are of labels [1]; expected the background, 0, among them");
    }
}
