package dev.wsss.systems.carb;

import dev.wsss.core.nn.Ops;
import dev.wsss.core.nn.Select;
import org.bytedeco.pytorch.Tensor;

/**
 * A patch of the images of a batch, the same in all of them, that a teacher sees at another scale. The student does not see
 * it: its logits are those of the whole images, {@linkplain #crop cropped}.
 *
 * @param top first row
 * @param left first column
 * @param height rows of the patch
 * @param width columns of the patch
 * @param scaledHeight rows of what the teacher sees
 * @param scaledWidth columns of what the teacher sees
 */
public record LocalView(int top, int left, int height, int width, int scaledHeight, int scaledWidth) {
    public LocalView {
        if (top < 0 || left < 0 || height < 1 || width < 1 || scaledHeight < 1 || scaledWidth < 1) {
            throw new IllegalArgumentException("a patch begins at 0 or later and has at least one pixel, got rows "
                    + top + " + " + height + ", columns " + left + " + " + width + ", scaled to " + scaledHeight + "x"
                    + scaledWidth);
        }
    }

    /**
     * The patch of maps: a view of their memory, through which gradients go back to them.
     *
     * @param maps {@code [N][C][H][W]}
     * @return {@code [N][C][height][width]}
     * @throws IllegalArgumentException if the patch reaches beyond the maps
     */
    public Tensor crop(Tensor maps) {
        Select.requireMaps("maps", maps);
        if (top + height > maps.size(2) || left + width > maps.size(3)) {
            throw new IllegalArgumentException("a patch of " + height + "x" + width + " at (" + top + ", " + left
                    + ") must lie within the maps, got maps of " + maps.size(2) + "x" + maps.size(3));
        }
        return maps.narrow(2, top, height).narrow(3, left, width);
    }

    /**
     * What the teacher sees: the patch, resized bilinearly.
     *
     * @param images {@code [N][3][H][W]}
     * @return {@code [N][3][scaledHeight][scaledWidth]}
     * @throws IllegalArgumentException if the patch reaches beyond the images
     */
    public Tensor image(Tensor images) {
        return Ops.bilinear(crop(images), scaledHeight, scaledWidth, false);
    }
}
