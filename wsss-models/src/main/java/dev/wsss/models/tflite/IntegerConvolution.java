package dev.wsss.models.tflite;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.io.TfliteOptions.Activation;
import dev.wsss.core.io.TfliteOptions.Padding;
import dev.wsss.core.io.TfliteTensor;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Convolutions and matrix products of 8-bit integers by libtorch's products of floats. A sum of whole numbers is exact in
 * float32, in whatever order it is added up, if its terms' magnitudes add up to 2^24 at most; the weights bound that for
 * each layer. Where they do not, float64 is used, which is exact for all that 32-bit sums hold.
 */
final class IntegerConvolution {
    private static final long FLOAT32_EXACT = 1 << 24;

    private final OperatorSite site;
    private final EightBit in;
    private final EightBit out;
    private final float[] kernelScales;

    /** {@code [out][..]} less their zero point. */
    private final long[] weights;

    private final long[] weightShape;
    private final int outs;
    private final long[] bias;
    private final boolean wide;

    /**
     * Reads weights and bias.
     *
     * @param channelDimension of the weights, that of the output's channels: the first or the last
     */
    private IntegerConvolution(OperatorSite site, int dimensions, int channelDimension) {
        this.site = site;
        in = site.data(0);
        out = site.result();
        TfliteTensor tensor = site.input(1);
        TfliteTensor.Quantization quantization = tensor.quantization();
        weightShape = tensor.shape();
        if (weightShape.length != dimensions
                || quantization == null
                || tensor.dtype() != (in.signed() ? DType.I8 : DType.U8)
                || out.signed() != in.signed()
                || (quantization.perChannel() && quantization.dimension() != channelDimension)
                || Arrays.stream(weightShape).anyMatch(side -> side < 1)) {
            throw site.bad("has weights " + tensor + " of " + quantization + " for " + in + " to " + out + ", expected "
                    + dimensions + " dimensions, one type of integers for all three, and one scale or one for each of"
                    + " the output's channels");
        }
        kernelScales = quantization.scales();
        long zeroPoint = quantization.zeroPoints()[0];
        if (Arrays.stream(quantization.zeroPoints()).anyMatch(z -> z != zeroPoint || (in.signed() && z != 0))) {
            throw site.bad("has weights of zero points " + Arrays.toString(quantization.zeroPoints())
                    + ", expected one, and 0 for int8");
        }
        outs = (int) weightShape[channelDimension];
        weights = centred(site.constant(1), zeroPoint, channelDimension == 0);
        bias = new long[outs];
        if (site.has(2)) {
            HostArray stored = site.constant(2);
            if (stored.dtype() != DType.I32 || stored.size() != outs) {
                throw site.bad("has a bias " + site.input(2) + ", expected " + outs + " of int32");
            }
            System.arraycopy(stored.toLongs(), 0, bias, 0, outs);
        }
        wide = isWide();
    }

    /** Weights less their zero point, the output's channels first. */
    private long[] centred(HostArray stored, long zeroPoint, boolean first) {
        long[] from = stored.toLongs();
        long[] to = new long[from.length];
        int each = from.length / outs;
        for (int i = 0; i < from.length; i++) {
            to[first ? i : i % outs * each + i / outs] = from[i] - zeroPoint;
        }
        return to;
    }

    private boolean isWide() {
        long most = 0;
        int each = weights.length / outs;
        for (int o = 0; o < outs; o++) {
            long sum = Math.abs(bias[o]);
            for (int i = 0; i < each; i++) {
                sum += Math.abs(weights[o * each + i]) * in.reach();
            }
            most = Math.max(most, sum);
        }
        if (most > Integer.MAX_VALUE) {
            throw site.bad("may add up to " + most + ", expected sums of 32 bits");
        }
        return most > FLOAT32_EXACT;
    }

    /** CONV_2D. */
    static IntegerKernel dense(OperatorSite site) {
        TfliteOptions.Conv2d o = site.options(TfliteOptions.Conv2d.class);
        IntegerConvolution c = new IntegerConvolution(site, 4, 0);
        long[] w = c.weightShape;
        if (w[3] != site.requireImage(c.in)[3]) {
            throw site.bad("has weights of " + w[3] + " channels for " + c.in + ", expected as many");
        }
        return c.kernel(
                o.padding(),
                new long[] {o.strideH(), o.strideW()},
                new long[] {o.dilationH(), o.dilationW()},
                1,
                o.activation());
    }

