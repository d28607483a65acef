package dev.wsss.models.vit;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * How a position table that was learnt for one grid of patches serves images of another. Corners are not aligned and
 * nothing is antialiased; the row of the class token stays as it is; all is computed in float32.
 *
 * <p>The published systems differ, and their results with them. {@link #BICUBIC} is what the training programs of vision
 * transformers do, and the default.
 */
public enum PositionResize {
    /** Images must have the grid that the table was learnt for, as in OpenAI's CLIP. */
    NONE,
    /** Bilinear if the grid differs, as in FMA-WSSS. */
    BILINEAR,
    /** Bicubic (slope -0.75) if the grid differs. */
    BICUBIC,
    /**
     * Bicubic if the <em>number</em> of patches differs, as in MaskCLIP and CARB. A grid of 2x8 on a table of 4x4 gets the
     * rows of the table unmoved, each at a wrong place.
     */
    BICUBIC_BY_COUNT,
    /**
     * Bilinear even if the grid is the same, then rounded to float16 and widened, as in CLIP-ES, whose tables move by up to
     * 1e-3 of their values in every image.
     */
    BILINEAR_FP16;

    /**
     * The table for a grid.
     *
     * @param table {@code [1 + from.patches()][D]}, class token first
     * @param from the grid that it was learnt for
     * @param to the grid that it is wanted for
     * @return {@code [1 + to.patches()][D]}, of the table's type; the table itself where nothing is to be done
     * @throws IllegalArgumentException if this is {@link #NONE} and the grids differ
     */
    public Tensor resize(Tensor table, PatchGrid from, PatchGrid to) {
        if (this == NONE && !to.equals(from)) {
            throw new IllegalArgumentException("the position table is for " + from.rows() + "x" + from.columns()
                    + " patches and is not to be resized, got an image of " + to.rows() + "x" + to.columns());
        }
        boolean asItIs =
                switch (this) {
                    case NONE -> true;
                    case BILINEAR, BICUBIC -> to.equals(from);
                    case BICUBIC_BY_COUNT -> to.patches() == from.patches();
                    case BILINEAR_FP16 -> false;
                };
        if (asItIs) {
            return table;
        }
        try (Scope scope = Scope.open()) {
            long width = table.size(1);
            Tensor rows = table.to(torch.ScalarType.Float);
            Tensor grid = rows.narrow(0, 1, from.patches())
                    .reshape(1, from.rows(), from.columns(), width)
                    .permute(0, 3, 1, 2);
            long[] size = {to.rows(), to.columns()};
            DoubleOptional none = new DoubleOptional();
            Tensor resized = this == BICUBIC || this == BICUBIC_BY_COUNT
                    ? torch.upsample_bicubic2d(grid, size, false, none, none)
                    : torch.upsample_bilinear2d(grid, size, false, none, none);
            Tensor flat = resized.permute(0, 2, 3, 1).reshape(to.patches(), width);
            Tensor all = torch.cat(new TensorVector(rows.narrow(0, 0, 1), flat), 0);
            if (this == BILINEAR_FP16) {
                all = all.to(torch.ScalarType.Half);
            }
            return scope.keep(all.to(table.scalar_type()));
        }
    }
}
