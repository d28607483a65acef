package dev.wsss.core.saliency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.SaliencySource;
import dev.wsss.api.Sample;
import dev.wsss.core.image.Resize;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SaliencyFolderTest {
    private static Sample sample(String id, int height, int width) {
        ClassCatalog catalog = ClassCatalog.withBackground(List.of("cat"));
        RgbImage image = new RgbImage(height, width, new byte[3 * height * width]);
        return new Sample(id, image, ImageTags.of(catalog, 0));
    }

    private static SaliencySource folder(Path folder) {
        return SaliencyFolder.builder().setFolder(folder).build();
    }

    private static RgbImage noise(int height, int width) {
        byte[] bytes = new byte[3 * height * width];
        new Random(5).nextBytes(bytes);
        return new RgbImage(height, width, bytes);
    }

    private static void png(Path file, BufferedImage image) throws IOException {
        ImageIO.write(image, "png", file.toFile());
    }

    @Test
    void saliencyIsTheMeanOfTheColours(@TempDir Path dir) throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, 0x102030);
        image.setRGB(1, 0, 0xFFFFFF);
        png(dir.resolve("a.png"), image);
        SaliencyMap map = folder(dir).saliency(sample("a", 1, 2));
        assertThat(map.values()).containsExactly((16 + 32 + 48) / 765f, 1f);
    }

    @Test
    void aMaskOfZeroAndOneIsNoSaliency(@TempDir Path dir) throws IOException {
        BufferedImage mask = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        png(dir.resolve("empty.png"), mask);
        assertThat(folder(dir).saliency(sample("empty", 1, 2)).values()).containsExactly(0f, 0f);
        mask.getRaster().setSample(1, 0, 0, 1);
        png(dir.resolve("mask.png"), mask);
        assertThatThrownBy(() -> folder(dir).saliency(sample("mask", 1, 2)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("mask.png: has no level above 1; expected saliency from 0 to 255");
        mask.getRaster().setSample(0, 0, 0, 2);
        png(dir.resolve("dim.png"), mask);
        assertThat(folder(dir).saliency(sample("dim", 1, 2)).values()).containsExactly(2 / 255f, 1 / 255f);
    }

    @Test
    void greyLevelsAreTakenAsTheyAre(@TempDir Path dir) throws IOException {
        BufferedImage image = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
        for (int x = 0; x < 256; x++) {
            image.getRaster().setSample(x, 0, 0, x);
        }
        png(dir.resolve("a.png"), image);
        float[] values = folder(dir).saliency(sample("a", 1, 256)).values();
        for (int x = 0; x < 256; x++) {
            assertThat(values[x]).isEqualTo(x / 255f);
        }
    }

    @Test
    void jpegWillDoWhereThereIsNoPng(@TempDir Path dir) throws IOException {
        BufferedImage white = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
        white.createGraphics().fillRect(0, 0, 8, 8);
        ImageIO.write(white, "jpg", dir.resolve("a.jpg").toFile());
        assertThat(folder(dir).saliency(sample("a", 8, 8)).at(3, 3)).isEqualTo(1);
    }

    @Test
    void whatIsWrittenIsReadToWithinHalfALevel(@TempDir Path dir) {
        float[] values = new float[12 * 7];
        Random random = new Random(3);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        SaliencyFolder.write(dir, "a", new SaliencyMap(12, 7, values));
        SaliencyMap read = folder(dir).saliency(sample("a", 12, 7));
        for (int i = 0; i < values.length; i++) {
            assertThat(Math.abs(read.values()[i] - values[i])).isLessThanOrEqualTo(0.5f / 255 + 1e-6f);
        }
    }

    @Test
    void aMissingMapIsNamed(@TempDir Path dir) {
        assertThatThrownBy(() -> folder(dir).saliency(sample("2007_1", 8, 8)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage(
                        "sample 2007_1 has no saliency map; expected " + dir.resolve("2007_1.png") + " or 2007_1.jpg");
    }

    @Test
    void anotherSizeIsRefusedOrResizedAsPillowDoes(@TempDir Path dir) throws IOException {
        RgbImage small = noise(9, 6);
        png(dir.resolve("a.png"), small.toBufferedImage());
        assertThatThrownBy(() -> folder(dir).saliency(sample("a", 8, 5)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(dir.resolve("a.png") + ": saliency map is 9x6; expected 8x5 as the image");
        SaliencySource resizing = SaliencyFolder.builder()
                .setFolder(dir)
                .optResize(Resize.PIL_BICUBIC)
                .build();
        SaliencyMap map = resizing.saliency(sample("a", 8, 5));
        byte[] expected = Resize.PIL_BICUBIC.apply(small, 8, 5).data();
        assertThat(map.at(7, 4))
                .isEqualTo(((expected[117] & 255) + (expected[118] & 255) + (expected[119] & 255)) / 765f);
    }

    @Test
    void deeperFilesAreRefused(@TempDir Path dir) throws IOException {
        png(dir.resolve("a.png"), new BufferedImage(4, 4, BufferedImage.TYPE_USHORT_GRAY));
        assertThatThrownBy(() -> folder(dir).saliency(sample("a", 4, 4)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(dir.resolve("a.png").toString())
                .hasMessageContaining("16-bit samples")
                .hasMessageContaining("expected at most 8 bits");
    }

    @Test
    void damagedFilesAreRefused(@TempDir Path dir) throws IOException {
        Files.writeString(dir.resolve("a.png"), "no image");
        assertThatThrownBy(() -> folder(dir).saliency(sample("a", 4, 4)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a.png");
    }

    @Test
    void badSettingsAreRefused(@TempDir Path dir) {
        assertThatThrownBy(() -> SaliencyFolder.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("setFolder");
        Path missing = dir.resolve("none");
        assertThatThrownBy(() -> folder(missing))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(missing.toString());
        assertThatThrownBy(() -> SaliencyFolder.builder().optResize(Resize.TORCH_BILINEAR))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("TORCH_BILINEAR");
    }
}
