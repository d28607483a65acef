package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DescriptionTest {
    private record Size(int height, int width) {}

    private enum Mode {
        FAST
    }

    private static Described part(int value) {
        return new Described() {
            @Override
            public Description description() {
                return Description.of("Part").put("value", value).build();
            }
        };
    }

    @Test
    void settingsAndPartsHaveNamesInOrder() {
        Description d = Description.of("Whole")
                .put("scales", new double[] {0.5, 1})
                .put("size", new Size(2, 3))
                .put("mode", Mode.FAST)
                .put("maybe", Optional.empty())
                .put("given", Optional.of(7))
                .put("file", Path.of("a", "b"))
                .put("names", Map.of("b", 2, "a", 1))
                .put("part", part(4))
                .put("list", List.of(part(5), part(6)))
                .put("by", Map.of("x", part(8)))
                .put("none", null)
                .build();
        SortedMap<String, String> expected = new TreeMap<>();
        expected.put("scales", "[0.5, 1.0]");
        expected.put("size.height", "2");
        expected.put("size.width", "3");
        expected.put("mode", "FAST");
        expected.put("maybe", "none");
        expected.put("given", "7");
        expected.put("file", Path.of("a", "b").toString());
        expected.put("names", "{a=1, b=2}");
        expected.put("part", "Part");
        expected.put("part.value", "4");
        expected.put("list.0", "Part");
        expected.put("list.0.value", "5");
        expected.put("list.1", "Part");
        expected.put("list.1.value", "6");
        expected.put("by.x", "Part");
        expected.put("by.x.value", "8");
        expected.put("none", "null");
        assertThat(d.entries()).isEqualTo(expected);
        assertThat(d.under("of")).containsEntry("of", "Whole").containsEntry("of.part.value", "4");
        assertThat(d.under("")).isEqualTo(expected);
        assertThat(d.isStated()).isTrue();
        assertThat(d.requireStated("it")).isSameAs(d);
    }

    @Test
    void hashesTellDescriptionsApart() {
        Description one = Description.of("A").put("x", "1").put("y", "2").build();
        assertThat(Description.of("A").put("y", 2).put("x", 1).build())
                .isEqualTo(one)
                .hasSameHashCodeAs(one);
        assertThat(Description.of("A").put("y", 2).put("x", 1).build().sha256()).isEqualTo(one.sha256());
        assertThat(List.of(
                        Description.of("B").put("x", 1).put("y", 2).build().sha256(),
                        Description.of("A").put("x", 1).build().sha256(),
                        Description.of("A").put("x", "1\n1:y\n1:2").build().sha256(),
                        Description.of("A").put("x", 2).put("y", 1).build().sha256()))
                .doesNotHaveDuplicates()
                .doesNotContain(one.sha256());
    }

    @Test
    void whatSaysNothingIsNamedWhereverItStands() {
        LabelRule rule = (sample, scores) -> LabelMap.of(1, 1, new byte[1]);
        assertThat(rule.description().isStated()).isFalse();
        Description whole =
                Description.of("Whole").put("list", List.of(part(1), rule)).build();
        assertThat(whole.isStated()).isFalse();
        assertThatThrownBy(
                        () -> Description.of("Outer").put("in", whole).build().requireStated("stage 'x'"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stage 'x' does not say what it is made of: ")
                .hasMessageContaining("DescriptionTest$$Lambda");
        assertThat(Description.of("Copy").putAll(whole).build().isStated()).isFalse();
    }

    @Test
    void whatHasNoFixedTextIsRefused() {
        Description.Builder b = Description.of("A").put("x", 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> b.put("y", new Object()))
                .withMessageContaining("setting 'y' is a java.lang.Object");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> b.put("x", 2))
                .withMessage("setting 'x' of A stands twice");
    }

    @Test
    void differencesAreSaidInWords() {
        assertThat(Description.differences(
                        Map.of("same", "1", "changed", "a", "gone", "x"),
                        Map.of("same", "1", "changed", "b", "new", "y")))
                .containsExactly(
                        "changed is 'a' there and 'b' here",
                        "gone is 'x' there and not set here",
                        "new is not set there and 'y' here");
    }

    @Test
    void chainsDescribeTheirParts() {
        ScoreRefiner lambda = (sample, scores) -> scores;
        assertThat(lambda.andThen(lambda).description().isStated()).isFalse();
        ScoreRefiner named = new Named(1);
        Description chain = named.andThen(new Named(2)).description();
        assertThat(chain.isStated()).isTrue();
        assertThat(chain.entries()).containsEntry("first.value", "1").containsEntry("second.value", "2");
        assertThat(chain).isNotEqualTo(new Named(2).andThen(named).description());
    }

    private record Named(int value) implements ScoreRefiner {
        @Override
        public ScoreMaps refine(Sample sample, ScoreMaps scores) {
            return scores;
        }

        @Override
        public Description description() {
            return Description.of("Named").putAll(this).build();
        }
    }
}
