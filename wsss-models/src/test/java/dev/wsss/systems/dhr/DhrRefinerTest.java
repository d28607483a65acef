package dev.wsss.systems.dhr;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntBinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A canvas of 56x56 whose left half looks like class a, label 1, and whose right half like background; features have 4x4 cells
 * of 14 pixels.
 */
class DhrRefinerTest {
    private static final int SIDE = 56;
    private static final int HALF = SIDE / 2;
    private static final int I = LabelMap.IGNORE;
    private static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("a", "b"));
    private static final ClassCatalog STUFF = ClassCatalog.withoutBackground(List.of("a", "b", "c"));

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor mask(IntBinaryOperator labelAt) {
        long[] mask = new long[SIDE * SIDE];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = labelAt.applyAsInt(i / SIDE, i % SIDE);
        }
        return Tensors.of(mask, SIDE, SIDE);
    }

    /** Planes of 4x4 cells that are the same in each row. */
    private static Tensor planes(float[]... columns) {
        float[] all = new float[columns.length * 16];
        for (int d = 0; d < columns.length; d++) {
            for (int y = 0; y < 4; y++) {
                System.arraycopy(columns[d], 0, all, (d * 4 + y) * 4, 4);
            }
        }
        return Tensors.of(all, columns.length, 4, 4);
    }

    private static Tensor halves() {
        return planes(new float[] {1, 1, .1f, .1f}, new float[] {.1f, .1f, 1, 1});
    }

    private static Tensor image() {
        float[] rgb = new float[3 * SIDE * SIDE];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = i % SIDE < HALF ? 1.5f : -1;
        }
        return Tensors.of(rgb, 3, SIDE, SIDE);
    }

    private static DhrSample sample(Tensor mask, Tensor cams, float[] tags, ContentBox content) {
        return new DhrSample(image(), mask, Tensors.of(tags, tags.length), content, cams, halves(), List.of(halves()));
    }

    private static DhrSample sample(Tensor mask, float... camOfA) {
        Tensor cams = planes(camOfA, new float[] {9, 9, 9, 9});
        return sample(mask, cams, new float[] {1, 0}, ContentBox.whole(SIDE, SIDE));
    }

    private static final float[] LEFT = {4, 3, -1, -1};

    private static DhrRefiner.Builder refiner() {
        return DhrRefiner.builder().setClasses(CLASSES);
    }

    private static void assertLabels(Tensor labels, IntBinaryOperator labelAt) {
        assertThat(Tensors.toLongs(labels)).containsExactly(Tensors.toLongs(mask(labelAt)));
    }

    private static int leftIsA(int y, int x) {
        return x < HALF ? 1 : 0;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void featuresCompleteAClassThatIsLabelledInPart(boolean interClass) {
        DhrRefiner refiner = refiner()
                .optSeed(false)
                .optInterClass(interClass)
                .optIntraClass(!interClass)
                .build();
        Tensor given = mask((y, x) -> x < 14 ? 1 : 0);
        assertLabels(refiner.refine(sample(given, LEFT)), DhrRefinerTest::leftIsA);
        assertLabels(given, (y, x) -> x < 14 ? 1 : 0);
        assertThat(refiner.counts()).isEqualTo(new DhrRefiner.Counts(1, 0, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void theCrfKeepsToTheImagesEdges() {
        try (DenseCrf crf = DenseCrf.deeplabPytorch().build()) {
            DhrRefiner refiner = refiner().optCrf(crf).build();
            assertLabels(refiner.refine(sample(mask((y, x) -> 0), LEFT)), DhrRefinerTest::leftIsA);
        }
    }

    @Test
    void seedsRecoverAMissingClassAndKeepTheBackground() {
        DhrRefiner.Refined refined = refiner().build().explain(sample(mask((y, x) -> 0), LEFT));
        assertLabels(refined.seeded(), DhrRefinerTest::leftIsA);
        assertLabels(refined.labels(), DhrRefinerTest::leftIsA);
        assertThat(refined.counts().missed()).isZero();
        assertThat(requireNonNull(refined.balanced()).labels()).containsExactly(0, 1);
    }

    @Test
    void publishedSeedsWipeTheBackgroundOut() {
        DhrRefiner.Refined refined = refiner()
                .optCompat(new DhrCompat(true, false, false, false, false))
                .build()
                .explain(sample(mask((y, x) -> 0), LEFT));
        assertLabels(refined.seeded(), (y, x) -> 1);
        assertLabels(refined.labels(), (y, x) -> 1);
        assertThat(refined.counts().alone()).isEqualTo(1);
    }

    @Test
    void whatTheTwoBackgroundsDoNotAgreeOnKeepsItsLabel() {
        // the second column of cells scores 0.8 / 4 = 0.2, between 0.05 and 0.3
        DhrSeed.Seeds seeds =
                DhrSeed.builder().setClasses(CLASSES).build().apply(sample(mask((y, x) -> 2), 4, .8f, -1, -1));
        assertLabels(seeds.mask(), (y, x) -> x < 14 ? 1 : x < HALF ? 2 : 0);
        assertLabels(seeds.seeds(), (y, x) -> x < 14 ? 1 : x < HALF ? I : 0);
        DhrSeed.Seeds lower = DhrSeed.builder()
                .setClasses(CLASSES)
                .optThresholds(0.1, 0.05)
                .build()
                .apply(sample(mask((y, x) -> 2), 4, .8f, -1, -1));
        assertLabels(lower.mask(), DhrRefinerTest::leftIsA);
    }

    @Test
    void paddingStaysUnlabelled() {
        ContentBox content = new ContentBox(0, 14, 42, 56);
        Tensor given = mask((y, x) -> y < 14 || x >= 42 ? I : 0);
        DhrSample sample = sample(given, planes(LEFT, LEFT), new float[] {1, 0}, content);
        assertLabels(refiner().build().refine(sample), (y, x) -> y < 14 || x >= 42 ? I : leftIsA(y, x));
    }

    @Test
    void withoutLabelsNothingIsBalancedAndItIsCounted() {
        DhrRefiner refiner = refiner().optSeed(false).build();
        assertLabels(refiner.refine(sample(mask((y, x) -> I), LEFT)), (y, x) -> I);
        assertThat(refiner.counts()).isEqualTo(new DhrRefiner.Counts(1, 0, 0, 1, 0, 0, 0, 1));
        assertThat(refiner.takeCounts().unlabelled()).isEqualTo(1);
        assertThat(refiner.counts()).isEqualTo(DhrRefiner.Counts.NONE);
    }

    @Test
    void aTaggedClassWithoutSeedIsCounted() {
        DhrRefiner refiner = refiner().build();
        assertLabels(refiner.refine(sample(mask((y, x) -> 0), -1, -1, -1, -1)), (y, x) -> 0);
        assertThat(refiner.counts()).isEqualTo(new DhrRefiner.Counts(1, 0, 1, 0, 1, 0, 0, 1));
    }

    @Test
    void cropsWithoutTagsHaveNoSeeds() {
        DhrRefiner refiner = refiner().build();
        DhrSample untagged = sample(mask((y, x) -> 0), planes(LEFT, LEFT), new float[2], ContentBox.whole(SIDE, SIDE));
        assertLabels(refiner.refine(untagged), (y, x) -> 0);
        assertThat(refiner.counts()).isEqualTo(new DhrRefiner.Counts(1, 1, 0, 0, 1, 0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClassAloneTakesLabelledPixelsWhereThereIsNoBackground(boolean spreads) {
        DhrRefiner refiner = DhrRefiner.builder()
                .setClasses(STUFF)
                .optSeed(false)
                .optCompat(new DhrCompat(false, false, false, spreads, false))
                .build();
        Tensor given = mask((y, x) -> y == 3 ? x < 5 ? 0 : I : 2);
        DhrSample sample = sample(given, planes(LEFT, LEFT, LEFT), new float[] {0, 0, 1}, ContentBox.whole(SIDE, SIDE));
        assertLabels(refiner.refine(sample), (y, x) -> y == 3 && x >= 5 && !spreads ? I : 2);
        assertThat(refiner.counts().alone()).isEqualTo(1);
    }

    @Test
    void aClassAloneLeavesTheSeededMaskWhereThereIsBackground() {
        Tensor given = mask((y, x) -> y == 3 ? x < 5 ? 1 : I : 0);
        assertLabels(
                refiner().optSeed(false).build().refine(sample(given, LEFT)), (y, x) -> y == 3 ? x < 5 ? 1 : I : 0);
    }

    @Test
    void cellsWithoutLengthAreCounted() {
        DhrSample s = sample(mask((y, x) -> x < 14 ? 1 : 0), LEFT);
        float[] features = Tensors.toFloats(s.features());
        features[5] = features[21] = 0;
        DhrSample holed = new DhrSample(
                s.image(), s.mask(), s.tags(), s.content(), s.cams(), Tensors.of(features, 2, 4, 4), s.levels());
        DhrRefiner.Refined refined = refiner().optSeed(false).build().explain(holed);
        assertThat(refined.counts().lengthless()).isEqualTo(1);
        assertThat(Arrays.stream(Tensors.toLongs(refined.labels()))).allMatch(v -> v == 0 || v == 1);
    }

    @Test
    void withEverythingOffTheLabelsAreThoseGiven() {
        DhrSample sample = sample(mask((y, x) -> x < 14 ? 1 : I), LEFT);
        DhrRefiner refiner = refiner()
                .optSeed(false)
                .optInterClass(false)
                .optIntraClass(false)
                .build();
        Tensor same = refiner.refine(sample);
        assertLabels(same, (y, x) -> x < 14 ? 1 : I);
        assertThat(same.data_ptr().address())
                .isNotEqualTo(sample.mask().data_ptr().address());
    }

    @Test
    void whatDoesNotFitIsRefusedByName() {
        DhrRefiner refiner = refiner().build();
        DhrSample good = sample(mask((y, x) -> 0), LEFT);
        DhrSample image = new DhrSample(
                good.image(),
                good.mask(),
                good.tags(),
                good.content(),
                good.cams(),
                Tensors.of(new float[2 * 6 * 8], 2, 6, 8),
                good.levels());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> refiner.refine(image))
                .withMessageContaining("6x8 cells")
                .withMessageContaining("56x56");
        DhrSample three = sample(good.mask(), planes(LEFT, LEFT, LEFT), new float[3], ContentBox.whole(SIDE, SIDE));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> refiner.refine(three))
                .withMessageContaining("2 classes, got 3");
        assertThatThrownBy(() -> refiner.refine(sample(mask((y, x) -> 3), LEFT)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("label 3")
                .hasMessageContaining("0 to 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sample(good.mask(), good.cams(), new float[3], good.content()))
                .withMessageContaining("tags");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sample(good.mask(), good.cams(), new float[2], new ContentBox(0, 0, 57, 56)))
                .withMessageContaining("content");
        float[] lost = Tensors.toFloats(good.features());
        lost[3] = Float.NaN;
        DhrSample notFinite = new DhrSample(
                good.image(),
                good.mask(),
                good.tags(),
                good.content(),
                good.cams(),
                Tensors.of(lost, 2, 4, 4),
                good.levels());
        assertThatThrownBy(() -> refiner.refine(notFinite))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("not finite");
        assertThatThrownBy(() -> DhrRefiner.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setClasses is required");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> refiner().optSeedThresholds(0.05, 0.3))
                .withMessageContaining("foreground 0.05");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> refiner().optTau(1))
                .withMessageContaining("tau");
    }
}
