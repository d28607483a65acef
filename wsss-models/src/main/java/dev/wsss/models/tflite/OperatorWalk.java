package dev.wsss.models.tflite;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteModel;
import dev.wsss.core.io.TfliteOperator;
import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.io.TfliteOptions.Activation;
import dev.wsss.core.io.TfliteOptions.Padding;
import dev.wsss.core.io.TfliteTensor;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.mobilenet.InvertedResidual;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Goes through the operators of a model beside the layers of a network, and takes the weights. Every operator must be the
 * layer's, in kind, shape, stride, dilation, padding and activation, and work on what the one before gave.
 */
final class OperatorWalk {
    private final TfliteModel model;
    private final String file;
    private final Map<Network, String> paths = new IdentityHashMap<>();
    private final Map<String, HostArray> state = new LinkedHashMap<>();
    private int next;
    /** The tensor that the next operator works on. */
    private int flow;

    OperatorWalk(TfliteModel model, String file, Network network) {
        this.model = model;
        this.file = file;
        network.modules().forEach((path, part) -> paths.put(part, path));
        if (model.inputs().size() != 1) {
            throw new InvalidDataException(
                    file + ": the model has " + model.inputs().size() + " inputs, expected one image");
        }
        flow = model.inputs().get(0);
    }

    /** What was taken, by the network's keys. */
    Map<String, HostArray> state() {
        return state;
    }

    int flow() {
        return flow;
    }

    /** Goes on from another tensor, of a branch. */
    void from(int tensor) {
        flow = tensor;
    }

