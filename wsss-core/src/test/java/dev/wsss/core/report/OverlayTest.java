package dev.wsss.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverlayTest {
    private static final ClassCatalog CLASSES =
            ClassCatalog.withBackground(List.of("cat")).withColours(0, 0xC80000);

    private static int rgb(RgbImage image, int y, int x) {
        int o = (y * image.width() + x) * 3;
        return (image.data()[o] & 255) << 16 | (image.data()[o + 1] & 255) << 8 | image.data()[o + 2] & 255;
    }

    @Test
    void colour_maps_run_where_they_should() {
        assertThat(ColourMap.TURBO.rgb(0.05) & 255).isGreaterThan(ColourMap.TURBO.rgb(0.05) >> 16);
        assertThat(ColourMap.TURBO.rgb(0.95) >> 16).isGreaterThan(150 + (ColourMap.TURBO.rgb(0.95) & 255));
        assertThat(ColourMap.TURBO.rgb(0.5) >> 8 & 255).isGreaterThan(230);
        assertThat(ColourMap.VIRIDIS.rgb(-1))
                .isEqualTo(ColourMap.VIRIDIS.rgb(0))
                .isEqualTo(ColourMap.VIRIDIS.rgb(Double.NaN));
        int before = -1;
        for (int i = 0; i <= 255; i++) {
            int c = ColourMap.VIRIDIS.rgb(i / 255.0);
            int luma = 2126 * (c >> 16) + 7152 * (c >> 8 & 255) + 722 * (c & 255);
            // A channel may be rounded down where the next is rounded up.
            assertThat(luma).isGreaterThan(before - 8000);
            before = luma;
        }
    }

    @Test
    void labels_are_blended_and_bordered_and_background_is_left() {
        RgbImage grey = new RgbImage(8, 8, filled(8 * 8 * 3, 100));
        byte[] map = new byte[64];
        for (int y = 0; y < 8; y++) {
            for (int x = 4; x < 8; x++) {
                map[y * 8 + x] = 1;
            }
        }
        RgbImage out = Overlay.labels(grey, LabelMap.of(8, 8, map), CLASSES, 0.5, true);
        assertThat(rgb(out, 3, 0)).isEqualTo(0x646464);
        assertThat(rgb(out, 3, 6)).isEqualTo(0x963232);
        assertThat(rgb(out, 3, 4)).isEqualTo(0xC80000);
        assertThat(rgb(Overlay.labels(grey, LabelMap.of(8, 8, map), CLASSES, 0.5, false), 3, 4))
                .isEqualTo(0x963232);
        assertThat(rgb(Overlay.colours(LabelMap.of(8, 8, map), CLASSES), 3, 6)).isEqualTo(0xC80000);
        assertThatThrownBy(() -> Overlay.labels(grey, LabelMap.of(8, 4, new byte[32]), CLASSES, 0.5, false))
                .hasMessage("labels are 8x4, the image is 8x8; expected the same size");
    }

    @Test
    void heat_follows_the_score_at_the_image_s_size() {
        RgbImage grey = new RgbImage(4, 40, filled(4 * 40 * 3, 128));
        ScoreMaps scores = ScoreMaps.of(new int[] {1, 3}, 1, 2, new float[] {0, 0, 0, 1});
        RgbImage out = Overlay.heat(grey, scores, 3);
        assertThat(rgb(out, 0, 39) >> 16).isGreaterThan(rgb(out, 0, 0) >> 16);
        assertThat(rgb(out, 0, 9)).isEqualTo(rgb(out, 3, 0));
        assertThat(rgb(out, 0, 20)).isNotIn(rgb(out, 0, 0), rgb(out, 0, 39));
        assertThatThrownBy(() -> Overlay.heat(grey, scores, 2)).hasMessage("label 2 has no map; there are [1, 3]");
    }

    @Test
    void png_holds_the_pixels(@TempDir Path tmp) throws IOException {
        RgbImage image = new RgbImage(1, 2, new byte[] {1, 2, 3, (byte) 200, 100, 50});
        Path file = tmp.resolve("overlay.png");
        Overlay.writePng(file, image);
        assertThat(RgbImage.of(ImageIO.read(file.toFile()))).isEqualTo(image);
    }

    @Test
    void shrinking_averages_photographs_and_picks_labels() {
        RgbImage image = new RgbImage(2, 4, new byte[] {
            0, 0, 0, 100, 100, 100, 10, 10, 10, 30, 30, 30, //
            0, 0, 0, 100, 100, 100, 10, 10, 10, 30, 30, 30
        });
        assertThat(ImageData.shrink(image, 2, false))
                .isEqualTo(new RgbImage(1, 2, new byte[] {50, 50, 50, 20, 20, 20}));
        assertThat(ImageData.shrink(image, 2, true))
                .isEqualTo(new RgbImage(1, 2, new byte[] {100, 100, 100, 30, 30, 30}));
        assertThat(ImageData.shrink(image, 4, false)).isSameAs(image);
    }

    private static byte[] filled(int n, int value) {
        byte[] bytes = new byte[n];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
