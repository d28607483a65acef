package dev.wsss.core.saliency;

import java.util.Arrays;

/**
 * How unlike the colours near the image's border a pixel is, after "MB+": the Mahalanobis distances to the colours along
 * each of the four sides, each divided by its maximum, summed without the largest, since an object may touch one side.
 */
final class BorderContrast {
    private static final double SIDE = 0.1;
    /** Added to the variances, in units of Lab squared: a side of one colour would have none. */
    private static final double FLOOR = 1;

    private BorderContrast() {}

    /**
     * Computes.
     *
     * @param planes gives the colours; its {@code distance}, {@code low} and {@code high} are overwritten
     * @return {@code planes.distance}, 0 or more
     */
    static float[] run(Planes planes) {
        int h = planes.height;
        int w = planes.width;
        int n = planes.pixels();
        int band = Math.max(1, (int) Math.round(SIDE * Math.min(h, w)));
        int[][] sides = {{0, band, 0, w}, {h - band, h, 0, w}, {0, h, 0, band}, {0, h, w - band, w}};
        float[] sum = planes.distance;
        float[] largest = planes.low;
        float[] one = planes.high;
        Arrays.fill(sum, 0, n, 0);
        Arrays.fill(largest, 0, n, 0);
        for (int[] side : sides) {
            distances(planes, Gaussian.of(planes, side), one);
            float scale = 1 / Math.max(Levels.max(one, n), Float.MIN_NORMAL);
            for (int i = 0; i < n; i++) {
                float d = one[i] * scale;
                sum[i] += d;
                largest[i] = Math.max(largest[i], d);
            }
        }
        for (int i = 0; i < n; i++) {
            sum[i] = Math.max(0, sum[i] - largest[i]);
        }
        return sum;
    }

    private static void distances(Planes planes, Gaussian g, float[] out) {
        float[] l = planes.colour[0];
        float[] a = planes.colour[1];
        float[] b = planes.colour[2];
        for (int i = 0; i < planes.pixels(); i++) {
            out[i] = g.distance(l[i], a[i], b[i]);
        }
    }

    /** Mean and inverse covariance of the colours of one side; the inverse as xx, xy, xz, yy, yz, zz. */
    private record Gaussian(float[] mean, float[] inverse) {
        static Gaussian of(Planes planes, int[] side) {
            double[] mean = new double[3];
            double[] square = new double[6];
            int count = (side[1] - side[0]) * (side[3] - side[2]);
            for (int y = side[0]; y < side[1]; y++) {
                for (int i = y * planes.width + side[2]; i < y * planes.width + side[3]; i++) {
                    int k = 0;
                    for (int c = 0; c < 3; c++) {
                        double v = planes.colour[c][i];
                        mean[c] += v / count;
                        for (int d = c; d < 3; d++) {
                            square[k++] += v * planes.colour[d][i] / count;
                        }
                    }
                }
            }
            double xx = square[0] - mean[0] * mean[0] + FLOOR;
            double xy = square[1] - mean[0] * mean[1];
            double xz = square[2] - mean[0] * mean[2];
            double yy = square[3] - mean[1] * mean[1] + FLOOR;
            double yz = square[4] - mean[1] * mean[2];
            double zz = square[5] - mean[2] * mean[2] + FLOOR;
            double det = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
            return new Gaussian(new float[] {(float) mean[0], (float) mean[1], (float) mean[2]}, new float[] {
                (float) ((yy * zz - yz * yz) / det),
                (float) ((xz * yz - xy * zz) / det),
                (float) ((xy * yz - xz * yy) / det),
                (float) ((xx * zz - xz * xz) / det),
                (float) ((xy * xz - xx * yz) / det),
                (float) ((xx * yy - xy * xy) / det)
            });
        }

        float distance(float l, float a, float b) {
            float x = l - mean[0];
            float y = a - mean[1];
            float z = b - mean[2];
            float squared = inverse[0] * x * x
                    + inverse[3] * y * y
                    + inverse[5] * z * z
                    + 2 * (inverse[1] * x * y + inverse[2] * x * z + inverse[4] * y * z);
            return (float) Math.sqrt(Math.max(0, squared));
        }
    }
}
