package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClassCatalogTest {
    private final ClassCatalog with = ClassCatalog.withBackground(List.of("cat", "dog"));
    private final ClassCatalog without = ClassCatalog.withoutBackground(List.of("sky", "road"));

    @Test
    void numbersTagsAndLabelsWithABackground() {
        assertThat(with.hasBackground()).isTrue();
        assertThat(with.tagCount()).isEqualTo(2);
        assertThat(with.labelCount()).isEqualTo(3);
        assertThat(with.labelNames()).containsExactly("background", "cat", "dog");
        assertThat(with.tagNames()).containsExactly("cat", "dog");
        assertThat(with.labelOfTag(1)).isEqualTo(2);
        assertThat(with.tagOfLabel(2)).isEqualTo(1);
        assertThat(with.requireTag("dog")).isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> with.tagOfLabel(0))
                .withMessageContaining("1..2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> with.labelOfTag(2))
                .withMessageContaining("0..1");
    }

    @Test
    void numbersTagsAndLabelsAlikeWithoutOne() {
        assertThat(without.hasBackground()).isFalse();
        assertThat(without.labelCount()).isEqualTo(2);
        assertThat(without.labelOfTag(1)).isEqualTo(1);
        assertThat(without.tagOfLabel(0)).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> without.labelOfTag(-1));
    }

    @Test
    void namesTheClassesThereAreWhenOneIsUnknown() {
        assertThatThrownBy(() -> with.requireTag("background"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("'background'", "cat", "dog");
    }

    @Test
    void findsNamesThatDifferInCaseAndWhiteSpace() {
        ClassCatalog classes =
                ClassCatalog.withBackground(List.of("cat", "Dining Table", "CAT", "Stra\u00DFe", "\u00E9"));
        assertThat(classes.findTag(" dining table\u2003")).hasValue(1);
        assertThat(classes.requireTag("STRASSE")).isEqualTo(3);
        assertThat(classes.findTag("e\u0301")).hasValue(4);
        assertThat(classes.findTag("CAT")).hasValue(2);
        assertThat(classes.findTag("cat")).hasValue(0);
        assertThat(classes.findTag("diningtable")).isEmpty();
        assertThat(classes.findTag("background")).isEmpty();
        assertThatThrownBy(() -> classes.findTag("Cat"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("'Cat'", "[cat, CAT]");
    }

    @Test
    void refusesWrongNames() {
        assertThatIllegalArgumentException().isThrownBy(() -> ClassCatalog.withoutBackground(List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassCatalog.withBackground(List.of("a", "a")))
                .withMessageContaining("'a'");
        assertThatIllegalArgumentException().isThrownBy(() -> ClassCatalog.withBackground(List.of(" ")));
        List<String> many = IntStream.range(0, 255).mapToObj(i -> "c" + i).toList();
        assertThat(ClassCatalog.withoutBackground(many).labelCount()).isEqualTo(ClassCatalog.MAX_LABELS);
        assertThatIllegalArgumentException().isThrownBy(() -> ClassCatalog.withBackground(many));
        assertThatThrownBy(() -> with.labelNames().add("x")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> Collections.swap(with.tagNames(), 0, 1))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    /** Values of the table published with PASCAL VOC. */
    @Test
    void hasVocsColours() {
        int[] palette = ClassCatalog.vocPalette();
        assertThat(palette).hasSize(256);
        assertThat(palette[1]).isEqualTo(0x800000);
        assertThat(palette[3]).isEqualTo(0x808000);
        assertThat(palette[8]).isEqualTo(0x400000);
        assertThat(palette[15]).isEqualTo(0xC08080);
        assertThat(palette[20]).isEqualTo(0x004080);
        assertThat(palette[255]).isEqualTo(0xE0E0C0);
    }

    @Test
    void takesOtherColours() {
        ClassCatalog blue = with.withColours(0, 0x0000FF, 0x00FF00);
        assertThat(blue.colour(1)).isEqualTo(0x0000FF);
        assertThat(blue.colour(LabelMap.IGNORE)).isEqualTo(0xE0E0C0);
        assertThat(blue.palette()[2]).isEqualTo(0x00FF00);
        assertThat(with.colour(1)).isEqualTo(0x800000);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> with.withColours(1))
                .withMessageContaining("3 colours");
        assertThatIllegalArgumentException().isThrownBy(() -> with.colour(256));
    }

    @Test
    void isEqualByNamesAndBackground() {
        assertThat(with)
                .isEqualTo(ClassCatalog.withBackground(List.of("cat", "dog")))
                .hasSameHashCodeAs(ClassCatalog.withBackground(List.of("cat", "dog")))
                .isNotEqualTo(ClassCatalog.withoutBackground(List.of("background", "cat", "dog")))
                .isNotEqualTo(without);
    }
}
