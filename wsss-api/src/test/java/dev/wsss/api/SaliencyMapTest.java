package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SaliencyMapTest {
    @Test
    void valuesAreInRowsAndComparedByContent() {
        SaliencyMap map = new SaliencyMap(2, 3, new float[] {0, 0.1f, 0.2f, 0.3f, 0.4f, 1});
        assertThat(map.at(1, 0)).isEqualTo(0.3f);
        assertThat(map).isEqualTo(new SaliencyMap(2, 3, map.values().clone()));
        assertThat(map).isNotEqualTo(new SaliencyMap(3, 2, map.values()));
        assertThat(map).hasSameHashCodeAs(new SaliencyMap(2, 3, map.values().clone()));
        assertThatThrownBy(() -> map.at(0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void trainingTakesItAsScores() {
        SaliencyMap map = new SaliencyMap(1, 2, new float[] {0.25f, 1});
        try (ScoreMaps scores = map.toScores()) {
            assertThat(scores.labels()).containsExactly(1);
            assertThat(scores.height()).isEqualTo(1);
            assertThat(scores.width()).isEqualTo(2);
            assertThat(scores.toArray()).containsExactly(0.25f, 1);
        }
    }

    @Test
    void refusesWhatIsNoSaliency() {
        assertThatThrownBy(() -> new SaliencyMap(2, 2, new float[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a map of 2x2 has 4 values, got 3");
        assertThatThrownBy(() -> new SaliencyMap(0, 2, new float[0])).hasMessageContaining("0x2");
        assertThatThrownBy(() -> new SaliencyMap(1, 3, new float[] {0, 1, 1.5f}))
                .hasMessage("saliency at row 0, column 2 is 1.5; expected 0 to 1");
        assertThatThrownBy(() -> new SaliencyMap(2, 1, new float[] {0, Float.NaN}))
                .hasMessage("saliency at row 1, column 0 is NaN; expected 0 to 1");
    }
}
