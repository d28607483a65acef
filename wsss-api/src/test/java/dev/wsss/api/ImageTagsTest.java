package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ImageTagsTest {
    private final ClassCatalog with = ClassCatalog.withBackground(List.of("cat", "dog", "sofa"));
    private final ClassCatalog without = ClassCatalog.withoutBackground(List.of("sky", "road", "car"));

    @Test
    void sortsAndMergesTags() {
        ImageTags tags = ImageTags.of(with, 2, 0, 2);
        assertThat(tags.toArray()).containsExactly(0, 2);
        assertThat(tags.labels()).containsExactly(1, 3);
        assertThat(tags.names()).containsExactly("cat", "sofa");
        assertThat(tags.toMultiHot()).containsExactly(1, 0, 1);
        assertThat(tags.size()).isEqualTo(2);
        assertThat(tags.contains(2)).isTrue();
        assertThat(tags.contains(1)).isFalse();
        assertThat(tags)
                .isEqualTo(ImageTags.ofNames(with, List.of("sofa", "cat")))
                .hasToString("[cat, sofa]");
        assertThat(ImageTags.of(without, 1).labels()).containsExactly(1);
        assertThat(ImageTags.of(with).isEmpty()).isTrue();
    }

    @Test
    void cannotBeChangedThroughItsArrays() {
        ImageTags tags = ImageTags.of(with, 1);
        tags.toArray()[0] = 2;
        tags.labels()[0] = 0;
        assertThat(tags.toArray()).containsExactly(1);
    }

    @Test
    void refusesUnknownTags() {
        assertThatThrownBy(() -> ImageTags.of(with, 3))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("3", "0..2");
        assertThatThrownBy(() -> ImageTags.ofNames(with, List.of("cow")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'cow'");
    }

    @Test
    void readsVectorsOfOnesAndZerosOnly() {
        assertThat(ImageTags.ofMultiHot(with, 1, 0, 1).names()).containsExactly("cat", "sofa");
        assertThat(ImageTags.ofMultiHot(with, 0, -0f, 0).isEmpty()).isTrue();
        for (float value : new float[] {255, 0.5f, -1, 2, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> ImageTags.ofMultiHot(with, 0, value, value))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContainingAll(
                            "'dog'", "value " + (value == (int) value ? "" + (int) value : value), "2", "expected 1");
        }
        assertThatThrownBy(() -> ImageTags.ofMultiHot(with, 1, 0))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("2 classes", "expected 3", "sofa");
    }

    @Test
    void derivesTagsFromASinglePixel() {
        LabelMap mask = LabelMap.of(2, 3, new byte[] {0, 0, 3, 0, (byte) 255, 0});
        assertThat(ImageTags.anyPixel(with, mask).names()).containsExactly("sofa");
        LabelMap street = LabelMap.of(1, 3, new byte[] {0, 2, (byte) 255});
        assertThat(ImageTags.anyPixel(without, street).names()).containsExactly("sky", "car");
        assertThatThrownBy(() -> ImageTags.anyPixel(without, LabelMap.of(1, 1, new byte[] {3})))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("3", "0..2");
    }
}
