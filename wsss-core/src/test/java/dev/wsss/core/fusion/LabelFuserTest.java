package dev.wsss.core.fusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.LabelMap;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelFuserTest {
    static LabelMap map(int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        return LabelMap.wrap(1, labels.length, bytes);
    }

    private static final List<LabelMap> THREE =
            List.of(map(1, 1, 1, 255, 255, 0), map(1, 2, 2, 2, 255, 0), map(1, 2, 0, 255, 255, 255));

    @Test
    void equalWeightsGiveTheMajorityAndTiesNothing() {
        FusedLabels fused = LabelFuser.vote(1, 1, 1).fuse(THREE);
        assertThat(fused.labels()).isEqualTo(map(1, 2, 255, 2, 255, 0));
        assertThat(fused.agreement()).isEqualTo(map(100, 67, 33, 100, 255, 100));
    }

    @Test
    void weightsDecideWhoWins() {
        FusedLabels fused = LabelFuser.vote(5, 1, 3).fuse(THREE);
        assertThat(fused.labels()).isEqualTo(map(1, 1, 1, 2, 255, 0));
        assertThat(fused.agreement()).isEqualTo(map(100, 56, 56, 100, 255, 100));
        assertThat(LabelFuser.vote(0.1, 0.2, 0.3)
                        .fuse(List.of(map(1), map(1), map(2)))
                        .labels())
                .as("0.1 + 0.2 is as much as 0.3")
                .isEqualTo(map(255));
    }

    @Test
    void aSmallShareGivesNothing() {
        LabelFuser fuser = LabelFuser.vote(1, 1, 1);
        assertThat(fuser.withMinShare(2 / 3.0).fuse(THREE).labels()).isEqualTo(map(1, 2, 255, 2, 255, 0));
        assertThat(fuser.withMinShare(0.7).fuse(THREE).labels()).isEqualTo(map(1, 255, 255, 2, 255, 0));
        assertThatThrownBy(() -> fuser.withMinShare(1.1)).hasMessageContaining("1.1");
    }

    @Test
    void aSourceWithoutAMapHasNoVote() {
        FusedLabels fused = LabelFuser.vote(1, 1, 1).fuse(Arrays.asList(map(1, 2), null, map(1, 1)));
        assertThat(fused.labels()).isEqualTo(map(1, 255));
        assertThat(fused.agreement()).isEqualTo(map(100, 50));
    }

    @Test
    void wrongMapsAreRefused() {
        LabelFuser fuser = LabelFuser.vote(1, 1);
        assertThatThrownBy(() -> fuser.fuse(List.of(map(1), map(1, 2)))).hasMessageContaining("1x1 and 1x2");
        assertThatThrownBy(() -> fuser.fuse(List.of(map(1)))).hasMessageContaining("2 sources, got 1");
        assertThatThrownBy(() -> fuser.fuse(Arrays.asList(null, null))).hasMessageContaining("at least one");
        assertThatThrownBy(() -> LabelFuser.vote(1, 0)).hasMessageContaining("above 0, got 0.0");
    }

    @Test
    void patternsCountAgreement() {
        LabelPatterns patterns = new LabelPatterns(3);
        patterns.add(THREE);
        assertThat(patterns.pixels()).isEqualTo(6);
        assertThat(patterns.unanimous()).isEqualTo(3);
        assertThat(patterns.agreement()[0]).containsExactly(1, 0.5, 1 / 3.0);
        LabelPatterns twice = new LabelPatterns(3);
        twice.add(THREE);
        twice.merge(patterns);
        assertThat(twice.pixels()).isEqualTo(12);
        assertThat(twice.agreement()).isDeepEqualTo(patterns.agreement());
        assertThatThrownBy(() -> new LabelPatterns(9)).hasMessageContaining("1..8, got 9");
    }
}
