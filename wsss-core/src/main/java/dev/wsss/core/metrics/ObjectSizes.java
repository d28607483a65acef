package dev.wsss.core.metrics;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * How well small, medium and large objects are found.
 *
 * <p>An object is a connected region of one label in the truth, diagonal neighbours included; the background, where the catalog
 * has one, is none, and neither is {@link LabelMap#IGNORE}. Two touching objects of one class are one, and an object that
 * another hides in part may be two: label maps do not say more. Its size is its number of pixels, by {@link Areas}.
 *
 * <ul>
 *   <li>Its recall is the share of its pixels that have its label in the prediction.
 *   <li>Its IoU is {@code found / (size + wrong)}: {@code wrong} are the pixels of another true label in those connected regions
 *       of the prediction that have its label and cover some of it. What such a region covers of other objects of
 *       the class is not held against it. Pixels whose truth is {@code IGNORE} do not count and connect nothing.
 * </ul>
 *
 * <p>Not thread-safe: count in one per thread and {@link #merge}.
 */
public final class ObjectSizes {
    /** COCO's strata. */
    public enum Size {
        SMALL,
        MEDIUM,
        LARGE
    }

    /** Where a stratum ends. */
    public enum Areas {
        /** COCO's areas: small is below 32<sup>2</sup> pixels, large from 96<sup>2</sup> on. */
        COCO {
            @Override
            double scale(int height, int width) {
                return 1;
            }
        },
        /**
         * COCO's areas as shares of an image of 640x480, COCO's usual size: small is below 1/300 of the image, large from 3/100
         * on. For images of other sizes.
         */
        SCALED {
            @Override
            double scale(int height, int width) {
                return (double) height * width / (640 * 480);
            }
        };

        abstract double scale(int height, int width);

        /** The stratum of an object of so many pixels in an image of this size. */
        public Size of(int pixels, int height, int width) {
            double scale = scale(height, width);
            return pixels < 32 * 32 * scale ? Size.SMALL : pixels < 96 * 96 * scale ? Size.MEDIUM : Size.LARGE;
        }
    }

    private static final int SIZES = Size.values().length;

    private final ClassCatalog classes;
    private final Areas areas;
    private final long[] objects = new long[SIZES];
    private final long[] pixels = new long[SIZES];
    private final long[] found = new long[SIZES];
    private final double[] recalls = new double[SIZES];
    private final double[] ious = new double[SIZES];

    /** Nothing counted. */
    public ObjectSizes(ClassCatalog classes, Areas areas) {
        this.classes = classes;
        this.areas = areas;
    }

    /** Where a stratum ends. */
    public Areas areas() {
        return areas;
    }

    /**
     * Counts an image.
     *
     * @throws InvalidDataException if the sizes differ, or either map holds a value that is neither a label nor {@link
     *     LabelMap#IGNORE}; then nothing is counted
     */
    public void add(LabelMap prediction, LabelMap truth) {
        ConfusionMatrix.requireComparable(prediction, truth, classes.labelCount());
        int height = truth.height();
        int width = truth.width();
        byte[] t = truth.toArray();
        byte[] p = prediction.toArray();
        for (int i = 0; i < t.length; i++) {
            if ((t[i] & 255) == LabelMap.IGNORE) {
                p[i] = (byte) LabelMap.IGNORE;
            }
        }
        int first = classes.hasBackground() ? 1 : 0;
        Regions objects = Regions.of(t, height, width, first);
        Regions predicted = Regions.of(p, height, width, first);
        int[] size = new int[objects.count()];
        int[] hit = new int[objects.count()];
        int[] wrong = new int[predicted.count()];
        Set<Long> met = new HashSet<>();
        for (int i = 0; i < t.length; i++) {
            int object = objects.at()[i];
            int region = predicted.at()[i];
            if (object >= 0) {
                size[object]++;
            }
            if (region >= 0 && t[i] != p[i]) {
                wrong[region]++;
            } else if (region >= 0) {
                hit[object]++;
                met.add((long) object << 32 | region);
            }
        }
        int[] against = new int[objects.count()];
        for (long pair : met) {
            against[(int) (pair >> 32)] += wrong[(int) pair];
        }
        for (int object = 0; object < size.length; object++) {
            int s = areas.of(size[object], height, width).ordinal();
            this.objects[s]++;
            pixels[s] += size[object];
            found[s] += hit[object];
            recalls[s] += (double) hit[object] / size[object];
            ious[s] += (double) hit[object] / (size[object] + against[object]);
        }
    }

    /** The connected regions of labels; {@code at} has the number of each pixel's, or -1. */
    private record Regions(int[] at, int count) {
        static Regions of(byte[] values, int height, int width, int first) {
            int[] at = new int[values.length];
            Arrays.fill(at, -1);
            int[] open = new int[values.length];
            int count = 0;
            for (int seed = 0; seed < values.length; seed++) {
                byte value = values[seed];
                if (at[seed] >= 0 || (value & 255) < first || (value & 255) == LabelMap.IGNORE) {
                    continue;
                }
                int size = 1;
                open[0] = seed;
                at[seed] = count;
                while (size > 0) {
                    int pixel = open[--size];
                    int y = pixel / width;
                    int x = pixel % width;
                    for (int ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
                        for (int nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
                            int n = ny * width + nx;
                            if (at[n] < 0 && values[n] == value) {
                                at[n] = count;
                                open[size++] = n;
                            }
                        }
                    }
                }
                count++;
            }
            return new Regions(at, count);
        }
    }

    /**
     * Adds another's counts.
     *
     * @throws IllegalArgumentException if it is of other classes or areas
     */
    public void merge(ObjectSizes other) {
        if (!other.classes.equals(classes) || other.areas != areas) {
            throw new IllegalArgumentException("cannot merge objects of " + other.classes + " by " + other.areas
                    + " areas into those of " + classes + " by " + areas);
        }
        for (int s = 0; s < SIZES; s++) {
            objects[s] += other.objects[s];
            pixels[s] += other.pixels[s];
            found[s] += other.found[s];
            recalls[s] += other.recalls[s];
            ious[s] += other.ious[s];
        }
    }

    /** Number of objects. */
    public long objects(Size size) {
        return objects[size.ordinal()];
    }

    /** Pixels of all objects. */
    public long pixels(Size size) {
        return pixels[size.ordinal()];
    }

    /** Share of the objects' pixels that are found, which large ones rule; NaN without objects. */
    public double pixelRecall(Size size) {
        return (double) found[size.ordinal()] / pixels[size.ordinal()];
    }

    /** Mean recall of the objects; NaN without objects. */
    public double meanRecall(Size size) {
        return recalls[size.ordinal()] / objects[size.ordinal()];
    }

    /** Mean IoU of the objects; NaN without objects. */
    public double meanIou(Size size) {
        return ious[size.ordinal()] / objects[size.ordinal()];
    }

    @Override
    public String toString() {
        return "ObjectSizes[" + objects[0] + " small, " + objects[1] + " medium, " + objects[2] + " large by " + areas
                + " areas]";
    }
}
