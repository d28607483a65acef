package dev.wsss.core.saliency;

/**
 * Morphological smoothing of a map: opening by reconstruction removes bright spots that a square does not fit in, closing
 * by reconstruction fills such holes; outlines of what remains are kept as they are.
 */
final class Reconstruction {
    private Reconstruction() {}

    /**
     * Smooths {@code planes.map}, in [0, 1]; {@code distance}, {@code low} and {@code high} are overwritten.
     *
     * @param radius of the square, {@code 2 radius + 1} wide
     */
    static void smooth(Planes planes, int radius) {
        open(planes, radius);
        invert(planes); // a closing is the opening of the negative
        open(planes, radius);
        invert(planes);
    }

    private static void invert(Planes planes) {
        for (int i = 0; i < planes.pixels(); i++) {
            planes.map[i] = 1 - planes.map[i];
        }
    }

    private static void open(Planes planes, int radius) {
        int h = planes.height;
        int w = planes.width;
        float[] marker = planes.distance;
        for (int y = 0; y < h; y++) {
            minimum(planes.map, y * w, 1, w, radius, planes.low, marker, planes.high);
        }
        for (int x = 0; x < w; x++) {
            minimum(marker, x, w, h, radius, planes.low, marker, planes.high);
        }
        reconstruct(planes, marker, planes.map);
        System.arraycopy(marker, 0, planes.map, 0, h * w);
    }

    /**
     * The minimum over a sliding window along a line, whatever its length, by the minima from the beginning and from the
     * end of each block of the window's length (van Herk). The window is cut at the ends of the line.
     */
    private static void minimum(
            float[] from, int start, int step, int n, int radius, float[] ahead, float[] to, float[] behind) {
        int window = 2 * radius + 1;
        for (int i = 0; i < n; i++) {
            float v = from[start + i * step];
            behind[i] = i % window == 0 ? v : Math.min(behind[i - 1], v);
        }
        for (int i = n - 1; i >= 0; i--) {
            float v = from[start + i * step];
            ahead[i] = i == n - 1 || (i + 1) % window == 0 ? v : Math.min(ahead[i + 1], v);
        }
        for (int i = 0; i < n; i++) {
            int first = Math.max(0, i - radius);
            int last = Math.min(n - 1, i + radius);
            // a whole window covers the end of one block and the beginning of the next, or a block; one that is cut at
            // either end of the line may lie within a block
            if (i < radius) {
                to[start + i * step] = behind[last];
            } else if (first / window == last / window) {
                to[start + i * step] = ahead[first];
            } else {
                to[start + i * step] = Math.min(ahead[first], behind[last]);
            }
        }
    }

    /**
     * Grows the marker to the neighbours' values as far as the mask allows: by a sweep in each direction, and from pixel
     * to pixel where that did not suffice (Vincent 1993).
     */
    private static void reconstruct(Planes planes, float[] marker, float[] mask) {
        int h = planes.height;
        int w = planes.width;
        Frontier frontier = planes.frontier;
        for (int y = 0, i = 0; y < h; y++) {
            for (int x = 0; x < w; x++, i++) {
                float up = y > 0 ? marker[i - w] : 0;
                float left = x > 0 ? marker[i - 1] : 0;
                marker[i] = Math.min(Math.max(marker[i], Math.max(up, left)), mask[i]);
            }
        }
        for (int y = h - 1, i = h * w - 1; y >= 0; y--) {
            for (int x = w - 1; x >= 0; x--, i--) {
                float down = y < h - 1 ? marker[i + w] : 0;
                float right = x < w - 1 ? marker[i + 1] : 0;
                float v = Math.min(Math.max(marker[i], Math.max(down, right)), mask[i]);
                marker[i] = v;
                if (y < h - 1 && down < Math.min(v, mask[i + w]) || x < w - 1 && right < Math.min(v, mask[i + 1])) {
                    frontier.add(i);
                }
            }
        }
        while (!frontier.isEmpty()) {
            int i = frontier.remove();
            int x = i % w;
            if (i >= w) {
                grow(frontier, marker, mask, i, i - w);
            }
            if (i + w < h * w) {
                grow(frontier, marker, mask, i, i + w);
            }
            if (x > 0) {
                grow(frontier, marker, mask, i, i - 1);
            }
            if (x < w - 1) {
                grow(frontier, marker, mask, i, i + 1);
            }
        }
    }

    private static void grow(Frontier frontier, float[] marker, float[] mask, int from, int to) {
        float v = Math.min(marker[from], mask[to]);
        if (v > marker[to]) {
            marker[to] = v;
            frontier.add(to);
        }
    }

    /** A queue of pixels, each at most once, first in first out. Empty between uses. */
    static final class Frontier {
        private final int[] ring;
        private final boolean[] waits;
        private int first;
        private int count;

        Frontier(int pixels) {
            ring = new int[pixels];
            waits = new boolean[pixels];
        }

        boolean isEmpty() {
            return count == 0;
        }

        void add(int pixel) {
            if (!waits[pixel]) {
                waits[pixel] = true;
                int last = first + count++;
                ring[last < ring.length ? last : last - ring.length] = pixel;
            }
        }

        int remove() {
            int pixel = ring[first];
            first = first + 1 == ring.length ? 0 : first + 1;
            count--;
            waits[pixel] = false;
            return pixel;
        }
    }
}
