package dev.wsss.systems.dhr;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The parts of DHR's labels and its loss, on numbers that numpy gave. */
class DhrPartsTest {
    private static final long I = LabelMap.IGNORE;

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static void assertClose(Tensor got, double... expected) {
        double[] values = Tensors.toDoubles(got);
        assertThat(values).hasSameSizeAs(expected);
        for (int i = 0; i < values.length; i++) {
            assertThat(values[i]).as("element " + i).isCloseTo(expected[i], within(1e-5));
        }
    }

    private static Tensor toyMask() {
        return Tensors.of(new long[] {0, 0, 5, 5, 0, 5, 5, I, 7, 7, I, I, 0, 0, I, 9}, 4, 4);
    }

    @Test
    void cellsTakeTheMostFrequentLabelAndOfEqualsTheSmallest() {
        Tensor cells = new CellGrid(2, 2).evenLabels(toyMask());
        assertThat(Tensors.toLongs(cells)).containsExactly(0, 5, 0, I);
        Tensor features = Tensors.of(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 3, 2, 2);
        ClassPrototypes classes = ClassPrototypes.of(features, cells);
        assertThat(classes.labels()).containsExactly(0, 5);
        assertClose(classes.means(), 1, 5, 9, 1, 5, 9);
        assertThat(classes.indexOf(5)).isEqualTo(1);
        assertThat(classes.indexOf(7)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(ints = {72, 37})
    void cellsStartAtTheirShareOfTheAxisRoundedDown(int columns) {
        // all labels of a cell differ, so that the smallest is that of its first pixel
        Tensor mask = Tensors.of(LongStream.range(0, 518).map(x -> x % 250).toArray(), 1, 518);
        long[] starts = Tensors.toLongs(new CellGrid(1, columns).labels(mask, 1, 14));
        assertThat(Arrays.copyOf(starts, 8))
                .containsExactly(
                        columns == 72
                                ? new long[] {0, 7, 14, 21, 28, 35, 43, 50}
                                : new long[] {0, 14, 28, 42, 56, 70, 84, 98});
    }

    @Test
    void masksAreEnlargedAsOpenCvDoes() {
        // 512 to 518: pixel 85 stands twice, as floor(86 * 512 / 518) is 85 too
        Tensor mask = Tensors.of(LongStream.range(0, 512).map(x -> x % 250).toArray(), 1, 512);
        long[] first = Tensors.toLongs(new CellGrid(1, 518).labels(mask, 1, 14));
        long[] expected = LongStream.range(0, 518).map(x -> x * 512 / 518 % 250).toArray();
        assertThat(first).containsExactly(expected);
        assertThat(Arrays.stream(first).distinct().count()).isEqualTo(250);
    }

    @Test
    void cellsOfTheContentAreThoseItCoversByHalf() {
        CellGrid grid = new CellGrid(4, 4);
        // columns of 14 pixels: 7 of the first, none of the last; rows: 6 of the third
        assertThat(grid.inside(new ContentBox(7, 0, 42, 34), 56, 56)).containsExactly(0, 1, 2, 4, 5, 6);
        assertThat(grid.inside(ContentBox.whole(56, 56), 56, 56)).hasSize(16);
        // a strip that covers no row by half has the row it covers best
        assertThat(grid.inside(new ContentBox(0, 12, 56, 17), 56, 56)).containsExactly(4, 5, 6, 7);
    }

    @Test
    void gridsOfSomethingElseAreRefused() {
        new CellGrid(37, 37).requireOneSize(512, 512);
        new CellGrid(74, 74).requireOneSize(512, 512);
        new CellGrid(37, 22).requireOneSize(512, 300);
        new CellGrid(36, 21).requireOneSize(512, 300);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CellGrid(54, 72).requireOneSize(512, 512))
                .withMessageContaining("54x72")
                .withMessageContaining("512x512");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CellGrid(90, 2).patchLabels(Tensors.of(new long[4], 2, 2)))
                .withMessageContaining("90 rows")
                .withMessageContaining("mask of 2");
        assertThatThrownBy(() -> new CellGrid(1, 1).evenLabels(Tensors.of(new long[] {300}, 1, 1)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("300");
    }

    @Test
    void setsAreStarsAboveTau() {
        Tensor correlation =
                Tensors.of(new float[] {1, .85f, .2f, .81f, 0, 1, .79f, .9f, 0, 0, 1, .8f, 0, 0, 0, 1}, 4, 4);
        assertThat(ClassHierarchy.setsOf(correlation, 0.8))
                .containsExactly(new int[] {0, 1, 3}, new int[] {1, 3}, new int[] {2}, new int[] {3});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassHierarchy.setsOf(correlation, 1))
                .withMessageContaining("tau");
    }

    private static Tensor toyFeatures() {
        return Tensors.of(new float[] {2, 2, 1, 0, 1, 3, 0, 1, 2, 2, 2, 0, 1, 0, 0, 1, 0, 1}, 3, 2, 3);
    }

    private static Tensor toyLevel() {
        return Tensors.of(new float[] {1, 2, 0, 0, 1, 3, 0, 1, 3, 1, 0, 1}, 2, 2, 3);
    }

    /** Labels [[0,0,1],[2,2,0]] of cells of 14 pixels. */
    private static Tensor toyCells() {
        return cells(2, 3, 0, 0, 1, 2, 2, 0);
    }

    private static Tensor cells(int rows, int columns, long... labels) {
        long[] mask = new long[rows * columns * 14 * 14];
        for (int y = 0; y < rows * 14; y++) {
            for (int x = 0; x < columns * 14; x++) {
                mask[y * columns * 14 + x] = labels[y / 14 * columns + x / 14];
            }
        }
        return Tensors.of(mask, rows * 14L, columns * 14L);
    }

    @Test
    void heatmapsOfThreeClassesOfWhichTwoLookAlike() {
        DhrRebalancing.Rebalanced r =
                DhrRebalancing.builder().build().apply(toyFeatures(), List.of(toyLevel()), toyCells(), null);
        assertThat(r.labels()).containsExactly(0, 1, 2);
        assertClose(r.prototypes().unit(), .952579, .136083, .272166, .447214, .894427, 0, .235702, .942809, .235702);
        assertClose(requireNonNull(r.hierarchy()).correlation(), 1, .547723, .416975, 0, 1, .948683, 0, 0, 1);
        assertThat(requireNonNull(r.hierarchy()).sets())
                .containsExactly(new int[] {0}, new int[] {1, 2}, new int[] {2});
        assertClose(
                requireNonNull(r.unsupervised()),
                .978517,
                .896974,
                .407715,
                0,
                .407715,
                1,
                0,
                .666667,
                1,
                .666667,
                1,
                .040440,
                .027801,
                .513900,
                1,
                1,
                1,
                0);
        assertClose(
                requireNonNull(r.student()),
                .924951,
                .985301,
                0,
                0,
                .924951,
                1,
                0,
                .447214,
                1,
                1,
                0,
                .316228,
                0,
                1,
                0,
                0,
                0,
                .775408);
        assertClose(
                r.heatmaps(),
                .967805,
                .068175,
                .000035,
                0,
                .000232,
                1,
                0,
                0,
                1,
                .640561,
                .012350,
                0,
                .000985,
                .962308,
                0,
                0,
                1,
                0);
        assertThat(r.dropped()).isZero();
    }

    @Test
    void paddingTakesNoPart() {
        // a column of padding with features of its own, labelled as nothing
        float[] wide = new float[3 * 2 * 4];
        float[] narrow = Tensors.toFloats(toyFeatures());
        for (int d = 0; d < 3; d++) {
            for (int y = 0; y < 2; y++) {
                System.arraycopy(narrow, (d * 2 + y) * 3, wide, (d * 2 + y) * 4, 3);
                wide[(d * 2 + y) * 4 + 3] = -7 - d;
            }
        }
        Tensor features = Tensors.of(wide, 3, 2, 4);
        Tensor mask = cells(2, 4, 0, 0, 1, I, 2, 2, 0, I);
        ContentBox content = new ContentBox(0, 0, 42, 28);
        DhrRebalancing alone = DhrRebalancing.builder().optIntraClass(false).build();
        Tensor inside = alone.apply(features, List.of(), mask, content).heatmaps();
        Tensor expected =
                alone.apply(toyFeatures(), List.of(), toyCells(), null).heatmaps();
        assertClose(inside.narrow(2, 0, 3), Tensors.toDoubles(expected));
        assertClose(inside.narrow(2, 3, 1), new double[6]);
        Tensor padded = DhrRebalancing.builder()
                .optIntraClass(false)
                .optCompat(new DhrCompat(false, true, false, false, false))
                .build()
                .apply(features, List.of(), mask, content)
                .unsupervised();
        // the padding is the least similar of all, and so the 0 of the scale
        assertThat(Tensors.toDoubles(requireNonNull(padded))[3]).isZero();
        assertThat(Tensors.toDoubles(requireNonNull(padded))[4]).isGreaterThan(0.5);
    }

    @Test
    void eitherPartCanBeLeftOut() {
        DhrRebalancing.Rebalanced student = DhrRebalancing.builder()
                .optInterClass(false)
                .build()
                .apply(toyFeatures(), List.of(toyLevel()), toyCells(), null);
        assertThat(student.unsupervised()).isNull();
        assertThat(student.hierarchy()).isNull();
        assertClose(student.sets(), Tensors.toDoubles(requireNonNull(student.student())));
        DhrRebalancing.Rebalanced both =
                DhrRebalancing.builder().optIntraClass(false).build().apply(toyFeatures(), List.of(), toyCells(), null);
        assertThat(both.student()).isNull();
        assertClose(both.sets(), Tensors.toDoubles(requireNonNull(both.unsupervised())));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DhrRebalancing.builder().build().apply(toyFeatures(), List.of(), toyCells(), null))
                .withMessageContaining("levels");
    }

