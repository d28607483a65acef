package dev.wsss.core.augment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SplitMix;
import dev.wsss.core.image.Resize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Views by the arithmetic of an image library: what it resizes as a whole, cut, mirrored and padded afterwards. */
class LibraryViewsTest {
    private static final int FILL = 0x010203;

    private static RgbImage noise(SplitMix random, int height, int width) {
        byte[] data = new byte[3 * height * width];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) random.below(256);
        }
        return new RgbImage(height, width, data);
    }

    private static Augmentation augmentation(int crop, Resampling resampling) {
        return Augmentation.builder()
                .optScale(0.4, 2.5)
                .optCrop(crop, crop + 5)
                .optFlip(true)
                .optResampling(resampling)
                .optFill(FILL)
                .build();
    }

    /** The row or column of the resized whole that a view shows, or -1. */
    private static int position(int place, double offset, double scaled) {
        int at = place + (int) offset;
        return at < 0 || at >= scaled ? -1 : at;
    }

    private static int column(ViewGeometry g, int x) {
        return position(g.flipped() ? g.width() - 1 - x : x, g.left(), g.scaledWidth());
    }

    @ParameterizedTest
    @CsvSource({
        "PILLOW_BILINEAR, PIL_BILINEAR",
        "PILLOW_BICUBIC, PIL_BICUBIC",
        "OPENCV_LINEAR, CV_LINEAR",
        "OPENCV_CUBIC, CV_CUBIC"
    })
    void imagesAreThoseOfTheLibrary(Interpolation interpolation, Resize resize) {
        SplitMix random = new SplitMix(1);
        for (int i = 0; i < 60; i++) {
            RgbImage image = noise(random, 1 + random.below(40), 1 + random.below(40));
            DrawnView drawn = augmentation(1 + random.below(60), Resampling.of(interpolation))
                    .draw(image, random);
            ViewGeometry g = drawn.geometry();
            RgbImage whole = resize.apply(image, (int) g.scaledHeight(), (int) g.scaledWidth());
            byte[] view = drawn.image(image).data();
            for (int y = 0, o = 0; y < g.height(); y++) {
                int row = position(y, g.top(), g.scaledHeight());
                for (int x = 0; x < g.width(); x++) {
                    int column = column(g, x);
                    for (int c = 0; c < 3; c++, o++) {
                        int expected = row < 0 || column < 0
                                ? FILL >> 16 - 8 * c & 255
                                : whole.data()[3 * (row * whole.width() + column) + c];
                        assertThat(view[o]).as("%s, row %d, column %d", g, y, x).isEqualTo((byte) expected);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"PILLOW, PIL_NEAREST", "OPENCV, CV_NEAREST", "OPENCV_EXACT, PIL_NEAREST"})
    void labelsAreThoseOfTheLibrary(Nearest nearest, Resize resize) {
        SplitMix random = new SplitMix(2);
        for (int i = 0; i < 60; i++) {
            int height = 1 + random.below(40);
            int width = 1 + random.below(40);
            LabelMap labels = LabelMap.of(height, width, ramp(height, width));
            DrawnView drawn = augmentation(1 + random.below(60), new Resampling(Interpolation.BILINEAR, nearest))
                    .draw(noise(random, height, width), random);
            ViewGeometry g = drawn.geometry();
            assertThat(drawn.resampling().nearest()).isEqualTo(nearest);
            byte[] whole = resize.apply(labels, (int) g.scaledHeight(), (int) g.scaledWidth())
                    .toArray();
            byte[] view = Views.labels(labels, g, drawn.resampling().nearest()).toArray();
            for (int y = 0, o = 0; y < g.height(); y++) {
                int row = position(y, g.top(), g.scaledHeight());
                for (int x = 0; x < g.width(); x++, o++) {
                    int column = column(g, x);
                    int expected =
                            row < 0 || column < 0 ? LabelMap.IGNORE : whole[row * (int) g.scaledWidth() + column];
                    assertThat(view[o]).as("%s, row %d, column %d", g, y, x).isEqualTo((byte) expected);
                }
            }
        }
    }

    /** Neighbours differ. */
    private static byte[] ramp(int height, int width) {
        byte[] data = new byte[height * width];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i % 251);
        }
        return data;
    }

    /** At twice the size OpenCV's rule and the middle of a pixel agree; at half the size they are a pixel apart. */
    @Test
    void rulesDifferWhereTheLibrariesDo() {
        LabelMap labels = LabelMap.of(1, 4, new byte[] {1, 2, 3, 4});
        ViewGeometry half = ViewGeometry.whole(1, 4).resize(1, 2);
        assertThat(Views.labels(labels, half, Nearest.OPENCV).toArray()).containsExactly(1, 3);
        assertThat(Views.labels(labels, half, Nearest.PILLOW).toArray()).containsExactly(2, 4);
        assertThat(Views.labels(labels, half, Nearest.OPENCV_EXACT).toArray()).containsExactly(2, 4);
        assertThat(Views.labels(labels, half).toArray()).containsExactly(2, 4);
        ViewGeometry twice = ViewGeometry.whole(1, 4).resize(1, 8);
        for (Nearest nearest : Nearest.values()) {
            assertThat(Views.labels(labels, twice, nearest).toArray()).containsExactly(1, 1, 2, 2, 3, 3, 4, 4);
        }
    }

    /** Half of a pixel cut off before a resize: no library's single resize does that. */
    @Test
    void viewsOfNoSingleResizeGoByTheMiddleOfAPixel() {
        LabelMap labels = LabelMap.of(1, 4, new byte[] {1, 2, 3, 4});
        ViewGeometry g = ViewGeometry.whole(1, 4).resize(1, 8).crop(0, 1, 1, 4).resize(1, 2);
        for (Nearest nearest : Nearest.values()) {
            assertThat(Views.labels(labels, g, nearest).toArray())
                    .isEqualTo(Views.labels(labels, g).toArray());
        }
    }
}
