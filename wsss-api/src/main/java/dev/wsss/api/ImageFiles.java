package dev.wsss.api;

import ai.djl.modality.cv.Image;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Set;

/**
 * Reads photographs from JPEG, PNG, BMP, GIF, TIFF and WebP files as three channels of 8-bit sRGB. What a file is, its
 * content says and never its name.
 *
 * <p>Grey images get three equal channels, palettes are looked up, alpha is dropped and colour profiles are not applied:
 * the pixels are those of Python's {@code PIL.Image.open(f).convert("RGB")} (12.3), byte for byte and on every Java
 * runtime, for all formats and CMYK too, but to one level for BMP of 16 bits a pixel and for palettes in TIFF. EXIF
 * orientation is not applied either, as masks are drawn on the stored pixels; {@link #readUpright} applies it.
 *
 * <ul>
 *   <li>Of 16 bits a sample the high byte is taken. Pillow does so too, but for grey without alpha, where it clips all
 *       above 255 to white; the high byte is what such a file looks like.
 *   <li>Of a GIF or TIFF of several images the first is read; an animated WebP is refused.
 *   <li>TIFF is read where it holds grey, palette or RGB in whole numbers, in strips or tiles, uncompressed or packed by
 *       LZW, Deflate or PackBits.
 *   <li>WebP is read by libwebp, where {@code com.github.usefulness:webp-imageio} is on the class path, as it is unless
 *       somebody excludes it.
 * </ul>
 *
 * <p>Refused by name rather than guessed at: samples of floating point, inks or other colours in TIFF, colours multiplied
 * with alpha, TIFF that says it is to be turned, a GIF whose first frame leaves a part of its screen open,
 * arithmetic-coded and lossless JPEG (which not every Java runtime reads), files that are cut off or damaged, files of
 * another format, and images of more than
 * {@link #MAX_PIXELS}, which is checked before memory is taken. A changed byte that leaves a file readable is not noticed
 * where the format has no checksum, as all but PNG.
 */
public final class ImageFiles {
    /** Largest number of pixels that {@link #read} accepts, 2<sup>27</sup>. */
    public static final int MAX_PIXELS = 1 << 27;

    private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "bmp", "gif", "tif", "tiff", "webp");

    /**
     * The size of an image.
     *
     * @param height rows
     * @param width columns
     */
    public record Size(int height, int width) {
        @Override
        public String toString() {
            return height + "x" + width;
        }
    }

    private ImageFiles() {}

    /**
     * The usual extensions of the formats that are read, in lower case and without the dot. They serve to find images in
     * a folder; what a file is, its content says.
     */
    public static Set<String> extensions() {
        return EXTENSIONS;
    }

    /**
     * Reads an image, backed by a {@link BufferedImage}.
     *
     * @throws InvalidDataException if the file is missing, damaged or of an unsupported kind; the message names the
     *     file, what was found and what was expected
     */
    public static Image read(Path file) {
        return readRgb(file).toImage();
    }

    /**
     * Reads the pixels of an image.
     *
     * @throws InvalidDataException as {@link #read}
     */
    public static RgbImage readRgb(Path file) {
        byte[] bytes = InputBytes.read(file, ImageFormat.EXPECTED);
        String name = file.toString();
        return ImageFormat.of(FileBytes.of(name, bytes)).read(name, bytes);
    }

    /**
     * Reads the pixels of a photograph as it is meant to be seen: turned and mirrored as EXIF's orientation says, as
     * Python's {@code ImageOps.exif_transpose} does.
     *
     * @throws InvalidDataException as {@link #read}
     */
    public static RgbImage readUpright(Path file) {
        byte[] bytes = InputBytes.read(file, ImageFormat.EXPECTED);
        String name = file.toString();
        FileBytes header = FileBytes.of(name, bytes);
        ImageFormat format = ImageFormat.of(header);
        return ExifOrientation.upright(
                format.read(name, bytes), format.info(header).orientation());
    }

    /**
     * Reads the size of an image from its header, and of the file no more than that.
     *
     * @throws InvalidDataException if the file is missing, or none of the formats that are read
     */
    public static Size size(Path file) {
        try (FileBytes bytes = FileBytes.open(file, ImageFormat.EXPECTED)) {
            return ImageFormat.of(bytes).size(bytes);
        }
    }

    /**
     * Reads from an image's header how many bits a sample has: more than 8 are not read whole, and 8 stand for formats
     * that have no other.
     *
     * @throws InvalidDataException as {@link #size}
     */
    public static int depth(Path file) {
        try (FileBytes bytes = FileBytes.open(file, ImageFormat.EXPECTED)) {
            return ImageFormat.of(bytes).depth(bytes);
        }
    }

    /**
     * Reads what an image's header says, and of the file little more: size, kind of colours, bits of a sample, EXIF's
     * orientation.
     *
     * @throws InvalidDataException as {@link #size}
     */
    public static ImageInfo info(Path file) {
        try (FileBytes bytes = FileBytes.open(file, ImageFormat.EXPECTED)) {
            return ImageFormat.of(bytes).info(bytes);
        }
    }

    /**
     * Refuses a size that a header says.
     *
     * @param packed number of bytes that hold the pixels
     * @param expansion pixels that a byte can stand for at most
     */
    static void check(String name, String format, long height, long width, long packed, long expansion) {
        if (height < 1 || width < 1 || height > MAX_PIXELS || width > MAX_PIXELS || height * width > MAX_PIXELS) {
            throw new InvalidDataException(name + ": " + format + " header says " + height + "x" + width
                    + " pixels; expected 1.." + MAX_PIXELS + " in all");
        }
        if (height * width > expansion * packed) {
            throw new InvalidDataException(name + ": " + format + " header says " + height + "x" + width
                    + " pixels, which " + packed + " bytes cannot hold; expected an intact " + format);
        }
    }
}
