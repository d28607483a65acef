package dev.wsss.core.metrics;

import static dev.wsss.core.metrics.FakeData.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
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
    void pixelsWithoutAPredictionCountByTheRule() {
        FakeData data = new FakeData("val", "a");
        data.masks.put("a", map(1, 1, 0, 2));
        LabelMap unsure = map(1, 255, 255, 2);
        Evaluator evaluator = Evaluator.on(data);

        Evaluation miss = evaluator.compare("x", i -> unsure);
        assertThat(miss.iou()).containsExactly(0, 0.5, 1);
        assertThat(miss.unpredicted()).isEqualTo(2);

        Evaluation leftOut = evaluator.optUnpredicted(Unpredicted.LEFT_OUT).compare("x", i -> unsure);
        assertThat(leftOut.iou()).containsExactly(Double.NaN, 1, 1);
        assertThat(leftOut.confusion().total()).isEqualTo(2);

        Evaluation background = evaluator.optUnpredicted(Unpredicted.BACKGROUND).compare("x", i -> unsure);
        assertThat(background.iou()).containsExactly(0.5, 0.5, 1);
        assertThat(background.unpredicted()).isZero();

        data.classes = ClassCatalog.withoutBackground(List.of("road", "sky", "car"));
        assertThatThrownBy(() -> Evaluator.on(data).optUnpredicted(Unpredicted.BACKGROUND))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("have none");
    }

    @Test
    void labelsOfOneGroupAreAlike() {
        FakeData data = new FakeData("val", "a");
        data.classes = ClassCatalog.withoutBackground(List.of("road", "car", "bus"));
        data.masks.put("a", map(0, 0, 1, 1, 2, 2));
        Evaluation e = Evaluator.on(data).compare("x", i -> map(0, 1, 1, 2, 1, 255));

        Evaluation grouped = e.grouped(List.of("flat", "vehicle", "vehicle"));

        assertThat(grouped.classes().labelNames()).containsExactly("flat", "vehicle");
        assertThat(grouped.iou()).containsExactly(1 / 2.0, 3 / 5.0);
        assertThat(grouped.unpredicted()).isEqualTo(1);
        assertThatThrownBy(() -> e.grouped(List.of("flat", "vehicle")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("2 groups are given for 3 labels; expected one for each");
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

    private static final int MANY = 60;

    private static FakeData many() {
        FakeData data = new FakeData(
                "many", IntStream.range(0, MANY).mapToObj(i -> "i" + i).toArray(String[]::new));
        for (int i = 0; i < MANY; i++) {
            data.masks.put("i" + i, noise(i, i == 11 ? 7 : 8));
        }
        data.masks.put("i5", LabelMap.of(8, 8, new byte[64]));
        data.unreadableMasks.add("i3");
        data.withoutMask.add("i17");
        return data;
    }

    private static LabelMap noise(int seed, int width) {
        byte[] values = new byte[8 * width];
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
            int v = random.nextInt(4);
            values[i] = (byte) (v == 3 ? 255 : v);
        }
        return LabelMap.wrap(8, width, values);
    }

    @Test
    void figuresAreTheSameWhateverTheNumberOfThreads() {
        FakeData data = many();
        Evaluator one = Evaluator.on(data).optBoundary().optObjectSizes(ObjectSizes.Areas.COCO);
        IntFunction<LabelMap> labels = i -> i % 20 == 19 ? null : noise(1000 + i, 8);
        Evaluation alone = one.compare("x", labels);
        assertThat(alone.images()).isEqualTo(MANY - 3 - 3);
        assertThat(alone.skipped()).containsOnlyKeys("i3", "i11");
        for (int threads : new int[] {2, 3, 16}) {
            AtomicInteger now = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            Evaluation e = one.optThreads(threads).compare("x", i -> {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                try {
                    return labels.apply(i);
                } finally {
                    now.decrementAndGet();
                }
            });
            assertThat(e.toJson()).isEqualTo(alone.toJson());
            assertThat(e.byImage().ids())
                    .containsExactlyElementsOf(alone.byImage().ids());
            assertThat(e.on(Set.of("i1")).meanIou())
                    .isEqualTo(alone.on(Set.of("i1")).meanIou());
            assertThat(most.get()).isLessThanOrEqualTo(threads);
        }
    }

    @Test
    void sweepsAreTheSameWhateverTheNumberOfThreads() {
        FakeData data = many();
        IntFunction<ScoreMaps> scores = i -> {
            float[] values = new float[64];
            Random random = new Random(i);
            for (int k = 0; k < 64; k++) {
                values[k] = random.nextFloat();
            }
            return ScoreMaps.of(new int[] {1 + i % 2}, 8, 8, values);
        };
        double[] thresholds = {0.2, 0.5, 0.7};
        SweepEvaluation alone = Evaluator.on(data).sweep("x", thresholds, scores);
        SweepEvaluation many = Evaluator.on(data).optThreads(4).sweep("x", thresholds, scores);
        assertThat(many.sweep().curve(IouConvention.ALL))
                .isEqualTo(alone.sweep().curve(IouConvention.ALL));
        assertThat(many.ids()).containsExactlyElementsOf(alone.ids());
        assertThat(many.skipped()).isEqualTo(alone.skipped()).containsOnlyKeys("i3", "i11");
    }

    @Test
    void anErrorOfAThreadIsTheCallersAndTheFirstInOrder() {
        FakeData data = many();
        Evaluator four = Evaluator.on(data).optThreads(4);
        assertThatThrownBy(() -> four.strict().compare("x", i -> HALF))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith("sample 'i0': ");
        data.masks.put("i0", HALF);
        assertThatThrownBy(() -> four.compare("x", i -> {
                    throw new IllegalStateException("no network");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no network");
        assertThatThrownBy(() -> four.optThreads(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 0");
    }

    @Test
    void resultsThatWaitAreFew() {
        AtomicInteger begun = new AtomicInteger();
        List<Integer> taken = new ArrayList<>();
        List<Integer> ahead = new ArrayList<>();
        try (InOrder<Integer> work = new InOrder<>(3, (index, outcome) -> {
            taken.add(outcome.get());
            ahead.add(begun.get() - index);
        })) {
            for (int i = 0; i < 500; i++) {
                int index = i;
                work.submit(index, () -> {
                    begun.incrementAndGet();
                    return index;
                });
            }
            work.finish();
        }
        assertThat(taken)
                .containsExactlyElementsOf(IntStream.range(0, 500).boxed().toList());
        assertThat(ahead).allMatch(a -> a <= 12);
    }

    @Test
    void imagesOfBackgroundAloneAreLeftOutIfAsked() {
        FakeData data = new FakeData("val", "a", "b", "c");
        data.masks.put("a", map(0, 0, 255, 0));
        data.masks.put("b", map(0, 0, 0, 1));
        Evaluator all = Evaluator.on(data);
        assertThat(all.compare("x", i -> HALF).images()).isEqualTo(3);
        Evaluation some = all.strict().onlyWithForeground().compare("x", i -> HALF);
        assertThat(some.byImage().ids()).containsExactly("b", "c");
        assertThat(some.skipped()).containsExactly(Map.entry("a", "its truth shows the background alone"));
        // without a background value 0 is a class
        data.classes = ClassCatalog.withoutBackground(List.of("road", "sky", "car"));
        assertThat(Evaluator.on(data)
                        .onlyWithForeground()
                        .compare("x", i -> HALF)
                        .images())
                .isEqualTo(3);
    }

    @Test
    void contoursAndSizesAreCountedIfAsked() {
        FakeData data = new FakeData("val", "a", "b");
        Evaluation plain = Evaluator.on(data).compare("x", i -> HALF);
        assertThat(plain.boundary()).isEmpty();
        assertThat(plain.sizes()).isEmpty();
        Evaluation e = Evaluator.on(data)
                .optBoundary(0.1)
                .optObjectSizes(ObjectSizes.Areas.SCALED)
                .compare("x", i -> HALF);
        assertThat(e.boundary().orElseThrow().ratio()).isEqualTo(0.1);
        // all pixels of a small image are on the boundary
        assertThat(e.boundary().orElseThrow().meanIou(IouConvention.OCCURRING)).isEqualTo(e.meanIou());
        assertThat(e.sizes().orElseThrow().objects(ObjectSizes.Size.LARGE)).isEqualTo(2);
        assertThat(e.sizes().orElseThrow().meanRecall(ObjectSizes.Size.LARGE)).isEqualTo(0.5);
        assertThat(e.on(Set.of("a")).boundary()).isEmpty();
    }

    @Test
    void allFiguresAreGivenAsJson() {
        FakeData data = new FakeData("val", "a", "b|c");
        data.unreadableMasks.add("b|c");
        Evaluation e = Evaluator.on(data)
                .optBoundary()
                .optObjectSizes(ObjectSizes.Areas.SCALED)
                .compare("CAM", i -> map(1, 1, 2, 255));
        JsonObject json = JsonParser.parseString(e.toJson()).getAsJsonObject();
        assertThat(json.get("subject").getAsString()).isEqualTo("CAM");
        assertThat(json.get("split").getAsString()).isEqualTo("val");
        assertThat(json.get("images").getAsInt()).isEqualTo(1);
        assertThat(json.get("pixels").getAsLong()).isEqualTo(4);
        assertThat(json.get("unpredicted").getAsLong()).isEqualTo(1);
        assertThat(json.getAsJsonObject("miou").get("OCCURRING").getAsDouble()).isEqualTo(0.25);
        assertThat(json.get("mfpr").getAsDouble()).isEqualTo(0.5);
        assertThat(json.get("mfnr").getAsDouble()).isEqualTo(0.25);
        assertThat(json.getAsJsonObject("boundary").get("miou").getAsDouble()).isEqualTo(0.25);
        assertThat(json.getAsJsonObject("sizes")
                        .getAsJsonObject("large")
                        .get("meanRecall")
                        .getAsDouble())
                .isEqualTo(0.5);
        assertThat(json.getAsJsonObject("sizes")
                        .getAsJsonObject("small")
                        .get("meanRecall")
                        .isJsonNull())
                .isTrue();
        JsonObject cat = json.getAsJsonArray("classes").get(1).getAsJsonObject();
        assertThat(cat.get("name").getAsString()).isEqualTo("cat");
        assertThat(cat.get("iou").getAsDouble()).isEqualTo(0.5);
        assertThat(cat.get("fnr").getAsDouble()).isEqualTo(0.5);
        assertThat(cat.get("fpr").getAsDouble()).isZero();
        assertThat(cat.get("boundaryIou").getAsDouble()).isEqualTo(0.5);
        assertThat(json.getAsJsonObject("skipped").get("b|c").getAsString()).contains("RGB");
    }

    @Test
    void allFiguresAreGivenAsMarkdown() {
        FakeData data = new FakeData("val", "a", "b|c");
        data.unreadableMasks.add("b|c");
        Evaluation e = Evaluator.on(data)
                .optBoundary()
                .optObjectSizes(ObjectSizes.Areas.SCALED)
                .compare("<CAM>", i -> map(1, 1, 2, 255));
        assertThat(e.toMarkdown().lines())
                .startsWith("# \\<CAM\\> on val")
                .contains(
                        "1 images, 4 pixels that count (255 in the truth does not)",
                        "| mIoU % (OCCURRING) | 25.00 |",
                        "| mIoU % (IN\\_TRUTH) | 50.00 |",
                        "| mFPR (of the union) | 0.500 |",
                        "| mFNR (of the union) | 0.250 |",
                        "| mean boundary IoU % (0.02 of the diagonal) | 25.00 |",
                        "| large | 1 | 4 | 50.00 | 50.00 | 50.00 |",
                        "| small | 0 | 0 | - | - | - |",
                        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
                        "| cat | 1 | 50.00 | 0.000 | 0.500 | 100.00 | 50.00 | 4 | 50.00 |",
                        "| background | 0 | - | - | - | - | - | 0 | - |",
                        "## Left out: 1",
                        "- b\\|c: b\\|c.png: is an RGB PNG");
        Evaluation none = Evaluator.on(data).compare("x", i -> null);
        assertThat(none.toMarkdown()).contains("0 images, 0 pixels").doesNotContain("mIoU");
        assertThat(JsonParser.parseString(none.toJson())
                        .getAsJsonObject()
                        .getAsJsonObject("miou")
                        .get("ALL")
                        .isJsonNull())
                .isTrue();
    }
}
