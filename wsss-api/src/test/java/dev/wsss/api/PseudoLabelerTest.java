package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who closes which score maps. */
class PseudoLabelerTest {
    private final ClassCatalog classes = ClassCatalog.withBackground(List.of("a"));
    private final Sample sample = new Sample("x", new RgbImage(1, 1, new byte[3]), ImageTags.of(classes, 0));
    private final List<String> events = new ArrayList<>();

    private ScoreMaps traced(String name, float value) {
        ScoreMaps maps = ScoreMaps.of(new int[] {1}, 1, 1, new float[] {value});
        return new ScoreMaps() {
            @Override
            public int[] labels() {
                return maps.labels();
            }

            @Override
            public int height() {
                return 1;
            }

            @Override
            public int width() {
                return 1;
            }

            @Override
            public float[] toArray() {
                return maps.toArray();
            }

            @Override
            public void close() {
                events.add("close " + name);
            }
        };
    }

    private ScoreRefiner plusOne(String name) {
        return (s, scores) -> {
            events.add("refine " + name);
            return traced(name, scores.toArray()[0] + 1);
        };
    }

    @Test
    void closesEveryMapOnce() {
        PseudoLabeler labeler = PseudoLabeler.of(
                s -> traced("cam", 1),
                List.of(plusOne("walk"), plusOne("crf")),
                (s, scores) -> LabelMap.of(1, 1, new byte[] {(byte) scores.toArray()[0]}));
        assertThat(labeler.label(sample).get(0, 0)).isEqualTo(3);
        assertThat(events).containsExactly("refine walk", "close cam", "refine crf", "close walk", "close crf");
    }

    @Test
    void closesMapsWhenARefinerFails() {
        ScoreRefiner failing = (s, scores) -> {
            throw new InvalidDataException("no");
        };
        PseudoLabeler labeler = PseudoLabeler.of(
                s -> traced("cam", 1),
                List.of(plusOne("walk"), failing),
                (s, scores) -> LabelMap.of(1, 1, new byte[1]));
        assertThatThrownBy(() -> labeler.label(sample)).isInstanceOf(InvalidDataException.class);
        assertThat(events).containsExactly("refine walk", "close cam", "close walk");
    }

    @Test
    void chainedRefinersCloseWhatLiesBetween() {
        try (ScoreMaps cam = traced("cam", 1);
                ScoreMaps out = plusOne("walk").andThen(plusOne("crf")).refine(sample, cam)) {
            assertThat(out.toArray()[0]).isEqualTo(3);
        }
        assertThat(events).containsExactly("refine walk", "refine crf", "close walk", "close crf", "close cam");
    }
}
