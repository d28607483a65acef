package dev.wsss.core.saliency;

/** Maximum, mean and scale of the first values of a plane. */
final class Levels {
    private Levels() {}

    static float max(float[] plane, int n) {
        float max = 0;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, plane[i]);
        }
        return max;
    }

    static double mean(float[] plane, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += plane[i];
        }
        return sum / n;
    }

    /** Divides by the maximum; a plane of zeros stays. */
    static void normalize(float[] plane, int n) {
        float max = max(plane, n);
        for (int i = 0; max > 0 && i < n; i++) {
            plane[i] /= max;
        }
    }
}
