package dev.wsss.models.backbone;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The feature maps of a backbone, {@code [N][C][H][W]} each, from the first and finest to the last and coarsest. They belong
 * to the scope in which they were computed.
 *
 * <pre>{@code
 * FeaturePyramid maps = backbone.features(images);
 * Tensor fine = maps.at(4);       // one cell for 4 x 4 pixels, of whatever network
 * Tensor deep = maps.last();
 * }</pre>
 */
public final class FeaturePyramid {
    private final int[] strides;
    private final List<Tensor> maps;

    private FeaturePyramid(int[] strides, List<Tensor> maps) {
        this.strides = strides;
        this.maps = maps;
    }

    /**
     * A pyramid.
     *
     * @param strides pixels of the images for one cell of each map, in each direction, ascending; several may be equal
     * @param maps as many, in the same order
     * @throws IllegalArgumentException if there are no maps, not as many as strides, or strides that descend
     */
    public static FeaturePyramid of(int[] strides, Tensor... maps) {
        if (maps.length == 0 || maps.length != strides.length) {
            throw new IllegalArgumentException("expected a stride for each map, got " + Arrays.toString(strides)
                    + " for " + maps.length + " maps");
        }
        for (int i = 0; i < strides.length; i++) {
            if (strides[i] < (i == 0 ? 1 : strides[i - 1])) {
                throw new IllegalArgumentException("strides must ascend from 1, got " + Arrays.toString(strides));
            }
        }
        return new FeaturePyramid(strides.clone(), List.of(maps));
    }

    /**
     * The map of a stride, of several the last, which has seen the most layers.
     *
     * @throws IllegalArgumentException if there is none; the message names the strides that there are
     */
    public Tensor at(int stride) {
        return maps.get(level(strides, stride));
    }

    static int level(int[] strides, int stride) {
        for (int i = strides.length - 1; i >= 0; i--) {
            if (strides[i] == stride) {
                return i;
            }
        }
        throw new IllegalArgumentException(
                "the backbone has no map of stride " + stride + "; there are " + Arrays.toString(strides));
    }

    /** The last map. */
    public Tensor last() {
        return maps.get(maps.size() - 1);
    }

    /** All maps, of which some may have one stride. */
    public List<Tensor> maps() {
        return maps;
    }

    /** The strides of {@link #maps()}; a copy. */
    public int[] strides() {
        return strides.clone();
    }
}
