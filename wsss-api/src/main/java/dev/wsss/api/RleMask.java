package dev.wsss.api;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A set of an image's pixels as COCO keeps one: run lengths in column-major order (down the first column, then down the
 * second), alternately outside and inside, the first outside.
 *
 * <pre>{@code
 * RleMask mask = RleMask.ofCoco(480, 640, counts);
 * double overlap = mask.iou(RleMask.ofDense(480, 640, bytes));
 * }</pre>
 *
 * <p>Two masks of the same pixels are equal: runs of length 0, which COCO's files may hold, are merged away. Memory and
 * the time of all set operations depend on the number of runs, not on the image's size; {@link #toDense} alone takes a
 * byte for each pixel. Immutable.
 */
public final class RleMask {
    /** Largest number of pixels of the image, 2<sup>28</sup>, as in a label map's file. */
    public static final int MAX_PIXELS = LabelPng.MAX_PIXELS;

    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final int height;
    private final int width;

    /** Where, in column-major order, outside changes to inside and back; ascending, each less than the pixels' number. */
    private final int[] changes;

    /** Counted when it is first asked for, -1 until then: most masks are a step on the way to another. */
    private int area = -1;

    private RleMask(int height, int width, int[] changes) {
        this.height = height;
        this.width = width;
        this.changes = changes;
    }

