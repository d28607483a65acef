package dev.wsss.core.saliency;

import java.util.Arrays;

/**
 * The minimum barrier distance of each pixel to the border of the image, by raster scans.
 *
 * <p>The barrier of a path is the difference of the highest and the lowest value on it; the distance is the least barrier
 * of all 4-connected paths from the border. A scan hands each pixel the path of its upper or left neighbour, or, the
 * other way round, of its lower or right one, where that is better than its own. As the best path of a neighbour need not
 * begin the best path of the pixel, the result is an upper bound of the distance, close to it after few scans.
 */
final class BarrierTransform {
    private final int height;
    private final int width;
    private final float[] image;
    private final float[] distance;
    private final float[] low;
    private final float[] high;

    private BarrierTransform(Planes planes, float[] image) {
        height = planes.height;
        width = planes.width;
        this.image = image;
        distance = planes.distance;
        low = planes.low;
        high = planes.high;
    }

    /**
     * Computes.
     *
     * @param planes of the image's size; the result is its {@code distance}
     * @param image one channel, {@code [height][width]}
     * @param passes number of scans, downwards and upwards by turns
     */
    static void run(Planes planes, float[] image, int passes) {
        BarrierTransform t = new BarrierTransform(planes, image);
        t.seed();
        for (int pass = 0; pass < passes; pass++) {
            if (pass % 2 == 0) {
                t.down();
            } else {
                t.up();
            }
        }
    }

    private void seed() {
        int n = height * width;
        System.arraycopy(image, 0, low, 0, n);
        System.arraycopy(image, 0, high, 0, n);
        Arrays.fill(distance, 0, n, 0);
        for (int y = 1; y < height - 1; y++) {
            Arrays.fill(distance, y * width + 1, y * width + Math.max(1, width - 1), Float.POSITIVE_INFINITY);
        }
    }

    private void down() {
        for (int y = 1; y < height - 1; y++) {
            for (int i = y * width + 1; i < (y + 1) * width - 1; i++) {
                relax(i, i - width);
                relax(i, i - 1);
            }
        }
    }

    private void up() {
        for (int y = height - 2; y > 0; y--) {
            for (int i = (y + 1) * width - 2; i > y * width; i--) {
                relax(i, i + width);
                relax(i, i + 1);
            }
        }
    }

    private void relax(int to, int from) {
        float top = Math.max(high[from], image[to]);
        float bottom = Math.min(low[from], image[to]);
        if (top - bottom < distance[to]) {
            distance[to] = top - bottom;
            high[to] = top;
            low[to] = bottom;
        }
    }
}
