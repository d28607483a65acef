package dev.wsss.models.tflite;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.io.TfliteOptions.Activation;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What changes numbers one by one: sums of two, and other scales. */
final class IntegerArithmetic {
    /** Bits of the larger factor of a sum. */
    private static final int FACTOR_BITS = 20;

    private static final float LEAST_SUM_RATIO = 0x1p-10f;
    private static final float SUM_RATIO_LIMIT = 0x1p8f;
    private static final float LEAST_RATIO = 0x1p-8f;
    private static final float MOST_RATIO = 0x1p7f;

    private IntegerArithmetic() {}

    /**
     * ADD in XNNPACK's fixed point: both by a factor of which the larger has 21 bits, half a unit added, shifted down. The
     * sums have 31 bits and are exact in float64.
     */
    static IntegerKernel add(OperatorSite site) {
        EightBit a = site.data(0);
        EightBit b = site.data(1);
        EightBit out = site.result();
        if (!Arrays.equals(a.shape(), b.shape()) || a.signed() != b.signed() || a.signed() != out.signed()) {
            throw site.bad("adds " + a + " and " + b + " to " + out + ", expected one shape and type");
        }
        site.requireResult(a.shape());
        float ratioA = a.scale() / out.scale();
        float ratioB = b.scale() / out.scale();
        if (Math.min(ratioA, ratioB) < LEAST_SUM_RATIO || Math.max(ratioA, ratioB) >= SUM_RATIO_LIMIT) {
            throw site.bad("adds with scales " + ratioA + " and " + ratioB + " of the output's, expected "
                    + LEAST_SUM_RATIO + " at least and less than " + SUM_RATIO_LIMIT);
        }
        Activation activation = site.options(TfliteOptions.Arithmetic.class).activation();
        if (activation == Activation.TANH || activation == Activation.SIGN_BIT) {
            throw site.bad("has the activation " + activation + ", expected a rectifier or none");
        }
        int shift = FACTOR_BITS - Math.getExponent(Math.max(ratioA, ratioB));
        double factorA = Math.rint(Math.scalb((double) ratioA, shift));
        double factorB = Math.rint(Math.scalb((double) ratioB, shift));
        double half = Math.scalb(1.0, shift - 1);
        double unit = Math.scalb(1.0, -shift);
        double low = out.low(activation);
        double high = out.high(activation);
        return x -> clamp(
                x[0].to(torch.ScalarType.Double)
                        .mul_(new Scalar(factorA))
                        .add_(x[1].to(torch.ScalarType.Double), new Scalar(factorB))
                        .add_(new Scalar(half))
                        .mul_(new Scalar(unit))
                        .floor_()
                        .to(torch.ScalarType.Float),
                low,
                high);
    }

    /** QUANTIZE, of floats or of integers to integers of another scale. */
    static IntegerKernel quantize(OperatorSite site) {
        EightBit out = site.result();
        double low = out.low(Activation.NONE);
        double high = out.high(Activation.NONE);
        if (site.input(0).dtype() == DType.F32) {
            site.requireResult(site.floats(0));
            float scale = 1 / out.scale();
            return x -> clamp(x[0].mul(Tensors.of(new float[] {scale}, 1)).round_(), low, high);
        }
        EightBit in = site.data(0);
        site.requireResult(in.shape());
        if (in.scale() == out.scale()) {
            return x -> clamp(x[0].clone(), low, high);
        }
        float ratio = in.scale() / out.scale();
        if (in.signed() != out.signed() || ratio < LEAST_RATIO || ratio > MOST_RATIO) {
            throw site.bad("takes " + in + " to " + out + ", expected one scale, or one type and scales whose ratio is "
                    + LEAST_RATIO + " to " + MOST_RATIO);
        }
        // 8 bits behind the point, as XNNPACK has it; all below 2^24
        double factor = Math.rint(256 * ratio);
        return x -> clamp(
                x[0].mul(new Scalar(factor))
                        .add_(new Scalar(128.0))
                        .mul_(new Scalar(0x1p-8))
                        .floor_(),
                low,
                high);
    }

    /** DEQUANTIZE. */
    static IntegerKernel dequantize(OperatorSite site) {
        EightBit in = site.data(0);
        site.requireResult(in.shape());
        return x -> x[0].mul(Tensors.of(new float[] {in.scale()}, 1));
    }

    private static Tensor clamp(Tensor x, double low, double high) {
        return x.clamp_(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high)));
    }
}
