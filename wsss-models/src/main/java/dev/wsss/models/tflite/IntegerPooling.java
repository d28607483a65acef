package dev.wsss.models.tflite;

import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.io.TfliteOptions.Activation;
import dev.wsss.core.io.TfliteOptions.Pool2d;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Windows' means and maxima. */
final class IntegerPooling {
    /** What TFLite lets input and output differ by. */
    private static final float SCALE_TOLERANCE = 1e-6f;

    private IntegerPooling() {}

    /**
     * AVERAGE_POOL_2D, as TFLite's own kernel has it, for XNNPACK has none of integers: the integers that are in the image,
     * their sum divided by their number, halves away from 0. Of the integers themselves, and not of their distance from the
     * zero point.
     */
    static IntegerKernel average(OperatorSite site) {
        Pool2d o = site.options(Pool2d.class);
        EightBit in = site.data(0);
        EightBit out = site.result();
        if (o.activation() != Activation.NONE) {
            throw site.bad("has the activation " + o.activation() + ", expected none");
        }
        if (in.zeroPoint() != out.zeroPoint()
                || in.signed() != out.signed()
                || Math.abs(in.scale() - out.scale()) > SCALE_TOLERANCE) {
            site.requireSameNumbers(in, out);
        }
        Windows windows = windows(site, in, o);
        double zeroPoint = in.zeroPoint();
        Tensor ones = torch.ones(1, 1, in.shape()[1], in.shape()[2]).to(torch.ScalarType.Double);
        Tensor counts = site.own(windows.sum(ones));
        Tensor halves = site.own(counts.mul(new Scalar(0.5)).floor());
        return x -> {
            Tensor integers = x[0].to(torch.ScalarType.Double).add(new Scalar(zeroPoint));
            Tensor sums = windows.sum(integers.permute(0, 3, 1, 2));
            return sums.add_(sums.sign().mul_(halves))
                    .div_(counts)
                    .trunc_()
                    .sub_(new Scalar(zeroPoint))
                    .to(torch.ScalarType.Float)
                    .permute(0, 2, 3, 1)
                    .contiguous();
        };
    }

    /** MAX_POOL_2D. */
    static IntegerKernel max(OperatorSite site) {
        Pool2d o = site.options(Pool2d.class);
        EightBit in = site.data(0);
        EightBit out = site.result();
        site.requireSameNumbers(in, out);
        if (o.activation() == Activation.TANH || o.activation() == Activation.SIGN_BIT) {
            throw site.bad("has the activation " + o.activation() + ", expected a rectifier or none");
        }
        Windows windows = windows(site, in, o);
        double low = out.low(o.activation());
        double high = out.high(o.activation());
        return x -> windows.max(x[0].permute(0, 3, 1, 2), in.least() - in.zeroPoint())
                .clamp(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high)))
                .permute(0, 2, 3, 1)
                .contiguous();
    }

    private record Windows(long[] size, long[] stride, long[] pads) {
        /** Sums over the windows of {@code [N][C][H][W]}, where outside is 0. */
        Tensor sum(Tensor x) {
            Tensor padded = torch.constant_pad_nd(x, pads, new Scalar(0.0));
            return torch.avg_pool2d(padded, size, stride, new long[2], false, true, new LongOptional(1));
        }

        Tensor max(Tensor x, double outside) {
            Tensor padded = torch.constant_pad_nd(x, pads, new Scalar(outside));
            return torch.max_pool2d(padded, size, stride, new long[2], new long[] {1, 1}, false);
        }
    }

    private static Windows windows(OperatorSite site, EightBit in, Pool2d o) {
        long[] from = site.requireImage(in);
        Span rows = Span.of(o.padding(), from[1], o.height(), o.strideH(), 1);
        Span columns = Span.of(o.padding(), from[2], o.width(), o.strideW(), 1);
        if (rows.out() < 1 || columns.out() < 1) {
            throw site.bad("has " + o + " for " + in + ", expected a smaller window");
        }
        site.requirePadded(in, rows, columns);
        site.requireResult(from[0], rows.out(), columns.out(), from[3]);
        return new Windows(new long[] {o.height(), o.width()}, new long[] {o.strideH(), o.strideW()}, new long[] {
            columns.before(), columns.after(), rows.before(), rows.after()
        });
    }

    /** MEAN over height and width, as XNNPACK has it: the sum in float32, times a scale, plus what the zero points make. */
    static IntegerKernel mean(OperatorSite site) {
        EightBit in = site.data(0);
        EightBit out = site.result();
        long[] from = site.requireImage(in);
        long[] axes = Arrays.stream(site.numbers(1))
                .map(a -> a < 0 ? a + 4 : a)
                .sorted()
                .toArray();
        if (!Arrays.equals(axes, new long[] {1, 2}) || in.signed() != out.signed()) {
            throw site.bad("takes the mean of " + in + " over dimensions " + Arrays.toString(axes) + " to " + out
                    + ", expected 1 and 2, and one type of integers");
        }
        boolean keep = site.options(TfliteOptions.Reduce.class).keepDimensions();
        site.requireResult(keep ? new long[] {from[0], 1, 1, from[3]} : new long[] {from[0], from[3]});
        int count = Math.toIntExact(from[1] * from[2]);
        float scale = in.scale() / out.scale() * (1.0f / count);
        float offset = out.zeroPoint() - (float) (count * in.zeroPoint()) * scale;
        return x -> {
            Tensor sums = x[0].sum(new long[] {1, 2}, keep, new ScalarTypeOptional(torch.ScalarType.Double))
                    .add_(new Scalar((double) count * in.zeroPoint()))
                    .to(torch.ScalarType.Float);
            return sums.mul_(Tensors.of(new float[] {scale}, 1))
                    .add_(Tensors.of(new float[] {offset}, 1))
                    .round_()
                    .clamp_(new ScalarOptional(new Scalar((double) out.least())), new ScalarOptional(new Scalar((double)
                            out.most())))
                    .sub_(new Scalar((double) out.zeroPoint()));
        };
    }
}
