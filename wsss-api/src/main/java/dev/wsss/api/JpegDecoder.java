package dev.wsss.api;

import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes JPEG to RGB. The JDK's reader gives the samples as they are stored; what they mean, and the chroma rows that
 * not every JDK interpolates, are settled here by libjpeg-turbo's rules, so that the pixels are the same on each runtime.
 */
final class JpegDecoder {
    /** Huffman coding spends at least one bit on each block of 8 x 8 pixels. */
    private static final long EXPANSION = 512;

    private JpegDecoder() {}

    /**
     * Decodes an image.
     *
     * @param name names the file in errors
     * @param bytes is changed: colour profiles are hidden
     */
    static RgbImage read(String name, byte[] bytes) {
        JpegHeader header = JpegHeader.read(name, bytes);
        check(name, bytes.length, header);
        JpegHeader.hideColourProfile(bytes);
        byte[] samples;
        try {
            samples = samples(name, bytes);
        } catch (IOException | RuntimeException e) {
            // the decoder reports damage with exceptions of many kinds
            throw e instanceof InvalidDataException invalid
                    ? invalid
                    : new InvalidDataException(
                            name + ": " + (header.components() == 4 ? "CMYK " : "") + "JPEG cannot be decoded ("
                                    + e.getMessage() + "); expected an intact JPEG",
                            e);
        }
        if (samples.length != (long) header.height() * header.width() * header.components()) {
            throw new InvalidDataException(name + ": JPEG decodes to " + samples.length + " samples, its header says "
                    + header.height() + "x" + header.width() + " pixels of " + header.components());
        }
        for (int c = 0; c < header.components(); c++) {
            if (header.hasHalfTheRows(c)) {
                doubleRows(name, header, samples, c);
            }
        }
        return new RgbImage(header.height(), header.width(), JpegColours.toRgb(samples, header.colours()));
    }

    private static void doubleRows(String name, JpegHeader header, byte[] samples, int component) {
        switch (ChromaRows.ofThisRuntime()) {
            case INTERPOLATED -> {}
            case REPEATED ->
                ChromaRows.interpolate(samples, header.height(), header.width(), header.components(), component);
            case UNKNOWN ->
                throw new InvalidDataException(name + ": JPEG holds chroma with half the rows (4:4:0), which this Java "
                        + "runtime's decoder interpolates in a way of its own; expected another sampling: save it "
                        + "again as 4:2:0 or 4:4:4, or as PNG");
        }
    }

    private static void check(String name, int bytes, JpegHeader header) {
        String coding =
                switch (header.coding()) {
                    case 0, 1, 2 -> null;
                    case 3, 11 -> "lossless";
                    case 9, 10 -> "arithmetic-coded";
                    default -> "hierarchical";
                };
        if (coding != null) {
            // some runtimes read one or another of these and some do not
            throw new InvalidDataException(
                    name + ": is a JPEG of the " + coding + " kind, which not every Java runtime "
                            + "reads; expected a baseline or progressive JPEG with Huffman codes: save it again so ('jpegtran "
                            + "-optimize' turns arithmetic codes into Huffman codes without loss)");
        }
        int components = header.components();
        if (components != 1 && components != 3 && components != 4) {
            throw new InvalidDataException(
                    name + ": JPEG has " + components + " components; expected 1 (grey), 3 (colour) or 4 (CMYK)");
        }
        if (header.precision() != 8) {
            throw new InvalidDataException(name + ": is a " + header.precision() + "-bit JPEG; expected 8 bits");
        }
        ImageFiles.check(name, "JPEG", header.height(), header.width(), bytes, EXPANSION);
        for (int c = 0; c < components; c++) {
            int across = header.across()[c];
            int down = header.down()[c];
            if (across < 1 || across > 4 || down < 1 || down > 4) {
                throw new InvalidDataException(name + ": JPEG header says sampling " + across + "x" + down
                        + " of component " + c + "; expected 1..4 of each, an intact JPEG");
            }
            if (header.mostAcross() % across != 0 || header.mostDown() % down != 0) {
                throw new InvalidDataException(name + ": JPEG samples component " + c + " " + across + "x" + down
                        + " in " + header.mostAcross() + "x" + header.mostDown() + ", no whole part, which is not read;"
                        + " expected a sampling such as 4:2:0 or 4:4:4: save it again so, or as PNG");
            }
        }
        if (!header.settled()) {
            throw new InvalidDataException(name + ": progressive JPEG is truncated: its scans end before the "
                    + "coefficients are complete; expected an intact JPEG");
        }
    }

    /** The samples as the JDK's reader gives them when it converts no colours, {@code [pixels][components]}. */
    static byte[] samples(String name, byte[] bytes) throws IOException {
        ImageReader reader = ImageReaders.ofJdk("jpeg").createReaderInstance();
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            AtomicReference<@Nullable String> cutOff = new AtomicReference<>();
            reader.addIIOReadWarningListener((source, warning) -> {
                // other warnings, such as stray bytes between segments, stand for files that are fine
                if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
                    cutOff.set(warning);
                }
            });
            reader.setInput(in, true, true);
            Raster raster = reader.readRaster(0, null);
            String warning = cutOff.get();
            if (warning != null) {
                throw new InvalidDataException(name + ": JPEG is truncated (" + warning + "); expected an intact JPEG");
            }
            int size =
                    Math.multiplyExact(Math.multiplyExact(raster.getWidth(), raster.getHeight()), raster.getNumBands());
            byte[] samples = new byte[size];
            raster.getDataElements(raster.getMinX(), raster.getMinY(), raster.getWidth(), raster.getHeight(), samples);
            return samples;
        } finally {
            reader.dispose();
        }
    }
}
