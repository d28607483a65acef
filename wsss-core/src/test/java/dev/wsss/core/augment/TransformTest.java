package dev.wsss.core.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.SplitMix;
import dev.wsss.core.augment.RandomCrop.SmallImage;
import dev.wsss.core.image.Normalize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TransformTest {
    private static final int IGNORE = LabelMap.IGNORE;
    /** Pixels that a kernel reaches, at twice the size. */
    private static final int KERNEL = 4;

    private static final int FILL = 0x0A0B0C;
    private static final List<Nearest> NEAREST = List.of(Nearest.values());
    private static final Normalize LEVELS = Normalize.ofLevels(new double[3], new double[] {1, 1, 1});

    /** Squares of twenty pixels, each of a label and of the colour that goes with it. */
    private static LabelMap squares(int height, int width) {
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) (1 + (i / width / 20 * 3 + i % width / 20 * 5) % 20);
        }
        return LabelMap.wrap(height, width, labels);
    }

    private static int red(int label) {
        return 10 * label + 30;
    }

    private static RgbImage coloured(LabelMap labels) {
        byte[] rgb = new byte[3 * labels.height() * labels.width()];
        for (int i = 0; i < rgb.length; i += 3) {
            int label = labels.toArray()[i / 3] & 255;
            rgb[i] = (byte) red(label);
            rgb[i + 1] = (byte) (255 - red(label));
            rgb[i + 2] = (byte) label;
        }
        return new RgbImage(labels.height(), labels.width(), rgb);
    }

    private static RgbImage noise(int height, int width, long seed) {
        SplitMix random = new SplitMix(seed);
        byte[] rgb = new byte[3 * height * width];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) random.below(256);
        }
        return new RgbImage(height, width, rgb);
    }

    private static DrawnView draw(RgbImage image, long seed, Transform... transforms) {
        return Augmentation.builder()
                .optTransforms(transforms)
                .optFill(FILL)
                .build()
                .draw(image, new SplitMix(seed));
    }

    private static int[] size(DrawnView drawn) {
        return new int[] {drawn.geometry().height(), drawn.geometry().width()};
    }

    private static RgbImage blank(int height, int width) {
        return new RgbImage(height, width, new byte[3 * height * width]);
    }

    static Stream<List<Transform>> geometric() {
        return Stream.of(
                List.of(new RandomScale(0.6, 1.8)),
                List.of(new ScaleChoice(List.of(0.5, 1.25, 2.0), SideRounding.FLOOR)),
                List.of(new RandomLongSide(40, 90)),
                List.of(new RandomFit(120, 60, 0.5, 1.5)),
                List.of(new ResizeTo(50, 33)),
                List.of(new RandomCrop(30, 80)),
                List.of(new RandomCrop(30, 80, SmallImage.TOP_LEFT)),
                List.of(new RandomCrop(30, 80, SmallImage.STAYS), new RandomFlip(0.5), PadTo.size(70, 70)),
                List.of(PadTo.multipleOf(16), new RandomFlip(1)),
                List.of(new Crop(-3, 5, 44, 61)),
                List.of(new RandomRotation(-40, 40)),
                List.of(
                        new RandomScale(0.6, 1.8),
                        new RandomFlip(0.5),
                        new RandomCrop(48, 48),
                        new RandomRotation(-180, 180),
                        new RandomFlip(0.5)));
    }

    /** Away from the squares' borders, the colour of each pixel tells its label, and the scores say so too. */
    @ParameterizedTest
    @MethodSource("geometric")
    void imageLabelsAndScoresMoveTogether(List<Transform> transforms) {
        LabelMap labels = squares(52, 66);
        RgbImage image = coloured(labels);
        float[] scores = new float[52 * 66];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = red(labels.toArray()[i] & 255) / 255f;
        }
        ScoreMaps maps = ScoreMaps.of(new int[] {1}, 52, 66, scores);
        for (Interpolation interpolation : Interpolation.values()) {
            Augmentation augmentation = Augmentation.builder()
                    .optTransforms(transforms.toArray(Transform[]::new))
                    .optResampling(new Resampling(interpolation, NEAREST.get(interpolation.ordinal() % NEAREST.size())))
                    .optFill(FILL)
                    .build();
            int certain = 0;
            for (int seed = 0; seed < 20; seed++) {
                DrawnView drawn = augmentation.draw(image, new SplitMix(seed));
                RgbImage seen = drawn.image(image);
                LabelMap moved = Views.labels(
                        labels, drawn.geometry(), drawn.resampling().nearest());
                float[] movedScores =
                        Views.scores(maps, drawn.geometry(), interpolation).toArray();
                float[] input = drawn.input(image, LEVELS);
                certain += assertAgree(seen, moved, movedScores, input);
            }
            assertThat(certain).isGreaterThan(100);
        }
    }

    private static int assertAgree(RgbImage seen, LabelMap labels, float[] scores, float[] input) {
        int w = seen.width();
        assertThat(labels.width()).isEqualTo(w);
        byte[] label = labels.toArray();
        int certain = 0;
        for (int y = KERNEL; y < seen.height() - KERNEL; y++) {
            for (int x = KERNEL; x < w - KERNEL; x++) {
                int i = y * w + x;
                if (!isUniform(label, i, w)) {
                    continue;
                }
                certain++;
                int level = seen.data()[3 * i] & 255;
                if ((label[i] & 255) == IGNORE) {
                    assertThat(level).isEqualTo(FILL >> 16);
                    assertThat(scores[i]).isZero();
                } else {
                    assertThat(level).isEqualTo(red(label[i]));
                    assertThat(scores[i] * 255).isCloseTo(level, within(1e-3f));
                }
                assertThat(input[i]).isCloseTo(level, within(1e-3f));
            }
        }
        return certain;
    }

    private static boolean isUniform(byte[] label, int at, int width) {
        for (int dy = -KERNEL; dy <= KERNEL; dy++) {
            for (int dx = -KERNEL; dx <= KERNEL; dx++) {
                if (label[at + dy * width + dx] != label[at]) {
                    return false;
                }
            }
        }
        return true;
    }

    @Test
    void sizesFollowTheirRules() {
        assertThat(size(draw(blank(1080, 1920), 1, new RandomFit(1024, 512)))).containsExactly(512, 910);
        assertThat(size(draw(blank(1024, 2048), 1, new RandomFit(2048, 1024, 0.7777, 0.7777))))
                .containsExactly(796, 1592);
        assertThat(size(draw(blank(1024, 2048), 1, new RandomFit(2048, 1024, 1.9999, 1.9999))))
                .containsExactly(2047, 4094);
        assertThat(size(draw(blank(375, 500), 1, new ScaleChoice(List.of(0.75), SideRounding.FLOOR))))
                .containsExactly(281, 375);
        assertThat(size(draw(blank(375, 500), 1, new RandomScale(1.5, 1.5)))).containsExactly(562, 750);
        assertThat(size(draw(blank(57, 43), 1, new RandomLongSide(64, 64, 0, SideRounding.FLOOR))))
                .containsExactly(64, 48);
        assertThat(size(draw(blank(100, 400), 1, new RandomLongSide(288, 288, 224, SideRounding.HALF_EVEN))))
                .containsExactly(224, 896);
        assertThat(size(draw(blank(30, 47), 1, PadTo.multipleOf(16)))).containsExactly(32, 48);
        assertThat(size(draw(blank(30, 47), 1, PadTo.size(20, 60)))).containsExactly(30, 60);
        assertThat(size(draw(blank(30, 47), 1, new ResizeTo(7, 9)))).containsExactly(7, 9);
        Set<Integer> chosen = new TreeSet<>();
        for (int i = 0; i < 60; i++) {
            chosen.add(size(draw(blank(40, 40), i, new ScaleChoice(List.of(0.5, 0.75, 1.0), SideRounding.FLOOR)))[0]);
        }
        assertThat(chosen).containsExactly(20, 30, 40);
    }

    @Test
    void smallImagesGoWhereTheCropPutsThem() {
        RgbImage image = blank(4, 6);
        Set<Double> tops = new HashSet<>();
        for (int seed = 0; seed < 60; seed++) {
            ViewGeometry.Box anywhere =
                    draw(image, seed, new RandomCrop(6, 8)).geometry().content();
            tops.add(anywhere.top());
            assertThat(anywhere.height()).isEqualTo(4);
            ViewGeometry topLeft =
                    draw(image, seed, new RandomCrop(6, 8, SmallImage.TOP_LEFT)).geometry();
            assertThat(topLeft).isEqualTo(ViewGeometry.whole(4, 6).crop(0, 0, 6, 8));
            assertThat(size(draw(image, seed, new RandomCrop(6, 5, SmallImage.STAYS))))
                    .containsExactly(4, 5);
        }
        assertThat(tops).containsExactlyInAnyOrder(0.0, 1.0, 2.0);
    }

    /** A crop goes by the view as it looks, so that one after a flip is at the mirrored place. */
    @Test
    void cropsAfterAFlipAreOfTheMirroredImage() {
        LabelMap labels = LabelMap.of(1, 4, new byte[] {1, 2, 3, 4});
        DrawnView drawn = draw(blank(1, 4), 1, new RandomFlip(1), new RandomCrop(1, 2).at(0, 1));
        assertThat(Views.labels(labels, drawn.geometry())).isEqualTo(LabelMap.of(1, 2, new byte[] {3, 2}));
    }

    private static Optional<LabelMap> half(int height, int width, int share) {
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) (i % width < share ? 1 : 0);
        }
        return Optional.of(LabelMap.wrap(height, width, labels));
    }

    @Test
    void aLabelMayNotFillACrop() {
        RgbImage image = blank(10, 100);
        Augmentation capped = Augmentation.of(new RandomCrop(10, 20, SmallImage.ANYWHERE, 0.75), new RandomFlip(0.5));
        Augmentation free = Augmentation.of(new RandomCrop(10, 20), new RandomFlip(0.5));
        int mixed = 0;
        int mixedByChance = 0;
        for (int seed = 0; seed < 200; seed++) {
            ViewGeometry g = capped.draw(image, () -> half(10, 100, 50), new SplitMix(seed))
                    .geometry();
            ViewGeometry plain = free.draw(image, new SplitMix(seed)).geometry();
            mixed += g.left() > 35 && g.left() < 45 ? 1 : 0;
            mixedByChance += plain.left() > 35 && plain.left() < 45 ? 1 : 0;
            // ten draws more or less: the flip is the same
            assertThat(g.flipped()).isEqualTo(plain.flipped());
        }
        // 9 of 81 places are mixed enough: 11 % by chance, 1 - (72 / 81)^11 = 73 % with redraws
        assertThat(mixedByChance).isBetween(10, 38);
        assertThat(mixed).isBetween(125, 165);
    }

    @Test
    void cropsThatCannotBeMixedAreTakenAsTheyCome() {
        Augmentation capped = Augmentation.of(new RandomCrop(8, 8, SmallImage.ANYWHERE, 0.75));
        byte[] ignored = new byte[100];
        Arrays.fill(ignored, (byte) IGNORE);
        for (LabelMap labels : List.of(LabelMap.of(10, 10, ignored), LabelMap.of(10, 10, new byte[100]))) {
            DrawnView drawn = capped.draw(blank(10, 10), () -> Optional.of(labels), new SplitMix(3));
            assertThat(size(drawn)).containsExactly(8, 8);
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> capped.draw(blank(10, 10), new SplitMix(3)))
                .withMessage("a crop of maxCategoryRatio 0.75 needs labels; give the batches a channel of labels");
    }

    /** The whole of what may be done to an image. */
    private static List<Transform> all() {
        List<Transform> all = new ArrayList<>(List.of(
                new RandomScale(0.5, 2),
                new ScaleChoice(List.of(0.5, 1.0), SideRounding.FLOOR),
                new RandomLongSide(9, 21),
                new RandomFit(30, 20, 0.5, 1.5),
                new ResizeTo(12, 9),
                new RandomFlip(0.5),
                new RandomCrop(8, 13),
                PadTo.multipleOf(4),
                new RandomRotation(-30, 30),
                new ColourJitter(0.4, 0.4, 0.4, 0.2),
                new HsvShift(10, 20, 30),
                PhotometricDistortion.MMSEG,
                new InRandomOrder(List.of(
                        new RandomColour(ColourOperation.BRIGHTNESS, 0.5, 1.5),
                        new Sometimes(0.5, new RandomColour(ColourOperation.CONTRAST, 0.5, 1.5)))),
                new SomeOf(
                        2, List.of(new RandomColour(ColourOperation.SHARPNESS, 0, 2), new ColourJitter(1, 0, 0, 0)))));
        for (ColourOperation operation : ColourOperation.values()) {
            all.add(RandomColour.of(operation));
        }
        return all;
    }

    @Test
    void theSameSeedGivesTheSamePixels() {
        Augmentation augmentation = Augmentation.of(all().toArray(Transform[]::new));
        RgbImage image = noise(15, 22, 4);
        byte[] before = image.data().clone();
        Set<RgbImage> seen = new HashSet<>();
        for (int seed = 0; seed < 30; seed++) {
            RgbImage first = augmentation.draw(image, new SplitMix(seed)).image(image);
            assertThat(augmentation.draw(image, new SplitMix(seed)).image(image))
                    .isEqualTo(first);
            seen.add(first);
        }
        assertThat(seen).hasSizeGreaterThan(15); // one bit of each level is left
        assertThat(image.data()).isEqualTo(before);
    }

    /** Leaving any transform out changes nothing of what the others draw. */
    @Test
    void noTransformShiftsAnothersDraws() {
        Augmentation.Builder both = Augmentation.builder()
                .optTransforms(new Sometimes(0.5, RandomColour.of(ColourOperation.INVERT)), new RandomFlip(0.5));
        Augmentation with = Augmentation.builder()
                .optScale(0.5, 2)
                .optColourJitter(0.3, 0.3, 0.3, 0.1)
                .optHsvShift(3, 3, 3)
                .optCrop(20, 20)
                .optTransforms(new Sometimes(0.5, RandomColour.of(ColourOperation.INVERT)))
                .build();
        Augmentation without = Augmentation.builder()
                .optScale(0.5, 2)
                .optFlip(true)
                .optCrop(20, 20)
                .build();
        RgbImage image = noise(30, 30, 1);
        int flips = 0;
        for (int seed = 0; seed < 50; seed++) {
            ViewGeometry first = with.draw(image, new SplitMix(seed)).geometry();
            ViewGeometry second = without.draw(image, new SplitMix(seed)).geometry();
            // a crop is of the view as it looks, which is mirrored in one of them
            assertThat(second.scaledHeight()).isEqualTo(first.scaledHeight());
            assertThat(second.top()).isEqualTo(first.top());
            DrawnView third = both.build().draw(image, new SplitMix(seed));
            assertThat(third.geometry().flipped()).isEqualTo(second.flipped());
            flips += second.flipped() ? 1 : 0;
        }
        assertThat(flips).isBetween(15, 35);
    }

    @Test
    void everythingHoldsForOnePixel() {
        RgbImage image = noise(1, 1, 2);
        LabelMap labels = LabelMap.of(1, 1, new byte[] {5});
        Augmentation augmentation = Augmentation.of(all().toArray(Transform[]::new));
        for (int seed = 0; seed < 30; seed++) {
            DrawnView drawn = augmentation.draw(image, new SplitMix(seed));
            RgbImage seen = drawn.image(image);
            assertThat(Views.labels(labels, drawn.geometry()).toArray()).contains((byte) 5);
            assertThat(seen.height() * seen.width()).isPositive();
        }
        for (Transform transform : all()) {
            DrawnView drawn = draw(image, 7, transform);
            RgbImage seen = drawn.image(image);
            assertThat(drawn.input(image, LEVELS)).hasSize(seen.data().length);
        }
    }

    /** What stands before a change of colours is done before it, and what stands after it is done to its result. */
    @Test
    void coloursChangeWhereTheyStand() {
        RgbImage image = noise(20, 30, 9);
        Transform scale = new ResizeTo(11, 17);
        Transform contrast = new RandomColour(ColourOperation.CONTRAST, 1.7, 1.7);
        Transform crop = new Crop(2, 3, 15, 9);
        RgbImage steps = image;
        for (Transform step : List.of(scale, contrast, crop)) {
            steps = draw(steps, 1, step).image(steps);
        }
        assertThat(draw(image, 1, scale, contrast, crop).image(image)).isEqualTo(steps);
        RgbImage other = draw(image, 1, scale, crop, contrast).image(image);
        // the mean of the crop is another
        assertThat(other).isNotEqualTo(steps);
        assertThat(other.data()[3 * 14 * 9] & 255).isEqualTo(FILL >> 16);
    }

    /** What was cut off has not changed its colours, and must not come back beside what has. */
    @Test
    void whatWasCutOffBeforeColoursChangedDoesNotComeBack() {
        RgbImage image = noise(20, 30, 9);
        Transform crop = new Crop(0, 0, 20, 10);
        Transform invert = RandomColour.of(ColourOperation.INVERT);
        // without colours it does, and below there is nothing to come back
        assertThat(draw(image, 1, crop, PadTo.size(20, 30)).image(image)).isEqualTo(image);
        assertThat(size(draw(image, 1, crop, invert, PadTo.size(25, 10)))).containsExactly(25, 10);
        assertThatIllegalStateException()
                .isThrownBy(() -> draw(image, 1, crop, invert, PadTo.size(20, 12)))
                .withMessage(
                        "a view of 20x12 from row 0, column 0 shows what was cut off before colours changed; pad before"
                                + " they do");
        assertThatIllegalStateException()
                .isThrownBy(() -> draw(image, 1, crop, invert, new RandomRotation(5, 5)))
                .withMessageEndingWith("rotate before they do");
        LabelMap labels = LabelMap.of(20, 30, new byte[600]);
        DrawnView turned = draw(image, 1, invert, new RandomRotation(30, 30));
        byte[] seen = turned.image(image).data();
        assertThat(seen[0]).isEqualTo((byte) (FILL >> 16));
        assertThat(Views.labels(labels, turned.geometry()).get(0, 0)).isEqualTo(IGNORE);
    }

    @Test
    void coloursOfPaddingStay() {
        RgbImage image = noise(6, 6, 3);
        for (ColourOperation operation : ColourOperation.values()) {
            DrawnView drawn = draw(
                    image,
                    1,
                    new Crop(-2, -3, 10, 11),
                    RandomColour.of(operation),
                    new ResizeTo(20, 22),
                    new RandomFlip(1));
            byte[] seen = drawn.image(image).data();
            LabelMap labels = Views.labels(LabelMap.of(6, 6, new byte[36]), drawn.geometry());
            for (int i = 0; i < 20 * 22; i++) {
                if ((labels.toArray()[i] & 255) == IGNORE) {
                    assertThat(seen[3 * i] << 16 | seen[3 * i + 1] << 8 | seen[3 * i + 2])
                            .isEqualTo(FILL);
                }
            }
        }
    }

    @Test
    void paddingIsZeroUnlessAColourIsSet() {
        RgbImage image = noise(4, 4, 3);
        Augmentation plain = Augmentation.of(new ResizeTo(5, 4), new Crop(0, 0, 6, 6));
        float[] input = plain.draw(image, new SplitMix(1)).input(image, Normalize.IMAGENET);
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < 36; i++) {
                boolean padding = i >= 30 || i % 6 >= 4;
                assertThat(input[36 * c + i] == 0).isEqualTo(padding);
            }
        }
        DrawnView filled = draw(image, 1, new Crop(0, 0, 6, 6));
        assertThat(filled.input(image, LEVELS)[35]).isEqualTo(0x0A);
    }

    /** Halves between levels are kept where nothing but a float interpolation was asked for. */
    @Test
    void inputsAreNotRoundedBeforeTheyAreNormalized() {
        RgbImage two = new RgbImage(1, 2, new byte[] {0, 0, 0, 1, 1, 1});
        Augmentation doubled = Augmentation.of(new ResizeTo(1, 4));
        float[] input = doubled.draw(two, new SplitMix(1)).input(two, LEVELS);
        assertThat(Arrays.copyOf(input, 4)).containsExactly(0, 0.25f, 0.75f, 1);
        float[] inverted = Augmentation.of(new ResizeTo(1, 4), RandomColour.of(ColourOperation.INVERT))
                .draw(two, new SplitMix(1))
                .input(two, LEVELS);
        assertThat(Arrays.copyOf(inverted, 4)).containsExactly(255, 255, 254, 254);
    }

    @Test
    void aQuarterTurnMovesPixelsExactly() {
        LabelMap labels = LabelMap.of(2, 2, new byte[] {1, 2, 3, 4});
        RgbImage image = coloured(labels);
        DrawnView drawn = draw(image, 1, new RandomRotation(90, 90));
        LabelMap left = LabelMap.of(2, 2, new byte[] {2, 4, 1, 3});
        assertThat(Views.labels(labels, drawn.geometry())).isEqualTo(left);
        assertThat(drawn.image(image)).isEqualTo(coloured(left));
        DrawnView back = draw(image, 1, new RandomRotation(90, 90), new RandomFlip(1));
        assertThat(Views.labels(labels, back.geometry())).isEqualTo(LabelMap.of(2, 2, new byte[] {4, 2, 3, 1}));
        assertThat(back.image(image)).isEqualTo(coloured(LabelMap.of(2, 2, new byte[] {4, 2, 3, 1})));
    }

    @Test
    void whatAsksForRowsOfATurnedViewIsRefused() {
        ViewGeometry turned = ViewGeometry.whole(6, 8).rotate(10);
        List<Runnable> asking = List.of(
                () -> turned.sourceY(1),
                () -> turned.sourceX(1),
                () -> turned.viewY(1),
                () -> turned.viewX(1),
                turned::region,
                turned::content);
        for (Runnable ask : asking) {
            assertThatIllegalStateException()
                    .isThrownBy(ask::run)
                    .withMessage("a view that is turned by 10.0 degrees has no rows and columns of its source; go by"
                            + " source(y, x)");
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> turned.crop(0, 0, 2, 2))
                .withMessageEndingWith("cannot be cropped or padded; rotate last");
        assertThatIllegalStateException().isThrownBy(() -> turned.resize(2, 2));
        assertThat(turned.rotate(-10)).isEqualTo(ViewGeometry.whole(6, 8));
        assertThat(turned.flip().angle()).isEqualTo(-10);
    }

    @Test
    void settingsOutOfRangeAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ScaleChoice(List.of(), SideRounding.FLOOR))
                .withMessage("there are no factors to choose from; expected at least one");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ScaleChoice(List.of(0.0), SideRounding.FLOOR))
                .withMessage("factor is 0.0; expected 0.01..100");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RandomFit(3, 4))
                .withMessage("box is 3 by 4; expected 1 <= short side <= long side");
        assertThatIllegalArgumentException().isThrownBy(() -> new RandomFit(4, 3, 2, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new RandomLongSide(4, 4, -1, SideRounding.FLOOR));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RandomCrop(4, 4, SmallImage.STAYS, 0))
                .withMessage("maxCategoryRatio is 0.0; expected above 0, at most 1");
        assertThatIllegalArgumentException().isThrownBy(() -> new RandomRotation(3, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> PadTo.multipleOf(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ColourJitter(0, 0, 0, 0.6))
                .withMessage("hue is 0.6; expected 0..0.5");
        assertThatIllegalArgumentException().isThrownBy(() -> new HsvShift(91, 0, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PhotometricDistortion(32, 1.5, 0.5, 1, 1, 18))
                .withMessage("contrast is 1.5..0.5; expected 0 <= min <= max");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RandomColour(ColourOperation.SOLARIZE, 0, 300))
                .withMessage("threshold is 300.0; expected 0.0..256.0");
        assertThatIllegalArgumentException().isThrownBy(() -> new Sometimes(1.5, new RandomFlip(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> new SomeOf(0, List.of(new RandomFlip(1))));
        assertThatIllegalArgumentException().isThrownBy(() -> new InRandomOrder(List.of()));
    }
}
