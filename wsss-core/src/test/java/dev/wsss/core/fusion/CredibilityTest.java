package dev.wsss.core.fusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.LabelMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CredibilityTest {
    private static final int LABELS = 4;
    private static final int PIXELS = 200_000;

    /** What each source says of each class: right with this probability, else any other class alike. */
    private static final double[][] RIGHT = {{0.95, 0.9, 0.9, 0.9}, {0.6, 0.9, 0.5, 0.6}, {0.6, 0.4, 0.7, 0.55}};

    private final int[] truth = new int[PIXELS];
    private final List<LabelMap> sources = new ArrayList<>();

    CredibilityTest() {
        Random random = new Random(7);
        byte[][] said = new byte[RIGHT.length][PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            truth[i] = random.nextInt(10) < 5 ? 0 : 1 + random.nextInt(LABELS - 1);
            for (int s = 0; s < RIGHT.length; s++) {
                int label = random.nextDouble() < RIGHT[s][truth[i]]
                        ? truth[i]
                        : (truth[i] + 1 + random.nextInt(LABELS - 1)) % LABELS;
                said[s][i] = (byte) (random.nextInt(20) == 0 ? LabelMap.IGNORE : label);
            }
        }
        for (byte[] labels : said) {
            sources.add(LabelMap.wrap(1, PIXELS, labels));
        }
    }

    private double accuracy(LabelMap labels) {
        int right = 0;
        for (int i = 0; i < PIXELS; i++) {
            right += labels.get(0, i) == truth[i] ? 1 : 0;
        }
        return (double) right / PIXELS;
    }

    private Credibility estimate() {
        LabelPatterns patterns = new LabelPatterns(3);
        patterns.add(sources);
        return Credibility.estimate(patterns, LABELS);
    }

    @Test
    void errorsAreFoundWithoutTheTruth() {
        Credibility credibility = estimate();
        for (int s = 0; s < 3; s++) {
            for (int t = 0; t < LABELS; t++) {
                assertThat(credibility.says(s, t, t))
                        .as("source %d of class %d", s, t)
                        .isEqualTo(RIGHT[s][t], within(0.06));
            }
        }
        assertThat(credibility.prior(0)).isEqualTo(0.5, within(0.03));
        assertThat(credibility.accuracy(0)).isGreaterThan(credibility.accuracy(1) + 0.2);
        assertThat(credibility.rounds()).isBetween(2, 200);
    }

    /** One good source among two bad ones: the majority is worse than it, the credibility is not. */
    @Test
    void decidesBetterThanTheMajorityAndEachSource() {
        double fused = accuracy(LabelFuser.of(estimate()).fuse(sources).labels());
        double majority = accuracy(LabelFuser.vote(1, 1, 1).fuse(sources).labels());
        double best = accuracy(sources.get(0));
        assertThat(majority).isLessThan(best);
        assertThat(fused).isGreaterThan(best + 0.03).isGreaterThan(majority + 0.08);
    }

    /** Bayes' rule with shares that were counted by hand. */
    @Test
    void theFirstRoundsAreThePapers() {
        // 90 pixels of which all say 0, 90 of which all say 1, 20 of which the first says 0 and the others 1
        LabelPatterns patterns = new LabelPatterns(3);
        patterns.add(List.of(row(90, 0, 90, 1, 20, 0), row(90, 0, 90, 1, 20, 1), row(90, 0, 90, 1, 20, 1)));
        Credibility credibility = Credibility.estimate(patterns, 2);
        // the 20 are of class 1 for two sources: in the limit q(1) is 1 but for 1e-4
        assertThat(credibility.prior(1)).isEqualTo(110 / 200.0, within(1e-3));
        assertThat(credibility.says(0, 1, 0)).isEqualTo(21 / 112.0, within(1e-3));
        assertThat(credibility.says(1, 1, 0)).isEqualTo(1 / 112.0, within(1e-3));
        assertThat(credibility.says(0, 0, 0)).isEqualTo(91 / 92.0, within(1e-3));
        double zero = 0.45 * 91 / 92 * 1 / 92 * 1 / 92;
        double one = 0.55 * 21 / 112 * 111 / 112 * 111 / 112;
        assertThat(credibility.posterior(new int[] {0, 1, 1}, new int[] {0, 1})[1])
                .isEqualTo(one / (zero + one), within(1e-4));
        assertThat(credibility.posterior(new int[] {0, 255, 255}, new int[] {0, 1})[1])
                .as("sources without a label take no part")
                .isEqualTo(0.55 * 21 / 112 / (0.45 * 91 / 92 + 0.55 * 21 / 112), within(1e-3));
    }

    private static LabelMap row(int... counts) {
        byte[] labels = new byte[200];
        int at = 0;
        for (int i = 0; i < counts.length; i += 2) {
            for (int n = 0; n < counts[i]; n++) {
                labels[at++] = (byte) counts[i + 1];
            }
        }
        return LabelMap.wrap(1, at, labels);
    }

    @Test
    void whatTellsNothingIsRefused() {
        LabelPatterns two = new LabelPatterns(2);
        two.add(sources.subList(0, 2));
        assertThatThrownBy(() -> Credibility.estimate(two, LABELS)).hasMessageContaining("from 3 sources on, got 2");
        LabelPatterns three = new LabelPatterns(3);
        three.add(List.of(LabelFuserTest.map(255), LabelFuserTest.map(255), LabelFuserTest.map(255)));
        assertThatThrownBy(() -> Credibility.estimate(three, LABELS)).hasMessageContaining("no source has a label");
        three.add(sources);
        assertThatThrownBy(() -> Credibility.estimate(three, 3)).hasMessageContaining("label 3");
    }
}
