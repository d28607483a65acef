package dev.wsss.models.clip;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.image.Resize;
import dev.wsss.core.image.Window;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * A photograph as an {@link ImageTower} takes it: resized by Pillow's bicubic filter, byte for byte, and normalized by CLIP's
 * statistics.
 *
 * <pre>{@code
 * Tensor one = ClipPreprocess.centerCrop(224).apply(photo);                       // OpenAI: [1][3][224][224]
 * Tensor whole = ClipPreprocess.wholePatches(16).apply(photo);                    // 500x375 becomes 512x384
 * Tensor square = ClipPreprocess.square(320).apply(photo);
 * Tensor carb = ClipPreprocess.asItIs().withNormalize(Normalize.IMAGENET_LEVELS).apply(frame);
 * }</pre>
 *
 * <p>Immutable.
 */
public final class ClipPreprocess implements Described {
    private enum Fit {
        CENTER_CROP,
        SQUARE,
        WHOLE_PATCHES,
        AS_IT_IS
    }

    private final Fit fit;
    /** Side of the result or of a patch. */
    private final int size;

    private final Normalize normalize;

    private ClipPreprocess(Fit fit, int size, Normalize normalize) {
        if (size < 1) {
            throw new IllegalArgumentException("size must be at least 1, got " + size);
        }
        this.fit = fit;
        this.size = size;
        this.normalize = normalize;
    }

    /**
     * OpenAI's, as torchvision's {@code Resize} and {@code CenterCrop}: the shorter side becomes {@code side}, the longer one
     * follows, rounded down, and a square is cut out of the middle.
     */
    public static ClipPreprocess centerCrop(int side) {
        return new ClipPreprocess(Fit.CENTER_CROP, side, Normalize.CLIP);
    }

    /** The whole image as a square, its proportions given up. */
    public static ClipPreprocess square(int side) {
        return new ClipPreprocess(Fit.SQUARE, side, Normalize.CLIP);
    }

    /** The whole image, each side on its own enlarged to the next multiple of a patch. */
    public static ClipPreprocess wholePatches(int patch) {
        return new ClipPreprocess(Fit.WHOLE_PATCHES, patch, Normalize.CLIP);
    }

    /** The image in its own size, normalized alone. */
    public static ClipPreprocess asItIs() {
        return new ClipPreprocess(Fit.AS_IT_IS, 1, Normalize.CLIP);
    }

    /** The same with other statistics. CARB's CLIP sees images normalized by ImageNet's. */
    public ClipPreprocess withNormalize(Normalize normalize) {
        return new ClipPreprocess(fit, size, normalize);
    }

    /** The photograph in the size in which it is seen. */
    public RgbImage resize(RgbImage photo) {
        int height = photo.height();
        int width = photo.width();
        return switch (fit) {
            case AS_IT_IS -> photo;
            case SQUARE -> Resize.PIL_BICUBIC.apply(photo, size, size);
            case WHOLE_PATCHES -> Resize.PIL_BICUBIC.apply(photo, multiple(height), multiple(width));
            case CENTER_CROP -> {
                int shorter = Math.min(height, width);
                int rows = side(height, shorter);
                int columns = side(width, shorter);
                Window middle = new Window(middle(rows), middle(columns), size, size, false);
                yield Resize.PIL_BICUBIC.apply(photo, rows, columns, middle);
            }
        };
    }

    /**
     * The photograph as a batch of one.
     *
     * @return {@code [1][3][H][W]}, float32 on the CPU; belongs to the current scope
     */
    public Tensor apply(RgbImage photo) {
        RgbImage seen = resize(photo);
        return Tensors.of(normalize.apply(seen), 1, 3, seen.height(), seen.width());
    }

    private int multiple(int side) {
        return Math.toIntExact((side + size - 1L) / size * size);
    }

    private int side(int side, int shorter) {
        return side == shorter ? size : Math.toIntExact((long) size * side / shorter);
    }

    /** Where the middle begins; of a half the even neighbour, as Python rounds. */
    private int middle(int side) {
        return (int) Math.rint((side - size) / 2.0);
    }

    @Override
    public Description description() {
        return Description.of("ClipPreprocess")
                .put("fit", fit.name())
                .put("size", size)
                .put("normalize", normalize)
                .build();
    }
}
