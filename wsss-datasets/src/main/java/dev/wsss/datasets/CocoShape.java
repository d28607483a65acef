package dev.wsss.datasets;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RleMask;
import java.util.ArrayList;
import java.util.List;

/** What an annotation says of its pixels, in as few bytes as keep every number exact. */
sealed interface CocoShape {
    /**
     * The pixels.
     *
     * @throws InvalidDataException if the shape is not one on this image
     */
    RleMask mask(CocoImage image);

    /**
     * Refuses what {@link #mask} would refuse, without drawing polygons.
     *
     * @throws InvalidDataException if the shape is not one on this image
     */
    default void check(CocoImage image) {
        mask(image);
    }

    /** Polygons of which each coordinate is a whole number of hundredths, as in COCO's own files. */
    record Hundredths(int[] lengths, int[] values) implements CocoShape {
        private static final double UNIT = 100;

        /** The double that the decimal number is read as: a division is rounded exactly as the reading is. */
        static double value(int hundredths) {
            return hundredths / UNIT;
        }

        @Override
        public RleMask mask(CocoImage image) {
            double[] all = new double[values.length];
            for (int i = 0; i < all.length; i++) {
                all[i] = value(values[i]);
            }
            return new Polygons(lengths, all).mask(image);
        }

        @Override
        public void check(CocoImage image) {
            Polygons.checkLengths(lengths);
        }
    }

    /** Polygons of any coordinates, one behind the other. */
    record Polygons(int[] lengths, double[] values) implements CocoShape {
        private static final int MIN_LENGTH = 6;

        @Override
        public RleMask mask(CocoImage image) {
            List<double[]> polygons = new ArrayList<>(lengths.length);
            int from = 0;
            for (int length : lengths) {
                double[] xy = new double[length];
                System.arraycopy(values, from, xy, 0, length);
                polygons.add(xy);
                from += length;
            }
            return RleMask.ofPolygons(image.height(), image.width(), polygons);
        }

        @Override
        public void check(CocoImage image) {
            checkLengths(lengths);
            for (double v : values) {
                if (!(Math.abs(v) <= RleMask.MAX_PIXELS)) {
                    throw new InvalidDataException("has the coordinate " + v + "; expected numbers from -"
                            + RleMask.MAX_PIXELS + " to " + RleMask.MAX_PIXELS);
                }
            }
        }

        static void checkLengths(int[] lengths) {
            if (lengths.length == 0) {
                throw new InvalidDataException("has no polygon; expected one or more");
            }
            for (int i = 0; i < lengths.length; i++) {
                if (lengths[i] % 2 != 0 || lengths[i] < MIN_LENGTH) {
                    throw new InvalidDataException("polygon " + i + " has " + lengths[i]
                            + " coordinates; expected an even number, x and y of three points or more");
                }
            }
        }
    }

    /** Run lengths as numbers, for an image of this size. */
    record Runs(int height, int width, int[] counts) implements CocoShape {
        @Override
        public RleMask mask(CocoImage image) {
            requireSize(image, height, width);
            return RleMask.ofCounts(height, width, counts);
        }
    }

    /** Compressed run lengths, for an image of this size. */
    record Text(int height, int width, String counts) implements CocoShape {
        @Override
        public RleMask mask(CocoImage image) {
            requireSize(image, height, width);
            return RleMask.ofCoco(height, width, counts);
        }
    }

    /** No shape, and why. */
    record Broken(String why) implements CocoShape {
        @Override
        public RleMask mask(CocoImage image) {
            throw new InvalidDataException(why);
        }
    }

    /** Polygons that were looked at and not kept. */
    record NotKept() implements CocoShape {
        private static final NotKept SOUND = new NotKept();

        /** Of polygons, which are checked alike on all images. */
        static CocoShape of(CocoShape polygons) {
            try {
                polygons.check(new CocoImage(0, "", 1, 1));
                return SOUND;
            } catch (InvalidDataException e) {
                return new Broken(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public RleMask mask(CocoImage image) {
            throw new IllegalStateException("the outlines of image " + image.id() + " were not kept");
        }

        @Override
        public void check(CocoImage image) {
            // as it was read
        }
    }

    private static void requireSize(CocoImage image, int height, int width) {
        if (height != image.height() || width != image.width()) {
            throw new InvalidDataException("has run lengths of " + height + "x" + width
                    + " pixels; expected those of the image, " + image.height() + "x" + image.width());
        }
    }
}
