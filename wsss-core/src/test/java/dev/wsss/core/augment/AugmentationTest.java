package dev.wsss.core.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.SplitMix;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AugmentationTest {
    private static final int H = 9;
    private static final int W = 12;

    /** Every pixel's level is its label, and both tell its place. */
    private static final byte[] PLACES = new byte[H * W];

    private static final RgbImage IMAGE;
    private static final LabelMap LABELS;

    static {
        byte[] rgb = new byte[H * W * 3];
        for (int i = 0; i < PLACES.length; i++) {
            PLACES[i] = (byte) i;
            rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = (byte) i;
        }
        IMAGE = new RgbImage(H, W, rgb);
        LABELS = LabelMap.of(H, W, PLACES);
    }

    private static DrawnView draw(Augmentation augmentation, RgbImage image, long... keys) {
        return augmentation.draw(image, new SplitMix(keys));
    }

    private static RgbImage image(Augmentation augmentation, RgbImage image, long... keys) {
        return draw(augmentation, image, keys).image(image);
    }

    private static LabelMap labels(DrawnView drawn) {
        return Views.labels(LABELS, drawn.geometry());
    }

    @Test
    void doesNothingUnlessAsked() {
        DrawnView drawn = draw(Augmentation.builder().build(), IMAGE, 1, 2, 3);
        assertThat(drawn.geometry().isWhole()).isTrue();
        assertThat(drawn.image(IMAGE)).isEqualTo(IMAGE);
        assertThat(labels(drawn)).isEqualTo(LABELS);
        assertThat(draw(Augmentation.none(), IMAGE, 1, 2, 3).image(IMAGE)).isEqualTo(IMAGE);
    }

    @Test
    void flipsAboutHalfOfTheImages() {
        Augmentation flip = Augmentation.builder().optFlip(true).build();
        int flipped = 0;
        for (int i = 0; i < 200; i++) {
            DrawnView result = draw(flip, IMAGE, 1, 0, i);
            if (!result.image(IMAGE).equals(IMAGE)) {
                assertThat(result.image(IMAGE)).isEqualTo(IMAGE.flipped());
                assertThat(labels(result).get(3, 0)).isEqualTo(3 * W + W - 1);
                flipped++;
            }
        }
        assertThat(flipped).isBetween(70, 130);
    }

    /** Without scaling, pixels and labels move together, and what lies outside is fill and ignored. */
    @Test
    void cropsAndPadsImageAndLabelsAlike() {
        Augmentation augmentation = Augmentation.builder()
                .optCrop(6, 20)
                .optFlip(true)
                .optFill(0xFEFDFC)
                .build();
        Set<Integer> firstRows = new HashSet<>();
        Set<Integer> margins = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            DrawnView drawn = draw(augmentation, IMAGE, 1, 0, i);
            RgbImage result = drawn.image(IMAGE);
            LabelMap labels = labels(drawn);
            assertThat(result.height()).isEqualTo(6);
            assertThat(result.width()).isEqualTo(20);
            int ignored = 0;
            for (int p = 0; p < 120; p++) {
                int label = labels.get(p / 20, p % 20);
                int level = result.data()[3 * p] & 255;
                if (label == LabelMap.IGNORE) {
                    assertThat(level).isEqualTo(0xFE);
                    assertThat(result.data()[3 * p + 2] & 255).isEqualTo(0xFC);
                    ignored++;
                } else {
                    assertThat(level).isEqualTo(label);
                    firstRows.add(p < 20 ? label / W : 0);
                }
            }
            assertThat(ignored).isEqualTo(6 * 8);
            int margin = 0;
            while (labels.get(0, margin) == LabelMap.IGNORE) {
                margin++;
            }
            margins.add(margin);
        }
        assertThat(firstRows).containsExactlyInAnyOrder(0, 1, 2, 3);
        assertThat(margins).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void scalesBilinearlyWithHalfPixelCentres() {
        RgbImage two = new RgbImage(1, 2, new byte[] {0, 0, 0, 100, 100, 100});
        Augmentation doubled = Augmentation.builder().optScale(2, 2).build();
        DrawnView result = draw(doubled, two, 0, 0, 0);
        assertThat(result.image(two).height()).isEqualTo(2);
        byte[] row = result.image(two).data();
        assertThat(new int[] {row[0], row[3], row[6], row[9]}).containsExactly(0, 25, 75, 100);
        assertThat(Views.labels(LabelMap.of(1, 2, new byte[] {3, 4}), result.geometry()))
                .isEqualTo(LabelMap.of(2, 4, new byte[] {3, 3, 4, 4, 3, 3, 4, 4}));

        Augmentation halved = Augmentation.builder().optScale(0.5, 0.5).build();
        assertThat(image(halved, IMAGE, 0, 0, 0).width()).isEqualTo(6);
        Augmentation tiny = Augmentation.builder().optScale(0.01, 0.01).build();
        assertThat(image(tiny, IMAGE, 0, 0, 0).data()).hasSize(3);
    }

    @Test
    void drawsScalesFromTheRange() {
        Augmentation scale = Augmentation.builder().optScale(0.5, 2).build();
        Set<Integer> widths = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            widths.add(image(scale, IMAGE, 0, 0, i).width());
        }
        assertThat(widths).allSatisfy(w -> assertThat(w).isBetween(6, 24)).hasSizeGreaterThan(15);
    }

    @Test
    void jittersColoursWithinBounds() {
        RgbImage grey = new RgbImage(1, 2, new byte[] {40, 40, 40, 60, 60, 60});
        Augmentation light = Augmentation.builder().optColourJitter(0.25, 0, 0).build();
        Set<Byte> levels = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            byte[] data = image(light, grey, 0, 0, i).data();
            assertThat(data[0]).isBetween((byte) 30, (byte) 50);
            assertThat(data[3] * 40.0 / 60).isBetween(data[0] - 1.0, data[0] + 1.0);
            levels.add(data[0]);
        }
        assertThat(levels).hasSizeGreaterThan(12);

        Augmentation contrast = Augmentation.builder().optColourJitter(0, 1, 0).build();
        Augmentation padded =
                Augmentation.builder().optColourJitter(0, 1, 0).optCrop(9, 9).build();
        for (int i = 0; i < 50; i++) {
            byte[] data = image(contrast, grey, 0, 0, i).data();
            assertThat(data[0] + data[3]).isBetween(99, 101);
            byte[] framed = image(padded, grey, 0, 0, i).data();
            int sum = 0;
            for (int p = 0; p < framed.length; p += 3) {
                sum += framed[p] == (byte) 124 && framed[p + 1] == 116 ? 0 : framed[p];
            }
            assertThat(sum).isBetween(99, 101);
        }
        Augmentation colour =
                Augmentation.builder().optColourJitter(0, 0, 1, 0.5).build();
        assertThat(image(colour, grey, 0, 0, 1)).isEqualTo(grey);
    }

    @Test
    void dependsOnSeedEpochAndIndexAlone() {
        Augmentation augmentation = Augmentation.builder()
                .optScale(0.5, 2)
                .optCrop(7, 7)
                .optFlip(true)
                .optColourJitter(0.3, 0.3, 0.3)
                .build();
        RgbImage first = image(augmentation, IMAGE, 1, 2, 3);
        LabelMap firstLabels = labels(draw(augmentation, IMAGE, 1, 2, 3));
        assertThat(image(augmentation, IMAGE, 1, 2, 3)).isEqualTo(first);
        assertThat(labels(draw(augmentation, IMAGE, 1, 2, 3))).isEqualTo(firstLabels);
        long[][] others = {{2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {1, 3, 2}};
        for (long[] keys : others) {
            assertThat(image(augmentation, IMAGE, keys)).isNotEqualTo(first);
            assertThat(labels(draw(augmentation, IMAGE, keys))).isNotEqualTo(firstLabels);
        }
    }

    @Test
    void refusesWrongArguments() {
        Augmentation.Builder builder = Augmentation.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optScale(0, 1))
                .withMessageContaining("0.0..1.0");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optScale(2, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optScale(Double.NaN, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optCrop(0, 3))
                .withMessageContaining("0x3");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optColourJitter(0, 2, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optFill(-1));
    }

    @Test
    void scoresMoveWithTheImage() {
        ScoreMaps scores = ScoreMaps.of(new int[] {1}, 2, 2, new float[] {0, 1, 0.5f, 0.25f});
        RgbImage image = new RgbImage(2, 2, new byte[12]);
        for (int i = 0; i < 8; i++) {
            Augmentation augmentation =
                    Augmentation.builder().optFlip(true).optCrop(4, 4).build();
            LabelMap labels = LabelMap.of(2, 2, new byte[] {10, 20, 15, 12});
            DrawnView drawn = draw(augmentation, image, 7, 0, i);
            float[] values = Views.scores(
                            scores, drawn.geometry(), drawn.resampling().interpolation())
                    .toArray();
            LabelMap moved = Views.labels(labels, drawn.geometry());
            for (int p = 0; p < 16; p++) {
                int label = moved.toArray()[p] & 255;
                float expected = label == 20 ? 1 : label == 15 ? 0.5f : label == 12 ? 0.25f : 0;
                assertThat(values[p]).isEqualTo(expected);
            }
        }
    }

    @Test
    void longSideIsDrawnFromItsRange() {
        Augmentation augmentation = Augmentation.builder().optLongSide(30, 34).build();
        Set<Integer> widths = new TreeSet<>();
        for (int i = 0; i < 60; i++) {
            RgbImage out = image(augmentation, new RgbImage(10, 20, new byte[600]), 3, 0, i);
            assertThat(out.height()).isEqualTo((int) Math.rint(out.width() / 2.0));
            widths.add(out.width());
        }
        assertThat(widths).containsExactly(30, 31, 32, 33, 34);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Augmentation.builder().optLongSide(9, 8))
                .withMessage("long side is 9..8; expected 1 <= min <= max");
    }

    /** Values of Pillow 11, {@code Image.fromarray(a).resize((w, h), Image.BICUBIC)}. */
    @Test
    void bicubicIsPillows() {
        byte[] row = new byte[8 * 3];
        int[] grey = {10, 200, 30, 90, 250, 0, 60, 120};
        for (int i = 0; i < row.length; i++) {
            row[i] = (byte) grey[i / 3];
        }
        assertThat(resized(row, 2)).containsExactly(102, 95);
        assertThat(resized(row, 12)).containsExactly(0, 109, 190, 49, 39, 116, 246, 131, 0, 46, 95, 124);
    }

    private static int[] resized(byte[] row, int width) {
        Augmentation resize = Augmentation.builder()
                .optLongSide(width, width)
                .optBicubic(true)
                .build();
        byte[] out = image(resize, new RgbImage(1, 8, row), 1, 0, 0).data();
        int[] values = new int[width];
        for (int i = 0; i < width; i++) {
            values[i] = out[3 * i] & 255;
        }
        return values;
    }

    @Test
    void mapsOfAnotherSizeThanTheSourceAreRefused() {
        ViewGeometry geometry = ViewGeometry.whole(1, 2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Views.labels(LabelMap.of(2, 1, new byte[2]), geometry))
                .withMessage("labels are 2x1; expected 1x2 as the view's source");
        ScoreMaps scores = ScoreMaps.of(new int[] {1}, 2, 1, new float[2]);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Views.scores(scores, geometry, Interpolation.BILINEAR))
                .withMessage("scores are 2x1; expected 1x2 as the view's source");
    }
}
