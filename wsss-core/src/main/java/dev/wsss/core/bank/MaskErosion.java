package dev.wsss.core.bank;

import dev.wsss.api.PixelBox;
import dev.wsss.api.RleMask;
import java.util.Arrays;

/**
 * Erosion by a disc: a pixel stays if every pixel at most {@code radius} away is inside, measured between centres. What is
 * beyond the image counts as inside, for an object that the image cuts off has no contour there.
 *
 * <p>Exact, in a fixed number of steps for a pixel of the mask's box whatever the radius: first the distance to the outside
 * along each column, then in each row the interval that every such pixel takes away.
 */
final class MaskErosion {
    private MaskErosion() {}

    static RleMask erode(RleMask mask, int wantedRadius) {
        PixelBox box = mask.box();
        if (wantedRadius == 0 || mask.area() == 0) {
            return mask;
        }
        int width = mask.width();
        // no two pixels are further apart
        int radius = (int) Math.min(wantedRadius, (long) mask.height() + width);
        byte[] pixels = mask.toDense();
        int[] distances = columnDistances(pixels, mask, box, radius + 1);
        int[] reach = new int[radius + 1];
        for (int d = 0; d <= radius; d++) {
            reach[d] = (int) Math.sqrt((double) radius * radius - (double) d * d);
        }
        int columns = box.width();
        int[] changes = new int[columns + 1];
        for (int row = 0; row < box.height(); row++) {
            Arrays.fill(changes, 0);
            if (box.x() > 0) {
                takeAway(changes, -1, radius);
            }
            if (box.x() + columns < width) {
                takeAway(changes, columns, radius);
            }
            for (int x = 0; x < columns; x++) {
                int distance = distances[row * columns + x];
                if (distance <= radius) {
                    takeAway(changes, x, reach[distance]);
                }
            }
            int at = (box.y() + row) * width + box.x();
            int taken = 0;
            for (int x = 0; x < columns; x++) {
                taken += changes[x];
                if (taken > 0) {
                    pixels[at + x] = 0;
                }
            }
        }
        return RleMask.ofDense(mask.height(), width, pixels);
    }

    /** Enters the interval of {@code reach} columns to both sides as a step up and a step down. */
    private static void takeAway(int[] changes, int x, int reach) {
        int from = Math.max(0, x - reach);
        int to = Math.min(changes.length - 1, x + reach + 1);
        if (from < to) {
            changes[from]++;
            changes[to]--;
        }
    }

    /** Of each pixel of the box, rows to the nearest one outside in its column, at most {@code far}. */
    private static int[] columnDistances(byte[] pixels, RleMask mask, PixelBox box, int far) {
        int columns = box.width();
        int rows = box.height();
        int[] distances = new int[rows * columns];
        int above = box.y() > 0 ? 0 : far;
        int below = box.y() + rows < mask.height() ? 0 : far;
        for (int row = 0; row < rows; row++) {
            int at = (box.y() + row) * mask.width() + box.x();
            for (int x = 0; x < columns; x++) {
                int before = row == 0 ? above : distances[(row - 1) * columns + x];
                distances[row * columns + x] = pixels[at + x] == 0 ? 0 : Math.min(before + 1, far);
            }
        }
        for (int row = rows - 1; row >= 0; row--) {
            for (int x = 0; x < columns; x++) {
                int i = row * columns + x;
                int after = row == rows - 1 ? below : distances[i + columns];
                distances[i] = Math.min(distances[i], after + 1);
            }
        }
        return distances;
    }
}
