package dev.wsss.core.crf;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

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
public final class Compatibility implements Described {
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

    @Override
    public Description description() {
        return Description.of("Compatibility")
                .put("labels", labels)
                .put("energy", weight)
                .build();
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

    /** What the filter is to be multiplied by for {@link #negativeEnergy}: Potts' weight, and 1 for the others. */
    float factor() {
        return labels == 0 ? -weight[0] : 1;
    }

    /** The term's negative energies from {@link #factor} times its filtered labels, both {@code [point][label]}. */
    Tensor negativeEnergy(Tensor filtered) {
        if (labels == 0) {
            return filtered;
        }
        try (Scope scope = Scope.open()) {
            ComputeDevice device =
                    filtered.is_cuda() ? new ComputeDevice(filtered.device().index()) : ComputeDevice.CPU;
            boolean diagonal = weight.length == labels;
            Tensor w = Tensors.to(diagonal ? Tensors.of(weight, labels) : Tensors.of(weight, labels, labels), device)
                    .neg();
            // the matrix is symmetric
            return scope.keep(diagonal ? filtered.mul_(w) : filtered.mm(w));
        }
    }

    /** Whether the term's energy is never above zero. */
    boolean isAttractive() {
        return labels == 0 && weight[0] <= 0;
    }

    /**
     * The weights with which {@link #factor} times the filtered labels are to be multiplied for the term's negative
     * energies: none for Potts, {@code [stride]} with zeros behind the labels for one a label, else a row of those for each
     * label.
     */
    float[] rows(int stride) {
        if (labels == 0) {
            return new float[0];
        }
        int count = weight.length / labels;
        float[] rows = new float[count * stride];
        for (int i = 0; i < weight.length; i++) {
            rows[i / labels * stride + i % labels] = -weight[i];
        }
        return rows;
    }

    @Override
    public String toString() {
        return labels == 0 ? "potts(" + -weight[0] + ")" : labels + " labels " + Arrays.toString(weight);
    }
}