    /** The trunk of a MobileNet: units, and blocks of units. */
    void trunk(Network backbone) {
        Set<ConvNorm> inBlocks = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Network part : backbone.modules().values()) {
            if (part instanceof InvertedResidual block) {
                int shortcut = flow;
                block.path().forEach(this::unit);
                inBlocks.addAll(block.path());
                if (block.residual()) {
                    add(shortcut, block);
                }
            } else if (part instanceof ConvNorm unit && !inBlocks.contains(unit)) {
                unit(unit);
            }
        }
    }

    /** A convolution with its folded normalization. */
    void unit(ConvNorm unit) {
        TfliteOperator operator = convolution(unit.conv(), activation(unit.activation()));
        BatchNorm2d norm = unit.norm();
        String key = path(norm);
        HostArray bias = bias(operator, unit.conv());
        int n = bias.size();
        state.put(key + ".weight", filled(1, n));
        state.put(key + ".bias", bias);
        state.put(key + ".running_mean", filled(0, n));
        // with epsilon it is one, so that what is folded already is left alone
        state.put(key + ".running_var", filled(1 - norm.eps(), n));
        state.put(key + ".num_batches_tracked", HostArray.ofLongs(new long[1]));
    }

    /** A convolution with a bias of its own and nothing behind it. */
    void linear(Conv2d conv) {
        TfliteOperator operator = convolution(conv, Activation.NONE);
        state.put(path(conv) + ".bias", bias(operator, conv));
    }

    private static HostArray filled(double value, int n) {
        float[] values = new float[n];
        Arrays.fill(values, (float) value);
        return HostArray.ofFloats(values, n);
    }

    private static Activation activation(ConvNorm.Activation activation) {
        return switch (activation) {
            case NONE -> Activation.NONE;
            case RELU -> Activation.RELU;
            case RELU6 -> Activation.RELU6;
        };
    }

    private TfliteOperator convolution(Conv2d conv, Activation activation) {
        long[] shape = Tensors.shape(conv.weight());
        boolean depthwise = conv.groups() > 1;
        String path = path(conv);
        TfliteOperator operator = take(depthwise ? "DEPTHWISE_CONV_2D" : "CONV_2D", "of " + path);
        Window expected = new Window(Padding.SAME, conv.stride(), conv.dilation(), activation);
        Window actual = window(operator);
        if (!expected.equals(actual)) {
            throw bad(operator, "is a " + actual + ", expected a " + expected + " of " + path);
        }
        HostArray weights = model.floats(input(operator, 1));
        long k = shape[2];
        long[] theirs = depthwise ? new long[] {1, k, k, shape[0]} : new long[] {shape[0], k, k, shape[1]};
        if (!Arrays.equals(weights.shape(), theirs)) {
            throw bad(
                    operator,
                    "has weights of " + Arrays.toString(weights.shape()) + ", expected " + Arrays.toString(theirs)
                            + " of " + path);
        }
        state.put(path + ".weight", depthwise ? channelsFirst(weights, shape, 0) : channelsFirst(weights, shape, 1));
        return operator;
    }

    /** {@code [out][k][k][in]}, or {@code [1][k][k][out]}, to {@code [out][in][k][k]}. */
    private static HostArray channelsFirst(HostArray weights, long[] to, int ordinary) {
        float[] from = weights.toFloats();
        float[] out = new float[from.length];
        int outs = (int) to[0];
        int ins = (int) to[1];
        int cells = (int) (to[2] * to[3]);
        for (int o = 0; o < outs; o++) {
            for (int i = 0; i < ins; i++) {
                for (int c = 0; c < cells; c++) {
                    out[(o * ins + i) * cells + c] = from[ordinary == 1 ? (o * cells + c) * ins + i : c * outs + o];
                }
            }
        }
        return HostArray.ofFloats(out, to);
    }

    private HostArray bias(TfliteOperator operator, Conv2d conv) {
        HostArray bias = model.floats(input(operator, 2));
        long[] expected = {conv.weight().size(0)};
        if (!Arrays.equals(bias.shape(), expected)) {
            throw bad(
                    operator,
                    "has a bias of " + Arrays.toString(bias.shape()) + ", expected " + Arrays.toString(expected));
        }
        return HostArray.ofFloats(bias.toFloats(), expected);
    }

    private record Window(Padding padding, int stride, int dilation, Activation activation) {}

    private Window window(TfliteOperator operator) {
        if (operator.options() instanceof TfliteOptions.Conv2d c
                && c.strideH() == c.strideW()
                && c.dilationH() == c.dilationW()) {
            return new Window(c.padding(), c.strideH(), c.dilationH(), c.activation());
        }
        if (operator.options() instanceof TfliteOptions.DepthwiseConv2d c
                && c.strideH() == c.strideW()
                && c.dilationH() == c.dilationW()) {
            return new Window(c.padding(), c.strideH(), c.dilationH(), c.activation());
        }
        throw bad(operator, "has " + operator.options() + ", expected equal strides and dilations in both directions");
    }

    private void add(int shortcut, InvertedResidual block) {
        int last = flow;
        TfliteOperator operator = peek("ADD of " + path(block));
        List<Integer> inputs = operator.inputs();
        if (!operator.name().equals("ADD")) {
            throw bad(operator, "is not expected there, but ADD of " + path(block));
        }
        if (inputs.size() != 2
                || !inputs.contains(last)
                || !inputs.contains(shortcut)
                || !(operator.options() instanceof TfliteOptions.Arithmetic a && a.activation() == Activation.NONE)) {
            throw bad(
                    operator,
                    "adds tensors " + inputs + " with " + operator.options() + ", expected " + shortcut + " and " + last
                            + ", the ends of " + path(block));
        }
        advance(operator);
    }

    /** The next operator, which must have this name and work on the flow. */
    TfliteOperator take(String name, String what) {
        return takeOneOf(List.of(name), what);
    }

    /** The next operator, which must have one of these names and work on the flow. */
    TfliteOperator takeOneOf(List<String> names, String what) {
        String wanted = String.join(" or ", names) + " " + what;
        TfliteOperator operator = peek(wanted);
        if (!names.contains(operator.name())) {
            throw bad(operator, "is not expected there, but " + wanted);
        }
        if (operator.inputs().isEmpty() || operator.inputs().get(0) != flow) {
            throw bad(
                    operator, "works on tensors " + operator.inputs() + ", expected " + flow + " first, for " + wanted);
        }
        advance(operator);
        return operator;
    }

    /** Whether the next operator has this name. */
    boolean isNext(String name) {
        skipRequantization();
        return next < model.operators().size()
                && model.operators().get(next).name().equals(name);
    }

    private TfliteOperator peek(String wanted) {
        skipRequantization();
        if (next == model.operators().size()) {
            throw new InvalidDataException(
                    file + ": the model ends after operator " + (next - 1) + ", expected " + wanted);
        }
        return model.operators().get(next);
    }

    /** What changes the integers and not the numbers that they stand for. */
    void skipRequantization() {
        List<TfliteOperator> operators = model.operators();
        while (next < operators.size()
                && operators.get(next).name().equals("QUANTIZE")
                && operators.get(next).inputs().equals(List.of(flow))) {
            advance(operators.get(next));
        }
    }

    void advance(TfliteOperator operator) {
        if (operator.outputs().size() != 1) {
            throw bad(operator, "has " + operator.outputs().size() + " outputs, expected one");
        }
        flow = operator.outputs().get(0);
        next++;
    }

    /** Refuses what comes after the end of the network. */
    void requireEnd() {
        skipRequantization();
        if (next != model.operators().size()) {
            throw bad(model.operators().get(next), "is not expected, the network is complete before it");
        }
        if (!model.outputs().equals(List.of(flow))) {
            throw new InvalidDataException(file + ": the model gives tensors " + model.outputs() + ", expected " + flow
                    + ", of its last operator");
        }
    }

    private int input(TfliteOperator operator, int i) {
        if (operator.inputs().size() <= i || operator.inputs().get(i) < 0) {
            throw bad(operator, "has inputs " + operator.inputs() + ", expected data, weights and bias");
        }
        return operator.inputs().get(i);
    }

    TfliteTensor tensor(int index) {
        return model.tensor(index);
    }

    private String path(Network part) {
        return Objects.requireNonNull(paths.get(part));
    }

    InvalidDataException bad(TfliteOperator operator, String what) {
        return new InvalidDataException(file + ": operator " + operator.index() + " " + operator.name() + " " + what);
    }
}