    /** DEPTHWISE_CONV_2D. */
    static IntegerKernel depthwise(OperatorSite site) {
        TfliteOptions.DepthwiseConv2d o = site.options(TfliteOptions.DepthwiseConv2d.class);
        IntegerConvolution c = new IntegerConvolution(site, 4, 3);
        long ins = site.requireImage(c.in)[3];
        if (c.weightShape[0] != 1 || c.outs % ins != 0) {
            throw site.bad("has weights of " + Arrays.toString(c.weightShape) + " for " + c.in
                    + ", expected 1 first and a multiple of the input's channels last");
        }
        return c.kernel(
                o.padding(),
                new long[] {o.strideH(), o.strideW()},
                new long[] {o.dilationH(), o.dilationW()},
                ins,
                o.activation());
    }

    /** FULLY_CONNECTED. */
    static IntegerKernel connected(OperatorSite site) {
        TfliteOptions.FullyConnected o = site.options(TfliteOptions.FullyConnected.class);
        IntegerConvolution c = new IntegerConvolution(site, 2, 0);
        long ins = c.weightShape[1];
        long[] from = c.in.shape();
        long elements = HostArray.elements(from);
        if (o.shuffled() || elements % ins != 0) {
            throw site.bad("has " + (o.shuffled() ? "shuffled " : "") + "weights of " + ins + " inputs for " + c.in
                    + ", expected plain ones, and a divisor of its elements");
        }
        long[] shape = {elements / ins, c.outs};
        if (o.keepDimensions()) {
            shape = from.clone();
            shape[shape.length - 1] = c.outs;
            if (from[from.length - 1] != ins) {
                throw site.bad("has weights of " + ins + " inputs for " + c.in + ", expected its last dimension");
            }
        }
        site.requireResult(shape);
        long[] result = shape;
        Tensor weight = site.own(c.floats(c.weights, c.outs, ins));
        Tensor bias = site.own(c.floats(c.bias, c.outs));
        Requantization requantization = new Requantization(site, c.in, c.kernelScales, c.out, o.activation());
        return x -> requantization
                .apply(torch.linear(c.sized(x[0]).reshape(-1, ins), weight, new TensorOptional(bias)))
                .reshape(result);
    }

    private IntegerKernel kernel(Padding padding, long[] stride, long[] dilation, long groups, Activation activation) {
        long[] from = in.shape();
        long[] shape = weightShape;
        Span rows = Span.of(padding, from[1], shape[1], stride[0], dilation[0]);
        Span columns = Span.of(padding, from[2], shape[2], stride[1], dilation[1]);
        if (rows.out() < 1 || columns.out() < 1) {
            throw site.bad("has weights " + Arrays.toString(shape) + " for " + in + ", expected a smaller window");
        }
        site.requirePadded(in, rows, columns);
        site.requireResult(from[0], rows.out(), columns.out(), outs);
        long[] pads = {columns.before(), columns.after(), rows.before(), rows.after()};
        boolean even = rows.before() == rows.after() && columns.before() == columns.after();
        long[] both = even ? new long[] {rows.before(), columns.before()} : new long[2];
        Tensor weight = site.own(
                floats(weights, outs, shape[1], shape[2], from[3] / groups).permute(0, 3, 1, 2));
        Tensor offset = site.own(floats(bias, outs));
        // without meaning for one pixel, but only dilated ones go to oneDNN, which is faster by far
        long[] apart = shape[1] == 1 && shape[2] == 1 && !wide ? new long[] {2, 2} : dilation;
        Requantization requantization = new Requantization(site, in, kernelScales, out, activation);
        return x -> {
            Tensor image = sized(x[0]).permute(0, 3, 1, 2);
            Tensor padded = even ? image : torch.constant_pad_nd(image, pads, new Scalar(0.0));
            Tensor sums = torch.conv2d(padded, weight, new TensorOptional(offset), stride, both, apart, groups);
            return requantization.apply(sums.permute(0, 2, 3, 1).contiguous());
        };
    }

    private Tensor floats(long[] values, long... shape) {
        double[] doubles = Arrays.stream(values).asDoubleStream().toArray();
        return sized(Tensors.of(doubles, shape));
    }

    /** In the type that sums are exact in. */
    private Tensor sized(Tensor x) {
        return x.to(wide ? torch.ScalarType.Double : torch.ScalarType.Float);
    }
}
