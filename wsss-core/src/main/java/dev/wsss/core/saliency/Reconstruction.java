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
        reconstruct(marker, planes.map, h, w);
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

    /** Grows {@code marker} to the neighbours' values as far as {@code mask} allows, until nothing changes. */
    private static void reconstruct(float[] marker, float[] mask, int h, int w) {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int y = 0, i = 0; y < h; y++) {
                for (int x = 0; x < w; x++, i++) {
                    float v = marker[i];
                    float up = y > 0 ? marker[i - w] : v;
                    float left = x > 0 ? marker[i - 1] : v;
                    float grown = Math.min(Math.max(v, Math.max(up, left)), mask[i]);
                    changed |= grown > v;
                    marker[i] = grown;
                }
            }
            for (int y = h - 1, i = h * w - 1; y >= 0; y--) {
                for (int x = w - 1; x >= 0; x--, i--) {
                    float v = marker[i];
                    float down = y < h - 1 ? marker[i + w] : v;
                    float right = x < w - 1 ? marker[i + 1] : v;
                    float grown = Math.min(Math.max(v, Math.max(down, right)), mask[i]);
                    changed |= grown > v;
                    marker[i] = grown;
                }
            }
        }
    }
}
