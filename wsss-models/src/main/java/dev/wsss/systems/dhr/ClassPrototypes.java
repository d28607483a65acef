package dev.wsss.systems.dhr;

import dev.wsss.api.LabelMap;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What the classes of an image look like: the mean features of the cells that are labelled so, and the same of length 1. Tensors
 * belong to the scope in which they were made.
 *
 * <p>Features of length 0 take part in the mean, and are similar to nothing: their cosine is 0.
 */
public final class ClassPrototypes {
    private static final double SMALLEST_NORM = 1e-12;
    private static final double COSINE_EPS = 1e-8;

    private final int[] labels;
    private final Tensor means;
    private final Tensor unit;

    private ClassPrototypes(int[] labels, Tensor means, Tensor unit) {
        this.labels = labels;
        this.means = means;
        this.unit = unit;
    }

    /**
     * Those of all labels that a cell has, but {@link LabelMap#IGNORE}.
     *
     * @param features {@code [D][...]}
     * @param cells int64 labels {@code [...]} of as many cells, on the same device
     * @return of no class where no cell has a label
     * @throws IllegalArgumentException if there are not as many labels as cells
     */
    public static ClassPrototypes of(Tensor features, Tensor cells) {
        if (features.dim() < 2 || features.numel() / features.size(0) != cells.numel()) {
            throw new IllegalArgumentException("features " + Arrays.toString(Tensors.shape(features))
                    + " are not those of the cells " + Arrays.toString(Tensors.shape(cells))
                    + "; expected [D] and then as"
                    + " many cells");
        }
        try (Scope scope = Scope.open()) {
            long[] present = Arrays.stream(CellGrid.valuesOf(cells))
                    .filter(v -> v != LabelMap.IGNORE)
                    .toArray();
            Tensor index = Tensors.of(present, present.length, 1);
            Tensor members = cells.flatten()
                    .unsqueeze(0)
                    .eq(index.to(cells.device(), index.scalar_type()))
                    .to(ScalarType.Float); // [N][P]
            Tensor flat = features.flatten(1, -1).to(ScalarType.Float);
            Tensor sizes = members.sum(new long[] {1}, true, new ScalarTypeOptional());
            Tensor means = members.matmul(flat.t()).div(sizes);
            Tensor unit = means.div(norm(means, 1).clamp_min(new Scalar(SMALLEST_NORM)));
            int[] labels = Arrays.stream(present).mapToInt(v -> (int) v).toArray();
            return new ClassPrototypes(labels, scope.keep(means), scope.keep(unit));
        }
    }

    /** The labels, ascending; a copy. */
    public int[] labels() {
        return labels.clone();
    }

    /** How many classes there are. */
    public int count() {
        return labels.length;
    }

    /** Mean features {@code [N][D]}, in the order of the labels. */
    public Tensor means() {
        return means;
    }

    /** The same, each of length 1, or 0 where the mean is 0. */
    public Tensor unit() {
        return unit;
    }

    /** The row of a label, or -1 if the class is not there. */
    public int indexOf(int label) {
        int at = Arrays.binarySearch(labels, label);
        return Math.max(at, -1);
    }

    /**
     * How similar each cell is to each class: the cosine.
     *
     * @param features {@code [D][...]}
     * @return {@code [N][P]}, in -1 to 1
     */
    public Tensor similarity(Tensor features) {
        try (Scope scope = Scope.open()) {
            Tensor flat = features.flatten(1, -1).to(ScalarType.Float);
            Tensor lengths = norm(flat, 0).clamp_min(new Scalar(COSINE_EPS));
            return scope.keep(unit.matmul(flat).div(lengths));
        }
    }

    private static Tensor norm(Tensor t, long dim) {
        return t.mul(t).sum(new long[] {dim}, true, new ScalarTypeOptional()).sqrt();
    }
}