    /**
     * A mask of run lengths.
     *
     * @param counts column-major, alternately outside and inside, the first outside; their sum is {@code height * width}
     * @throws InvalidDataException if a run is negative or the sum is another
     * @throws IllegalArgumentException if the image has no pixel, or more than {@link #MAX_PIXELS}
     */
    public static RleMask ofCounts(int height, int width, int... counts) {
        int pixels = pixels(height, width);
        int[] changes = new int[counts.length];
        int n = 0;
        long at = 0;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] < 0) {
                throw new InvalidDataException(
                        "run " + i + " of a mask has " + counts[i] + " pixels; expected 0 or more");
            }
            if (i > 0) {
                // a change where another is undoes it
                if (n > 0 && changes[n - 1] == at) {
                    n--;
                } else if (at < pixels) {
                    changes[n++] = (int) at;
                }
            }
            at += counts[i];
            if (at > pixels) {
                break;
            }
        }
        if (at != pixels) {
            throw new InvalidDataException("the runs of a mask have " + (at > pixels ? "more than " + pixels : at)
                    + " pixels; expected " + pixels + ", those of " + height + "x" + width);
        }
        return new RleMask(height, width, Arrays.copyOf(changes, n));
    }

    /**
     * A mask of COCO's compressed counts, the text that stands in its annotation files.
     *
     * @throws InvalidDataException if the text is cut off, has a character that does not belong there, or a run is negative
     *     or too long, or the runs' sum is not {@code height * width}
     * @throws IllegalArgumentException if the image has no pixel, or more than {@link #MAX_PIXELS}
     */
    public static RleMask ofCoco(int height, int width, String counts) {
        return ofCounts(height, width, CocoRuns.read(counts));
    }

    /**
     * A mask of bytes.
     *
     * @param pixels {@code [height][width]} row-major, not 0 inside
     * @throws IllegalArgumentException if their number is not {@code height * width}, or the image has no pixel, or more
     *     than {@link #MAX_PIXELS}
     */
    public static RleMask ofDense(int height, int width, byte[] pixels) {
        if (pixels.length != pixels(height, width)) {
            throw new IllegalArgumentException("a mask of " + height + "x" + width + " has " + (long) height * width
                    + " pixels, got " + pixels.length);
        }
        // found in memory's order, where a row is mostly equal to the one before, and then sorted by column
        int[] found = new int[height + width];
        int n = 0;
        int[] next = new int[width + 1];
        for (int i = nextChange(pixels, height, width, 0);
                i < pixels.length;
                i = nextChange(pixels, height, width, i + 1)) {
            if (n == found.length) {
                found = Arrays.copyOf(found, 2 * n);
            }
            found[n++] = i;
            next[i % width + 1]++;
        }
        for (int x = 0; x < width; x++) {
            next[x + 1] += next[x];
        }
        int[] changes = new int[n];
        for (int k = 0; k < n; k++) {
            int x = found[k] % width;
            changes[next[x]++] = x * height + found[k] / width;
        }
        return new RleMask(height, width, changes);
    }

    /** The first pixel from there on, row by row, that differs from the one before it in column-major order. */
    private static int nextChange(byte[] pixels, int height, int width, int from) {
        for (int i = from; i < pixels.length; i++) {
            int before;
            if (i < width) {
                before = i > 0 ? pixels[(height - 1) * width + i - 1] : 0;
            } else {
                int equal = Arrays.mismatch(pixels, i, pixels.length, pixels, i - width, pixels.length - width);
                if (equal < 0) {
                    break;
                }
                i += equal;
                before = pixels[i - width];
            }
            if ((before != 0) != (pixels[i] != 0)) {
                return i;
            }
        }
        return pixels.length;
    }

    /**
     * The mask of a polygon, equal to that of pycocotools' {@code frPyObjects}: drawn on a grid of a fifth of a pixel, parts
     * that it encloses twice are outside, parts beyond the image are cut off.
     *
     * <p>Where pycocotools gives an empty mask for fewer than three points, or reads four numbers as something else, this
     * refuses.
     *
     * @param xy x and y of each point in turn, in pixels, (0, 0) being the upper left corner of the image; closed by itself
     * @throws InvalidDataException if there are fewer than three points, a number without its partner, a coordinate that is
     *     NaN or beyond &plusmn;2<sup>28</sup>, or edges that cross more than 2<sup>25</sup> columns in all
     * @throws IllegalArgumentException if the image has no pixel, or more than {@link #MAX_PIXELS}
     */
    public static RleMask ofPolygon(int height, int width, double... xy) {
        pixels(height, width);
        return new RleMask(height, width, CocoPolygon.changes(height, width, xy));
    }

    /**
     * The union of the masks of an object's polygons, each as of {@link #ofPolygon}.
     *
     * @throws InvalidDataException if there is no polygon, or one is refused; the message names its number, from 0
     * @throws IllegalArgumentException if the image has no pixel, or more than {@link #MAX_PIXELS}
     */
    public static RleMask ofPolygons(int height, int width, List<double[]> polygons) {
        pixels(height, width);
        List<RleMask> masks = new ArrayList<>(polygons.size());
        for (double[] xy : polygons) {
            try {
                masks.add(ofPolygon(height, width, xy));
            } catch (InvalidDataException e) {
                throw new InvalidDataException("polygon " + masks.size() + ": " + e.getMessage(), e);
            }
        }
        if (masks.isEmpty()) {
            throw new InvalidDataException("an object has no polygon; expected one or more");
        }
        return unionOf(masks);
    }

    /**
     * The mask of a box, equal to that of pycocotools: its four corners as a polygon.
     *
     * @throws InvalidDataException if a corner is beyond &plusmn;2<sup>28</sup>
     * @throws IllegalArgumentException if the image has no pixel, or more than {@link #MAX_PIXELS}
     */
    public static RleMask ofBox(int height, int width, CocoBox box) {
        double right = box.x() + box.width();
        double bottom = box.y() + box.height();
        return ofPolygon(height, width, box.x(), box.y(), box.x(), bottom, right, bottom, right, box.y());
    }

    private static int pixels(int height, int width) {
        if (height < 1 || width < 1 || (long) height * width > MAX_PIXELS) {
            throw new IllegalArgumentException("a mask is of " + height + "x" + width
                    + " pixels; expected at least 1x1 and" + " at most " + MAX_PIXELS + " in all");
        }
        return height * width;
    }

    /** Rows of the image. */
    public int height() {
        return height;
    }

    /** Columns of the image. */
    public int width() {
        return width;
    }

    /** Number of pixels inside. */
    public int area() {
        if (area < 0) {
            int inside = 0;
            for (int i = 0; i < changes.length; i += 2) {
                inside += end(i) - changes[i];
            }
            area = inside;
        }
        return area;
    }

    /** Whether the pixel at row {@code y}, column {@code x} is inside. */
    public boolean contains(int y, int x) {
        if (x < 0 || x >= width || y < 0 || y >= height) {
            throw new IndexOutOfBoundsException("(" + y + ", " + x + ") outside " + height + "x" + width);
        }
        return before(x * height + y + 1) % 2 == 1;
    }

    /** The smallest box that holds all pixels inside; {@link PixelBox#EMPTY} if there are none. */
    public PixelBox box() {
        if (changes.length == 0) {
            return PixelBox.EMPTY;
        }
        int top = height;
        int bottom = -1;
        for (int i = 0; i < changes.length; i += 2) {
            int first = changes[i];
            int last = end(i) - 1;
            if (first / height < last / height) {
                top = 0;
                bottom = height - 1;
                break;
            }
            top = Math.min(top, first % height);
            bottom = Math.max(bottom, last % height);
        }
        int left = changes[0] / height;
        int last = changes.length - 1;
        int right = (end(last - last % 2) - 1) / height;
        return new PixelBox(left, top, right - left + 1, bottom - top + 1);
    }

    /**
     * The pixels inside this mask, the other or both.
     *
     * @throws IllegalArgumentException if the other is of another size
     */
    public RleMask union(RleMask other) {
        return combine(other, 1);
    }

    /**
     * The pixels inside both masks.
     *
     * @throws IllegalArgumentException if the other is of another size
     */
    public RleMask intersection(RleMask other) {
        return combine(other, 0);
    }

    /**
     * The pixels inside any of the masks.
     *
     * @throws IllegalArgumentException if there is no mask, or they are of different sizes
     */
    public static RleMask unionOf(List<RleMask> masks) {
        if (masks.isEmpty()) {
            throw new IllegalArgumentException("masks is empty; expected at least one");
        }
        if (masks.size() == 1) {
            return masks.get(0);
        }
        // halves, so that no run is looked at more often than the logarithm of the masks' number
        int half = masks.size() / 2;
        return unionOf(masks.subList(0, half)).union(unionOf(masks.subList(half, masks.size())));
    }

    /** The pixels that are not {@code outside} of both: 0 for an intersection, 1 for a union, outside being inside there. */
    private RleMask combine(RleMask other, int flip) {
        requireSameSize(other);
        int[] out = new int[changes.length + other.changes.length];
        // one of the two is alone up to where the other begins
        int i = other.changes.length == 0 ? changes.length : before(other.changes[0]);
        int j = changes.length == 0 ? other.changes.length : other.before(changes[0]);
        int n = 0;
        if (flip == 1) {
            System.arraycopy(i > 0 ? changes : other.changes, 0, out, 0, i + j);
            n = i + j;
        }
        while (i < changes.length && j < other.changes.length) {
            // the lesser of the two, without a branch, which no processor could foretell
            int difference = changes[i] - other.changes[j];
            out[n] = other.changes[j] + (difference & difference >> 31);
            i += difference - 1 >>> 31;
            j += -difference - 1 >>> 31;
            int inside = (i ^ flip) & (j ^ flip) ^ flip;
            n += (inside ^ n) & 1;
        }
        // the one that has no change left is inside to the end, or outside
        RleMask rest = i < changes.length ? this : other;
        int from = i < changes.length ? i : j;
        if ((i + j - from & 1) != flip) {
            System.arraycopy(rest.changes, from, out, n, rest.changes.length - from);
            n += rest.changes.length - from;
        }
        return new RleMask(height, width, n == out.length ? out : Arrays.copyOf(out, n));
    }

    /** Number of changes before a pixel. */
    private int before(int pixel) {
        int found = Arrays.binarySearch(changes, pixel);
        return found < 0 ? -found - 1 : found;
    }

    /**
     * Number of pixels inside both masks, without making their intersection. Over {@link #area} it is the share of one mask
     * that lies in the other.
     *
     * @throws IllegalArgumentException if the other is of another size
     */
    public int intersectionArea(RleMask other) {
        requireSameSize(other);
        int sum = 0;
        int i = 0;
        int j = 0;
        while (i < changes.length && j < other.changes.length) {
            int end = end(i);
            int otherEnd = other.end(j);
            sum += Math.max(0, Math.min(end, otherEnd) - Math.max(changes[i], other.changes[j]));
            if (end < otherEnd) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return sum;
    }

    /**
     * Intersection over union, 0 to 1; 0 for two empty masks, as in COCO.
     *
     * @throws IllegalArgumentException if the other is of another size
     */
    public double iou(RleMask other) {
        int both = intersectionArea(other);
        return both == 0 ? 0 : both / ((double) area() + other.area() - both);
    }

    /**
     * Overlap of a detected mask with an annotated one as COCO's evaluation has it: {@link #iou(RleMask)} or, where the
     * annotation is of a crowd, the share of this mask that lies in it; 0 if they do not overlap.
     *
     * @throws IllegalArgumentException if the other is of another size
     */
    public double iou(RleMask annotated, boolean crowd) {
        if (!crowd) {
            return iou(annotated);
        }
        int both = intersectionArea(annotated);
        return both == 0 ? 0 : both / (double) area();
    }

    private void requireSameSize(RleMask other) {
        if (height != other.height || width != other.width) {
            throw new IllegalArgumentException("masks are of " + height + "x" + width + " and " + other.height + "x"
                    + other.width + " pixels; expected one size");
        }
    }

    /** The place of a change; the pixels' number if there are fewer. */
    private int at(int change) {
        return change < changes.length ? changes[change] : height * width;
    }

    /** The first pixel behind the run inside that begins with this change. */
    private int end(int change) {
        return at(change + 1);
    }

    /**
     * Writes a value at the pixels inside, and leaves the others as they are.
     *
     * @param pixels {@code [width][height]}: column-major, as the runs are
     * @throws IllegalArgumentException if their number is not {@code height * width}
     */
    public void fillColumns(byte[] pixels, byte value) {
        if (pixels.length != height * width) {
            throw new IllegalArgumentException(
                    "pixels has " + pixels.length + " bytes; expected those of " + height + "x" + width);
        }
        for (int i = 0; i < changes.length; i += 2) {
            Arrays.fill(pixels, changes[i], end(i), value);
        }
    }

    /** The run lengths, column-major, alternately outside and inside, the first outside; only that may be 0. */
    public int[] counts() {
        int[] counts = new int[changes.length + 1];
        for (int i = 0, from = 0; i < counts.length; i++) {
            counts[i] = at(i) - from;
            from = at(i);
        }
        return counts;
    }

    /** COCO's compressed counts, equal to those of {@code pycocotools.mask.encode}. */
    public String toCoco() {
        return CocoRuns.write(counts());
    }

    /** A byte for each pixel, {@code [height][width]} row-major, 1 inside and 0 outside. */
    public byte[] toDense() {
        byte[] pixels = new byte[height * width];
        PixelBox box = box();
        // marks the changes within a column, and the state in which each begins; what is above then goes on below
        int i = 0;
        int end = box.y() + box.height();
        for (int x = box.x(); x < box.x() + box.width(); x++) {
            int start = x * height;
            if (i < changes.length && changes[i] == start) {
                i++;
            }
            pixels[x] = (byte) (i % 2);
            while (i < changes.length && changes[i] < start + height) {
                int y = changes[i++] - start;
                pixels[y * width + x] = (byte) (y < end ? 1 : 0); // behind the box nothing goes on
            }
        }
        for (int y = box.y() + 1; y < end; y++) {
            int p = y * width + box.x();
            int last = p + box.width();
            // eight pixels at once, which the compiler does not do where an array is read and written
            for (; p <= last - Long.BYTES && width >= Long.BYTES; p += Long.BYTES) {
                EIGHT.set(pixels, p, (long) EIGHT.get(pixels, p) ^ (long) EIGHT.get(pixels, p - width));
            }
            for (; p < last; p++) {
                pixels[p] ^= pixels[p - width];
            }
        }
        return pixels;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof RleMask other
                && height == other.height
                && width == other.width
                && Arrays.equals(changes, other.changes);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * height + width) + Arrays.hashCode(changes);
    }

    @Override
    public String toString() {
        return "RleMask[" + height + "x" + width + ", " + area() + " inside]";
    }
}
