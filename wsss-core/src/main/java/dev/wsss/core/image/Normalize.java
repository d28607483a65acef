package dev.wsss.core.image;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.RgbImage;

/**
 * Bytes to network input: {@code (x / 255 - mean) / std} per channel, planar.
 *
 * <p>Immutable.
 */
public final class Normalize implements Described {
    /** ImageNet's statistics, red first: mean 0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225. */
    public static final Normalize IMAGENET = of(new double[] {0.485, 0.456, 0.406}, new double[] {0.229, 0.224, 0.225});

    /** CLIP's statistics, red first. */
    public static final Normalize CLIP =
            of(new double[] {0.48145466, 0.4578275, 0.40821073}, new double[] {0.26862954, 0.26130258, 0.27577711});

    private final double[] mean;
    private final double[] std;
    /** The value of each byte in each channel. */
    private final float[][] table = new float[3][256];

    private Normalize(double[] mean, double[] std) {
        this.mean = mean.clone();
        this.std = std.clone();
        for (int c = 0; c < 3; c++) {
            for (int v = 0; v < 256; v++) {
                table[c][v] = (v / 255f - (float) mean[c]) / (float) std[c];
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
        if (mean.length != 3 || std.length != 3) {
            throw new IllegalArgumentException(
                    "expected 3 means and 3 deviations, got " + mean.length + " and " + std.length);
        }
        for (double s : std) {
            if (!(s > 0)) {
                throw new IllegalArgumentException("deviation must be positive, got " + s);
            }
        }
        return new Normalize(mean, std);
    }

    @Override
    public Description description() {
        return Description.of("Normalize").put("mean", mean).put("std", std).build();
    }

    /** The normalized image, {@code [3][height][width]}, red first. */
    public float[] apply(RgbImage image) {
        int n = image.height() * image.width();
        float[] out = new float[3 * n];
        byte[] data = image.data();
        for (int c = 0; c < 3; c++) {
            float[] value = table[c];
            for (int i = 0; i < n; i++) {
                out[c * n + i] = value[data[3 * i + c] & 255];
            }
        }
        return out;
    }
}
