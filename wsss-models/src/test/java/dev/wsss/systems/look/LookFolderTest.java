package dev.wsss.systems.look;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.report.Overlay;
import dev.wsss.models.cam.Classifier;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LookFolderTest {
    private static final ClassCatalog DOGS = ClassCatalog.withBackground(List.of("person", "dog"));

    private final Classifier classifier = PhotoLookTest.classifier(1000);
    private final Path photos;
    private final Path out;

    LookFolderTest(@TempDir Path folder) {
        photos = folder.resolve("photos");
        out = folder.resolve("out");
    }

    @AfterEach
    void close() {
        classifier.close();
    }

    private LookFolder.Builder builder(PhotoLook look) {
        return LookFolder.builder().setLook(look).setFolder(out);
    }

    private LookFolder.Builder builder() {
        return builder(PhotoLookTest.builder(classifier).build());
    }

    private Path photo(String name) {
        Path file = photos.resolve(name);
        Overlay.writePng(file, PhotoLookTest.photo(30, 60));
        return file;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(out)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private String page() throws IOException {
        return Files.readString(out.resolve(LookFolder.PAGE));
    }

    @Test
    void leavesPicturesPageAndJson() throws IOException {
        Path text = Files.writeString(Files.createDirectories(photos).resolve("text.jpg"), "no photograph");
        try (DenseCrf crf = DenseCrf.psa(1).build()) {
            PhotoLook look = PhotoLookTest.builder(classifier)
                    .optCrf(crf)
                    .optSegmenter(PhotoLookTest.left(2), DOGS, 90)
                    .build();
            List<String> heard = new ArrayList<>();
            LookFolder.Outcome outcome = builder(look)
                    .optTags(ImageNetTags.of(List.of("sofa", "dog", "soffa")))
                    .optListener(new LookFolder.Listener() {
                        @Override
                        public void looked(Path photo, LookSummary summary) {
                            heard.add(summary.name());
                        }

                        @Override
                        public void failed(Path photo, String reason) {
                            heard.add(reason);
                        }
                    })
                    .build()
                    .look(List.of(text, photo("<b>.png")));
            assertThat(heard).hasSize(2);
            assertThat(heard.get(0)).contains(text.toString());
            assertThat(heard.get(1)).isEqualTo("<b>.png");
            assertThat(outcome.failures()).singleElement().satisfies(failure -> assertThat(failure.id())
                    .isEqualTo(text.toString()));
            LookSummary summary = outcome.looks().get(0);
            assertThat(summary.pictures())
                    .containsOnlyKeys("map of sofa", "map of dog", "labels", "labels with CRF", "supervised");
            assertThat(files())
                    .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                    summary.pictures().values().stream(), Stream.of(LookFolder.PAGE, LookFolder.JSON))
                            .toList());
            assertThat(summary.remarks())
                    .anyMatch(line -> line.matches("sofa: mapped as studio couch, 0\\.2\\d\\d"))
                    .anyMatch(
                            line -> line.matches("dog: mapped as golden retriever, 0\\.7\\d\\d, the likeliest of \\d+"))
                    .anyMatch(line -> line.matches("IoU with the supervised dog: \\S+, with CRF \\S+"));
            assertThat(page())
                    .contains(summary.remarks())
                    .contains("&lt;b&gt;.png", "golden retriever 0.7", "text.jpg", "&#39;soffa&#39;", "sofa, ")
                    .doesNotContain("<b>.png");
            int inside = 3 * (15 * 60 + 15);
            assertThat(Arrays.copyOfRange(pixels(summary, "labels"), inside, inside + 3))
                    .as("dog's colour in both")
                    .isEqualTo(Arrays.copyOfRange(pixels(summary, "supervised"), inside, inside + 3))
                    .isNotEqualTo(new byte[] {(byte) 255, 0, 0});
            JsonObject json = JsonParser.parseString(Files.readString(out.resolve(LookFolder.JSON)))
                    .getAsJsonObject();
            JsonObject first = json.getAsJsonArray("photographs").get(0).getAsJsonObject();
            assertThat(first.get("name").getAsString()).isEqualTo("<b>.png");
            JsonObject dog = first.getAsJsonArray("mapped").get(1).getAsJsonObject();
            assertThat(dog.get("tag").getAsString()).isEqualTo("dog");
            assertThat(dog.get("class").getAsInt()).isEqualTo(207);
            assertThat(first.getAsJsonArray("agreements")
                            .get(0)
                            .getAsJsonObject()
                            .get("iou")
                            .getAsDouble())
                    .isEqualTo(
                            Objects.requireNonNull(summary.agreements()).get(0).raw());
            assertThat(json.getAsJsonArray("failures")).hasSize(1);
            assertThat(json.getAsJsonArray("warnings")).hasSize(1);
        }
    }

    private byte[] pixels(LookSummary summary, String caption) {
        return ImageFiles.readRgb(out.resolve(summary.pictures().get(caption))).data();
    }

    @Test
    void noTwoPhotographsShareAFile() throws IOException {
        String many = "n".repeat(240) + ".png";
        List<Path> all = List.of(
                photo("a/x.png"),
                photo("b/x.png"),
                photo("c/X.png"),
                photo("x.png-2"),
                Files.move(photo("long"), photos.resolve(many)));
        LookFolder.Outcome outcome = builder().build().look(all);
        assertThat(outcome.looks())
                .extracting(LookSummary::name)
                .startsWith("x.png", "x.png-2", "X.png-3", "x.png-2-2");
        assertThat(files()).hasSize(2 * all.size() + 2);
    }

    @Test
    void whereNothingCanBeReadNothingIsLeft() throws IOException {
        Path text = Files.writeString(Files.createDirectories(photos).resolve("text.jpg"), "no photograph");
        LookFolder folder = builder().build();
        assertThatThrownBy(() -> folder.look(List.of(text)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(text.toString());
        assertThatThrownBy(() -> folder.look(List.of(text, photos.resolve("gone.jpg"))))
                .hasMessageContaining("none of the 2 photographs")
                .hasMessageContaining(text.toString());
        assertThatThrownBy(() -> folder.look(List.of())).hasMessageContaining("got none");
        assertThat(out).doesNotExist();
    }

    /** Each kind of file shows the retriever where it is, whatever its pixels are stored as. */
    @ParameterizedTest
    @ValueSource(strings = {"rgba", "16 bits", "exif"})
    void kindsOfFilesAreRead(String kind) throws IOException {
        RgbImage rgb = PhotoLookTest.photo(30, 60);
        Path file = Files.createDirectories(photos).resolve("photo");
        switch (kind) {
            case "rgba" -> {
                BufferedImage image = new BufferedImage(60, 30, BufferedImage.TYPE_INT_ARGB);
                image.createGraphics().drawImage(rgb.toBufferedImage(), 0, 0, null);
                ImageIO.write(image, "png", file.toFile());
            }
            case "16 bits" -> Files.write(file, rgb16(rgb));
            default -> Files.write(file, aside(rgb));
        }
        LookSummary found = builder().build().look(List.of(file)).looks().get(0);
        assertThat(found.likeliest().get(0).name()).isEqualTo("golden retriever");
        assertThat(found.height()).isEqualTo(30);
        assertThat(found.width()).isEqualTo(60);
        byte[] labels = pixels(found, "labels");
        assertThat(labels[3 * (15 * 60 + 50) + 2]).as("blue is left as it is").isLessThan((byte) 0);
        assertThat(labels[3 * (15 * 60 + 50)]).isBetween((byte) 0, (byte) 30);
    }

    /** Of 16 bits a sample, which Java writes where a colour model says so. */
    private static byte[] rgb16(RgbImage rgb) throws IOException {
        WritableRaster raster =
                Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, rgb.width(), rgb.height(), 3, null);
        for (int i = 0; i < rgb.data().length; i++) {
            raster.setSample(i / 3 % rgb.width(), i / 3 / rgb.width(), i % 3, (rgb.data()[i] & 255) * 257);
        }
        ColorModel model = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, Transparency.OPAQUE, DataBuffer.TYPE_USHORT);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(model, raster, false, null), "png", bytes);
        return bytes.toByteArray();
    }

    /** A JPEG that lies on its side, and EXIF says so: orientation 6, to be turned clockwise. */
    private static byte[] aside(RgbImage upright) throws IOException {
        int h = upright.width();
        int w = upright.height();
        byte[] data = new byte[upright.data().length];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                System.arraycopy(upright.data(), 3 * (x * h + h - 1 - y), data, 3 * (y * w + x), 3);
            }
        }
        // stored counterclockwise: its rows are the columns from the right
        byte[] jpeg = jpeg(new RgbImage(h, w, data).toBufferedImage().getRaster(), true);
        byte[] exif = HexFormat.of()
                .parseHex("ffe10022" + "457869660000" + "4d4d002a00000008" + "0001" + "011200030000000100060000"
                        + "00000000");
        byte[] all = new byte[jpeg.length + exif.length];
        System.arraycopy(jpeg, 0, all, 0, 2);
        System.arraycopy(exif, 0, all, 2, exif.length);
        System.arraycopy(jpeg, 2, all, 2 + exif.length, jpeg.length - 2);
        return all;
    }

    private static byte[] jpeg(Raster raster, boolean rgb) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            if (rgb) {
                BufferedImage image =
                        new BufferedImage(raster.getWidth(), raster.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
                for (int y = 0; y < raster.getHeight(); y++) {
                    for (int x = 0; x < raster.getWidth(); x++) {
                        int[] p = raster.getPixel(x, y, (int[]) null);
                        image.setRGB(x, y, p[0] << 16 | p[1] << 8 | p[2]);
                    }
                }
                writer.write(image);
            } else {
                writer.write(null, new IIOImage(raster, null, null), null);
            }
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "4, 20, 30", "1, 200, 8000", "3, 8000, 200", "4, 1, 500"})
    void inksGreyAndPanoramasAreLookedAt(int channels, int height, int width) throws IOException {
        Path file = Files.createDirectories(photos).resolve("p");
        if (channels == 3) {
            Overlay.writePng(file, PhotoLookTest.photo(height, width));
        } else {
            Files.write(file, jpeg(Raster.createInterleavedRaster(0, width, height, channels, null), false));
        }
        try (DenseCrf crf = DenseCrf.psa(1).build()) {
            PhotoLook look = PhotoLookTest.builder(classifier)
                    .optCrf(crf)
                    .optScales(1)
                    .optSegmenter(PhotoLookTest.left(2), DOGS, 513)
                    .build();
            LookSummary found =
                    builder(look).build().look(List.of(file)).looks().get(0);
            assertThat((double) found.width() / found.height()).isBetween(0.95 * width / height, 1.05 * width / height);
            for (String picture : found.pictures().values()) {
                assertThat(ImageFiles.size(out.resolve(picture)))
                        .isEqualTo(new ImageFiles.Size(found.height(), found.width()));
            }
        }
    }

    /** Eleven looks of such photographs would be 22 MB, their pictures on the page more than 3. */
    @Test
    void memoryIsThatOfOnePhotograph() throws IOException {
        byte[] noise = new byte[3 * 512 * 512];
        new Random(1).nextBytes(noise);
        Path file = photos.resolve("noise.png");
        Overlay.writePng(file, new RgbImage(512, 512, noise));
        List<Long> used = new ArrayList<>();
        builder(PhotoLookTest.builder(classifier).optScales(1).build())
                .optListener(new LookFolder.Listener() {
                    @Override
                    public void looked(Path photo, LookSummary summary) {
                        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
                        memory.gc();
                        used.add(memory.getHeapMemoryUsage().getUsed());
                    }
                })
                .build()
                .look(Collections.nCopies(16, file));
        assertThat(used.get(15) - used.get(4)).isLessThan(2_000_000);
        assertThat(Files.size(out.resolve(LookFolder.PAGE))).isGreaterThan(4_500_000);
    }

    @Test
    void requiredSettingsAreNamed() {
        assertThatThrownBy(() -> LookFolder.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setLook is required");
        assertThatThrownBy(() -> LookFolder.builder()
                        .setLook(PhotoLookTest.builder(classifier).build())
                        .build())
                .hasMessage("setFolder is required");
    }
}
