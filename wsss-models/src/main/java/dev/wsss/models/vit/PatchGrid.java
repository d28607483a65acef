package dev.wsss.models.vit;

import dev.wsss.core.runtime.Scope;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * The grid of patches of an image.
 *
 * @param rows at least 1
 * @param columns at least 1
 */
public record PatchGrid(int rows, int columns) {
    /** A grid of at least one patch. */
    public PatchGrid {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("a grid has at least one patch, got " + rows + "x" + columns);
        }
    }

    /**
     * The grid of an image whose sides are multiples of the patch.
     *
     * @throws IllegalArgumentException if a side is less than a patch or no multiple of it
     */
    public static PatchGrid of(long height, long width, int patch) {
        requireOnePatch(height, width, patch);
        if (height % patch != 0 || width % patch != 0) {
            throw new IllegalArgumentException("the sides of an image must be multiples of the patch of " + patch
                    + " pixels, got " + height + "x" + width + "; resize or pad it");
        }
        return new PatchGrid((int) (height / patch), (int) (width / patch));
    }

    /**
     * The grid of an image that is padded to multiples of the patch.
     *
     * @throws IllegalArgumentException if a side is less than a patch
     */
    public static PatchGrid padded(long height, long width, int patch) {
        requireOnePatch(height, width, patch);
        return new PatchGrid((int) ((height + patch - 1) / patch), (int) ((width + patch - 1) / patch));
    }

    private static void requireOnePatch(long height, long width, int patch) {
        if (height < patch || width < patch) {
            throw new IllegalArgumentException("an image must be at least one patch of " + patch + "x" + patch
                    + " pixels, got " + height + "x" + width);
        }
    }

    /** Number of patches. */
    public int patches() {
        return rows * columns;
    }

    /**
     * Tokens as a map; a view.
     *
     * @param tokens {@code [N][patches][D]}, row by row
     * @return {@code [N][D][rows][columns]}
     * @throws IllegalArgumentException if there are not as many tokens as patches
     */
    public Tensor map(Tensor tokens) {
        if (tokens.dim() != 3 || tokens.size(1) != patches()) {
            throw new IllegalArgumentException("expected tokens of shape [N, " + patches() + ", D], got "
                    + Arrays.toString(tokens.sizes().vec().get()));
        }
        try (Scope scope = Scope.open()) {
            return scope.keep(tokens.transpose(1, 2).reshape(tokens.size(0), tokens.size(2), rows, columns));
        }
    }
}
