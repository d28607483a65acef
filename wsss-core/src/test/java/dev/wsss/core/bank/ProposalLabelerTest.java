package dev.wsss.core.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.MaskSource;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RleMask;
import dev.wsss.api.Sample;
import dev.wsss.core.runtime.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProposalLabelerTest {
    private static final ClassCatalog CLASSES = FeatureBankTest.CLASSES;
    private static final int CAT = 1;
    private static final int DOG = 2;

    /** The axes of three dimensions are ground, cat and dog. */
    private static final FeatureBank BANK = FeatureBankTest.bank(
            3,
            new float[][] {{1, 0, 0}, {1, .1f, 0}, {0, 1, 0}, {0, 1, .1f}, {0, 0, 1}, {.1f, 0, 1}},
            0,
            0,
            CAT,
            CAT,
            DOG,
            DOG);

    /** Four columns of two pixels each: ground, cat, dog, dog. */
    private static final FeatureMap FEATURES = FeatureMap.builder()
            .setGrid(3, 1, 4)
            .setImageSize(2, 8)
            .setFloats(new float[] {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1})
            .build();

    private static Sample sample(ClassCatalog catalog, int... tags) {
        return new Sample("one", new RgbImage(2, 8, new byte[48]), ImageTags.of(catalog, tags));
    }

    private static RleMask columns(int from, int to) {
        return RleMask.ofCounts(2, 8, 2 * from, 2 * (to - from), 2 * (8 - to));
    }

    private static MaskProposals proposals(RleMask... masks) {
        List<MaskProposals.Mask> all = new ArrayList<>();
        for (RleMask mask : masks) {
            all.add(new MaskProposals.Mask(mask, 1, 1, 0));
        }
        return new MaskProposals(2, 8, all);
    }

    private static final class Given implements FeatureSource {
        @Override
        public FeatureMap get(Sample sample) {
            return FEATURES;
        }

        @Override
        public Description description() {
            return Description.of("Given").build();
        }
    }

    private static ProposalLabeler.Builder builder(RleMask... masks) {
        MaskProposals proposals = proposals(masks);
        return ProposalLabeler.builder()
                .setBank(BANK)
                .setFeatures(new Given())
                .setMasks(sample -> proposals)
                .optNeighbours(2);
    }

    private static String row(LabelMap map) {
        StringBuilder row = new StringBuilder();
        for (int x = 0; x < map.width(); x++) {
            assertThat(map.get(1, x)).isEqualTo(map.get(0, x));
            row.append(map.get(0, x) == LabelMap.IGNORE ? "-" : map.get(0, x));
        }
        return row.toString();
    }

    @Test
    void proposalsGetTheLabelOfTheirNearest() {
        ProposalLabeler labeler =
                builder(columns(2, 4), columns(5, 8), columns(0, 2)).build();
        assertThat(row(labeler.label(sample(CLASSES, 0, 1)))).isEqualTo("00110222");
        LabelledMasks voted =
                labeler.vote(sample(CLASSES, 0, 1), proposals(columns(2, 4), columns(5, 8), columns(0, 2)), FEATURES);
        assertThat(voted.masks()).extracting(LabelledMasks.Mask::label).containsExactly(CAT, DOG, 0);
        assertThat(voted.masks()).extracting(LabelledMasks.Mask::score).containsOnly(1.0);
        assertThat(voted.masks()).extracting(LabelledMasks.Mask::proposal).containsExactly(0, 1, 2);
    }

    @Test
    void onlyTagsAndTheBackgroundMayWin() {
        // of cat and ground one cat alone has something in common with the dog's columns
        ProposalLabeler labeler = builder(columns(2, 4), columns(4, 8)).build();
        assertThat(row(labeler.label(sample(CLASSES, 0)))).isEqualTo("00111111");
        assertThat(row(labeler.label(sample(CLASSES)))).isEqualTo("00000000");
        assertThat(row(builder(columns(2, 4))
                        .optUncovered(LabelMap.IGNORE)
                        .build()
                        .label(sample(CLASSES, 1))))
                .isEqualTo("--00----");
    }

    @Test
    void overlappingMasksAreSuppressedByTheBetterOne() {
        // three columns of cat and one of dog: nearer to the cat, and less so than the cat alone
        RleMask cat = columns(2, 4);
        RleMask more = columns(2, 5);
        ProposalLabeler.Builder builder = builder(more, cat);
        assertThat(cat.iou(more)).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(row(builder.optMaxIou(.6).build().label(sample(CLASSES, 0, 1))))
                .isEqualTo("00110000");
        assertThat(row(builder.optMaxIou(2 / 3.0).build().label(sample(CLASSES, 0, 1))))
                .isEqualTo("00111000");
        LabelledMasks twice = new LabelledMasks(
                2,
                8,
                List.of(
                        new LabelledMasks.Mask(cat, CAT, .5, .5, 0),
                        new LabelledMasks.Mask(cat, DOG, .5, .5, 1),
                        new LabelledMasks.Mask(columns(6, 8), DOG, .1, .5, 2)));
        assertThat(twice.suppressed(.99).masks())
                .extracting(LabelledMasks.Mask::proposal)
                .containsExactly(0, 2);
        assertThat(twice.suppressed(1).masks()).hasSize(3);
        assertThat(twice.suppressed(0).masks()).hasSize(2);
    }

    @Test
    void paintsTheBestOrTheSmallestOnTop() {
        LabelledMasks masks = new LabelledMasks(
                2,
                8,
                List.of(
                        new LabelledMasks.Mask(columns(1, 4), 1, .4, 0, 0),
                        new LabelledMasks.Mask(columns(2, 8), 2, .6, 0, 1),
                        new LabelledMasks.Mask(columns(3, 6), 3, .4, .1, 2)));
        assertThat(row(masks.paint(PaintOrder.SCORE, 0))).isEqualTo("01222222");
        assertThat(row(masks.paint(PaintOrder.AREA, LabelMap.IGNORE))).isEqualTo("-1133322");
        assertThat(row(new LabelledMasks(2, 8, List.of()).paint(PaintOrder.SCORE, 7)))
                .isEqualTo("77777777");
        assertThatThrownBy(() -> masks.paint(PaintOrder.AREA, 256)).hasMessageContaining("uncovered is 256");
        assertThatThrownBy(() -> masks.suppressed(1.1)).hasMessageContaining("maxIou is 1.1");
    }

    @Test
    void votesAreCountedOrWeighted() {
        // nearest to the cat by one vector, outvoted by two of the dog
        FeatureBank bank =
                FeatureBankTest.bank(3, new float[][] {{0, 1, .2f}, {0, .3f, 1}, {0, .2f, 1}}, CAT, DOG, DOG);
        ProposalLabeler.Builder builder = builder(columns(2, 4)).setBank(bank).optNeighbours(3);
        Sample sample = sample(CLASSES, 0, 1);
        MaskProposals one = proposals(columns(2, 4));
        LabelledMasks.Mask majority =
                builder.build().vote(sample, one, FEATURES).masks().get(0);
        assertThat(majority.label()).isEqualTo(DOG);
        assertThat(majority.score()).isCloseTo(2 / 3.0, within(1e-12));
        LabelledMasks.Mask weighted = builder.optWeighting(VoteWeighting.SIMILARITY)
                .optTemperature(.1)
                .build()
                .vote(sample, one, FEATURES)
                .masks()
                .get(0);
        double cat = Math.exp(1 / Math.sqrt(1.04) / .1);
        double dogs = Math.exp(.3 / Math.sqrt(1.09) / .1) + Math.exp(.2 / Math.sqrt(1.04) / .1);
        assertThat(weighted.label()).isEqualTo(CAT);
        assertThat(weighted.score()).isCloseTo(cat / (cat + dogs), within(1e-6));
        assertThat(weighted.similarity()).isCloseTo(1 / Math.sqrt(1.04), within(1e-6));
        // so cold that all others underflow, and nothing overflows
        assertThat(builder.optTemperature(1e-9)
                        .build()
                        .vote(sample, one, FEATURES)
                        .masks()
                        .get(0)
                        .score())
                .isEqualTo(1);
        assertThat(row(builder.optWeighting(VoteWeighting.MAJORITY)
                        .optMinScore(.7)
                        .build()
                        .label(sample)))
                .isEqualTo("00000000");
    }

    @Test
    void anEvenVoteGoesToTheMoreSimilar() {
        FeatureBank bank = FeatureBankTest.bank(3, new float[][] {{1, 1, 0}, {0, 1, .5f}}, 0, DOG);
        assertThat(builder(columns(2, 4))
                        .setBank(bank)
                        .build()
                        .label(sample(CLASSES, 1))
                        .get(0, 2))
                .isEqualTo(DOG);
        FeatureBank equal = FeatureBankTest.bank(3, new float[][] {{0, 1, 0}, {0, 1, 0}}, DOG, CAT);
        assertThat(builder(columns(2, 4))
                        .setBank(equal)
                        .build()
                        .label(sample(CLASSES, 0, 1))
                        .get(0, 2))
                .isEqualTo(CAT);
    }

    @Test
    void imagesWithNothingToVoteOn() {
        Sample sample = sample(CLASSES, 0, 1);
        assertThat(row(builder().build().label(sample))).isEqualTo("00000000");
        assertThat(row(builder(columns(0, 0))
                        .optUncovered(LabelMap.IGNORE)
                        .build()
                        .label(sample)))
                .isEqualTo("--------");
        FeatureMap zero = FeatureMap.builder()
                .setGrid(3, 1, 1)
                .setImageSize(2, 8)
                .setFloats(new float[3])
                .build();
        assertThat(builder()
                        .build()
                        .vote(sample, proposals(columns(0, 8)), zero)
                        .masks())
                .isEmpty();
        // neither tag nor background to win
        FeatureBank dogs = FeatureBankTest.bank(3, new float[][] {{0, 0, 1}}, DOG);
        ProposalLabeler labeler = builder(columns(0, 8)).setBank(dogs).build();
        assertThat(row(labeler.label(sample(CLASSES)))).isEqualTo("00000000");
        // and one class alone wins everything
        assertThat(row(labeler.label(sample(CLASSES, 1)))).isEqualTo("22222222");
    }

    @Test
    void classesWithoutBackground() {
        ClassCatalog stuff = ClassCatalog.withoutBackground(List.of("sky", "road"));
        FeatureBank bank = FeatureBank.builder()
                .setClasses(stuff)
                .add(FEATURES, List.of(columns(0, 2), columns(2, 4)), 0, 1)
                .build();
        ProposalLabeler labeler =
                builder(columns(0, 2), columns(3, 4)).setBank(bank).build();
        assertThat(row(labeler.label(sample(stuff, 0, 1)))).isEqualTo("00-1----");
        assertThat(row(labeler.label(sample(stuff)))).isEqualTo("--------");
    }

    @Test
    void refusesByName() {
        Sample sample = sample(CLASSES, 0, 2);
        assertThatThrownBy(() -> builder().build().label(sample))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage("image one is tagged with 'sofa', of which the bank has no vector; it has of"
                        + " [background, cat, dog]");
        assertThatThrownBy(() -> builder().build().label(sample(ClassCatalog.withBackground(List.of("cow")), 0)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("one")
                .hasMessageContaining("cow");
        Sample good = sample(CLASSES, 0);
        MaskProposals other = new MaskProposals(2, 9, List.of());
        assertThatThrownBy(() -> builder().build().label(good, other, FEATURES))
                .hasMessage("image one: masks are of 2x9 pixels; expected the image's 2x8");
        FeatureMap wide = MaskPoolingTest.random(4, 2, 2, 1);
        assertThatThrownBy(() -> builder().build().label(good, proposals(), wide))
                .hasMessage("image one: features have 4 channels; expected the bank's 3");
        ProposalLabeler.Builder empty = ProposalLabeler.builder();
        assertThatThrownBy(empty::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setBank is required");
        assertThatThrownBy(empty.setBank(BANK)::build).hasMessage("setFeatures is required");
        assertThatThrownBy(empty.setFeatures(new Given())::build).hasMessage("setMasks is required");
        assertThatThrownBy(() -> empty.optNeighbours(0)).hasMessageContaining("neighbours is 0");
        assertThatThrownBy(() -> empty.optTemperature(0)).hasMessageContaining("temperature is 0.0");
        assertThatThrownBy(() -> empty.optMaxIou(Double.NaN)).hasMessageContaining("maxIou is NaN");
        assertThatThrownBy(() -> empty.optMinScore(-1)).hasMessageContaining("minScore is -1.0");
        assertThatThrownBy(() -> builder().optUncovered(4).build())
                .hasMessageContaining("uncovered is 4; expected 0..3");
    }

    @Test
    void saysWhatItIsMadeOf() {
        MaskSource stated = new MaskSource() {
            @Override
            public MaskProposals get(Sample sample) {
                return proposals();
            }

            @Override
            public Description description() {
                return Description.of("None").build();
            }
        };
        Description one = builder().setMasks(stated).build().description();
        assertThat(one.isStated()).isTrue();
        assertThat(one.entries()).containsEntry("neighbours", "2").containsKey("bank.sha256");
        assertThat(builder().setMasks(stated).optMinScore(.1).build().description())
                .isNotEqualTo(one);
        assertThat(builder().build().description().isStated()).isFalse();
    }

    @Test
    void leavesNoMemoryBehind() {
        ProposalLabeler labeler =
                builder(columns(2, 4), columns(5, 8), columns(0, 2)).build();
        Sample sample = sample(CLASSES, 0, 1);
        LabelMap first = labeler.label(sample);
        LeakCheck.assertFlat(200, () -> assertThat(labeler.label(sample)).isEqualTo(first));
    }
}
