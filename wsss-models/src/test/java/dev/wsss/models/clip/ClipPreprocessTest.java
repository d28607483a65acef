package dev.wsss.models.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.image.Resize;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Sizes and places of what towers see; the filter itself is held against Pillow elsewhere. */
class ClipPreprocessTest {
    private static RgbImage photo(int height, int width) {
        byte[] data = new byte[height * width * 3];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 7 + i / 5);
        }
        return new RgbImage(height, width, data);
    }

    /** The rows and columns of the resized image from which a square is cut. */
    private static void assertCut(RgbImage photo, int side, int rows, int columns, int top, int left) {
        RgbImage whole = Resize.PIL_BICUBIC.apply(photo, rows, columns);
        RgbImage seen = ClipPreprocess.centerCrop(side).resize(photo);
        assertThat(seen.height()).isEqualTo(side);
        assertThat(seen.width()).isEqualTo(side);
        for (int y = 0; y < side; y++) {
            for (int i = 0; i < 3 * side; i++) {
                assertThat(seen.data()[y * side * 3 + i]).isEqualTo(whole.data()[((y + top) * columns + left) * 3 + i]);
            }
        }
    }

    @Test
    void theMiddleOfTheShorterSidesSquareIsCutOut() {
        assertCut(photo(75, 100), 32, 32, 42, 0, 5);
        assertCut(photo(100, 75), 32, 42, 32, 5, 0);
        assertCut(photo(40, 40), 32, 32, 32, 0, 0);
        // 43 columns leave 5.5 on either side, 45 leave 6.5: Python rounds a half to the even neighbour
        assertCut(photo(32, 43), 32, 32, 43, 0, 6);
        assertCut(photo(32, 45), 32, 32, 45, 0, 6);
    }

    @Test
    void otherFits() {
        RgbImage whole = ClipPreprocess.wholePatches(16).resize(photo(50, 37));
        assertThat(whole).isEqualTo(Resize.PIL_BICUBIC.apply(photo(50, 37), 64, 48));
        assertThat(ClipPreprocess.wholePatches(16).resize(photo(32, 48))).isEqualTo(photo(32, 48));
        assertThat(ClipPreprocess.square(20).resize(photo(50, 37)))
                .isEqualTo(Resize.PIL_BICUBIC.apply(photo(50, 37), 20, 20));
        assertThat(ClipPreprocess.asItIs().resize(photo(5, 7))).isEqualTo(photo(5, 7));
        assertThatThrownBy(() -> ClipPreprocess.centerCrop(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void levelsAreNormalized() {
        try (Scope scope = Scope.open()) {
            RgbImage photo = photo(8, 8);
            Tensor input = ClipPreprocess.asItIs().apply(photo);
            assertThat(Tensors.shape(input)).containsExactly(1, 3, 8, 8);
            assertThat(Tensors.toFloats(input)).isEqualTo(Normalize.CLIP.apply(photo));
            ClipPreprocess carb = ClipPreprocess.asItIs().withNormalize(Normalize.IMAGENET_LEVELS);
            assertThat(Tensors.toFloats(carb.apply(photo))).isEqualTo(Normalize.IMAGENET_LEVELS.apply(photo));
            assertThat(carb.description()).isNotEqualTo(ClipPreprocess.asItIs().description());
        }
    }
}
