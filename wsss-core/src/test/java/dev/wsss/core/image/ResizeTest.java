package dev.wsss.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.SplitMix;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResizeTest {
    private static final float[] RAMP = {0, 1, 2, 3};

    private static float[] ramp(Resize mode, int width) {
        return mode.apply(RAMP, 1, 1, 4, 1, width);
    }

    @Test
    void bilinearByHand() {
        assertThat(ramp(Resize.TORCH_BILINEAR, 8)).containsExactly(0, .25f, .75f, 1.25f, 1.75f, 2.25f, 2.75f, 3);
        assertThat(ramp(Resize.TORCH_BILINEAR_ALIGN_CORNERS, 7)).containsExactly(0, .5f, 1, 1.5f, 2, 2.5f, 3);
        assertThat(ramp(Resize.TORCH_BILINEAR_ALIGN_CORNERS, 1)).containsExactly(0);
        assertThat(ramp(Resize.TORCH_BILINEAR, 2)).containsExactly(.5f, 2.5f);
        // the antialiased triangle is two pixels wide on each side: weights 3, 3, 1 over 7
        assertThat(ramp(Resize.TORCH_BILINEAR_ANTIALIAS, 2))
                .containsExactly(new float[] {(3 + 2) / 7f, 3 - (3 + 2) / 7f}, within(1e-6f));
        assertThat(ramp(Resize.CV_LINEAR, 2)).containsExactly(.5f, 2.5f);
    }

    @Test
    void bicubicByHand() {
        // slope -0.75 at a half: (-3, 19, 19, -3) / 32
        float[] values = {0, 0, 32, 0};
        assertThat(Resize.CV_CUBIC.apply(values, 1, 1, 4, 1, 2)).containsExactly(new float[] {-3, 19}, within(1e-5f));
        assertThat(Resize.TORCH_BICUBIC.apply(values, 1, 1, 4, 1, 2))
                .containsExactly(new float[] {-3, 19}, within(1e-5f));
    }

    @Test
    void areaByHand() {
        assertThat(Resize.TORCH_AREA.apply(new float[] {1, 2, 3}, 1, 1, 3, 1, 2))
                .containsExactly(1.5f, 2.5f);
        assertThat(Resize.CV_AREA.apply(new float[] {1, 2, 3, 6}, 1, 2, 2, 1, 1))
                .containsExactly(3);
        // OpenCV weighs the middle pixel by the half that lies in each cell
        assertThat(Resize.CV_AREA.apply(new float[] {1, 2, 3}, 1, 3, 1, 2, 1))
                .containsExactly(new float[] {4 / 3f, 8 / 3f}, within(1e-6f));
    }

    @Test
    void nearestIndices() {
        assertThat(Resize.TORCH_NEAREST.index(4, 2)).containsExactly(0, 2);
        assertThat(Resize.CV_NEAREST.index(4, 2)).containsExactly(0, 2);
        assertThat(Resize.PIL_NEAREST.index(4, 2)).containsExactly(1, 3);
        assertThat(Resize.PIL_NEAREST.index(2, 4)).containsExactly(0, 0, 1, 1);
        assertThatThrownBy(() -> Resize.PIL_BICUBIC.index(4, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void pillowRoundsToBytesAfterEachPass() {
        byte[] data = {0, 0, 0, (byte) 255, (byte) 255, (byte) 255};
        RgbImage wide = Resize.PIL_BILINEAR.apply(new RgbImage(1, 2, data), 1, 1);
        assertThat(wide.data()).containsOnly((byte) 128);
        RgbImage tall = Resize.PIL_BICUBIC.apply(new RgbImage(2, 1, data), 1, 1);
        assertThat(tall.data()).containsOnly((byte) 128);
    }

    @ParameterizedTest
    @EnumSource(Resize.class)
    void theSameSizeAndConstantsStay(Resize mode) {
        Random random = new Random(3);
        float[] maps = new float[2 * 5 * 7];
        for (int i = 0; i < maps.length; i++) {
            maps[i] = random.nextFloat();
        }
        assertThat(mode.apply(maps, 2, 5, 7, 5, 7)).isEqualTo(maps).isNotSameAs(maps);
        float[] constant = new float[3 * 6];
        Arrays.fill(constant, 0.7f);
        for (int[] size : new int[][] {{1, 1}, {2, 9}, {7, 3}, {20, 31}}) {
            float[] resized = mode.apply(constant, 1, 3, 6, size[0], size[1]);
            assertThat(resized).hasSize(size[0] * size[1]);
            for (float v : resized) {
                assertThat(v).isCloseTo(0.7f, within(1e-6f));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Resize.class,
            names = {"PIL_.*", "CV_NEAREST", "CV_LINEAR", "CV_CUBIC"},
            mode = EnumSource.Mode.MATCH_ANY)
    void bytesFollowTheFloats(Resize mode) {
        Random random = new Random(4);
        byte[] data = new byte[9 * 11 * 3];
        random.nextBytes(data);
        float[] plane = new float[9 * 11];
        for (int i = 0; i < plane.length; i++) {
            plane[i] = data[3 * i + 1] & 255;
        }
        for (int[] size : new int[][] {{9, 11}, {4, 5}, {18, 22}, {13, 6}, {1, 1}}) {
            byte[] bytes =
                    mode.apply(new RgbImage(9, 11, data), size[0], size[1]).data();
            float[] floats = mode.apply(plane, 1, 9, 11, size[0], size[1]);
            for (int i = 0; i < floats.length; i++) {
                // each of the two passes rounds
                assertThat((float) (bytes[3 * i + 1] & 255))
                        .isCloseTo(Math.max(0, Math.min(255, floats[i])), within(1.6f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void windowIsCutOutOfTheWhole(long seed) {
        SplitMix random = new SplitMix(seed);
        for (int i = 0; i < 100; i++) {
            ByteResizes.Case drawn = ByteResizes.draw(random);
            Window window = ByteResizes.window(random, drawn.height(), drawn.width());
            for (Resize mode : Resize.values()) {
                if (!mode.isNearest() && !ByteResizes.MODES.contains(mode)) {
                    continue;
                }
                RgbImage whole = mode.apply(drawn.image(), drawn.height(), drawn.width());
                RgbImage part = mode.apply(drawn.image(), drawn.height(), drawn.width(), window);
                assertThat(part.data())
                        .as("%s, %s of %dx%d", mode, window, drawn.height(), drawn.width())
                        .isEqualTo(ByteResizes.cut(whole, window));
            }
        }
    }

    @Test
    void windowOfLabels() {
        LabelMap map = LabelMap.of(2, 2, new byte[] {1, 2, 3, 4});
        assertThat(Resize.CV_NEAREST
                        .apply(map, 4, 4, new Window(1, 1, 2, 3, true))
                        .toArray())
                .containsExactly(2, 2, 1, 4, 4, 3);
    }

    @Test
    void windowMustBeInside() {
        RgbImage image = new RgbImage(2, 2, new byte[12]);
        assertThatThrownBy(() -> Resize.CV_LINEAR.apply(image, 4, 4, new Window(1, 0, 4, 4, false)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4x4 from row 1");
        assertThatThrownBy(() -> new Window(0, -1, 1, 1, false)).hasMessageContaining("column -1");
        assertThatThrownBy(() -> new Window(0, 0, 0, 1, false)).hasMessageContaining("0x1");
    }

    @Test
    void labelsAreCopiedNotAveraged() {
        LabelMap map = LabelMap.of(2, 2, new byte[] {0, (byte) 255, 3, 20});
        assertThat(Resize.PIL_NEAREST.apply(map, 4, 4).toArray())
                .containsExactly(0, 0, -1, -1, 0, 0, -1, -1, 3, 3, 20, 20, 3, 3, 20, 20);
        assertThatThrownBy(() -> Resize.PIL_BILINEAR.apply(map, 4, 4)).hasMessageContaining("PIL_BILINEAR");
    }

    @Test
    void scoresAreCheckedBeforeTheyAreSpread() {
        assertThat(Resize.TORCH_BILINEAR
                        .apply(ScoreMaps.of(new int[] {2}, 1, 2, new float[] {0, 1}), 1, 4)
                        .toArray())
                .containsExactly(0, .25f, .75f, 1);
        ScoreMaps broken = new BrokenMaps();
        assertThatThrownBy(() -> Resize.TORCH_BILINEAR.apply(broken, 4, 4))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("label 7 at row 0, column 1 is NaN");
    }

    @Test
    void wrongArgumentsAreNamed() {
        RgbImage image = new RgbImage(1, 1, new byte[3]);
        assertThatThrownBy(() -> Resize.PIL_BICUBIC.apply(image, 0, 4)).hasMessageContaining("0x4");
        assertThatThrownBy(() -> Resize.TORCH_AREA.apply(image, 2, 2)).hasMessageContaining("TORCH_AREA");
        assertThatThrownBy(() -> Resize.TORCH_AREA.apply(new float[5], 2, 3, 1, 1, 1))
                .hasMessageContaining("6")
                .hasMessageContaining("5");
    }

    @Test
    void normalization() {
        float[] out = Normalize.IMAGENET.apply(new RgbImage(1, 2, new byte[] {0, 0, 0, -1, -1, -1}));
        assertThat(out)
                .containsExactly(
                        new float[] {
                            -.485f / .229f, .515f / .229f, -.456f / .224f, .544f / .224f, -.406f / .225f, .594f / .225f
                        },
                        within(1e-6f));
        assertThatThrownBy(() -> Normalize.of(new double[3], new double[] {1, 0, 1}))
                .hasMessageContaining("positive");
    }

    @Test
    void normalizationOfLevelsBlueFirst() {
        RgbImage image = new RgbImage(1, 2, new byte[] {10, 20, 30, 40, 50, 60});
        Normalize levels = Normalize.ofLevels(new double[] {1, 2, 3}, new double[] {1, 2, 3});
        assertThat(levels.apply(image)).containsExactly(9, 39, 9, 24, 9, 19);
        assertThat(levels.blueFirst().apply(image)).containsExactly(9, 19, 9, 24, 9, 39);
        assertThat(levels.apply(new float[] {10.5f, 20, 30})).containsExactly(9.5f, 9, 9);
        assertThat(levels.blueFirst().denormalize(levels.blueFirst().apply(image), 1, 2))
                .isEqualTo(image);
        assertThat(levels.description()).isNotEqualTo(levels.blueFirst().description());
        // what is beyond the range is kept in it, fractions are cut off
        assertThat(levels.denormalize(new float[] {-9, 300, 9.9f}, 1, 1).data()).containsExactly(0, -1, 32);
        assertThatThrownBy(() -> levels.denormalize(new float[4], 1, 2)).hasMessageContaining("6");
        assertThatThrownBy(() -> levels.apply(new float[4])).hasMessageContaining("4");
    }

    /** Of the grey levels, truncation gives 174, 53 and 23 back one lower, by channel. */
    @Test
    void denormalizationTruncates() {
        byte[] ramp = new byte[3 * 256];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = (byte) (i / 3);
        }
        byte[] back = Normalize.IMAGENET
                .denormalize(Normalize.IMAGENET.apply(new RgbImage(1, 256, ramp)), 1, 256)
                .data();
        int[] lower = new int[3];
        for (int i = 0; i < ramp.length; i++) {
            assertThat((ramp[i] & 255) - (back[i] & 255)).isBetween(0, 1);
            lower[i % 3] += (ramp[i] & 255) - (back[i] & 255);
        }
        assertThat(lower).containsExactly(174, 53, 23);
    }

    /** Maps that did not check themselves, as those of a device may not. */
    private static final class BrokenMaps implements ScoreMaps {
        @Override
        public int[] labels() {
            return new int[] {7};
        }

        @Override
        public int height() {
            return 1;
        }

        @Override
        public int width() {
            return 2;
        }

        @Override
        public float[] toArray() {
            return new float[] {0, Float.NaN};
        }

        @Override
        public void close() {}
    }
}
