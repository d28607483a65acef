package dev.wsss.models.segment;

import java.util.stream.LongStream;

/**
 * A window that slides over an image, in pixels of what the network sees. A side of the image that is shorter than the
 * window's is taken whole; the last window of a row or column ends where the image does.
 *
 * @param height rows of the window
 * @param width columns of the window
 * @param verticalStep rows from one window to the next, at most the height
 * @param horizontalStep columns from one window to the next, at most the width
 */
public record SlidingWindow(int height, int width, int verticalStep, int horizontalStep) {
    public SlidingWindow {
        requireStep(height, verticalStep);
        requireStep(width, horizontalStep);
    }

    private static void requireStep(int side, int step) {
        if (step < 1 || side < step) {
            throw new IllegalArgumentException("a window needs 1 <= step <= side, got side " + side + ", step " + step);
        }
    }

    /** A square one with one step. */
    public static SlidingWindow square(int side, int step) {
        return new SlidingWindow(side, side, step, step);
    }

    /** One whose steps are two thirds of its sides, as mmsegmentation's configurations have it. */
    public static SlidingWindow overlapping(int height, int width) {
        return new SlidingWindow(height, width, Math.max(1, height * 2 / 3), Math.max(1, width * 2 / 3));
    }

    boolean isSquare() {
        return height == width && verticalStep == horizontalStep;
    }

    /** Where windows start on an image of so many rows. */
    long[] tops(long rows) {
        return starts(rows, height, verticalStep);
    }

    /** Where windows start on an image of so many columns. */
    long[] lefts(long columns) {
        return starts(columns, width, horizontalStep);
    }

    private static long[] starts(long all, int side, int step) {
        long last = Math.max(0, all - side);
        long count = (last + step - 1) / step + 1;
        return LongStream.range(0, count).map(i -> Math.min(i * step, last)).toArray();
    }
}
