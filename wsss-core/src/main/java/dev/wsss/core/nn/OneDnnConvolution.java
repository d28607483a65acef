package dev.wsss.core.nn;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorHandleOptional;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A convolution with the rectifier behind it in one operator of oneDNN, on maps of one shape, for which the weights are put
 * in order once. Weights that are in order for another shape would be right too, but may be a hundred times slower.
 */
final class OneDnnConvolution implements AutoCloseable {
    private static final Map<DType, Boolean> AVAILABLE = new ConcurrentHashMap<>();

    private final long[] shape;
    private final Conv2d.Sides sides;
    /** What the operator gets after the map. */
    private final List<IValue> constant = new ArrayList<>();

    /** libtorch's operators, which have no function of C++ that could be called. */
    private static final class Operators {
        static final @Nullable OperatorHandle CONVOLVE = find("mkldnn::_convolution_pointwise");
        static final @Nullable OperatorHandle REORDER = find("mkldnn::_reorder_convolution_weight");

        private static @Nullable OperatorHandle find(String name) {
            Torch.load();
            try (Scope scope = Scope.open()) {
                OperatorHandleOptional found = Dispatcher.singleton().findSchema(new OperatorName(name, ""));
                return found.has_value() ? Scope.own(new OperatorHandle(found.get())) : null;
            }
        }
    }

    /**
     * Prepares.
     *
     * @param weight as {@code conv} has them, of the maps' type
     * @param shape of the maps
     * @param sides zeros around them, which {@link #takes} allows
     */
    OneDnnConvolution(
            Conv2d conv, ConvNorm.Activation activation, Tensor weight, Tensor bias, long[] shape, Conv2d.Sides sides) {
        this.shape = shape;
        this.sides = sides;
        OperatorHandle convolve = Operators.CONVOLVE;
        OperatorHandle reorder = Operators.REORDER;
        if (convolve == null || reorder == null) {
            throw new IllegalStateException("this libtorch is without oneDNN");
        }
        try (Scope scope = Scope.open()) {
            // one zero more at the start, for the operator has as many at both, meets a zero in the kernel
            long[] more = {sides.right() - sides.left(), 0, sides.bottom() - sides.top(), 0};
            Tensor kernel = torch.constant_pad_nd(weight, more, new Scalar(0.0));
            IValue pads = list(convolve, 3, sides.bottom(), sides.right());
            IValue strides = list(convolve, 3, conv.stride(), conv.stride());
            IValue dilations = list(convolve, 3, conv.dilation(), conv.dilation());
            IValue groups = new IValue((long) conv.groups());
            IValue size = list(convolve, 3, shape);
            IValueVector stack = new IValueVector(new IValue(kernel), pads, strides, dilations, groups, size);
            reorder.callBoxed(stack);
            IValue scalars = activation == ConvNorm.Activation.RELU6 ? list(convolve, 8, 0, 6) : list(convolve, 8);
            String name =
                    switch (activation) {
                        case NONE -> "none";
                        case RELU -> "relu";
                        case RELU6 -> "hardtanh";
                    };
            for (IValue value : List.of(
                    new IValue(stack.get(0)),
                    new IValue(bias),
                    pads,
                    strides,
                    dilations,
                    groups,
                    new IValue(name),
                    scalars,
                    new IValue(""))) {
                constant.add(Scope.own(value));
            }
        }
    }

    /** A list of the type that the operator's {@code i}-th argument has. */
    private static IValue list(OperatorHandle operator, int i, long... values) {
        Type.TypePtr type = operator.schema().arguments().getPointer(i).type();
        GenericList list = new GenericList(type.get().containedType(0));
        for (long value : values) {
            list.push_back(new IValue(value));
        }
        return new IValue(list);
    }

    /** Whether libtorch has the operator, and this processor computes it in this type. */
    static boolean isAvailable(DType dtype) {
        return (dtype == DType.F32 || dtype == DType.BF16)
                && AVAILABLE.computeIfAbsent(dtype, OneDnnConvolution::works);
    }

    private static boolean works(DType dtype) {
        if (Operators.CONVOLVE == null || Operators.REORDER == null) {
            return false;
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad();
                Conv2d conv = Conv2d.builder(1, 1, 1).build()) {
            torch.ScalarType type = Tensors.scalarType(dtype);
            Tensor one = Tensors.of(new float[] {1}, 1).to(type);
            Tensor map = one.view(1, 1, 1, 1);
            long[] unit = {1, 1, 1, 1};
            try (OneDnnConvolution trial = new OneDnnConvolution(
                    conv, ConvNorm.Activation.RELU6, map, one, unit, new Conv2d.Sides(0, 0, 0, 0))) {
                return Tensors.item(run(trial.arguments(map))) == 2;
            }
        } catch (RuntimeException e) {
            // libtorch refuses bfloat16 on processors that cannot multiply it
            return false;
        }
    }

    /** Whether these zeros need not be put around the maps before. */
    static boolean takes(Conv2d conv, Conv2d.Sides sides) {
        return conv.dilation() == 1 || sides.even();
    }

    boolean isFor(long[] shape, Conv2d.Sides sides) {
        return Arrays.equals(this.shape, shape) && this.sides.equals(sides);
    }

    /** What to {@link #run}; holds all it needs, even if this is closed before. */
    IValueVector arguments(Tensor x) {
        IValue[] all = new IValue[constant.size() + 1];
        all[0] = new IValue(x);
        for (int i = 1; i < all.length; i++) {
            all[i] = constant.get(i - 1);
        }
        return new IValueVector(all);
    }

    static Tensor run(IValueVector arguments) {
        OperatorHandle convolve = Operators.CONVOLVE;
        if (convolve == null) {
            throw new IllegalStateException("this libtorch is without oneDNN");
        }
        convolve.callBoxed(arguments);
        // a copy, for what the list lends ends with it
        return new Tensor(arguments.get(0).toTensor());
    }

    @Override
    public void close() {
        constant.forEach(IValue::close);
        constant.clear();
    }
}
