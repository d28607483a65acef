package dev.wsss.systems.carb;

import dev.wsss.core.image.Normalize;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Images that were normalized in one way, as if they had been in another, without leaving the device. */
final class OtherStatistics {
    private final float[] factor = new float[3];
    private final float[] shift = new float[3];

    OtherStatistics(Normalize from, Normalize to) {
        // both are straight lines through what they make of black and white
        float[] dark = {0, 0, 0};
        float[] light = {255, 255, 255};
        float[] a0 = from.apply(dark);
        float[] a1 = from.apply(light);
        float[] b0 = to.apply(dark);
        float[] b1 = to.apply(light);
        for (int c = 0; c < 3; c++) {
            double f = ((double) b1[c] - b0[c]) / ((double) a1[c] - a0[c]);
            factor[c] = (float) f;
            shift[c] = (float) (b0[c] - f * a0[c]);
        }
    }

    /** {@code [N][3][H][W]}, in the current scope. */
    Tensor apply(Tensor images, ComputeDevice device) {
        Tensor f = Tensors.to(Tensors.of(factor, 1, 3, 1, 1), device);
        Tensor s = Tensors.to(Tensors.of(shift, 1, 3, 1, 1), device);
        return images.mul(f).add_(s);
    }
}
