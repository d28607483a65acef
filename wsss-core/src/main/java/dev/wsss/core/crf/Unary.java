package dev.wsss.core.crf;

import dev.wsss.api.InvalidDataException;
import java.util.Arrays;

/** Unary energies {@code [L][n]} from probabilities or from labels, as {@code pydensecrf.utils} makes them. */
public final class Unary {
    private Unary() {}

    /**
     * {@code -ln clip(scale p + (1 - scale) / L, clip, 1)}.
     *
     * @param probabilities {@code [labels][points]}; need not sum to one
     * @param clip smallest probability, above 0 and at most 1
     * @param scale trust in the probabilities against the uniform distribution, above 0; 1 leaves them as they are
     * @return {@code [labels][points]}
     * @throws InvalidDataException if a probability is NaN
     */
    public static float[] fromProbabilities(float[] probabilities, int labels, int points, double clip, double scale) {
        requireShape("probabilities", probabilities.length, labels, points);
        if (!(clip > 0 && clip <= 1)) {
            throw new IllegalArgumentException("clip must be in (0, 1], got " + clip);
        }
        if (!(scale > 0 && scale <= 1)) {
            throw new IllegalArgumentException("scale must be in (0, 1], got " + scale);
        }
        double uniform = (1 - scale) / labels;
        float[] energy = new float[probabilities.length];
        for (int i = 0; i < energy.length; i++) {
            double p = probabilities[i];
            if (Double.isNaN(p)) {
                throw new InvalidDataException(
                        "probability of label " + i / points + " at point " + i % points + " is NaN");
            }
            energy[i] = (float) -Math.log(Math.min(Math.max(scale * p + uniform, clip), 1));
        }
        return energy;
    }

    /**
     * {@code -ln p} at the label of each point and {@code -ln((1 - p) / (L - 1))} at all others.
     *
     * @param labelOfPoint one label for each point
     * @param labels number of labels, {@code L}, at least 2; a label of "unsure" not counted
     * @param gtProb trust in the labels, {@code p}, between 0 and 1
     * @param zeroUnsure whether label 0 means "unsure", with the energy {@code -ln(1 / L)} everywhere, and label
     *     {@code k} stands for row {@code k - 1}
     * @return {@code [labels][points]}
     * @throws InvalidDataException if a label is out of range
     */
    public static float[] fromLabels(int[] labelOfPoint, int labels, double gtProb, boolean zeroUnsure) {
        if (labels < 2) {
            throw new IllegalArgumentException("labels must be at least 2, got " + labels);
        }
        if (!(gtProb > 0 && gtProb < 1)) {
            throw new IllegalArgumentException("gtProb must be between 0 and 1, got " + gtProb);
        }
        int points = labelOfPoint.length;
        float other = (float) -Math.log((1 - gtProb) / (labels - 1));
        float own = (float) -Math.log(gtProb);
        float unsure = (float) -Math.log(1.0 / labels);
        float[] energy = new float[Math.multiplyExact(labels, points)];
        Arrays.fill(energy, other);
        for (int i = 0; i < points; i++) {
            int row = zeroUnsure ? labelOfPoint[i] - 1 : labelOfPoint[i];
            if (row == -1 && zeroUnsure) {
                for (int l = 0; l < labels; l++) {
                    energy[l * points + i] = unsure;
                }
            } else if (row < 0 || row >= labels) {
                int first = zeroUnsure ? 1 : 0;
                throw new InvalidDataException("label " + labelOfPoint[i] + " of point " + i + " is not in " + first
                        + ".." + (first + labels - 1) + (zeroUnsure ? " or 0 for unsure" : ""));
            } else {
                energy[row * points + i] = own;
            }
        }
        return energy;
    }

    static void requireShape(String name, int length, int labels, int points) {
        if (labels < 1 || points < 1 || length != (long) labels * points) {
            throw new IllegalArgumentException(name + " of " + labels + " labels and " + points + " points has "
                    + (long) labels * points + " values, got " + length);
        }
    }
}
