package dev.wsss.systems.dhr;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Which classes of an image look alike to unsupervised features, and so form a class of a higher level: {@code R = relu(V V')}
 * of the classes' unit prototypes, and for each class {@code i} the set {@code {j >= i: R_ij > tau}}.
 *
 * <p>Sets are stars around their first class: they may overlap, and are not merged.
 *
 * @param correlation {@code R}, {@code [N][N]}, 0 below the diagonal; of the scope in which it was made
 * @param sets of each class, positions ascending; its own is the first, and may be the only one
 */
public record ClassHierarchy(Tensor correlation, List<int[]> sets) {
    /**
     * That of some prototypes.
     *
     * @param unit {@code [N][D]}, each of length 1: {@link ClassPrototypes#unit}
     * @param tau above which correlation classes look alike, in [0, 1)
     */
    public static ClassHierarchy of(Tensor unit, double tau) {
        try (Scope scope = Scope.open()) {
            Tensor correlation = torch.triu(torch.relu(unit.matmul(unit.t())));
            return new ClassHierarchy(scope.keep(correlation), setsOf(correlation, tau));
        }
    }

    /**
     * The sets of a correlation.
     *
     * @param correlation {@code [N][N]}, of which the upper triangle counts; a class always belongs to its own set
     * @param tau above which correlation, in float32, classes look alike, in [0, 1)
     * @throws IllegalArgumentException if the correlation is not square, or tau is out of range
     */
    public static List<int[]> setsOf(Tensor correlation, double tau) {
        if (!(tau >= 0 && tau < 1)) {
            throw new IllegalArgumentException("tau must be 0 or more and below 1, got " + tau);
        }
        if (correlation.dim() != 2 || correlation.size(0) != correlation.size(1)) {
            throw new IllegalArgumentException(
                    "correlation must be [N][N], got " + Arrays.toString(Tensors.shape(correlation)));
        }
        int n = Math.toIntExact(correlation.size(0));
        float[] r = Tensors.toFloats(correlation);
        float above = (float) tau;
        List<int[]> sets = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            int row = i;
            sets.add(IntStream.range(i, n)
                    .filter(j -> j == row || r[row * n + j] > above)
                    .toArray());
        }
        return List.copyOf(sets);
    }

    /** Whether any two classes look alike. */
    public boolean hasSets() {
        return sets.stream().anyMatch(s -> s.length > 1);
    }
}
