package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageInfoTest {
    /** EXIF of orientation 6 as Pillow 12.3 writes it, high byte first. */
    private static final String EXIF = "4578696600004d4d002a00000008000101120003000000010006000000000000";

    @TempDir
    Path folder;

    /** Files of 1x2 pixels that Pillow 12.3 wrote. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PNG  | RGB  | 8  | 8 |"
                        + " iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEACAAAAAAAAIZYMDQAAAAP"
                        + "SURBVHicY+Q6IcfAwAAABKoA8sjc/r0AAAAASUVORK5CYII=",
                "WebP | RGB  | 8  | 3 |"
                        + " UklGRm4AAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4IC4AAAAQAgCdASoCAAEAAUAmJaACdLoB+AH4AAPIAP7Lt//TRRhTH3Jv"
                        + "/u82AMJf8IAARVhJRhoAAABNTQAqAAAACAABARIAAwAAAAEAAwAAAAAAAA==",
                "PNG  | GREY | 16 | 1 |"
                        + " iVBORw0KGgoAAAANSUhEUgAAAAIAAAABEAAAAACB2fwVAAAADUlEQVR4nGNkYGTUBgAAOgAv2dXMDAAAAABJRU5ErkJggg==",
                "PNG  | GREY | 8  | 1 |"
                        + " iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAQAAABeK7cBAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==",
                "TIFF | GREY | 8  | 5 |"
                        + " SUkqAAgAAAAKAAABBAABAAAAAgAAAAEBBAABAAAAAQAAAAIBAwABAAAACAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAAB"
                        + "AAAAhgAAABIBAwABAAAABQAAABYBBAABAAAAAQAAABcBBAABAAAAAgAAABwBAwABAAAAAQAAAAAAAAAHBw=="
            })
    void tellsWhatTheHeaderSays(String format, ImageInfo.Colours colours, int depth, int orientation, String base64)
            throws IOException {
        Path file = Files.write(folder.resolve("image"), Base64.getDecoder().decode(base64));
        assertThat(ImageFiles.info(file))
                .isEqualTo(new ImageInfo(format, new ImageFiles.Size(1, 2), colours, depth, orientation));
    }

    @Test
    void inksAreNoRgb() throws IOException {
        try (InputStream in = ImageInfoTest.class.getResourceAsStream("/jpeg/cmyk.jpg")) {
            Path file = Files.write(
                    folder.resolve("c.jpg"), Objects.requireNonNull(in).readAllBytes());
            assertThat(ImageFiles.info(file).colours()).isEqualTo(ImageInfo.Colours.CMYK);
        }
    }

    private static byte[] jpeg(int type) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(7, 5, type), "jpeg", out);
        return out.toByteArray();
    }

    /** A JPEG with a segment APP1 as its first. */
    private static byte[] withExif(byte[] jpeg, byte[] exif) {
        byte[] all = new byte[jpeg.length + 4 + exif.length];
        System.arraycopy(jpeg, 0, all, 0, 2);
        all[2] = (byte) 0xFF;
        all[3] = (byte) 0xE1;
        all[5] = (byte) (exif.length + 2);
        System.arraycopy(exif, 0, all, 6, exif.length);
        System.arraycopy(jpeg, 2, all, 6 + exif.length, jpeg.length - 2);
        return all;
    }

    @Test
    void orientationOfJpegIsTold() throws IOException {
        byte[] plain = jpeg(BufferedImage.TYPE_BYTE_GRAY);
        Path file = Files.write(folder.resolve("a.jpg"), plain);
        assertThat(ImageFiles.info(file))
                .isEqualTo(new ImageInfo("JPEG", new ImageFiles.Size(5, 7), ImageInfo.Colours.GREY, 8, 1));
        byte[] exif = HexFormat.of().parseHex(EXIF);
        Files.write(file, withExif(jpeg(BufferedImage.TYPE_INT_RGB), exif));
        assertThat(ImageFiles.info(file))
                .isEqualTo(new ImageInfo("JPEG", new ImageFiles.Size(5, 7), ImageInfo.Colours.RGB, 8, 6));
        // not turned
        assertThat(ImageFiles.readRgb(file).height()).isEqualTo(5);
        assertThat(ImageFiles.readUpright(file)).returns(7, RgbImage::height).returns(5, RgbImage::width);
    }

    /** As Pillow 12.3's exif_transpose turns pixels 1 to 6 in two rows. */
    @ParameterizedTest
    @CsvSource({
        "1, 2, 123456", "2, 2, 321654", "3, 2, 654321", "4, 2, 456123",
        "5, 3, 142536", "6, 3, 415263", "7, 3, 635241", "8, 3, 362514"
    })
    void pixelsAreTurnedUpright(int orientation, int height, String expected) {
        byte[] pixels = new byte[18];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (10 * (i / 3 + 1) + i % 3);
        }
        RgbImage upright = ExifOrientation.upright(new RgbImage(2, 3, pixels), orientation);
        assertThat(upright.height()).isEqualTo(height);
        for (int i = 0; i < pixels.length; i++) {
            assertThat(upright.data()[i]).isEqualTo((byte) (10 * (expected.charAt(i / 3) - '0') + i % 3));
        }
    }

    /** Whatever stands in it, EXIF does not keep a header from being read. */
    @Test
    void damagedExifSaysNothing() throws IOException {
        byte[] plain = jpeg(BufferedImage.TYPE_INT_RGB);
        byte[] exif = HexFormat.of().parseHex(EXIF);
        Path file = folder.resolve("a.jpg");
        for (int at = 0; at < exif.length; at++) {
            for (int value : new int[] {0, 1, 9, 0x7F, 0xFF}) {
                byte[] damaged = exif.clone();
                damaged[at] = (byte) value;
                Files.write(file, withExif(plain, damaged));
                assertThat(ImageFiles.info(file).orientation()).isBetween(1, 8);
            }
        }
        for (int length = 0; length < exif.length; length++) {
            Files.write(file, withExif(plain, Arrays.copyOf(exif, length)));
            assertThat(ImageFiles.info(file).size()).isEqualTo(new ImageFiles.Size(5, 7));
        }
        Files.write(file, "no image".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> ImageFiles.info(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("expected a JPEG, PNG");
    }
}
