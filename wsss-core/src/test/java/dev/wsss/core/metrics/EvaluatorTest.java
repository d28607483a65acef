package dev.wsss.core.metrics;

import static dev.wsss.core.metrics.FakeData.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What an evaluation covers, and what it leaves out. */
class EvaluatorTest {
    private static final LabelMap RIGHT = map(1, 1, 1, 1);
    private static final LabelMap HALF = map(1, 1, 2, 2);

    @Test
    void anImageThatCannotBeCountedDoesNotCostTheOthersTheirScore() {
        FakeData data = new FakeData("val", "good", "rotated", "rgb", "foreign", "ignored", "none", "noMask", "broken");
        data.masks.put("rotated", map(1, 1, 1, 1, 1, 1));
        data.unreadableMasks.add("rgb");
        data.masks.put("foreign", map(1, 1, 1, 77));
        data.masks.put("ignored", map(255, 255, 255, 255));
        data.withoutMask.add("noMask");
        Evaluation e = Evaluator.on(data).compare("x", i -> {
            if (data.id(i).equals("broken")) {
                throw new InvalidDataException("broken.png: SHA-256 is another");
            }
            return data.id(i).equals("none") ? null : HALF;
        });
        assertThat(e.images()).isEqualTo(1);
        assertThat(e.byImage().ids()).containsExactly("good");
        assertThat(e.confusion().total()).isEqualTo(4);
        assertThat(e.skipped()).containsOnlyKeys("rotated", "rgb", "foreign", "ignored", "broken");
        assertThat(e.skipped().keySet()).containsExactly("rotated", "rgb", "foreign", "ignored", "broken");
        assertThat(e.skipped())
                .hasEntrySatisfying("rotated", r -> assertThat(r).contains("2x2", "2x3"))
                .hasEntrySatisfying("rgb", r -> assertThat(r).contains("RGB"))
                .hasEntrySatisfying("foreign", r -> assertThat(r).contains("truth holds the value 77 in 1 pixels"))
                .hasEntrySatisfying("ignored", r -> assertThat(r).contains("no pixel counts: all 4"))
                .hasEntrySatisfying("broken", r -> assertThat(r).contains("SHA-256"));
        assertThat(e.toString()).contains("1 images, 5 more left out");
        assertThatThrownBy(() -> Evaluator.on(data).strict().compare("x", i -> HALF))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith("sample 'rotated': ");
    }

    @Test
    void noCountedPixelIsNoScoreWhateverTheConvention() {
        FakeData data = new FakeData("val", "a", "b");
        data.masks.put("a", map(255, 255));
        data.masks.put("b", map(255, 255));
        for (IouConvention convention : IouConvention.values()) {
            Evaluation e = Evaluator.on(data, convention).compare("x", i -> map(1, 1));
            assertThat(e.meanIou()).isNaN();
            assertThat(e.images()).isZero();
            assertThat(e.toString()).endsWith("no pixel was counted");
            SweepEvaluation sweep = Evaluator.on(data, convention)
                    .sweep("x", new double[] {0.1}, i -> ScoreMaps.of(new int[0], 2, 1, new float[0]));
            assertThat(sweep.bestMeanIou()).isNaN();
            assertThat(sweep.skipped()).hasSize(2);
        }
    }

    @Test
    void evaluationsOfDifferentImagesAreComparedOnTheCommonOnes() {
        FakeData data = new FakeData("train", "a", "b", "c");
        Evaluation all = Evaluator.on(data).compare("all", i -> i == 0 ? HALF : RIGHT);
        Evaluation some = Evaluator.on(data).compare("some", i -> i == 2 ? null : HALF);
        Set<String> common =
                ImageCounts.common(List.of(all.byImage().ids(), some.byImage().ids(), Set.of()));
        assertThat(common).containsExactly("a", "b");
        assertThat(all.imageSet()).isNotEqualTo(some.imageSet());
        Evaluation on = all.on(common);
        assertThat(on.imageSet())
                .isEqualTo(some.imageSet())
                .isEqualTo(some.on(common).imageSet());
        assertThat(on.images()).isEqualTo(2);
        // of a and b six of eight pixels are right, and none of class 2
        assertThat(on.meanIou()).isCloseTo(0.75 / 2, within(1e-12));
        assertThat(some.on(common).meanIou()).isEqualTo(some.meanIou()).isCloseTo(0.25, within(1e-12));
        assertThat(all.meanIou()).isCloseTo(10 / 12.0 / 2, within(1e-12));
        Evaluation again = Evaluator.on(data).only(common).compare("all", i -> i == 0 ? HALF : RIGHT);
        assertThat(again.meanIou()).isEqualTo(on.meanIou());
        assertThat(again.imageSet()).isEqualTo(on.imageSet());
    }

    @Test
    void imagesOfOneIdInOtherDatasetsAreOthers() {
        Evaluation train = Evaluator.on(new FakeData("train", "a")).compare("x", i -> HALF);
        Evaluation val = Evaluator.on(new FakeData("val", "a")).compare("x", i -> HALF);
        assertThat(train.imageSet()).isNotEqualTo(val.imageSet());
    }

    @Test
    void aSweepLeavesOutWhatAnEvaluationDoes() {
        FakeData data = new FakeData("train", "a", "b", "none", "nan");
        data.unreadableMasks.add("b");
        SweepEvaluation sweep = Evaluator.on(data)
                .sweep(
                        "CAM",
                        new double[] {0.1, 0.5},
                        i -> data.id(i).equals("none")
                                ? null
                                : ScoreMaps.of(new int[] {data.id(i).equals("nan") ? 9 : 1}, 2, 2, new float[] {
                                    0.3f, 0.3f, 0.3f, 0.3f
                                }));
        assertThat(sweep.ids()).containsExactly("a");
        assertThat(sweep.skipped()).containsOnlyKeys("b", "nan");
        assertThat(sweep.best()).isZero();
        assertThat(sweep.bestMeanIou()).isEqualTo(1);
    }
}
