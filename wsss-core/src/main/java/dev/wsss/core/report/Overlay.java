package dev.wsss.core.report;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;

/** Pictures of scores and labels over the image that they belong to. */
public final class Overlay {
    private Overlay() {}

    /**
     * The scores of one label as heat over the image, in {@link ColourMap#TURBO}; where the score is low the image shows
     * through.
     *
     * @param label one of the maps' labels
     * @param scores in [0, 1], of any size; resized bilinearly to the image's
     * @throws IllegalArgumentException if the label has no map
     */
    public static RgbImage heat(RgbImage image, ScoreMaps scores, int label) {
        int k = Arrays.binarySearch(scores.labels(), label);
        if (k < 0) {
            throw new IllegalArgumentException(
                    "label " + label + " has no map; there are " + Arrays.toString(scores.labels()));
        }
        int n = scores.height() * scores.width();
        float[] map = Arrays.copyOfRange(scores.toArray(), k * n, (k + 1) * n);
        byte[] out = new byte[image.data().length];
        for (int y = 0, o = 0; y < image.height(); y++) {
            float fy = position(y, image.height(), scores.height());
            for (int x = 0; x < image.width(); x++, o += 3) {
                float score =
                        sample(map, scores.height(), scores.width(), fy, position(x, image.width(), scores.width()));
                float strength = 0.25f + 0.45f * Math.min(1, Math.max(0, score));
                blend(image.data(), out, o, ColourMap.TURBO.rgb(score), strength);
            }
        }
        return new RgbImage(image.height(), image.width(), out);
    }

    /** The place of a pixel's centre in a map of another size, in the map's pixels. */
    private static float position(int pixel, int size, int mapSize) {
        return Math.min(mapSize - 1f, Math.max(0f, (pixel + 0.5f) * mapSize / size - 0.5f));
    }

    private static float sample(float[] map, int height, int width, float fy, float fx) {
        int y0 = (int) fy;
        int x0 = (int) fx;
        int y1 = Math.min(y0 + 1, height - 1);
        int x1 = Math.min(x0 + 1, width - 1);
        float wy = fy - y0;
        float wx = fx - x0;
        return (1 - wy) * ((1 - wx) * map[y0 * width + x0] + wx * map[y0 * width + x1])
                + wy * ((1 - wx) * map[y1 * width + x0] + wx * map[y1 * width + x1]);
    }

    /**
     * The colours of labels over the image. Where the catalog has a background, that is left as it is.
     *
     * @param strength of the colours, 0 (image only) to 1 (colours only)
     * @param contours whether the border of each region is drawn in the region's full colour
     * @throws IllegalArgumentException if the sizes differ, or the strength is not in [0, 1]
     */
    public static RgbImage labels(
            RgbImage image, LabelMap labels, ClassCatalog classes, double strength, boolean contours) {
        if (labels.height() != image.height() || labels.width() != image.width()) {
            throw new IllegalArgumentException("labels are " + labels.height() + "x" + labels.width()
                    + ", the image is " + image.height() + "x" + image.width() + "; expected the same size");
        }
        if (!(strength >= 0 && strength <= 1)) {
            throw new IllegalArgumentException("strength must be in 0..1, got " + strength);
        }
        int h = image.height();
        int w = image.width();
        int reach = Math.max(1, Math.round(Math.min(h, w) / 250f));
        byte[] map = labels.toArray();
        byte[] out = new byte[image.data().length];
        for (int y = 0, i = 0; y < h; y++) {
            for (int x = 0; x < w; x++, i++) {
                int label = map[i] & 255;
                boolean plain = label == 0 && classes.hasBackground();
                boolean border = contours && !plain && isBorder(map, h, w, y, x, reach);
                blend(image.data(), out, 3 * i, classes.colour(label), plain ? 0 : border ? 1f : (float) strength);
            }
        }
        return new RgbImage(h, w, out);
    }

    private static boolean isBorder(byte[] map, int h, int w, int y, int x, int reach) {
        byte own = map[y * w + x];
        return y >= reach && map[(y - reach) * w + x] != own
                || y + reach < h && map[(y + reach) * w + x] != own
                || x >= reach && map[y * w + x - reach] != own
                || x + reach < w && map[y * w + x + reach] != own;
    }

    /** The colours of labels alone. */
    public static RgbImage colours(LabelMap labels, ClassCatalog classes) {
        byte[] map = labels.toArray();
        byte[] out = new byte[3 * map.length];
        for (int i = 0; i < map.length; i++) {
            int rgb = classes.colour(map[i] & 255);
            out[3 * i] = (byte) (rgb >> 16);
            out[3 * i + 1] = (byte) (rgb >> 8);
            out[3 * i + 2] = (byte) rgb;
        }
        return new RgbImage(labels.height(), labels.width(), out);
    }

    private static void blend(byte[] from, byte[] to, int at, int rgb, float strength) {
        for (int c = 0; c < 3; c++) {
            int colour = rgb >> (16 - 8 * c) & 255;
            to[at + c] = (byte) Math.round((1 - strength) * (from[at + c] & 255) + strength * colour);
        }
    }

    /**
     * Writes an image as PNG, atomically.
     *
     * @throws java.io.UncheckedIOException naming the file, if it cannot be written
     */
    public static void writePng(Path file, RgbImage image) {
        AtomicFile.write(file, out -> {
            if (!ImageIO.write(image.toBufferedImage(), "png", out)) {
                throw new IOException("this Java has no PNG writer");
            }
        });
    }
}
