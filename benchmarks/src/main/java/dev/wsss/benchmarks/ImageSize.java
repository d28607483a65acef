package dev.wsss.benchmarks;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The sides of an image in pixels, or of a grid in cells: the parameter {@code size} of the benchmarks. */
record ImageSize(int height, int width) {
    private static final int MOST = 4096;
    private static final Pattern SIDES = Pattern.compile("(\\d{1,4})x(\\d{1,4})");
    private static final Pattern SIDE = Pattern.compile("\\d{1,4}");

    /**
     * Reads {@code HEIGHTxWIDTH}.
     *
     * @throws IllegalArgumentException if it is anything else, or a side is not of 1..4096
     */
    static ImageSize parse(String size) {
        Matcher sides = SIDES.matcher(size);
        if (sides.matches()) {
            int height = Integer.parseInt(sides.group(1));
            int width = Integer.parseInt(sides.group(2));
            if (allowed(height) && allowed(width)) {
                return new ImageSize(height, width);
            }
        }
        throw new IllegalArgumentException("size must be HEIGHTxWIDTH with sides of 1.." + MOST
                + " pixels, for example 375x500; got '" + size + "'");
    }

    /**
     * Reads the side of a square.
     *
     * @throws IllegalArgumentException if it is not a number of 1..4096
     */
    static int parseSide(String size) {
        if (SIDE.matcher(size).matches() && allowed(Integer.parseInt(size))) {
            return Integer.parseInt(size);
        }
        throw new IllegalArgumentException(
                "size must be one side of 1.." + MOST + " pixels, for example 448; got '" + size + "'");
    }

    private static boolean allowed(int side) {
        return side >= 1 && side <= MOST;
    }

    /** The grid that a network of this stride makes of the image. */
    ImageSize grid(int stride) {
        return new ImageSize(-Math.floorDiv(-height, stride), -Math.floorDiv(-width, stride));
    }

    int count() {
        return height * width;
    }

    @Override
    public String toString() {
        return height + "x" + width;
    }
}
