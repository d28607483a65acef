package dev.wsss.core.crf;

import java.util.Arrays;

/**
 * What a pairwise term makes of the filtered label distribution {@code f} of a pixel. The term's energy is
 *
 * <ul>
 *   <li>{@link #potts}: {@code -w f}: similar pixels are rewarded for the same label;
 *   <li>{@link #diagonal}: {@code w_l f_l}, each label with its own weight;
 *   <li>{@link #matrix}: {@code M f}, with {@code M} made symmetric.
 * </ul>
 *
 * Mind the sign, which is the reference's (pydensecrf's {@code compat} as number, vector and matrix): {@code potts(3)}
 * equals {@code diagonal(-3, -3, ...)}.
 */
public final class Compatibility {
    private final int labels;
    /** One weight, one for each label, or a matrix row by row; as an energy, so Potts' is negative. */
    private final float[] weight;

    private Compatibility(int labels, float[] weight) {
        for (float w : weight) {
            if (!Float.isFinite(w)) {
                throw new IllegalArgumentException("compatibility must be finite, got " + w);
            }
        }
        this.labels = labels;
        this.weight = weight;
    }

    /** The same weight for all labels. */
    public static Compatibility potts(double weight) {
        return new Compatibility(0, new float[] {(float) -weight});
    }

    /** One weight for each label. */
    public static Compatibility diagonal(float... weights) {
        return new Compatibility(weights.length, weights.clone());
    }

    /**
     * A weight for each pair of labels; {@code (M + M^T) / 2} is used.
     *
     * @throws IllegalArgumentException if the matrix is not square
     */
    public static Compatibility matrix(float[][] weights) {
        int n = weights.length;
        float[] symmetric = new float[n * n];
        for (int i = 0; i < n; i++) {
            if (weights[i].length != n) {
                throw new IllegalArgumentException("compatibility matrix must be square, but row " + i + " of " + n
                        + " has " + weights[i].length + " entries");
            }
            for (int j = 0; j < n; j++) {
                symmetric[i * n + j] = 0.5f * (weights[i][j] + weights[j][i]);
            }
        }
        return new Compatibility(n, symmetric);
    }

    void requireFits(int labelCount) {
        if (labels != 0 && labels != labelCount) {
            throw new IllegalArgumentException("compatibility is of " + labels + " labels, the unary of " + labelCount);
        }
    }

    /** Subtracts this term's energy from a pixel's negative energies. */
    void subtract(float[] filtered, float[] negativeEnergy, int count) {
        if (labels == 0) {
            float w = weight[0];
            for (int l = 0; l < count; l++) {
                negativeEnergy[l] -= w * filtered[l];
            }
        } else if (weight.length == labels) {
            for (int l = 0; l < count; l++) {
                negativeEnergy[l] -= weight[l] * filtered[l];
            }
        } else {
            for (int l = 0; l < count; l++) {
                float sum = 0;
                for (int m = 0; m < count; m++) {
                    sum += weight[l * labels + m] * filtered[m];
                }
                negativeEnergy[l] -= sum;
            }
        }
    }

    @Override
    public String toString() {
        return labels == 0 ? "potts(" + -weight[0] + ")" : labels + " labels " + Arrays.toString(weight);
    }
}
