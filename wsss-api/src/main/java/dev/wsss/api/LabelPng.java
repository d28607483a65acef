package dev.wsss.api;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Label maps as PNG files, the form in which VOC, CamVid and the others ship their masks.
 *
 * <p>What is read is the raw sample of each pixel, the palette <em>index</em> or the grey level of the file's own bit
 * depth, never a colour: a 1-bit grey mask gives 0 and 1. Palette and grey files of 1, 2, 4 and 8 bits are read,
 * interlaced or not. RGB, alpha and 16-bit files are refused, for their values are not labels.
 *
 * <p>Files may come from anywhere. Sizes are checked before memory is taken: an image of more pixels than a limit is
 * refused, and so is one whose compressed data could not possibly fill it, so that the memory used stays below about a
 * thousand times the file's size (deflate's largest expansion). Checksums are verified; a damaged file never gives a
 * map.
 */
public final class LabelPng {
    /** Largest number of pixels that {@link #read(Path)} accepts, 2<sup>28</sup>. */
    public static final int MAX_PIXELS = 1 << 28;

    private LabelPng() {}

    /**
     * Reads a label map of at most {@link #MAX_PIXELS}.
     *
     * @throws InvalidDataException if the file is missing, damaged, or no indexed or grey PNG; the message names the
     *     file, what was found and what was expected
     */
    public static LabelMap read(Path file) {
        return read(file, MAX_PIXELS);
    }

    /**
     * Reads a label map of at most {@code maxPixels}.
     *
     * @throws IllegalArgumentException if {@code maxPixels} is not in 1..{@link #MAX_PIXELS}
     * @throws InvalidDataException as {@link #read(Path)}
     */
    public static LabelMap read(Path file, int maxPixels) {
        if (maxPixels < 1 || maxPixels > MAX_PIXELS) {
            throw new IllegalArgumentException("maxPixels is " + maxPixels + "; expected 1.." + MAX_PIXELS);
        }
        return decode(file.toString(), InputBytes.read(file, "a label PNG"), maxPixels);
    }

    static LabelMap decode(String name, byte[] bytes, int maxPixels) {
        PngDecoder png = new PngDecoder(name, bytes);
        if (png.colourType != PngDecoder.PALETTE && png.colourType != PngDecoder.GREY || png.bitDepth > 8) {
            throw new InvalidDataException(name + ": is a " + png.kind()
                    + " PNG; expected a palette or grey PNG of at most 8 bits, whose samples are labels");
        }
        return LabelMap.wrap(png.height, png.width, png.samples(maxPixels));
    }

    /**
     * Writes an 8-bit palette PNG with the catalog's colours, so that viewers show the classes.
     *
     * @see #write(Path, LabelMap, int[])
     */
    public static void write(Path file, LabelMap labels, ClassCatalog catalog) {
        write(file, labels, catalog.palette());
    }

    /**
     * Writes an 8-bit palette PNG. The file appears whole or not at all: it is written beside the target and moved
     * there, replacing what stood in its place. Equal maps give equal bytes (on one version of zlib).
     *
     * @param palette the colour of each of the 256 indices, as 0xRRGGBB
     * @throws IllegalArgumentException if there are not 256 colours
     * @throws java.io.UncheckedIOException if the file cannot be written
     */
    public static void write(Path file, LabelMap labels, int[] palette) {
        if (palette.length != 256) {
            throw new IllegalArgumentException("palette has " + palette.length + " colours; expected 256");
        }
        AtomicFile.write(file, out -> out.write(encode(labels, palette)));
    }

    static byte[] encode(LabelMap labels, int[] palette) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeLong(0x89504E470D0A1A0AL);

        ByteArrayOutputStream header = new ByteArrayOutputStream(13);
        DataOutputStream h = new DataOutputStream(header);
        h.writeInt(labels.width());
        h.writeInt(labels.height());
        h.write(new byte[] {8, PngDecoder.PALETTE, 0, 0, 0});
        chunk(out, "IHDR", header.toByteArray(), 13);

        byte[] colours = new byte[768];
        for (int i = 0; i < 256; i++) {
            colours[3 * i] = (byte) (palette[i] >> 16);
            colours[3 * i + 1] = (byte) (palette[i] >> 8);
            colours[3 * i + 2] = (byte) palette[i];
        }
        chunk(out, "PLTE", colours, colours.length);

        byte[] pixels = labels.toArray();
        byte[] filter = {0};
        byte[] buffer = new byte[1 << 16];
        Deflater deflater = new Deflater();
        try {
            for (int y = 0; y < labels.height(); y++) {
                deflate(deflater, filter, 0, 1, buffer, out);
                deflate(deflater, pixels, y * labels.width(), labels.width(), buffer, out);
            }
            deflater.finish();
            deflate(deflater, filter, 0, 0, buffer, out);
        } finally {
            deflater.end();
        }
        chunk(out, "IEND", new byte[0], 0);
        return bytes.toByteArray();
    }

    private static void deflate(Deflater deflater, byte[] data, int at, int length, byte[] buffer, DataOutputStream out)
            throws IOException {
        if (length > 0) {
            deflater.setInput(data, at, length);
        }
        int n;
        while ((n = deflater.deflate(buffer)) > 0) {
            chunk(out, "IDAT", buffer, n);
        }
    }

    private static void chunk(DataOutputStream out, String type, byte[] data, int length) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data, 0, length);
        out.writeInt(length);
        out.write(name);
        out.write(data, 0, length);
        out.writeInt((int) crc.getValue());
    }
}
