package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.LabelMap;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.MaskSource;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RleMask;
import dev.wsss.api.Sample;
import dev.wsss.api.SplitMix;
import dev.wsss.core.bank.FeatureBank;
import dev.wsss.core.bank.MaskPooling;
import dev.wsss.core.bank.ProposalLabeler;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.datasets.ShapesDataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/** Drawn scenes labelled by a bank of twenty others, by nothing but colours. */
class FeatureBankShapesTest {
    private static final int SIDE = 96;
    private static final int BANKED = 20;
    private static final int SCENES = 60;

    private final Dataset scenes = ShapesDataset.builder()
            .setCount(SCENES)
            .setSeed(2)
            .optSize(SIDE, SIDE)
            .build();

    /** How many of a cell's pixels have each of 125 colours. */
    private static final class ColourHistograms implements FeatureSource {
        private static final int CELLS = 24;
        private static final int LEVELS = 5;

        @Override
        public FeatureMap get(Sample sample) {
            RgbImage image = sample.image();
            byte[] rgb = image.data();
            int cells = CELLS * CELLS;
            float[] counts = new float[LEVELS * LEVELS * LEVELS * cells];
            for (int y = 0; y < image.height(); y++) {
                for (int x = 0; x < image.width(); x++) {
                    int colour = 0;
                    for (int c = 0; c < 3; c++) {
                        colour = LEVELS * colour + (rgb[3 * (y * image.width() + x) + c] & 255) * LEVELS / 256;
                    }
                    int cell = y * CELLS / image.height() * CELLS + x * CELLS / image.width();
                    counts[colour * cells + cell]++;
                }
            }
            return FeatureMap.builder()
                    .setGrid(LEVELS * LEVELS * LEVELS, CELLS, CELLS)
                    .setImageSize(image.height(), image.width())
                    .setFloats(counts)
                    .build();
        }

        @Override
        public Description description() {
            return Description.of("ColourHistograms").build();
        }
    }

    private static MaskProposals proposals(List<RleMask> masks) {
        return new MaskProposals(
                SIDE,
                SIDE,
                masks.stream()
                        .map(mask -> new MaskProposals.Mask(mask, 1, 1, 0))
                        .toList());
    }

    /** What a generator of masks finds where it works: objects, but shifted by up to three pixels, and tiles of the image. */
    private MaskProposals shiftedObjects(Sample sample) {
        int index = Integer.parseInt(sample.id().substring("shapes_".length()));
        LabelMap truth = scenes.truth(index);
        SplitMix random = new SplitMix(5, index);
        List<RleMask> masks = new ArrayList<>();
        for (int label : sample.tags().labels()) {
            int dy = random.below(7) - 3;
            int dx = random.below(7) - 3;
            masks.add(mask((y, x) -> inside(y + dy) && inside(x + dx) && truth.get(y + dy, x + dx) == label));
        }
        for (int tile = 0; tile < 16; tile++) {
            int at = tile;
            masks.add(mask((y, x) -> y * 4 / SIDE == at / 4 && x * 4 / SIDE == at % 4));
        }
        return proposals(masks);
    }

    private static boolean inside(int place) {
        return place >= 0 && place < SIDE;
    }

    private static RleMask mask(BiFunction<Integer, Integer, Boolean> inside) {
        byte[] pixels = new byte[SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (inside.apply(i / SIDE, i % SIDE) ? 1 : 0);
        }
        return RleMask.ofDense(SIDE, SIDE, pixels);
    }

    private double meanIou(ToIntFunction<Sample> uniform) {
        ConfusionMatrix counts = new ConfusionMatrix(scenes.classes().labelCount());
        for (int i = BANKED; i < SCENES; i++) {
            Sample sample = scenes.get(i);
            byte label = (byte) uniform.applyAsInt(sample);
            byte[] labels = new byte[SIDE * SIDE];
            Arrays.fill(labels, label);
            counts.add(LabelMap.wrap(SIDE, SIDE, labels), scenes.truth(i));
        }
        return counts.meanIou(IouConvention.OCCURRING);
    }

    private double meanIou(ProposalLabeler labeler) {
        ConfusionMatrix counts = new ConfusionMatrix(scenes.classes().labelCount());
        for (int i = BANKED; i < SCENES; i++) {
            counts.add(labeler.label(scenes.get(i)), scenes.truth(i));
        }
        return counts.meanIou(IouConvention.OCCURRING);
    }

    @Test
    void coloursOfTwentyScenesLabelTheMasksOfOthers() {
        FeatureSource features = new ColourHistograms();
        FeatureBank.Builder builder = FeatureBank.builder()
                .setClasses(scenes.classes())
                .optPooling(new MaskPooling(2, 30))
                .optMadeOf("features", features);
        for (int i = 0; i < BANKED; i++) {
            builder.add(features.get(scenes.get(i)), scenes.truth(i));
        }
        FeatureBank bank = builder.build();
        MaskSource masks = this::shiftedObjects;
        ProposalLabeler.Builder labeler = ProposalLabeler.builder()
                .setBank(bank)
                .setFeatures(features)
                .setMasks(masks)
                .optNeighbours(1);
        double voted = meanIou(labeler.build());
        double first = meanIou(sample -> sample.tags().labels()[0]);
        double background = meanIou(sample -> 0);
        // measured: 54.4 % beside 9.4 % and 8.5 %
        assertThat(voted).isGreaterThan(0.5).isGreaterThan(5 * Math.max(first, background));
    }
}
