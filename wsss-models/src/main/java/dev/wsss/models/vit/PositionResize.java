package dev.wsss.models.vit;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.InterpolateFuncOptions;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kBicubic;

/**
 * How a position table that was learnt for one grid of patches serves images of another. Corners are not aligned, nothing
 * is antialiased unless said; the row of the class token stays as it is; all is computed in float32.
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
    BILINEAR_FP16,
    /**
     * Bicubic if the grid differs, by the factors {@code (rows + 0.1) / table} and {@code (columns + 0.1) / table}, as in
     * DINO and DINOv2. The 0.1, meant to keep a size from being rounded down, moves what is
     * sampled, up to a tenth of a patch of the image at its far border.
     */
    BICUBIC_OFFSET,
    /** Bicubic, antialiased, if the grid differs, as in DINOv2 with registers. */
    BICUBIC_ANTIALIAS;

    /** What DINO adds to the sides of a grid. */
    private static final double OFFSET = 0.1;

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
                    case BILINEAR, BICUBIC, BICUBIC_OFFSET, BICUBIC_ANTIALIAS -> to.equals(from);
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
            Tensor resized = resized(grid, from, to);
            Tensor flat = resized.permute(0, 2, 3, 1).reshape(to.patches(), width);
            Tensor all = torch.cat(new TensorVector(rows.narrow(0, 0, 1), flat), 0);
            if (this == BILINEAR_FP16) {
                all = all.to(torch.ScalarType.Half);
            }
            return scope.keep(all.to(table.scalar_type()));
        }
    }

    private Tensor resized(Tensor grid, PatchGrid from, PatchGrid to) {
        long[] size = {to.rows(), to.columns()};
        DoubleOptional none = new DoubleOptional();
        return switch (this) {
            case BILINEAR, BILINEAR_FP16 -> torch.upsample_bilinear2d(grid, size, false, none, none);
            case BICUBIC_OFFSET ->
                torch.upsample_bicubic2d(
                        grid,
                        size,
                        false,
                        new DoubleOptional((to.rows() + OFFSET) / from.rows()),
                        new DoubleOptional((to.columns() + OFFSET) / from.columns()));
            case BICUBIC_ANTIALIAS -> antialiased(grid, size);
            default -> torch.upsample_bicubic2d(grid, size, false, none, none);
        };
    }

    private static Tensor antialiased(Tensor grid, long[] size) {
        InterpolateFuncOptions options = new InterpolateFuncOptions();
        options.size().put(new LongVector(size));
        options.mode().put(new kBicubic());
        options.align_corners().put(false);
        options.antialias().put(true);
        return torch.interpolate(grid, options);
    }
}