    @Test
    void aClassThatTheStudentsCellsLackLeavesItsSet() {
        // 28 pixels to 3 cells: cells of 9 rows, of which class 1 has 5, or after enlarging to 30 of 10, of which it
        // has 5
        long[] mask = new long[28 * 28];
        for (int y = 4; y < 9; y++) {
            Arrays.fill(mask, y * 28, y * 28 + 9, 1);
        }
        float[] same = new float[2 * 9];
        Arrays.fill(same, 1);
        same[4] = 0.9f;
        float[] level = new float[9];
        Arrays.fill(level, 1);
        DhrRebalancing.Rebalanced r = DhrRebalancing.builder()
                .build()
                .apply(Tensors.of(same, 2, 3, 3), List.of(Tensors.of(level, 1, 3, 3)), Tensors.of(mask, 28, 28), null);
        assertThat(r.labels()).containsExactly(0, 1);
        assertThat(Tensors.toLongs(r.levelCells())).containsOnly(0);
        assertThat(requireNonNull(r.hierarchy()).sets().get(0)).containsExactly(0, 1);
        assertThat(r.dropped()).isEqualTo(1);
        assertClose(r.sets(), Tensors.toDoubles(requireNonNull(r.unsupervised())));
    }

    @Test
    void constantHeatmapsAreZeroAndNotANumberInThePublishedCode() {
        float[] same = new float[2 * 6];
        Arrays.fill(same, 1);
        Tensor features = Tensors.of(same, 2, 2, 3);
        DhrRebalancing.Builder b = DhrRebalancing.builder().optIntraClass(false);
        assertClose(b.build().apply(features, List.of(), toyCells(), null).heatmaps(), new double[18]);
        DhrRebalancing bare =
                b.optCompat(new DhrCompat(false, false, true, false, false)).build();
        assertThatThrownBy(() -> bare.apply(features, List.of(), toyCells(), null))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("not finite");
    }

