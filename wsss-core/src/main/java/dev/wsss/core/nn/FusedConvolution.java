package dev.wsss.core.nn;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A convolution whose weights hold the normalization behind it, with the rectifier behind that. Where libtorch has oneDNN's
 * convolution with what follows it, that is one pass over the map, by weights that lie as oneDNN wants them for the size of
 * map that came last.
 */
final class FusedConvolution implements AutoCloseable {
    private static final Conv2d.Sides NO_SIDES = new Conv2d.Sides(0, 0, 0, 0);

    private final Conv2d conv;
    private final ConvNorm.Activation activation;
    private final DType dtype;
    private final torch.ScalarType type;
    private final Tensor weight;
    private final Tensor bias;
    private final boolean oneDnn;
    private @Nullable OneDnnConvolution last;

    private FusedConvolution(ConvNorm unit, DType dtype, Tensor weight, Tensor bias) {
        conv = unit.conv();
        activation = unit.activation();
        this.dtype = dtype;
        type = Tensors.scalarType(dtype);
        this.weight = weight;
        this.bias = bias;
        oneDnn = OneDnnConvolution.isAvailable(dtype);
    }

    /** Multiplies out in float64, and rounds once. */
    static FusedConvolution of(ConvNorm unit, DType dtype) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            BatchNorm2d norm = unit.norm();
            Tensor scale = norm.evaluationScale();
            Tensor weight = unit.conv().weight().to(torch.ScalarType.Double).mul(scale.view(-1, 1, 1, 1));
            Tensor shift = norm.runningMean().to(torch.ScalarType.Double).neg();
            Tensor own = unit.conv().bias();
            if (own != null) {
                shift.add_(own.to(torch.ScalarType.Double));
            }
            Tensor bias = norm.bias().to(torch.ScalarType.Double).add(shift.mul_(scale));
            torch.ScalarType type = Tensors.scalarType(dtype);
            return new FusedConvolution(
                    unit,
                    dtype,
                    Scope.own(weight.to(type).contiguous(torch.MemoryFormat.ChannelsLast)),
                    Scope.own(bias.to(type)));
        }
    }

    DType dtype() {
        return dtype;
    }

    /** {@code [N][in][H][W]} of any floating type. */
    Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor typed = x.scalar_type().intern() == type ? x : x.to(type);
            // oneDNN's weights do not say which layout the result is to have; the map does
            Tensor map = typed.contiguous(torch.MemoryFormat.ChannelsLast);
            Conv2d.Sides sides = conv.sides(map);
            boolean padded = !sides.even() && !(oneDnn && OneDnnConvolution.takes(conv, sides));
            return scope.keep(padded ? multiply(sides.pad(map), NO_SIDES) : multiply(map, sides));
        }
    }

    private Tensor multiply(Tensor x, Conv2d.Sides sides) {
        if (oneDnn) {
            return OneDnnConvolution.run(arguments(x, sides));
        }
        Tensor y = conv.forward(x, sides.both(), weight, bias);
        switch (activation) {
            case NONE -> {}
            case RELU -> y.relu_();
            case RELU6 -> torch.relu6_(y);
        }
        return y;
    }

    /** Locked until another thread may replace what was prepared for another size. */
    private synchronized IValueVector arguments(Tensor x, Conv2d.Sides sides) {
        long[] shape = Tensors.shape(x);
        if (last == null || !last.isFor(shape, sides)) {
            if (last != null) {
                last.close();
            }
            last = new OneDnnConvolution(conv, activation, weight, bias, shape, sides);
        }
        return last.arguments(x);
    }

    /** Idempotent. */
    @Override
    public synchronized void close() {
        weight.close();
        bias.close();
        if (last != null) {
            last.close();
            last = null;
        }
    }
}
