package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Label maps, score maps and mask proposals. */
class MapsTest {
    @Test
    void labelMapKeepsItsPixels() {
        byte[] pixels = {0, 1, 2, (byte) 255, 1, 1};
        LabelMap map = LabelMap.of(2, 3, pixels);
        pixels[0] = 9;
        map.toArray()[1] = 9;
        assertThat(map.get(0, 0)).isZero();
        assertThat(map.get(1, 0)).isEqualTo(255);
        assertThat(map.get(0, 1)).isEqualTo(1);
        assertThat(map.histogram()[1]).isEqualTo(3);
        assertThat(map).isNotEqualTo(LabelMap.of(3, 2, map.toArray())).isEqualTo(LabelMap.of(2, 3, map.toArray()));
        assertThatThrownBy(() -> map.get(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LabelMap.of(2, 2, new byte[3]))
                .withMessageContainingAll("2x2", "got 3");
        assertThatIllegalArgumentException().isThrownBy(() -> LabelMap.of(0, 2, new byte[0]));
    }

    @Test
    void labelMapBecomesDjlsMask() {
        ClassCatalog catalog = ClassCatalog.withBackground(List.of("cat"));
        var mask = LabelMap.of(1, 3, new byte[] {0, 1, (byte) 255}).toCategoryMask(catalog);
        assertThat(mask.getClasses()).containsExactly("background", "cat");
        assertThat(mask.getMask()).isDeepEqualTo(new int[][] {{0, 1, 255}});
    }

    @Test
    void scoreMapsCheckWhatTheyHold() {
        int[] labels = {0, 2};
        ScoreMaps maps = ScoreMaps.of(labels, 1, 2, new float[] {0.1f, 0.2f, 0.3f, 0.4f});
        labels[0] = 1;
        maps.labels()[1] = 7;
        assertThat(maps.labels()).containsExactly(0, 2);
        assertThat(maps.count()).isEqualTo(2);
        assertThat(maps.toArray()).containsExactly(0.1f, 0.2f, 0.3f, 0.4f);
        maps.close();
        maps.close();
        assertThatIllegalArgumentException().isThrownBy(() -> ScoreMaps.of(new int[] {2, 1}, 1, 1, new float[2]));
        assertThatIllegalArgumentException().isThrownBy(() -> ScoreMaps.of(new int[] {255}, 1, 1, new float[1]));
        assertThatIllegalArgumentException().isThrownBy(() -> ScoreMaps.of(new int[] {1}, 1, 1, new float[2]));
        assertThatThrownBy(() -> ScoreMaps.of(new int[] {3}, 2, 2, new float[] {0, 0, Float.NaN, 0}))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("label 3", "row 1, column 0", "NaN");
        assertThatThrownBy(() -> ScoreMaps.of(new int[0], 0, 1, new float[0])).isInstanceOf(InvalidDataException.class);
    }

    @Test
    void proposalsLieWithinTheImage() {
        BitSet pixels = new BitSet();
        pixels.set(1, 4);
        MaskProposals proposals = new MaskProposals(2, 2, List.of(new MaskProposals.Mask(pixels, 0.9, 0.95)));
        assertThat(proposals.masks().get(0).area()).isEqualTo(3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MaskProposals(1, 3, proposals.masks()))
                .withMessageContainingAll("mask 0", "1x3");
        assertThatIllegalArgumentException().isThrownBy(() -> new MaskProposals(0, 3, List.of()));
    }
}