    @Test
    void featuresOfNoLengthAreSimilarToNothing() {
        float[] f = Tensors.toFloats(toyFeatures());
        f[0] = f[6] = f[12] = 0;
        DhrRebalancing.Rebalanced r = DhrRebalancing.builder()
                .optIntraClass(false)
                .build()
                .apply(Tensors.of(f, 3, 2, 3), List.of(), toyCells(), null);
        double[] heat = Tensors.toDoubles(requireNonNull(r.unsupervised()));
        assertThat(heat[0]).isZero();
        assertThat(Arrays.stream(heat)).allMatch(Double::isFinite);
        assertThat(Arrays.stream(Tensors.toDoubles(r.heatmaps()))).allMatch(Double::isFinite);
        Tensor none = Tensors.of(new float[18], 3, 2, 3);
        ClassPrototypes classes = ClassPrototypes.of(none, new CellGrid(2, 3).patchLabels(toyCells()));
        assertClose(classes.unit(), new double[9]);
        assertClose(classes.similarity(none), new double[18]);
    }

    @Test
    void oneClassIsNotBalanced() {
        DhrRebalancing.Rebalanced r = DhrRebalancing.builder()
                .build()
                .apply(toyFeatures(), List.of(toyLevel()), cells(2, 3, 4, 4, 4, I, 4, 4), null);
        assertThat(r.labels()).containsExactly(4);
        assertClose(r.heatmaps(), Tensors.toDoubles(requireNonNull(r.unsupervised())));
        assertThat(Tensors.toDoubles(r.heatmaps())).contains(1.0);
        DhrRebalancing.Rebalanced none = DhrRebalancing.builder()
                .build()
                .apply(toyFeatures(), List.of(toyLevel()), cells(2, 3, I, I, I, I, I, I), null);
        assertThat(none.labels()).isEmpty();
        assertThat(Tensors.shape(none.heatmaps())).containsExactly(0, 2, 3);
    }

