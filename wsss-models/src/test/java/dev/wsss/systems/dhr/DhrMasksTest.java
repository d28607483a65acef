package dev.wsss.systems.dhr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.crf.DenseCrf;
import java.util.List;
import org.junit.jupiter.api.Test;

class DhrMasksTest {
    private static final Sample PAIR = new Sample(
            "pair",
            new RgbImage(1, 2, new byte[] {10, 20, 30, 40, 50, 60}),
            ImageTags.of(ClassCatalog.withBackground(List.of("a", "b"))));

    @Test
    void energiesOfTheOriginalAreThoseOfHalfs() {
        float[] p = {.05f, .1f, .5f, .9f, 1e-6f, .999f};
        assertThat(new DhrMasks(0.05, null, true).energies(p))
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(2.996094f, 2.302734f, .693359f, .105469f, 11.507812f, .000978f);
        assertThat(new DhrMasks(0.05, null, false).energies(p))
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(2.995732f, 2.302585f, .693147f, .105361f, 11.512925f, .0010005f);
    }

    @Test
    void classesThatAreNowhereLikelyAreLeft() {
        DhrMasks rule = new DhrMasks(0.05, null, false);
        ScoreMaps all = ScoreMaps.of(new int[] {0, 1, 2}, 1, 2, new float[] {.9f, .2f, .05f, .02f, .05f, .78f});
        ScoreMaps kept = rule.kept(all);
        assertThat(kept.labels()).containsExactly(0, 2);
        assertThat(kept.toArray()).containsExactly(.9f, .2f, .05f, .78f);
        LabelMap map = rule.label(PAIR, kept);
        assertThat(map.toArray()).containsExactly(0, 2);
        // of no class above the threshold the likeliest
        assertThat(new DhrMasks(0.95, null, false).kept(all).labels()).containsExactly(0);
    }

    @Test
    void anImageWithoutTagsHasItsMask() {
        try (DenseCrf crf = DenseCrf.deeplabPytorch().build()) {
            for (boolean original : new boolean[] {false, true}) {
                DhrMasks rule = new DhrMasks(0.05, crf, original);
                ScoreMaps all = ScoreMaps.of(new int[] {0, 1}, 1, 2, new float[] {.9f, .8f, .1f, .2f});
                assertThat(rule.label(PAIR, rule.kept(all)).toArray()).containsExactly(0, 0);
            }
        }
    }

    @Test
    void mapsOfAnotherSizeAreRefused() {
        DhrMasks rule = new DhrMasks(0.05, null, false);
        assertThatThrownBy(() -> rule.label(PAIR, ScoreMaps.of(new int[] {0}, 2, 2, new float[4])))
                .hasMessageContaining("'pair'")
                .hasMessageContaining("2x2")
                .hasMessageContaining("1x2");
        assertThatThrownBy(() -> new DhrMasks(1, null, false)).hasMessageContaining("1.0");
    }
}
