package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.RgbImage;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of other kinds than most, as they stand in every large dataset: they count as any other, or are refused by name. */
class ImageKindsTest {
    private static final int HEIGHT = BenchmarkTree.HEIGHT;
    private static final int WIDTH = BenchmarkTree.WIDTH;
    private static final String IMAGE = "train2014/COCO_train2014_000000000009.jpg";

    private final Path root;

    ImageKindsTest(@TempDir Path folder) {
        root = folder;
    }

    @BeforeEach
    void write() throws IOException {
        BenchmarkTree.COCO_OFFICIAL.write(root);
    }

    /** A JPEG of 1 or 4 channels, or a PNG of 16 bits, which is known by its content. */
    private static byte[] encoded(String kind) throws IOException {
        WritableRaster raster =
                switch (kind) {
                    case "cmyk" -> Raster.createInterleavedRaster(0, WIDTH, HEIGHT, 4, null);
                    case "grey" -> Raster.createInterleavedRaster(0, WIDTH, HEIGHT, 1, null);
                    default -> new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_USHORT_GRAY).getRaster();
                };
        for (int x = 0; x < WIDTH; x++) {
            for (int y = 0; y < HEIGHT; y++) {
                for (int band = 0; band < raster.getNumBands(); band++) {
                    raster.setSample(x, y, band, kind.equals("16 bits") ? 200 << 8 : 200);
                }
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (kind.equals("16 bits")) {
            BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_USHORT_GRAY);
            image.setData(raster);
            ImageIO.write(image, "png", bytes);
            return bytes.toByteArray();
        }
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(raster, null, null), null);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"grey", "cmyk", "16 bits"})
    void haveThreeChannelsAndTheirMask(String kind) throws IOException {
        Files.write(root.resolve(IMAGE), encoded(kind));
        Dataset train = Datasets.open("coco:" + root).train();
        RgbImage image = train.get(0).image();
        assertThat(image.height()).isEqualTo(HEIGHT);
        assertThat(image.width()).isEqualTo(WIDTH);
        byte[] rgb = image.data();
        assertThat(rgb).hasSize(3 * HEIGHT * WIDTH);
        assertThat(new byte[] {rgb[1], rgb[2]}).containsOnly(rgb[0]);
        assertThat(train.truth(0))
                .isEqualTo(BenchmarkTree.COCO_OFFICIAL.train().get(0).truth());
    }

    /** The rule is {@link dev.wsss.api.ImageFiles}': pixels are as stored, which is what masks are drawn on. */
    @Test
    void thatAreToBeTurnedStayAsStored() throws IOException {
        byte[] plain = Files.readAllBytes(root.resolve(IMAGE));
        // JPEG's second segment: EXIF with one entry, the orientation 6, to be turned by a quarter
        byte[] exif = {
            (byte) 0xFF,
            (byte) 0xE1,
            0,
            34,
            'E',
            'x',
            'i',
            'f',
            0,
            0,
            'M',
            'M',
            0,
            42,
            0,
            0,
            0,
            8,
            0,
            1,
            1,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            6,
            0,
            0,
            0,
            0,
            0,
            0
        };
        ByteArrayOutputStream turned = new ByteArrayOutputStream();
        turned.write(plain, 0, 2);
        turned.write(exif);
        turned.write(plain, 2, plain.length - 2);
        Files.write(root.resolve(IMAGE), turned.toByteArray());
        Dataset train = Datasets.open("coco:" + root).train();
        assertThat(train.get(0).image().width()).isEqualTo(WIDTH);
        assertThat(train.truth(0).width()).isEqualTo(WIDTH);
        TestFiles.mask(
                root.resolve("masks/COCO_train2014_000000000009.png"),
                WIDTH,
                HEIGHT,
                0,
                1,
                12); // drawn on the turned one
        assertInvalid(
                () -> CocoDataset.builder()
                        .setRoot(root)
                        .setSplit("train")
                        .optMasks("masks")
                        .build(),
                "mask is " + WIDTH + "x" + HEIGHT,
                "expected " + HEIGHT + "x" + WIDTH);
    }

    @Test
    void thatAreCutOffAreRefusedByName() throws IOException {
        byte[] whole = Files.readAllBytes(root.resolve(IMAGE));
        Files.write(root.resolve(IMAGE), Arrays.copyOf(whole, whole.length / 2));
        Dataset train = Datasets.open("coco:" + root).train();
        assertInvalid(() -> train.get(0), "000000000009.jpg");
        assertThat(train.get(1).image().width()).isEqualTo(WIDTH);
    }
}