    @Test
    void boxesOnMapsAreRoundedDown() {
        ContentBox box = new ContentBox(37, 0, 512, 333);
        assertThat(box.on(512, 512, 32, 32)).isEqualTo(new ContentBox(2, 0, 32, 20));
        // 4 pixels of a row of 512 are no cell of 32, and so one
        assertThat(new ContentBox(33, 0, 37, 512).on(512, 512, 32, 32)).isEqualTo(new ContentBox(2, 0, 3, 32));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> box.on(512, 500, 32, 32))
                .withMessageContaining("512x500");
        assertThatIllegalArgumentException().isThrownBy(() -> new ContentBox(3, 0, 3, 5));
    }

    @Test
    void lossIsTheSoftMarginOfPooledMapsAndTheCrossEntropyOfOnePixel() {
        // maps of 2x2 cells whose left column alone is content
        Tensor cams = Tensors.of(new float[] {1, 50, 3, 50, -1, 50, -1, 50, 0, 50, 0, 50}, 1, 3, 2, 2);
        Tensor tags = Tensors.of(new float[] {1, 0, 0}, 1, 3);
        long[] mask = new long[16];
        Arrays.fill(mask, I);
        mask[0] = 1;
        Tensor logits = Tensors.of(new float[] {.5f, 9, 9, 9, 1.5f, -9, 9, 9}, 1, 2, 2, 2);
        DhrLoss.Terms terms = DhrLoss.repaired()
                .apply(logits, Tensors.of(mask, 1, 4, 4), cams, tags, List.of(new ContentBox(0, 0, 2, 4)));
        assertThat(Tensors.item(terms.classification())).isCloseTo(0.377779, within(1e-6));
        double nll = Math.log(Math.exp(.5) + Math.exp(1.5)) - 1.5;
        assertThat(Tensors.item(terms.segmentation())).isCloseTo(nll, within(1e-6));
        assertThat(Tensors.item(terms.total())).isCloseTo(nll + 0.377779, within(2e-6));
    }

    @Test
    void withoutLabelledPixelsTheLossIsThatOfTags() {
        long[] mask = new long[16];
        Arrays.fill(mask, I);
        Tensor masks = Tensors.of(mask, 1, 4, 4);
        Tensor logits = Tensors.of(new float[8], 1, 2, 2, 2).requires_grad_(true);
        Tensor cams = Tensors.of(new float[4], 1, 1, 2, 2);
        Tensor tags = Tensors.of(new float[] {1}, 1, 1);
        List<ContentBox> all = List.of(ContentBox.whole(4, 4));
        DhrLoss.Terms terms = DhrLoss.repaired().apply(logits, masks, cams, tags, all);
        assertThat(Tensors.item(terms.segmentation())).isZero();
        assertThat(Tensors.item(terms.total())).isCloseTo(Math.log(2), within(1e-6));
        terms.total().backward();
        assertClose(logits.grad(), new double[8]);
        DhrLoss.Terms published = new DhrLoss(DhrCompat.original()).apply(logits, masks, cams, tags, all);
        assertThat(Tensors.item(published.segmentation())).isNaN();
    }

    @Test
    void masksOfAnotherTypeAreRefused() {
        Tensor logits = Tensors.of(new float[8], 1, 2, 2, 2);
        Tensor cams = Tensors.of(new float[4], 1, 1, 2, 2);
        Tensor bytes = Tensors.of(new long[16], 1, 4, 4).to(ScalarType.Byte);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DhrLoss.repaired()
                        .apply(logits, bytes, cams, Tensors.of(new float[] {1}, 1, 1), List.of(ContentBox.whole(4, 4))))
                .withMessageContaining("masks must be int64");
    }
}
