package dev.wsss.core.runtime;

import dev.wsss.api.LabelMap;
import dev.wsss.core.image.Resize;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Label maps as tensors, integers {@code [N][H][W]}, on whatever device they are. */
public final class LabelTensors {
    private LabelTensors() {}

    /**
     * Maps as one tensor, int64 {@code [N][H][W]} in the current scope.
     *
     * @throws IllegalArgumentException if there is none, or they differ in size
     */
    public static Tensor of(List<LabelMap> maps, ComputeDevice device) {
        if (maps.isEmpty()) {
            throw new IllegalArgumentException("no label map; expected at least one");
        }
        int h = maps.get(0).height();
        int w = maps.get(0).width();
        long[] values = new long[Math.multiplyExact(maps.size(), h * w)];
        int o = 0;
        for (LabelMap map : maps) {
            if (map.height() != h || map.width() != w) {
                throw new IllegalArgumentException("label maps differ in size: " + maps.get(0) + " and " + map);
            }
            for (byte b : map.toArray()) {
                values[o++] = b & 255;
            }
        }
        return Tensors.to(Tensors.of(values, maps.size(), h, w), device);
    }

    /**
     * Labels at another size, without leaving the device: rows and columns are picked as a nearest mode picks them.
     *
     * @return {@code [N][height][width]} in the current scope
     * @throws IllegalArgumentException if the mode is not a nearest one, or a size is below 1
     */
    public static Tensor resize(Tensor labels, Resize nearest, int height, int width) {
        try (Scope scope = Scope.open()) {
            Tensor rows = pick(labels, 1, nearest, height);
            return scope.keep(pick(rows, 2, nearest, width));
        }
    }

    private static Tensor pick(Tensor labels, int axis, Resize nearest, int size) {
        int[] from = nearest.index(Math.toIntExact(labels.size(axis)), size);
        long[] index = new long[size];
        for (int i = 0; i < size; i++) {
            index[i] = from[i];
        }
        Tensor at = Tensors.of(index, size);
        return labels.index_select(axis, labels.is_cuda() ? at.to(labels.device(), at.scalar_type()) : at);
    }
}
