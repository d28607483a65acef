package dev.wsss.api;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The fields of the first image of a TIFF file (revision 6) that say how its pixels lie. */
final class TiffHeader {
    private static final int MAX_FIELDS = 4096;

    final FileBytes file;
    final boolean bigEndian;
    final int width;
    final int height;
    private final long fields;
    private final int count;

    /** Reads the size; what else there is, is read when it is asked for. */
    TiffHeader(FileBytes file) {
        this.file = file;
        bigEndian = file.at(0) == 'M';
        if (file.length() < 8) {
            throw bad("truncated within the header, after " + file.length() + " bytes");
        }
        if (uint16(2) == 43) {
            throw new InvalidDataException(
                    file.name + ": is a BigTIFF; expected a TIFF with offsets of 32 bits: save it again so, or as PNG");
        }
        long directory = uint32(4);
        if (directory > file.length() - 2) {
            throw bad("truncated: its directory is at byte " + directory + " of " + file.length());
        }
        count = uint16(directory);
        fields = directory + 2;
        if (count < 1 || count > MAX_FIELDS || fields + 12L * count > file.length()) {
            throw bad("directory of " + count + " fields at byte " + directory + " of " + file.length());
        }
        long w = value(256, -1);
        long h = value(257, -1);
        if (w < 1 || h < 1 || w > Integer.MAX_VALUE || h > Integer.MAX_VALUE) {
            throw bad("header says " + h + "x" + w + " pixels");
        }
        width = (int) w;
        height = (int) h;
    }

    ImageFiles.Size size() {
        return new ImageFiles.Size(height, width);
    }

    /** Bits of a sample, of the deepest if they differ. */
    int depth() {
        long[] bits = values(258, MAX_FIELDS);
        return bits == null ? 1 : (int) Arrays.stream(bits).max().orElse(1);
    }

    /** The one value of a field, or what stands for a field that is not there. */
    long value(int tag, long otherwise) {
        long[] values = values(tag, 1);
        return values == null ? otherwise : values[0];
    }

    /**
     * The values of a field of whole numbers, or null if it is not there.
     *
     * @param most refused if there are more
     */
    long @Nullable [] values(int tag, long most) {
        for (int i = 0; i < count; i++) {
            long at = fields + 12L * i;
            if (uint16(at) == tag) {
                int type = uint16(at + 2);
                int size = type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : 0;
                long n = uint32(at + 4);
                if (size == 0 || n < 1 || n > most) {
                    throw bad("field " + tag + " holds " + n + " values of type " + type + ", expected 1.." + most
                            + " whole numbers");
                }
                long from = n * size <= 4 ? at + 8 : uint32(at + 8);
                if (from + n * size > file.length()) {
                    throw bad("truncated: field " + tag + " lies at byte " + from + " of " + file.length());
                }
                long[] values = new long[(int) n];
                for (int k = 0; k < values.length; k++) {
                    long p = from + (long) k * size;
                    values[k] = size == 1 ? file.at(p) : size == 2 ? uint16(p) : uint32(p);
                }
                return values;
            }
        }
        return null;
    }

    /** A field's values, which must be there. */
    long[] required(int tag, long most) {
        long[] values = values(tag, most);
        if (values == null) {
            throw bad("has no field " + tag);
        }
        return values;
    }

    /** A field with a value for each sample, all of which must be equal. */
    int same(int tag, int samples, int otherwise) {
        long[] values = values(tag, Math.max(1, samples));
        if (values == null) {
            return otherwise;
        }
        if (Arrays.stream(values).distinct().count() > 1) {
            throw new InvalidDataException(file.name + ": TIFF whose samples differ in kind (field " + tag + " is "
                    + Arrays.toString(values) + "); expected samples of one kind");
        }
        return (int) values[0];
    }

    private int uint16(long at) {
        return bigEndian ? file.uint16(at) : file.uint16Low(at);
    }

    private long uint32(long at) {
        return bigEndian ? (long) uint16(at) << 16 | uint16(at + 2) : (long) uint16(at + 2) << 16 | uint16(at);
    }

    InvalidDataException bad(String found) {
        return new InvalidDataException(file.name + ": " + found + "; expected an intact TIFF");
    }
}
