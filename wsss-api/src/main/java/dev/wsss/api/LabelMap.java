package dev.wsss.api;

import ai.djl.modality.cv.output.CategoryMask;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One label for each pixel: a pseudo label, a prediction, or the truth. Values are labels of a {@link ClassCatalog}, 0
 * to 254, or {@link #IGNORE}. Immutable.
 */
public final class LabelMap {
    /** The value of a pixel that takes no part in training and evaluation. */
    public static final int IGNORE = 255;

    /** Eight labels at once: most of a map is areas of one label. */
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** Times a label, eight of it. */
    private static final long EACH = 0x0101010101010101L;

    private final int height;
    private final int width;
    private final byte[] labels;

    /** Known once it was asked for; several who check one map ask. */
    private volatile int @Nullable [] histogram;

    private LabelMap(int height, int width, byte[] labels) {
        this.height = height;
        this.width = width;
        this.labels = labels;
    }

    /**
     * A map from row-major bytes.
     *
     * @param labels {@code height * width} unsigned bytes, copied
     */
    public static LabelMap of(int height, int width, byte[] labels) {
        return wrap(height, width, labels.clone());
    }

    /** As {@link #of(int, int, byte[])} without the copy: the caller gives the array away. */
    public static LabelMap wrap(int height, int width, byte[] labels) {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("label map size must be at least 1x1, got " + height + "x" + width);
        }
        if (labels.length != (long) height * width) {
            throw new IllegalArgumentException("a label map of " + height + "x" + width + " has "
                    + (long) height * width + " pixels, got " + labels.length);
        }
        return new LabelMap(height, width, labels);
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** Columns. */
    public int width() {
        return width;
    }

    /** The label at row {@code y}, column {@code x}, 0 to 255. */
    public int get(int y, int x) {
        if (x < 0 || x >= width || y < 0 || y >= height) {
            throw new IndexOutOfBoundsException("(" + y + ", " + x + ") outside " + height + "x" + width);
        }
        return labels[y * width + x] & 255;
    }

    /** All labels, row by row, as unsigned bytes; a copy. */
    public byte[] toArray() {
        return labels.clone();
    }

    /** Number of pixels of each value, 256 entries. */
    public int[] histogram() {
        int[] known = histogram;
        if (known == null) {
            known = new int[256];
            for (int i = 0; i < labels.length; ) {
                int end = runEnd(i);
                known[labels[i] & 255] += end - i;
                i = end;
            }
            histogram = known;
        }
        return known.clone();
    }

    private int runEnd(int start) {
        byte label = labels[start];
        long eight = (label & 255) * EACH;
        int i = start + 1;
        while (i <= labels.length - Long.BYTES && (long) EIGHT.get(labels, i) == eight) {
            i += Long.BYTES;
        }
        while (i < labels.length && labels[i] == label) {
            i++;
        }
        return i;
    }

    /**
     * Walks through this map and another, pixel by pixel in order of rows, and tells of each run of pixels in which neither
     * changes.
     *
     * @throws IllegalArgumentException if the other is of another size
     */
    public void compare(LabelMap other, PairRun visitor) {
        if (other.height != height || other.width != width) {
            throw new IllegalArgumentException("label maps are of " + height + "x" + width + " and " + other.height
                    + "x" + other.width + " pixels; expected one size");
        }
        byte[] theirs = other.labels;
        for (int i = 0, start = 0; start < labels.length; start = i) {
            byte mine = labels[start];
            byte its = theirs[start];
            i = start + 1;
            if (i < labels.length && labels[i] == mine && theirs[i] == its) {
                long eightOfMine = (mine & 255) * EACH;
                long eightOfIts = (its & 255) * EACH;
                while (i <= labels.length - Long.BYTES
                        && (long) EIGHT.get(labels, i) == eightOfMine
                        && (long) EIGHT.get(theirs, i) == eightOfIts) {
                    i += Long.BYTES;
                }
                while (i < labels.length && labels[i] == mine && theirs[i] == its) {
                    i++;
                }
            }
            visitor.run(mine & 255, its & 255, i - start);
        }
    }

    /** What is told of a run of pixels of two maps. */
    @FunctionalInterface
    public interface PairRun {
        /**
         * Takes a run.
         *
         * @param mine the value in the map that was asked, 0 to 255
         * @param its the value in the other
         * @param pixels at least 1
         */
        void run(int mine, int its, int pixels);
    }

    /** DJL's form, with the catalog's label names; ignored pixels keep the value {@link #IGNORE}. */
    public CategoryMask toCategoryMask(ClassCatalog catalog) {
        List<String> names = catalog.labelNames();
        int[][] mask = new int[height][width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                mask[y][x] = labels[y * width + x] & 255;
            }
        }
        return new CategoryMask(names, mask);
    }

    /**
     * Refuses values that are neither labels of a catalog nor {@link #IGNORE}.
     *
     * @param origin what the map is, for the message: a file
     * @throws InvalidDataException naming the lowest such value, the number of its pixels, and what was expected
     */
    public void requireLabels(String origin, ClassCatalog classes) {
        int[] counts = histogram();
        for (int value = classes.labelCount(); value < IGNORE; value++) {
            if (counts[value] > 0) {
                throw new InvalidDataException(origin + ": " + counts[value]
                        + (counts[value] == 1 ? " pixel has" : " pixels have") + " the value " + value
                        + "; expected labels 0.." + (classes.labelCount() - 1) + " or " + IGNORE);
            }
        }
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof LabelMap other
                && height == other.height
                && width == other.width
                && Arrays.equals(labels, other.labels);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(labels);
    }

    @Override
    public String toString() {
        return "LabelMap[" + height + "x" + width + "]";
    }
}
