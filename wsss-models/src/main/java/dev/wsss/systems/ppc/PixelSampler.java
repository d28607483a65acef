package dev.wsss.systems.ppc;

import java.util.random.RandomGenerator;

/**
 * Which pixels of a class {@link PrototypeContrastLoss} takes at random. An interface, so that a training step can derive
 * its choices from its own seed, and a test can repeat those of another implementation.
 */
@FunctionalInterface
public interface PixelSampler {
    /**
     * Samples without replacement.
     *
     * @param view 0 or 1
     * @param channel of the class
     * @param n number of the class's pixels in the view, in flat order of image, row, column
     * @param k how many to take, at most {@code n}
     * @return {@code k} different positions in {@code 0..n-1}, in any order
     */
    int[] sample(int view, int channel, int n, int k);

    /** Uniform samples. The generator moves on with each; give a fresh one to repeat a step. */
    static PixelSampler uniform(RandomGenerator random) {
        return (view, channel, n, k) -> {
            int[] positions = new int[n];
            for (int i = 0; i < n; i++) {
                positions[i] = i;
            }
            int[] sample = new int[k];
            for (int i = 0; i < k; i++) {
                int j = random.nextInt(i, n);
                sample[i] = positions[j];
                positions[j] = positions[i];
            }
            return sample;
        };
    }
}
