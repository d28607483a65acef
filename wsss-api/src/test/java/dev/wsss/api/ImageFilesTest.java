package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFilesTest {
    private final Path folder;

    ImageFilesTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private static BufferedImage gradient(int height, int width, int type) {
        BufferedImage image = new BufferedImage(width, height, type);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int alpha = (x * 3 + y) & 255;
                image.setRGB(x, y, alpha << 24 | (x * 4 & 255) << 16 | (y * 5 & 255) << 8 | (x + y) * 2 & 255);
            }
        }
        return image;
    }

    private static byte[] jpeg(BufferedImage image, boolean progressive) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(0.95f);
            param.setProgressiveMode(progressive ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private void assertRefused(String name, byte[] bytes, String... words) throws IOException {
        Path file = file(name, bytes);
        assertThatThrownBy(() -> ImageFiles.read(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(words)
                .hasMessageContainingAll(name, "expected");
    }

    @ParameterizedTest
    @CsvSource({"false,1", "true,1", "false,6", "true,6"})
    void readsColourPngAndDropsAlpha(boolean interlaced, int width) throws IOException {
        for (int type : new int[] {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB}) {
            BufferedImage image = gradient(11, width, type);
            Path file = folder.resolve("a.png");
            LabelPngTest.writeWithImageIo(image, file, interlaced);
            RgbImage rgb = ImageFiles.readRgb(file);
            for (int y = 0, o = 0; y < 11; y++) {
                for (int x = 0; x < width; x++, o += 3) {
                    int pixel = (rgb.data()[o] & 255) << 16 | (rgb.data()[o + 1] & 255) << 8 | rgb.data()[o + 2] & 255;
                    assertThat(pixel).isEqualTo(image.getRGB(x, y) & 0xFFFFFF);
                }
            }
            assertThat(RgbImage.of(ImageFiles.read(file))).isEqualTo(rgb);
            assertThat(ImageFiles.size(file)).isEqualTo(new ImageFiles.Size(11, width));
        }
    }

    @Test
    void takesGreyLevelsAsTheyAre() throws IOException {
        byte[] expected = {0, 0, 0, 100, 100, 100, (byte) 255, (byte) 255, (byte) 255};
        Path png = file("g.png", TestPng.of(3, 1, 8, 0, 0, new byte[] {0, 0, 100, (byte) 255}));
        assertThat(ImageFiles.readRgb(png).data()).isEqualTo(expected);
        Path greyAlpha = file("ga.png", TestPng.of(3, 1, 8, 4, 0, new byte[] {0, 0, 9, 100, 9, (byte) 255, 0}));
        assertThat(ImageFiles.readRgb(greyAlpha).data()).isEqualTo(expected);
        Path twoBits = file("g2.png", TestPng.of(3, 1, 2, 0, 0, new byte[] {0, 0b0001_1100}));
        assertThat(ImageFiles.readRgb(twoBits).data()).containsExactly(0, 0, 0, 85, 85, 85, 255, 255, 255);

        BufferedImage grey = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSamples(0, 0, 16, 16, 0, filled(256, 100));
        byte[] levels = ImageFiles.readRgb(file("g.jpg", jpeg(grey, false))).data();
        assertThat(levels).hasSize(768).containsOnly(100);
    }

    private static int[] filled(int n, int value) {
        int[] out = new int[n];
        Arrays.fill(out, value);
        return out;
    }

    /** Pillow clips grey of 16 bits, so that all but the darkest 1/256 is white. */
    @Test
    void takesTheHighByteOfSixteenBits() throws IOException {
        byte[] grey = {0, 0x12, 0x34, (byte) 0xFF, 0, 0, (byte) 200};
        assertThat(ImageFiles.readRgb(file("g16.png", TestPng.of(3, 1, 16, 0, 0, grey)))
                        .data())
                .containsExactly(0x12, 0x12, 0x12, 255, 255, 255, 0, 0, 0);
        assertThat(ImageFiles.depth(folder.resolve("g16.png"))).isEqualTo(16);
        assertThat(ImageFiles.depth(file("g2.png", TestPng.of(3, 1, 2, 0, 0, new byte[2]))))
                .isEqualTo(2);
        // filtered by the pixel before, of six bytes; and interlaced
        byte[] rgb = {1, 1, 9, 2, 9, 3, 9, 1, 1, 1, 1, 1, 1};
        assertThat(ImageFiles.readRgb(file("rgb16.png", TestPng.of(2, 1, 16, 2, 0, rgb)))
                        .data())
                .containsExactly(1, 2, 3, 2, 3, 4);
        byte[] passes = {0, 5, 0, 0, 6, 0};
        assertThat(ImageFiles.readRgb(file("i16.png", TestPng.of(2, 1, 16, 0, 1, passes)))
                        .data())
                .containsExactly(5, 5, 5, 6, 6, 6);
    }

    @Test
    void looksUpPalettes() throws IOException {
        byte[] png = new TestPng()
                .header(2, 1, 8, 3, 0)
                .chunk("PLTE", new byte[] {1, 2, 3, 4, 5, 6})
                .chunk("IDAT", TestPng.zlib(new byte[] {0, 1, 0}))
                .chunk("IEND", new byte[0])
                .bytes();
        assertThat(ImageFiles.readRgb(file("p.png", png)).data()).containsExactly(4, 5, 6, 1, 2, 3);
        byte[] beyond = new TestPng()
                .header(1, 1, 8, 3, 0)
                .chunk("PLTE", new byte[3])
                .chunk("IDAT", TestPng.zlib(new byte[] {0, 7}))
                .chunk("IEND", new byte[0])
                .bytes();
        assertRefused("beyond.png", beyond, "index 7", "1 colours");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsJpeg(boolean progressive) throws IOException {
        BufferedImage image = gradient(40, 60, BufferedImage.TYPE_INT_RGB);
        Path file = file("a.jpg", jpeg(image, progressive));
        RgbImage rgb = ImageFiles.readRgb(file);
        byte[] exact = RgbImage.of(image).data();
        double sum = 0;
        for (int i = 0; i < exact.length; i++) {
            sum += Math.abs((exact[i] & 255) - (rgb.data()[i] & 255));
        }
        assertThat(sum / exact.length).isLessThan(3);
        assertThat(ImageFiles.size(file)).hasToString("40x60");
    }

    @Test
    void doesNotApplyColourProfiles() throws IOException {
        byte[] plain = jpeg(gradient(40, 60, BufferedImage.TYPE_INT_RGB), false);
        byte[] profile = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
        ByteBuffer tagged = ByteBuffer.allocate(plain.length + profile.length + 18);
        tagged.put(plain, 0, 2).put((byte) 0xFF).put((byte) 0xE2).putShort((short) (profile.length + 16));
        tagged.put("ICC_PROFILE\0".getBytes(StandardCharsets.ISO_8859_1))
                .put((byte) 1)
                .put((byte) 1);
        tagged.put(profile).put(plain, 2, plain.length - 2);
        assertThat(ImageFiles.readRgb(file("tagged.jpg", tagged.array())))
                .isEqualTo(ImageFiles.readRgb(file("plain.jpg", plain)));
    }

    /** Beside each file lies what Pillow 12.3 makes of it with {@code convert("RGB")}. */
    @ParameterizedTest
    @ValueSource(strings = {"cmyk", "ycck", "cmyk-unmarked"})
    void readsInksAsPillowDoes(String name) throws IOException {
        RgbImage image = ImageFiles.readRgb(resource(name + ".jpg"));
        RgbImage expected = ImageFiles.readRgb(resource(name + ".png"));
        assertThat(image.width()).isEqualTo(expected.width());
        assertThat(image.height()).isEqualTo(expected.height());
        for (int i = 0; i < expected.data().length; i++) {
            assertThat(image.data()[i] & 255).as("sample %d", i).isCloseTo(expected.data()[i] & 255, within(2));
        }
    }

    private Path resource(String name) throws IOException {
        try (InputStream in = ImageFilesTest.class.getResourceAsStream("/jpeg/" + name)) {
            return file(name, Objects.requireNonNull(in).readAllBytes());
        }
    }

    @Test
    void refusesWhatItWouldHaveToGuess() throws IOException {
        byte[] cmyk = jpeg(gradient(8, 8, BufferedImage.TYPE_INT_RGB), false);
        cmyk[frame(cmyk) + 9] = 4;
        assertRefused("cmyk.jpg", cmyk, "frame header of 17 bytes", "expected an intact JPEG");
        byte[] twelve = jpeg(gradient(8, 8, BufferedImage.TYPE_INT_RGB), false);
        twelve[frame(twelve) + 4] = 12;
        assertRefused("twelve.jpg", twelve, "12-bit");
        assertRefused("page.jpg", "<html>not found</html>".getBytes(StandardCharsets.UTF_8), "3c 68 74 6d");
        assertRefused("empty.jpg", new byte[0], "0 bytes");
        assertThatThrownBy(() -> ImageFiles.read(folder.resolve("gone.jpg")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("gone.jpg", "no such file");
        assertThatThrownBy(() -> ImageFiles.size(file("text.jpg", new byte[9])))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("00 00 00 00");
    }

    @Test
    void refusesFilesThatAreCutOff() throws IOException {
        byte[] jpeg = jpeg(gradient(64, 64, BufferedImage.TYPE_INT_RGB), false);
        for (int n : new int[] {3, 20, 200, jpeg.length / 2, jpeg.length - 1}) {
            assertRefused("cut.jpg", Arrays.copyOf(jpeg, n), "truncated");
        }
        byte[] patched = Arrays.copyOf(jpeg, jpeg.length * 2 / 3);
        patched[patched.length - 2] = (byte) 0xFF;
        patched[patched.length - 1] = (byte) 0xD9;
        assertRefused("patched.jpg", patched, "truncated");

        Path png = folder.resolve("cut.png");
        LabelPngTest.writeWithImageIo(gradient(20, 20, BufferedImage.TYPE_INT_RGB), png, false);
        byte[] bytes = Files.readAllBytes(png);
        assertRefused("cut.png", Arrays.copyOf(bytes, bytes.length - 12), "truncated");
        assertRefused("cut.png", Arrays.copyOf(bytes, bytes.length / 2), "truncated");
    }

    @Test
    void refusesSizesBeforeItTakesMemory() throws IOException {
        byte[] jpeg = jpeg(gradient(8, 8, BufferedImage.TYPE_INT_RGB), false);
        int at = frame(jpeg) + 5;
        ByteBuffer.wrap(jpeg).putShort(at, (short) 65500).putShort(at + 2, (short) 65500);
        assertRefused("huge.jpg", jpeg, "65500x65500");
        ByteBuffer.wrap(jpeg).putShort(at, (short) 10000).putShort(at + 2, (short) 10000);
        assertRefused("hollow.jpg", jpeg, "10000x10000", "cannot hold");
        byte[] png = new TestPng()
                .header(40000, 40000, 8, 2, 0)
                .chunk("IDAT", TestPng.zlib(new byte[9]))
                .chunk("IEND", new byte[0])
                .bytes();
        assertRefused("huge.png", png, "40000x40000", "limit");
    }

    /** Position of the frame header's marker. */
    private static int frame(byte[] jpeg) {
        for (int i = 2; ; i += 2 + ((jpeg[i + 2] & 255) << 8 | jpeg[i + 3] & 255)) {
            if ((jpeg[i + 1] & 255) == 0xC0) {
                return i;
            }
        }
    }

    @Test
    void survivesDamagedJpegs() throws IOException {
        byte[][] seeds = {
            jpeg(gradient(17, 23, BufferedImage.TYPE_INT_RGB), false),
            jpeg(gradient(17, 23, BufferedImage.TYPE_INT_RGB), true),
            jpeg(gradient(17, 23, BufferedImage.TYPE_BYTE_GRAY), false)
        };
        Random random = new Random(3);
        Path file = folder.resolve("fuzz.jpg");
        int read = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] jpeg = seeds[i % seeds.length].clone();
            for (int k = 1 + random.nextInt(4); k > 0; k--) {
                jpeg[2 + random.nextInt(jpeg.length - 4)] = (byte) random.nextInt(256);
            }
            Files.write(file, jpeg);
            try {
                RgbImage image = ImageFiles.readRgb(file);
                assertThat(ImageFiles.size(file)).isEqualTo(new ImageFiles.Size(image.height(), image.width()));
                read++;
            } catch (InvalidDataException e) {
                assertThat(e).hasMessageContaining("fuzz.jpg");
            }
        }
        assertThat(read).isBetween(100, 2990);
    }
}
