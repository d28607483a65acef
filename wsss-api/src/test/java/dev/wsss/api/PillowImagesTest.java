package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small images of each kind that is read, and what Pillow 12.3 makes of them, on every runtime. */
class PillowImagesTest {
    private final Path folder;

    PillowImagesTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private record Case(String name, String size, String expected, byte[] bytes) {
        @Override
        public String toString() {
            return name;
        }

        boolean isRefused() {
            return size.equals("refused");
        }

        /** The bytes that Pillow gives, to the bit or to one level. */
        void check(RgbImage image) {
            assertThat(image.height() + "x" + image.width()).isEqualTo(size);
            if (expected.length() == 8) {
                assertThat(crc(image)).isEqualTo(expected);
                return;
            }
            byte[] exact = Base64.getDecoder().decode(expected);
            assertThat(image.data()).hasSameSizeAs(exact);
            for (int i = 0; i < exact.length; i++) {
                assertThat(image.data()[i] & 255).as("sample %d", i).isCloseTo(exact[i] & 255, within(1));
            }
        }
    }

    private static List<Case> cases() throws IOException {
        try (InputStream in = PillowImagesTest.class.getResourceAsStream("/images/pillow.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .map(c -> new Case(c[0], c[1], c[2], Base64.getDecoder().decode(c[3])))
                    .toList();
        }
    }

    private static byte[] bytes(String name) throws IOException {
        return cases().stream().filter(c -> c.name.equals(name)).findFirst().orElseThrow().bytes;
    }

    private static Stream<Case> read() throws IOException {
        return cases().stream().filter(c -> !c.isRefused());
    }

    private static Stream<Case> refused() throws IOException {
        return cases().stream().filter(Case::isRefused);
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static String crc(RgbImage image) {
        CRC32 crc = new CRC32();
        crc.update(image.data());
        return String.format("%08x", crc.getValue());
    }

    @ParameterizedTest
    @MethodSource("read")
    void readsWhatPillowReads(Case c) throws IOException {
        // what a file is, its content says
        Path file = file(c.name + ".txt", c.bytes);
        RgbImage image = ImageFiles.readRgb(file);
        c.check(image);
        assertThat(ImageFiles.size(file)).hasToString(c.size);
        String extension = c.name.substring(c.name.indexOf('.') + 1);
        assertThat(ImageFiles.extensions()).contains(extension);
        assertThat(ImageFiles.depth(file)).isEqualTo(c.name.contains("16") ? 16 : c.name.equals("tiff-1.tif") ? 1 : 8);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesByName(Case c) throws IOException {
        Path file = file(c.name, c.bytes);
        assertThatThrownBy(() -> ImageFiles.readRgb(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(c.name, c.expected, "expected ", "save");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void neverTakesACutOffFileForAWholeOne(Case c) throws IOException {
        for (int n = 1; n < c.bytes.length; n += 1 + c.bytes.length / 40) {
            Path file = file("cut", Arrays.copyOf(c.bytes, n));
            try {
                // what was lost is no part of the image: a second frame, the end of the file
                c.check(ImageFiles.readRgb(file));
            } catch (InvalidDataException e) {
                assertThat(e).hasMessageContainingAll("cut", "expected");
            }
        }
    }

    @Test
    void survivesDamage() throws IOException {
        Random random = new Random(4);
        Path file = folder.resolve("fuzz");
        int read = 0;
        int refused = 0;
        for (Case c : cases()) {
            for (int i = 0; i < 25; i++) {
                byte[] bytes = c.bytes.clone();
                for (int k = 1 + random.nextInt(3); k > 0; k--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                Files.write(file, bytes);
                try {
                    ImageFiles.Size size = ImageFiles.size(file);
                    if ((long) size.height() * size.width() > 1 << 20) {
                        continue; // a large image of few bytes is no damage that shows, and takes long
                    }
                    RgbImage image = ImageFiles.readRgb(file);
                    assertThat(size).isEqualTo(new ImageFiles.Size(image.height(), image.width()));
                    read++;
                } catch (InvalidDataException e) {
                    assertThat(e).hasMessageContaining("fuzz");
                    refused++;
                }
            }
        }
        assertThat(read).isGreaterThan(300);
        assertThat(refused).isGreaterThan(300);
    }

    @Test
    void refusesAnUnfinishedProgression() throws IOException {
        byte[] jpeg = bytes("jpeg-420.jpg");
        int lastScan = 0;
        for (int i = 0; i + 1 < jpeg.length; i++) {
            if ((jpeg[i] & 255) == 0xFF && (jpeg[i + 1] & 255) == 0xDA) {
                lastScan = i;
            }
        }
        byte[] cut = Arrays.copyOf(jpeg, lastScan + 2);
        cut[lastScan + 1] = (byte) 0xD9;
        Path file = file("unfinished.jpg", cut);
        assertThatThrownBy(() -> ImageFiles.readRgb(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("unfinished.jpg", "scans end");
    }

    @ParameterizedTest
    @ValueSource(ints = {0xC3, 0xC5, 0xC9, 0xCA, 0xCB})
    void refusesJpegsThatNotEveryRuntimeReads(int marker) throws IOException {
        byte[] jpeg = bytes("jpeg-444.jpg");
        jpeg[frame(jpeg)] = (byte) marker;
        Path file = file("other.jpg", jpeg);
        assertThatThrownBy(() -> ImageFiles.readRgb(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("other.jpg", "not every Java runtime reads", "save it again");
    }

    @Test
    void refusesSamplingInParts() throws IOException {
        byte[] jpeg = bytes("jpeg-444.jpg");
        jpeg[frame(jpeg) + 10] = 0x31;
        jpeg[frame(jpeg) + 13] = 0x21;
        Path file = file("parts.jpg", jpeg);
        assertThatThrownBy(() -> ImageFiles.readRgb(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("parts.jpg", "component 1 2x1 in 3x1", "4:4:4");
    }

    /** Position of the second byte of the frame header's marker. */
    private static int frame(byte[] jpeg) {
        for (int i = 2; ; i += 2 + ((jpeg[i + 2] & 255) << 8 | jpeg[i + 3] & 255)) {
            if ((jpeg[i + 1] & 255) == 0xC0) {
                return i + 1;
            }
        }
    }

    @Test
    void sizeReadsNoMoreThanTheHeader() throws IOException {
        byte[] jpeg = bytes("jpeg-444.jpg");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        for (int i = 0; i < 5; i++) {
            out.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xE1, (byte) 0xFF, (byte) 0xFE});
            out.writeBytes(new byte[0xFFFC]);
        }
        // and nothing behind the frame header
        out.write(jpeg, 2, frame(jpeg) + 18 - 2);
        assertThat(ImageFiles.size(file("long.jpg", out.toByteArray()))).hasToString("9x11");
        assertThat(ImageFiles.size(file("head.png", Arrays.copyOf(bytes("png-rgb16.png"), 33))))
                .hasToString("5x4");
    }

    @Test
    void refusesSizesBeforeItTakesMemory() throws IOException {
        record Hollow(String name, int at, int... values) {}
        Hollow[] all = {
            new Hollow("gif.gif", 6, 0xFF, 0xFF, 0xFF, 0xFF),
            new Hollow("bmp-rle8.bmp", 18, 0, 0x50, 0, 0, 0, 0x50, 0, 0),
            new Hollow("tiff-plain.tif", 18, 0, 0, 1, 0, 1, 1, 4, 0, 1, 0, 0, 0, 0, 0, 1, 0),
            new Hollow("webp-lossless.webp", 21, 0xFF, 0xFF, 0xFF, 0x0F),
            new Hollow("webp-lossy.webp", 26, 0xFF, 0x3F, 0xFF, 0x3F)
        };
        for (Hollow hollow : all) {
            byte[] bytes = bytes(hollow.name);
            for (int i = 0; i < hollow.values.length; i++) {
                bytes[hollow.at + i] = (byte) hollow.values[i];
            }
            Path file = file(hollow.name, bytes);
            assertThatThrownBy(() -> ImageFiles.readRgb(file))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContainingAll(hollow.name, "expected 1.." + ImageFiles.MAX_PIXELS);
        }
    }

    /** Levels are spread over 0 to 255 by their number of bits, and turned where white is 0. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 80, 255 0 0 0", "1, 0, 80, 0 255 255 255",
        "2, 1, 1B, 0 85 170 255", "2, 0, 1B, 255 170 85 0",
        "4, 1, 05AF, 0 85 170 255", "4, 0, 05AF, 255 170 85 0",
        "8, 1, 05AFFF00, 5 175 255 0", "8, 0, 05AFFF00, 250 80 0 255",
        "16, 1, 0102FFFE0080A000, 1 255 0 160", "16, 0, FEFD0001FF7F5FFF, 1 255 0 160"
    })
    void takesGreyLevelsOfTiffAsTheyAre(int bits, int colours, String pixels, String levels) throws IOException {
        byte[] data = HexFormat.of().parseHex(pixels);
        int[][] fields = {
            {256, 4}, {257, 1}, {258, bits}, {259, 1}, {262, colours}, {273, 8}, {277, 1}, {278, 1}, {279, data.length}
        };
        ByteBuffer tiff = ByteBuffer.allocate(16 + 2 + 12 * fields.length + 4);
        tiff.put("MM\0*".getBytes(StandardCharsets.US_ASCII))
                .putInt(16)
                .put(data)
                .position(16)
                .putShort((short) fields.length);
        for (int[] field : fields) {
            tiff.putShort((short) field[0]).putShort((short) 3).putInt(1).putInt(field[1] << 16);
        }
        byte[] rgb = ImageFiles.readRgb(file("grey.tif", tiff.array())).data();
        StringBuilder read = new StringBuilder();
        for (int i = 0; i < rgb.length; i += 3) {
            assertThat(rgb[i] == rgb[i + 1] && rgb[i] == rgb[i + 2]).isTrue();
            read.append(rgb[i] & 255).append(' ');
        }
        assertThat(read.toString().strip()).isEqualTo(levels);
    }

    @ParameterizedTest
    @CsvSource({
        "gif.gif, 6, 8, first frame of the GIF is 5x7 on a screen of 5x8",
        "bmp-24.bmp, 30, 4, holds a JPEG",
        "bmp-24.bmp, 30, 5, holds a PNG"
    })
    void refusesWhatAByteChanges(String name, int at, byte value, String words) throws IOException {
        byte[] bytes = bytes(name);
        bytes[at] = value;
        Path file = file(name, bytes);
        assertThatThrownBy(() -> ImageFiles.readRgb(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(name, words, "expected", "save");
    }

    /** As for who leaves the native code out of a deployment. */
    @Test
    void namesTheReaderOfWebpWhereItIsMissing() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!entry.contains("webp-imageio")) {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        Path webp = file("a.webp", bytes("webp-lossy.webp"));
        Path gif = file("a.gif", bytes("gif.gif"));
        try (URLClassLoader without =
                new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Method read = without.loadClass(ImageFiles.class.getName()).getMethod("readRgb", Path.class);
            assertThat(read.invoke(null, gif)).hasToString("RgbImage[5x7]");
            assertThatThrownBy(() -> read.invoke(null, webp))
                    .cause()
                    .hasMessageContainingAll("a.webp", "expected com.github.usefulness:webp-imageio", "as PNG");
        }
    }

    /** libwebp is found where this library was loaded from, whatever loader the thread has. */
    @Test
    void readsWebpUnderAnyContextClassLoader() throws IOException {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        try {
            assertThat(ImageFiles.readRgb(file("a.webp", bytes("webp-lossy.webp"))))
                    .hasToString("RgbImage[9x11]");
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void namesAllFormatsWhereItReadsNone() throws IOException {
        Path file = file("page.jpg", "<html>".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> ImageFiles.size(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("expected a JPEG, PNG, BMP, GIF, TIFF or WebP image");
    }
}
