package dev.wsss.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.Dataset;
import dev.wsss.api.GroundTruthAccessException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.core.metrics.FakeData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images that are too large, and the datasets that they are of. */
class PixelLimitTest {
    private static RgbImage image(int height, int width) {
        return new RgbImage(height, width, new byte[3 * height * width]);
    }

    @ParameterizedTest
    @CsvSource({"90,120,2700,45,60", "90,120,10800,90,120", "1,1,1,1,1", "1,5000,10,1,10", "5000,1,10,10,1", "7,3,1,1,1"
    })
    void keepsTheSidesInProportion(int height, int width, int pixels, int rows, int columns) {
        PixelLimit limit = new PixelLimit(pixels);
        RgbImage reduced = limit.apply(image(height, width));
        assertThat(new int[] {reduced.height(), reduced.width()}).containsExactly(rows, columns);
    }

    @Test
    void whateverTheShapeImagesKeepToItAndLabelsToThem() {
        for (int height : new int[] {1, 2, 3, 40, 999}) {
            for (int width : new int[] {1, 2, 5, 41, 1000}) {
                for (int pixels : new int[] {1, 2, 7, 100, 4096}) {
                    PixelLimit limit = new PixelLimit(pixels);
                    RgbImage reduced = limit.apply(image(height, width));
                    assertThat(reduced.height() * reduced.width()).isBetween(1, Math.max(pixels, 1));
                    LabelMap labels = limit.apply(LabelMap.of(height, width, new byte[height * width]));
                    assertThat(new int[] {labels.height(), labels.width()})
                            .containsExactly(reduced.height(), reduced.width());
                }
            }
        }
    }

    @Test
    void whatIsSmallEnoughStaysTheSame() {
        RgbImage image = image(3, 4);
        LabelMap labels = LabelMap.of(3, 4, new byte[12]);
        assertThat(new PixelLimit(12).apply(image)).isSameAs(image);
        assertThat(new PixelLimit(12).apply(labels)).isSameAs(labels);
        assertThat(new PixelLimit(11).apply(image)).isNotSameAs(image);
        assertThatThrownBy(() -> new PixelLimit(0)).hasMessageContaining("maxPixels must be at least 1, got 0");
    }

    @Test
    void aDatasetIsReducedWithItsMasks() {
        FakeData data = new FakeData("fake", "a", "b");
        Dataset reduced = ReducedDataset.of(data, new PixelLimit(1));
        for (int i = 0; i < 2; i++) {
            assertThat(data.truth(i).height() * data.truth(i).width()).isEqualTo(4);
            RgbImage image = reduced.get(i).image();
            assertThat(image.height() * image.width()).isEqualTo(1);
            assertThat(reduced.truth(i).toArray()).containsExactly(1);
            assertThat(reduced.get(i).tags()).isEqualTo(data.get(i).tags());
        }
        assertThat(reduced.description().entries())
                .containsEntry("maxPixels", "1")
                .containsAllEntriesOf(data.description().entries());
        assertThat(reduced.notes()).contains("images of more than 1 pixels are reduced to that, and masks with them");
        Dataset tagsOnly = reduced.tagsOnly();
        assertThat(tagsOnly.get(0).image().width()).isEqualTo(1);
        assertThatThrownBy(() -> tagsOnly.truth(0)).isInstanceOf(GroundTruthAccessException.class);
    }
}
