package dev.wsss.models.tflite;

import dev.wsss.core.io.TfliteOptions.Activation;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Sums of products to the integers of an output, as XNNPACK does it: to float32, times a float32 scale, rounded with halves
 * to even, and clamped to what the activation lets through.
 */
final class Requantization {
    /** XNNPACK's own limit, beyond which it leaves an operator alone. */
    private static final float SCALE_LIMIT = 256;

    private final Tensor scale;
    private final double low;
    private final double high;

    /**
     * For products of an input and a kernel.
     *
     * @param kernelScales one, or one for each channel of the output
     */
    Requantization(OperatorSite site, EightBit in, float[] kernelScales, EightBit out, Activation activation) {
        float[] scales = new float[kernelScales.length];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = in.scale() * kernelScales[i] / out.scale();
            if (!(scales[i] > 0 && scales[i] < SCALE_LIMIT)) {
                throw site.bad(
                        "multiplies its sums by " + scales[i] + ", expected a number between 0 and " + SCALE_LIMIT);
            }
        }
        if (activation == Activation.TANH || activation == Activation.SIGN_BIT) {
            throw site.bad("has the activation " + activation + ", expected a rectifier or none");
        }
        scale = site.own(Tensors.of(scales, scales.length));
        low = out.low(activation);
        high = out.high(activation);
    }

    /**
     * Applies it.
     *
     * @param sums {@code [..][channels]} whole numbers, of float32 below 2^24 or float64; given away
     */
    Tensor apply(Tensor sums) {
        return sums.to(torch.ScalarType.Float)
                .mul_(scale)
                .round_()
                .clamp_(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high)));
    }
}
