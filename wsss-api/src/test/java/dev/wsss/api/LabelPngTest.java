package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelPngTest {
    private final Path folder;

    LabelPngTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private static LabelMap random(int height, int width, int values, long seed) {
        Random random = new Random(seed);
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) random.nextInt(values);
        }
        return LabelMap.wrap(height, width, labels);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,7", "7,1", "13,300", "200,333"})
    void roundTripsEveryValue(int height, int width) {
        LabelMap map = random(height, width, 256, 1);
        Path file = folder.resolve("m.png");
        LabelPng.write(file, map, ClassCatalog.vocPalette());
        assertThat(LabelPng.read(file)).isEqualTo(map);
    }

    @Test
    void isReadByImageIoWithTheCatalogsColours() throws IOException {
        ClassCatalog catalog =
                ClassCatalog.withBackground(List.of("cat", "dog")).withColours(1, 0x102030, 0xFFFFFF);
        LabelMap map = LabelMap.of(1, 4, new byte[] {0, 1, 2, (byte) 255});
        Path file = folder.resolve("m.png");
        LabelPng.write(file, map, catalog);
        BufferedImage image = ImageIO.read(file.toFile());
        assertThat(image.getRaster().getSamples(0, 0, 4, 1, 0, (int[]) null)).containsExactly(0, 1, 2, 255);
        assertThat(image.getRGB(1, 0) & 0xFFFFFF).isEqualTo(0x102030);
        assertThat(image.getRGB(3, 0) & 0xFFFFFF).isEqualTo(0xE0E0C0);
    }

    @Test
    void writesTheSameBytesAndLeavesNothingBeside() throws IOException {
        LabelMap map = random(50, 60, 21, 2);
        Path a = folder.resolve("a.png");
        LabelPng.write(a, LabelMap.of(1, 1, new byte[1]), ClassCatalog.vocPalette());
        LabelPng.write(a, map, ClassCatalog.vocPalette());
        Path b = folder.resolve("b.png");
        LabelPng.write(b, map, ClassCatalog.vocPalette());
        assertThat(a).hasSameBinaryContentAs(b);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(a, b);
        }
        assertThatThrownBy(() -> LabelPng.write(a.resolve("c.png"), map, ClassCatalog.vocPalette()))
                .isInstanceOf(java.io.UncheckedIOException.class)
                .hasMessageContaining("c.png");
        assertThatThrownBy(() -> LabelPng.write(b, map, new int[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 colours");
    }

    /** ImageIO is the other implementation here: it writes the file, and its raster is the expectation. */
    @ParameterizedTest
    @CsvSource({"1,false", "2,false", "4,false", "8,false", "1,true", "2,true", "4,true", "8,true"})
    void readsPalettesOfEveryDepthPlainAndInterlaced(int bits, boolean interlaced) throws IOException {
        for (int size : new int[] {1, 2, 3, 4, 5, 8, 9, 31}) {
            int n = 1 << bits;
            byte[] ramp = new byte[n];
            for (int i = 0; i < n; i++) {
                ramp[i] = (byte) (i * 37);
            }
            BufferedImage image = new BufferedImage(
                    size,
                    size + 2,
                    bits == 8 ? BufferedImage.TYPE_BYTE_INDEXED : BufferedImage.TYPE_BYTE_BINARY,
                    new IndexColorModel(bits, n, ramp, ramp, new byte[n]));
            LabelMap map = random(size + 2, size, n, size);
            for (int y = 0; y < map.height(); y++) {
                for (int x = 0; x < map.width(); x++) {
                    image.getRaster().setSample(x, y, 0, map.get(y, x));
                }
            }
            Path file = folder.resolve("p.png");
            writeWithImageIo(image, file, interlaced);
            assertThat(LabelPng.read(file)).isEqualTo(map);
        }
    }

    static void writeWithImageIo(BufferedImage image, Path file, boolean interlaced) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        Files.deleteIfExists(file);
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
            writer.setOutput(out);
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setProgressiveMode(interlaced ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
    }

    @Test
    void readsGreyLevelsUnscaled() {
        assertThat(decode(TestPng.of(4, 1, 1, 0, 0, new byte[] {0, (byte) 0b1010_0000})))
                .isEqualTo(LabelMap.of(1, 4, new byte[] {1, 0, 1, 0}));
        assertThat(decode(TestPng.of(3, 1, 2, 0, 0, new byte[] {0, (byte) 0b1101_1000})))
                .isEqualTo(LabelMap.of(1, 3, new byte[] {3, 1, 2}));
        assertThat(decode(TestPng.of(3, 1, 4, 0, 0, new byte[] {0, (byte) 0xF1, (byte) 0xA0})))
                .isEqualTo(LabelMap.of(1, 3, new byte[] {15, 1, 10}));
        assertThat(decode(TestPng.of(2, 1, 8, 0, 0, new byte[] {0, 11, (byte) 255})))
                .isEqualTo(LabelMap.of(1, 2, new byte[] {11, (byte) 255}));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void undoesEveryRowFilter(int filter) {
        int w = 17;
        int h = 9;
        byte[] map = random(h, w, 256, 5).toArray();
        byte[] rows = new byte[h * (w + 1)];
        for (int y = 0; y < h; y++) {
            rows[y * (w + 1)] = (byte) filter;
            for (int x = 0; x < w; x++) {
                int a = x == 0 ? 0 : map[y * w + x - 1] & 255;
                int b = y == 0 ? 0 : map[(y - 1) * w + x] & 255;
                int c = x == 0 || y == 0 ? 0 : map[(y - 1) * w + x - 1] & 255;
                int p = a + b - c;
                int nearest = Stream.of(a, b, c)
                        .min((s, t) -> Integer.compare(Math.abs(p - s), Math.abs(p - t)))
                        .orElseThrow();
                int guess = new int[] {0, a, b, (a + b) / 2, nearest}[filter];
                rows[y * (w + 1) + 1 + x] = (byte) (map[y * w + x] - guess);
            }
        }
        assertThat(decode(TestPng.of(w, h, 8, 0, 0, rows))).isEqualTo(LabelMap.of(h, w, map));
    }

    private static LabelMap decode(byte[] png) {
        return LabelPng.decode("mask.png", png, LabelPng.MAX_PIXELS);
    }

    private static void assertRefused(byte[] png, String... words) {
        assertThatThrownBy(() -> decode(png))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(words)
                .hasMessageContainingAll("mask.png", "expected");
    }

    @Test
    void refusesWhatIsNoMapOfLabels() {
        assertRefused(TestPng.of(1, 1, 8, 2, 0, new byte[4]), "8-bit RGB");
        assertRefused(TestPng.of(1, 1, 8, 6, 0, new byte[5]), "RGB with alpha");
        assertRefused(TestPng.of(1, 1, 8, 4, 0, new byte[3]), "grey with alpha");
        assertRefused(TestPng.of(1, 1, 16, 0, 0, new byte[3]), "16-bit grey");
        assertRefused(TestPng.of(1, 1, 8, 1, 0, new byte[2]), "colour type 1");
        assertRefused(TestPng.of(1, 1, 3, 0, 0, new byte[2]), "3 bits");
        assertRefused("hello, world, hello, world".getBytes(java.nio.charset.StandardCharsets.UTF_8), "signature");
    }

    @Test
    void refusesDamage() {
        byte[] rows = new byte[3 * 5];
        byte[] good = TestPng.of(4, 3, 8, 3, 0, rows);
        assertThat(decode(good)).isEqualTo(LabelMap.of(3, 4, new byte[12]));
        for (int n = 0; n < good.length; n++) {
            byte[] cut = Arrays.copyOf(good, n);
            assertThatThrownBy(() -> decode(cut)).isInstanceOf(InvalidDataException.class);
        }
        byte[] flipped = good.clone();
        flipped[good.length - 20] ^= 1;
        assertRefused(flipped, "checksum", "IDAT");
        assertRefused(TestPng.of(4, 3, 8, 0, 0, new byte[14]), "too early");
        assertRefused(TestPng.of(4, 3, 8, 0, 0, new byte[16]), "more pixels");
        assertRefused(TestPng.of(1, 1, 8, 0, 0, new byte[] {9, 0}), "row filter 9");
        assertRefused(TestPng.of(1, 1, 8, 0, 2, new byte[] {0, 0}), "interlace 2");
        assertRefused(
                new TestPng()
                        .header(1, 1, 8, 3, 0)
                        .chunk("IDAT", new byte[9])
                        .chunk("IEND", new byte[0])
                        .bytes(),
                "without a palette");
        assertRefused(
                new TestPng().header(1, 1, 8, 0, 0).chunk("IEND", new byte[0]).bytes(), "no IDAT");
        assertRefused(
                new TestPng()
                        .header(1, 1, 8, 0, 0)
                        .chunk("ABCD", new byte[0])
                        .chunk("IEND", new byte[0])
                        .bytes(),
                "critical",
                "ABCD");
    }

    @Test
    void refusesSizesBeforeItTakesMemory() {
        byte[] pixels = TestPng.zlib(new byte[100]);
        byte[] huge = new TestPng()
                .header(Integer.MAX_VALUE, Integer.MAX_VALUE, 8, 0, 0)
                .chunk("IDAT", pixels)
                .chunk("IEND", new byte[0])
                .bytes();
        assertRefused(huge, "2147483647x2147483647", "limit of 268435456");
        byte[] hollow = new TestPng()
                .header(16384, 16384, 8, 0, 0)
                .chunk("IDAT", pixels)
                .chunk("IEND", new byte[0])
                .bytes();
        assertRefused(hollow, "cannot hold 16384x16384");
        assertRefused(TestPng.of(0, 1, 8, 0, 0, new byte[2]), "1x0");
        assertRefused(TestPng.of(-5, 1, 8, 0, 0, new byte[2]), "1x4294967291");
    }

    @Test
    void honoursTheCallersLimit() {
        Path file = folder.resolve("m.png");
        LabelPng.write(file, random(4, 5, 3, 1), ClassCatalog.vocPalette());
        assertThat(LabelPng.read(file, 20).width()).isEqualTo(5);
        assertThatThrownBy(() -> LabelPng.read(file, 19))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("m.png", "4x5", "limit of 19");
        assertThatThrownBy(() -> LabelPng.read(file, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesMissingAndEmptyFiles() throws IOException {
        assertThatThrownBy(() -> LabelPng.read(folder.resolve("gone.png")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("gone.png", "no such file");
        Path empty = Files.createFile(folder.resolve("empty.png"));
        assertThatThrownBy(() -> LabelPng.read(empty))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("empty.png", "0 bytes");
        assertThatThrownBy(() -> LabelPng.read(folder))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("is a folder");
    }

    /** Half of the damaged files get right checksums again, so that damage reaches what lies behind them. */
    @Test
    void survivesDamagedFiles() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        seeds.add(LabelPng.encode(random(9, 7, 21, 1), ClassCatalog.vocPalette()));
        seeds.add(TestPng.of(12, 5, 2, 0, 0, new byte[5 * 4]));
        seeds.add(TestPng.of(8, 8, 8, 3, 1, new byte[15 + 64]));
        seeds.add(TestPng.of(6, 6, 4, 3, 0, new byte[6 * 4]));
        for (byte[] seed : seeds) {
            decode(seed);
        }
        Random random = new Random(20);
        int read = 0;
        int behindChecksums = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] png = seeds.get(i % seeds.size()).clone();
            if (random.nextInt(8) == 0) {
                png = Arrays.copyOf(png, random.nextInt(png.length + 20));
            }
            for (int k = 1 + random.nextInt(4); k > 0 && png.length > 0; k--) {
                // header and pixels are worth more than the palette
                int at = random.nextBoolean()
                        ? random.nextInt(png.length)
                        : png.length - 1 - random.nextInt(Math.min(png.length, 60));
                png[random.nextInt(4) == 0 ? Math.min(png.length - 1, 8 + random.nextInt(26)) : at] =
                        (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(4));
            }
            if (random.nextBoolean()) {
                TestPng.repairChecksums(png);
            }
            try {
                LabelMap map = decode(png);
                assertThat(map.toArray()).hasSize(map.height() * map.width());
                read++;
            } catch (InvalidDataException e) {
                assertThat(e).hasMessageContaining("mask.png");
                behindChecksums += String.valueOf(e.getMessage()).contains("checksum") ? 0 : 1;
            }
        }
        assertThat(read).isPositive();
        assertThat(behindChecksums).isGreaterThan(5000);
    }
}
