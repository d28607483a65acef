package dev.wsss.core.saliency;

/** The scratch memory of one image at working size; grows to the largest image seen. */
final class Planes {
    /** CIE L*a*b*. */
    final float[][] colour = new float[3][];

    /** Where the result grows. */
    float[] map = {};

    float[] distance = {};
    float[] low = {};
    float[] high = {};
    Reconstruction.Frontier frontier = new Reconstruction.Frontier(0);

    int height;
    int width;

    /** Makes every plane large enough; what they hold is undefined. */
    void size(int h, int w) {
        height = h;
        width = w;
        int n = h * w;
        if (map.length < n) {
            map = new float[n];
            distance = new float[n];
            low = new float[n];
            high = new float[n];
            frontier = new Reconstruction.Frontier(n);
            for (int c = 0; c < 3; c++) {
                colour[c] = new float[n];
            }
        }
    }

    int pixels() {
        return height * width;
    }
}
