package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RgbImageTest {
    private final RgbImage image =
            new RgbImage(2, 2, new byte[] {1, 2, 3, 4, 5, 6, (byte) 200, (byte) 201, (byte) 202, 10, 11, 12});

    @Test
    void passesThroughAwtAndDjl() {
        assertThat(RgbImage.of(image.toBufferedImage())).isEqualTo(image);
        assertThat(RgbImage.of(image.toImage())).isEqualTo(image).hasSameHashCodeAs(image);
        assertThat(image.toImage().getHeight()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                BufferedImage.TYPE_INT_ARGB,
                BufferedImage.TYPE_INT_BGR,
                BufferedImage.TYPE_3BYTE_BGR,
                BufferedImage.TYPE_4BYTE_ABGR,
                BufferedImage.TYPE_INT_RGB
            })
    void readsEveryLayout(int type) {
        BufferedImage awt = new BufferedImage(2, 2, type);
        for (int i = 0; i < 4; i++) {
            awt.setRGB(i % 2, i / 2, 0x01000000 | image.toBufferedImage().getRGB(i % 2, i / 2) & 0xFFFFFF);
        }
        assertThat(RgbImage.of(awt)).isEqualTo(image);
    }

    @Test
    void takesGreyLevelsAsTheyAre() {
        BufferedImage grey = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSample(0, 0, 0, 100);
        assertThat(RgbImage.of(grey).data()).containsExactly(100, 100, 100);
    }

    @Test
    void flips() {
        assertThat(image.flipped().data()).startsWith(4, 5, 6, 1, 2, 3);
        assertThat(image.flipped().flipped()).isEqualTo(image);
    }

    @Test
    void refusesWrongSizes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RgbImage(2, 2, new byte[11]))
                .withMessageContainingAll("2x2", "12", "got 11");
        assertThatIllegalArgumentException().isThrownBy(() -> new RgbImage(0, 2, new byte[0]));
    }
}
