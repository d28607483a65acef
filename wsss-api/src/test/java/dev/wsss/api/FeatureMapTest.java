package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FeatureMapTest {
    private static FeatureMap.Builder grid() {
        return FeatureMap.builder().setGrid(2, 1, 3).setImageSize(10, 33);
    }

    private static float[] values() {
        return new float[] {0, 1, 2, 3, 4, 5.1f};
    }

    @Test
    void aCellHasAVector() {
        FeatureMap map = grid().setFloats(values()).build();
        assertThat(map.at(1, 0, 2)).isEqualTo(5.1f);
        assertThat(map.at(0, 0, 1)).isEqualTo(1);
        assertThat(map.isHalf()).isFalse();
        assertThat(map.toFloats()).containsExactly(values());
        assertThat(map).hasToString("FeatureMap[2x1x3 of 10x33]");
        assertThatThrownBy(() -> map.at(2, 0, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> map.at(0, 0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> map.isValid(1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void halfsAreKeptAsTheyAre() {
        FeatureMap map = grid().setFloats(values())
                .optValid(new boolean[] {true, false, true})
                .build();
        assertThatIllegalStateException().isThrownBy(map::halfs).withMessageContaining("toHalf()");
        FeatureMap half = map.toHalf();
        assertThat(half.isHalf()).isTrue();
        assertThat(half.toHalf()).isSameAs(half);
        assertThat(half.at(1, 0, 2)).isEqualTo(5.1015625f);
        assertThat(half.toFloats()).containsExactly(0, 1, 2, 3, 4, 5.1015625f);
        assertThat(half.isValid(0, 1)).isFalse();
        assertThat(half).isNotEqualTo(map).isEqualTo(map.toHalf()).hasSameHashCodeAs(map.toHalf());
        assertThat(half).hasToString("FeatureMap[2x1x3 float16 of 10x33]");
        assertThatThrownBy(() -> grid().setFloats(new float[] {0, 0, 0, 0, 70000, 0})
                        .build()
                        .toHalf())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("feature 1", "row 0, column 1", "Infinity");
    }

    @Test
    void cellsMayShowNothing() {
        boolean[] valid = {true, false, true};
        FeatureMap map = grid().setFloats(values()).optValid(valid).build();
        valid[0] = false;
        assertThat(map.isValid(0, 0)).isTrue();
        assertThat(map.isValid(0, 1)).isFalse();
        assertThat(map.allValid()).isFalse();
        FeatureMap whole = grid().setFloats(values()).build();
        assertThat(map).isNotEqualTo(whole);
        assertThat(whole.allValid()).isTrue();
        assertThat(whole.isValid(0, 1)).isTrue();
        assertThat(grid().setFloats(values())
                        .optValid(new boolean[] {true, true, true})
                        .build())
                .isEqualTo(whole);
    }

    @Test
    void refusesWhatIsNoMap() {
        assertThatIllegalStateException()
                .isThrownBy(() -> FeatureMap.builder().build())
                .withMessage("setGrid is required");
        assertThatIllegalStateException()
                .isThrownBy(() -> FeatureMap.builder().setGrid(1, 1, 1).build())
                .withMessage("setImageSize is required");
        assertThatIllegalStateException()
                .isThrownBy(() -> grid().build())
                .withMessage("one of setFloats and setHalfs is required");
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> grid().setFloats(values()).setHalfs(new short[6]).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> grid().setFloats(new float[5]).build())
                .withMessageContainingAll("2x1x3", "6", "got 5");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        grid().setFloats(values()).optValid(new boolean[2]).build())
                .withMessageContainingAll("2 cells", "expected 3");
        assertThatIllegalArgumentException().isThrownBy(() -> grid().setGrid(0, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> grid().setImageSize(1, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> grid().setGrid(1 << 22, 1 << 21, 1 << 21))
                .withMessageContaining("2^31");
        assertThatThrownBy(() -> grid().setHalfs(new short[] {0, 0, 0, (short) 0xFC00, 0, 0})
                        .build())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("feature 1", "row 0, column 0", "-Infinity");
    }
}
