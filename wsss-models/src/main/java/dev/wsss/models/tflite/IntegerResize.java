package dev.wsss.models.tflite;

import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * RESIZE_BILINEAR in XNNPACK's fixed point: weights of 11 bits for each direction, half a unit added, shifted down by 22 bits.
 * As each output is a sum of four products of whole numbers, it is computed as two matrix products in float64, which are exact.
 */
final class IntegerResize {
    private static final int BITS = 11;
    private static final double UNIT = Math.scalb(1.0, -2 * BITS);

    /** Of one direction; of 4096 pixels to as many. */
    private static final long MOST_WEIGHTS = 1 << 24;

    private IntegerResize() {}

    static IntegerKernel bilinear(OperatorSite site) {
        TfliteOptions.Resize o = site.options(TfliteOptions.Resize.class);
        EightBit in = site.data(0);
        site.requireSameNumbers(in, site.result());
        long[] from = site.requireImage(in);
        long[] size = site.numbers(1);
        if (size.length != 2) {
            throw site.bad("resizes to " + Arrays.toString(size) + ", expected height and width");
        }
        site.requireResult(from[0], size[0], size[1], from[3]);
        if (Math.max(from[1] * size[0], from[2] * size[1]) > MOST_WEIGHTS) {
            throw site.bad("resizes " + in + " to " + Arrays.toString(size) + ", expected less");
        }
        Tensor down = site.own(matrix((int) from[1], (int) size[0], o));
        Tensor across = site.own(matrix((int) from[2], (int) size[1], o));
        return x -> {
            Tensor wide = across.matmul(x[0].to(torch.ScalarType.Double));
            return down.matmul(wide.reshape(from[0], from[1], size[1] * from[3]))
                    .add_(new Scalar(0.5 / UNIT))
                    .mul_(new Scalar(UNIT))
                    .floor_()
                    .to(torch.ScalarType.Float)
                    .reshape(from[0], size[0], size[1], from[3]);
        };
    }

    /** Weights {@code [out][in]} of which each row adds up to 2^11. */
    private static Tensor matrix(int in, int out, TfliteOptions.Resize options) {
        int inner = options.alignCorners() && out > 1 ? 1 : 0;
        float scale = (float) (in - inner) / (float) (out - inner);
        boolean centres = options.halfPixelCenters() && !options.alignCorners();
        float offset = centres ? 0.5f * scale - 0.5f : 0;
        double[] weights = new double[Math.multiplyExact(in, out)];
        for (int i = 0; i < out; i++) {
            float at = Math.min(Math.max(i * scale + offset, 0), in - 1);
            int first = (int) at;
            double second = Math.rint((at - first) * (1 << BITS));
            weights[i * in + first] = (1 << BITS) - second;
            weights[i * in + Math.min(first + 1, in - 1)] += second;
        }
        return Tensors.of(weights, out, in);
    }
}
