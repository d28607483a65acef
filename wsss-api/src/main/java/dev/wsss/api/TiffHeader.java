package dev.wsss.api;

import java.io.IOException;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.imageio.ImageReader;
import javax.imageio.plugins.tiff.TIFFDirectory;
import javax.imageio.plugins.tiff.TIFFField;

/** What the fields of a TIFF say of its first image, and which are read: those that mean the same to all readers. */
final class TiffHeader {
    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int COLOURS = 262;
    private static final int SAMPLES = 277;
    private static final int PREDICTOR = 317;
    private static final int PALETTE = 320;

    private static final int PLAIN = 1;
    private static final int PACK_BITS = 32773;
    private static final Set<Integer> DICTIONARIES = Set.of(5, 8, 32946);

    /** Deflate's, the highest of all. */
    private static final int EXPANSION = 8 * 1032;

    private final FileBytes file;
    private final TIFFDirectory fields;
    private final int height;
    private final int width;

    TiffHeader(FileBytes file, ImageReader reader) throws IOException {
        this.file = file;
        fields = TIFFDirectory.createFromMetadata(reader.getImageMetadata(0));
        height = reader.getHeight(0);
        width = reader.getWidth(0);
    }

    /** Refuses a file whose first directory does not lie in it: the reader would pass over the fields that are missing. */
    static void checkDirectory(FileBytes file) {
        boolean high = file.at(0) == 'M';
        if ((high ? file.uint16(2) : file.uint16Low(2)) == 43) {
            throw new InvalidDataException(
                    file.name + ": is a BigTIFF; expected a TIFF with offsets of 32 bits: save it again so, or as PNG");
        }
        long start = Integer.toUnsignedLong(high ? Integer.reverseBytes(file.int32Low(4)) : file.int32Low(4));
        long end = start + 2 + 12L * (high ? file.uint16(start) : file.uint16Low(start));
        if (file.length() < 8 || start > file.length() - 2 || end > file.length()) {
            throw new InvalidDataException(file.name + ": truncated: its fields are at bytes " + start + " to " + end
                    + " of " + file.length() + "; expected an intact TIFF");
        }
    }

    /** Bits of a sample, of the deepest if they differ. */
    int depth() {
        return (int) values(BITS).max().orElse(1);
    }

    /** What the samples are; what is not read counts as RGB, but for inks. */
    ImageInfo.Colours colours() {
        return switch ((int) value(COLOURS, -1)) {
            case 0, 1 -> ImageInfo.Colours.GREY;
            case 5 -> ImageInfo.Colours.CMYK;
            default -> ImageInfo.Colours.RGB;
        };
    }

    /** Refuses what is not read, and sizes that the file cannot hold. */
    void check() {
        checkColours();
        long predictor = value(PREDICTOR, 1);
        int compression = (int) value(COMPRESSION, PLAIN);
        if (compression != PLAIN && compression != PACK_BITS && !DICTIONARIES.contains(compression)) {
            String kind = compression == 6 || compression == 7
                    ? "JPEG"
                    : compression >= 2 && compression <= 4 ? "for fax (" + compression + ")" : "" + compression;
            throw unread("has the compression " + kind, "none, LZW, Deflate or PackBits");
        }
        // what is not compressed by a dictionary has no predictor, whatever the field says
        if (DICTIONARIES.contains(compression) && predictor != 1 && (predictor != 2 || depth() != 8)) {
            throw unread("has the predictor " + predictor + " for " + depth() + " bits", "none, or 2 for 8 bits");
        }
        if (value(266, 1) != 1) {
            throw unread("fills its bytes from the low bit", "the usual order");
        }
        if (value(274, 1) != 1) {
            throw unread(
                    "says that it is to be turned (orientation " + value(274, 1) + ")",
                    "an image that is stored upright, as its mask is");
        }
        checkParts(compression == PLAIN ? 8 : EXPANSION);
    }

    private void checkColours() {
        int colours = (int) value(COLOURS, -1);
        int samples = (int) value(SAMPLES, 1);
        String other =
                switch (colours) {
                    case 0, 1, 2, 3 -> null;
                    case 4 -> "a transparency mask";
                    case 5 -> "inks (CMYK)";
                    case 6 -> "YCbCr";
                    case 8, 9, 10 -> "CIE Lab";
                    default -> "colours of kind " + colours;
                };
        if (other != null) {
            throw unread("holds " + other, "grey, palette or RGB");
        }
        long kind = values(339).filter(value -> value != 1).findFirst().orElse(1);
        if (kind != 1) {
            String name = kind == 2 ? "signed" : kind == 3 ? "floating-point" : "undefined (format " + kind + ")";
            throw unread("holds " + name + " samples", "unsigned whole numbers of at most 16 bits");
        }
        int bits = depth();
        boolean narrow = samples == 1 && colours != 2 && (bits == 1 || bits == 2 || bits == 4);
        if (!narrow && bits != 8 && (bits != 16 || colours == 3)
                || values(BITS).distinct().count() > 1) {
            throw unread(
                    "holds " + samples + " samples of " + bits + " bits", "8 or 16 bits, or one sample of 1, 2 or 4");
        }
        if (colours == 2 && samples < 3 || colours == 3 && samples != 1) {
            throw bad("header says " + (colours == 2 ? "RGB" : "a palette") + " with " + samples + " samples");
        }
        if (colours == 3 && values(PALETTE).count() != 3L << bits) {
            throw bad("has no palette of " + (1 << bits) + " colours");
        }
        // 1: multiplied with alpha, which readers divide out in different ways
        if (values(338).anyMatch(extra -> extra == 1)) {
            throw unread("holds colours multiplied with alpha", "alpha that stands beside the colours");
        }
    }

    private void checkParts(int expansion) {
        ImageFiles.check(file.name, "TIFF", height, width, file.length(), expansion);
        boolean tiled = fields.containsTIFFField(322);
        long w = tiled ? value(322, 0) : width;
        long h = tiled ? value(323, 0) : Math.min(value(278, height), height);
        ImageFiles.check(file.name, tiled ? "TIFF tile" : "TIFF strip", h, w, file.length(), expansion);
        long[] offsets = values(tiled ? 324 : 273).toArray();
        long[] counts = values(tiled ? 325 : 279).toArray();
        long planes = value(284, 1) == 2 ? value(SAMPLES, 1) : 1;
        long parts = (width + w - 1) / w * ((height + h - 1) / h) * planes;
        if (offsets.length != parts || counts.length != parts) {
            throw bad("has " + offsets.length + " offsets and " + counts.length + " lengths of " + parts
                    + (tiled ? " tiles" : " strips"));
        }
        for (int i = 0; i < parts; i++) {
            if (offsets[i] + counts[i] > file.length()) {
                throw bad("truncated: pixels at bytes " + offsets[i] + " to " + (offsets[i] + counts[i]) + " of "
                        + file.length());
            }
        }
    }

    private long value(int tag, long otherwise) {
        return values(tag).findFirst().orElse(otherwise);
    }

    /** The values of a field of whole numbers, none if it is not there. */
    private LongStream values(int tag) {
        TIFFField field = fields.getTIFFField(tag);
        return field == null
                ? LongStream.empty()
                : IntStream.range(0, field.getCount()).mapToLong(field::getAsLong);
    }

    private InvalidDataException unread(String found, String expected) {
        return new InvalidDataException(
                file.name + ": TIFF " + found + "; expected " + expected + ": save it again so, or as PNG");
    }

    private InvalidDataException bad(String found) {
        return new InvalidDataException(file.name + ": " + found + "; expected an intact TIFF");
    }
}
