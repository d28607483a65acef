package dev.wsss.api;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;
import org.jspecify.annotations.Nullable;

/** Decodes the first image of a file with a reader of ImageIO, after a look at what it is. */
final class ImageIoDecoder {
    private final FileBytes file;
    private final String format;
    private final ImageReaderSpi readers;

    /** What is asked of a reader, which reports damage with exceptions of many kinds. */
    @FunctionalInterface
    interface Question<T> {
        T ask(ImageReader reader) throws IOException;
    }

    /** A look at what a reader has found in the header. */
    @FunctionalInterface
    interface Check {
        void check(ImageReader reader) throws IOException;
    }

    /**
     * A decoder.
     *
     * @param format as errors name it
     */
    ImageIoDecoder(FileBytes file, String format, ImageReaderSpi readers) {
        this.file = file;
        this.format = format;
        this.readers = readers;
    }

    /** The size of the first image. */
    ImageFiles.Size size() {
        return ask(reader -> new ImageFiles.Size(reader.getHeight(0), reader.getWidth(0)));
    }

    /**
     * Asks a reader.
     *
     * @throws InvalidDataException if it cannot answer
     */
    <T> T ask(Question<T> question) {
        ImageReader reader = null;
        try (FileBytesStream stream = new FileBytesStream(file)) {
            reader = readers.createReaderInstance();
            reader.setInput(stream, false, false);
            return question.ask(reader);
        } catch (InvalidDataException e) {
            throw e;
        } catch (OutOfMemoryError e) {
            // libwebp's answer to some damaged files; the JVM's own has a message
            if (e.getMessage() == null) {
                throw bad(e);
            }
            throw e;
        } catch (IOException | RuntimeException | LinkageError e) {
            throw bad(e);
        } finally {
            if (reader != null) {
                reader.dispose();
            }
        }
    }

    private InvalidDataException bad(Throwable e) {
        Throwable first = e;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        String why = first.getMessage() == null ? first.toString() : first.getMessage();
        return new InvalidDataException(
                file.name + ": " + format + " cannot be decoded (" + why + "); expected an intact " + format, e);
    }

    /**
     * The pixels of the first image.
     *
     * @param check refuses, before memory is taken, what is not read
     */
    RgbImage read(Check check) {
        return ask(reader -> {
            check.check(reader);
            AtomicReference<@Nullable String> warned = new AtomicReference<>();
            reader.addIIOReadWarningListener((source, warning) -> warned.compareAndSet(null, warning));
            BufferedImage image = reader.read(0);
            if (warned.get() != null) {
                throw new IOException(warned.get());
            }
            return rgb(image);
        });
    }

    /** Levels as they are stored, whatever the colour model would make of them; of 16 bits the high byte. */
    private static RgbImage rgb(BufferedImage image) {
        if (!(image.getColorModel() instanceof ComponentColorModel colours)) {
            return RgbImage.of(image);
        }
        Raster raster = image.getRaster();
        int h = image.getHeight();
        int w = image.getWidth();
        int bits = colours.getComponentSize(0);
        boolean grey = colours.getColorSpace().getType() == ColorSpace.TYPE_GRAY;
        byte[] rgb = new byte[Math.multiplyExact(h * w, 3)];
        int[] row = new int[w];
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < h; y++) {
                raster.getSamples(0, y, w, 1, grey ? 0 : c, row);
                for (int x = 0, o = y * w * 3 + c; x < w; x++, o += 3) {
                    rgb[o] = (byte) (bits > 8 ? row[x] >> bits - 8 : row[x] * 255 / ((1 << bits) - 1));
                }
            }
        }
        return new RgbImage(h, w, rgb);
    }
}
