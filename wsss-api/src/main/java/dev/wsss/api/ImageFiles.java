package dev.wsss.api;

import ai.djl.modality.cv.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads photographs from JPEG and PNG files as three channels of 8-bit sRGB.
 *
 * <p>Grey images get three equal channels, palettes are looked up, alpha is dropped and colour profiles are not applied:
 * the pixels are those of Python's {@code PIL.Image.open(f).convert("RGB")}, exactly for PNG and to one or two levels
 * for JPEG, CMYK included, whose decoders differ. EXIF orientation is not applied either, as masks are drawn on the stored pixels.
 *
 * <p>Refused by name rather than guessed at: 16-bit images, files that are cut off or damaged, files of
 * another format, and images of more than {@link #MAX_PIXELS}, which is checked before memory is taken.
 */
public final class ImageFiles {
    /** Largest number of pixels that {@link #read} accepts, 2<sup>27</sup>. */
    public static final int MAX_PIXELS = 1 << 27;

    /** Huffman coding spends at least one bit on each block of 8 x 8 pixels. */
    private static final long JPEG_EXPANSION = 512;

    private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "bmp", "gif", "tif", "tiff", "webp");

    private static final String EXPECTED = "a JPEG or PNG image";

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
        byte[] bytes = InputBytes.read(file, EXPECTED);
        String name = file.toString();
        if (PngDecoder.isPng(bytes)) {
            return decodePng(name, bytes);
        }
        if (JpegHeader.isJpeg(bytes)) {
            return decodeJpeg(name, bytes);
        }
        throw notAnImage(name, bytes);
    }

    /**
     * Reads the size of an image from its header.
     *
     * @throws InvalidDataException if the file is missing or neither JPEG nor PNG
     */
    public static Size size(Path file) {
        byte[] bytes = InputBytes.read(file, EXPECTED);
        String name = file.toString();
        if (PngDecoder.isPng(bytes)) {
            PngDecoder png = new PngDecoder(name, bytes);
            return new Size(png.height, png.width);
        }
        if (JpegHeader.isJpeg(bytes)) {
            JpegHeader header = JpegHeader.read(name, bytes, false);
            return new Size(header.height(), header.width());
        }
        throw notAnImage(name, bytes);
    }

    private static InvalidDataException notAnImage(String name, byte[] bytes) {
        StringBuilder start = new StringBuilder();
        for (int i = 0; i < Math.min(4, bytes.length); i++) {
            start.append(String.format(Locale.ROOT, i == 0 ? "%02x" : " %02x", bytes[i]));
        }
        return new InvalidDataException(name + ": begins with bytes " + start + "; expected " + EXPECTED);
    }

    private static RgbImage decodePng(String name, byte[] bytes) {
        PngDecoder png = new PngDecoder(name, bytes);
        if (png.bitDepth > 8) {
            throw new InvalidDataException(
                    name + ": is a " + png.kind() + " PNG; expected at most 8 bits, for a conversion would be a guess");
        }
        byte[] samples = png.samples(MAX_PIXELS);
        if (png.colourType == PngDecoder.RGB) {
            return new RgbImage(png.height, png.width, samples);
        }
        int pixels = png.height * png.width;
        int channels = png.channels();
        byte[] rgb = new byte[Math.multiplyExact(pixels, 3)];
        int[] palette = png.colourType == PngDecoder.PALETTE ? png.palette() : null;
        int scale = 255 / ((1 << png.bitDepth) - 1);
        for (int i = 0, o = 0; i < pixels; i++, o += 3) {
            int sample = samples[i * channels] & 255;
            if (png.colourType == PngDecoder.RGB_ALPHA) {
                System.arraycopy(samples, i * 4, rgb, o, 3);
            } else if (palette == null) {
                rgb[o] = rgb[o + 1] = rgb[o + 2] = (byte) (sample * scale);
            } else if (sample < palette.length) {
                rgb[o] = (byte) (palette[sample] >> 16);
                rgb[o + 1] = (byte) (palette[sample] >> 8);
                rgb[o + 2] = (byte) palette[sample];
            } else {
                throw new InvalidDataException(name + ": pixel " + i + " has palette index " + sample
                        + ", but there are " + palette.length + " colours; expected an intact PNG");
            }
        }
        return new RgbImage(png.height, png.width, rgb);
    }

    private static RgbImage decodeJpeg(String name, byte[] bytes) {
        JpegHeader header = JpegHeader.read(name, bytes, true);
        boolean cmyk = header.components() == 4;
        if (header.components() != 1 && header.components() != 3 && !cmyk) {
            throw new InvalidDataException(name + ": JPEG has " + header.components()
                    + " components; expected 1 (grey), 3 (colour) or 4 (CMYK)");
        }
        if (header.precision() != 8) {
            throw new InvalidDataException(name + ": is a " + header.precision() + "-bit JPEG; expected 8 bits");
        }
        long pixels = (long) header.height() * header.width();
        if (pixels < 1 || pixels > MAX_PIXELS) {
            throw new InvalidDataException(name + ": JPEG header says " + header.height() + "x" + header.width()
                    + " pixels; expected 1.." + MAX_PIXELS + " in all");
        }
        if (pixels > JPEG_EXPANSION * bytes.length) {
            throw new InvalidDataException(name + ": JPEG header says " + header.height() + "x" + header.width()
                    + " pixels, which " + bytes.length + " bytes cannot hold; expected an intact JPEG");
        }
        JpegHeader.hideColourProfile(bytes);
        RgbImage image;
        try {
            image = runImageIo(name, bytes, cmyk);
        } catch (IOException | RuntimeException e) {
            // the decoder reports damage with exceptions of many kinds
            throw e instanceof InvalidDataException invalid
                    ? invalid
                    : new InvalidDataException(
                            name + ": " + (cmyk ? "CMYK " : "") + "JPEG cannot be decoded (" + e.getMessage()
                                    + "); expected an intact JPEG",
                            e);
        }
        if (image.width() != header.width() || image.height() != header.height()) {
            throw new InvalidDataException(name + ": JPEG decodes to " + image.height() + "x" + image.width()
                    + ", its header says " + header.height() + "x" + header.width());
        }
        return image;
    }

    private static RgbImage runImageIo(String name, byte[] bytes, boolean cmyk) throws IOException {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
        if (!readers.hasNext()) {
            throw new IllegalStateException("this Java runtime has no JPEG reader");
        }
        ImageReader reader = readers.next();
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            AtomicReference<@Nullable String> cutOff = new AtomicReference<>();
            reader.addIIOReadWarningListener((source, warning) -> {
                // other warnings, such as stray bytes between segments, stand for files that are fine
                if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
                    cutOff.set(warning);
                }
            });
            reader.setInput(in, true, true);
            RgbImage image = cmyk
                    ? CmykJpeg.toRgb(reader.readRaster(0, null), JpegHeader.isYcck(bytes))
                    : RgbImage.of(reader.read(0));
            String warning = cutOff.get();
            if (warning != null) {
                throw new InvalidDataException(name + ": JPEG is truncated (" + warning + "); expected an intact JPEG");
            }
            return image;
        } finally {
            reader.dispose();
        }
    }
}
