package dev.wsss.core.image;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.RgbImage;

/**
 * Levels of 0 to 255 to network input, and back: planes of one channel each, less a mean, over a deviation.
 *
 * <pre>{@code
 * Normalize unit = Normalize.IMAGENET;                                    // (x / 255 - mean) / std, red first
 * Normalize mmseg = Normalize.IMAGENET_LEVELS;                            // (x - mean) / std, red first
 * Normalize caffe = Normalize.ofLevels(new double[] {122.675, 116.669, 104.008}, new double[] {1, 1, 1})
 *         .blueFirst();                                                   // x - mean, blue first
 * float[] input = caffe.apply(image);                                     // [3][height][width]
 * RgbImage seen = unit.denormalize(unit.apply(image), image.height(), image.width());
 * }</pre>
 *
 * <p>Immutable.
 */
public final class Normalize implements Described {
    /** ImageNet's statistics, red first: mean 0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225. */
    public static final Normalize IMAGENET = of(new double[] {0.485, 0.456, 0.406}, new double[] {0.229, 0.224, 0.225});

    /** ImageNet's statistics as mmseg writes them, red first: mean 123.675, 116.28, 103.53, deviation 58.395, 57.12, 57.375. */
    public static final Normalize IMAGENET_LEVELS =
            ofLevels(new double[] {123.675, 116.28, 103.53}, new double[] {58.395, 57.12, 57.375});

    /** CLIP's statistics, red first. */
    public static final Normalize CLIP =
            of(new double[] {0.48145466, 0.4578275, 0.40821073}, new double[] {0.26862954, 0.26130258, 0.27577711});

    private final double[] mean;
    private final double[] std;
    /** Whether mean and deviation are levels; otherwise parts of the full level. */
    private final boolean levels;

    private final boolean blueFirst;
    /** The value of each level in each channel, red first. */
    private final float[][] table = new float[3][256];

    private Normalize(double[] mean, double[] std, boolean levels, boolean blueFirst) {
        this.mean = mean.clone();
        this.std = std.clone();
        this.levels = levels;
        this.blueFirst = blueFirst;
        for (int c = 0; c < 3; c++) {
            for (int v = 0; v < 256; v++) {
                table[c][v] = value(v, c);
            }
        }
    }

    /**
     * Other statistics, in units of a full-scale channel (0 to 1).
     *
     * @param mean of red, green, blue
     * @param std of red, green, blue, positive
     * @throws IllegalArgumentException if there are not three of each, or a deviation is not positive
     */
    public static Normalize of(double[] mean, double[] std) {
        requireStatistics(mean, std);
        return new Normalize(mean, std, false, false);
    }

    /**
     * Other statistics, in levels of 0 to 255.
     *
     * @param mean of red, green, blue
     * @param std of red, green, blue, positive
     * @throws IllegalArgumentException if there are not three of each, or a deviation is not positive
     */
    public static Normalize ofLevels(double[] mean, double[] std) {
        requireStatistics(mean, std);
        return new Normalize(mean, std, true, false);
    }

    private static void requireStatistics(double[] mean, double[] std) {
        if (mean.length != 3 || std.length != 3) {
            throw new IllegalArgumentException(
                    "expected 3 means and 3 deviations, got " + mean.length + " and " + std.length);
        }
        for (double s : std) {
            if (!(s > 0)) {
                throw new IllegalArgumentException("deviation must be positive, got " + s);
            }
        }
    }

    /** The same, with the planes in the order blue, green, red, as networks from Caffe take them. */
    public Normalize blueFirst() {
        return new Normalize(mean, std, levels, true);
    }

    @Override
    public Description description() {
        return Description.of("Normalize")
                .put("mean", mean)
                .put("std", std)
                .put("levels", levels)
                .put("blueFirst", blueFirst)
                .build();
    }

    private float value(float level, int channel) {
        float scaled = levels ? level : level / 255f;
        return (scaled - (float) mean[channel]) / (float) std[channel];
    }

    private int plane(int channel) {
        return blueFirst ? 2 - channel : channel;
    }

    /** The normalized image, {@code [3][height][width]}. */
    public float[] apply(RgbImage image) {
        int n = image.height() * image.width();
        float[] out = new float[3 * n];
        byte[] data = image.data();
        for (int c = 0; c < 3; c++) {
            float[] value = table[c];
            int start = plane(c) * n;
            for (int i = 0; i < n; i++) {
                out[start + i] = value[data[3 * i + c] & 255];
            }
        }
        return out;
    }

    /**
     * Normalized levels that are no whole numbers, as an interpolation gives them.
     *
     * @param levels {@code [height][width][3]}, red first, 0 to 255; unchanged
     * @return {@code [3][height][width]}, a new array
     * @throws IllegalArgumentException if the length is not a multiple of three
     */
    public float[] apply(float[] levels) {
        if (levels.length % 3 != 0) {
            throw new IllegalArgumentException("expected three levels for each pixel, got " + levels.length);
        }
        int n = levels.length / 3;
        float[] out = new float[levels.length];
        for (int c = 0; c < 3; c++) {
            int start = plane(c) * n;
            for (int i = 0; i < n; i++) {
                out[start + i] = value(levels[3 * i + c], c);
            }
        }
        return out;
    }

    /**
     * The image of normalized planes, as a CRF takes it: in float64, truncated to whole levels, kept within 0 to 255.
     * Truncation takes a level from many values, as in the systems that were published with it.
     *
     * @param planes {@code [3][height][width]}, in this normalization's order; unchanged
     * @throws IllegalArgumentException if the length is not that of the shape
     */
    public RgbImage denormalize(float[] planes, int height, int width) {
        int n = Math.multiplyExact(height, width);
        if (planes.length != 3L * n) {
            throw new IllegalArgumentException(
                    "three planes of " + height + "x" + width + " have " + 3L * n + " values, got " + planes.length);
        }
        byte[] rgb = new byte[planes.length];
        for (int c = 0; c < 3; c++) {
            int start = plane(c) * n;
            for (int i = 0; i < n; i++) {
                double value = planes[start + i] * std[c] + mean[c];
                rgb[3 * i + c] = (byte) Math.min(255, Math.max(0, (int) (levels ? value : value * 255)));
            }
        }
        return new RgbImage(height, width, rgb);
    }
}
