package dev.wsss.models.onnx;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.OnnxAttribute;
import dev.wsss.core.io.OnnxModel;
import dev.wsss.core.io.OnnxNode;
import dev.wsss.core.runtime.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Runs a model node by node, as the specification of opset 17 says of each operator; no more of them than are written. */
final class GraphRun {
    private final Map<String, Tensor> values = new HashMap<>();
    private final Map<String, long[]> shapes = new HashMap<>();

    private GraphRun() {}

    static Tensor run(Path file, Tensor images) {
        GraphRun run = new GraphRun();
        try (OnnxModel model = OnnxModel.open(file)) {
            for (String name : model.initializers()) {
                HostArray value = model.initializer(name);
                if (value.dtype() == DType.F32) {
                    run.values.put(name, Tensors.of(value));
                }
            }
            run.values.put(model.inputs().get(0).name(), images);
            for (OnnxNode node : model.nodes()) {
                run.step(node);
            }
            return run.value(model.outputs().get(0).name());
        }
    }

    private Tensor value(String name) {
        return Objects.requireNonNull(values.get(name), name);
    }

    private void step(OnnxNode node) {
        String out = node.outputs().get(0);
        List<String> in = node.inputs();
        switch (node.operator()) {
            case "Shape" ->
                shapes.put(out, Arrays.copyOfRange(Tensors.shape(value(in.get(0))), (int) number(node, "start"), (int)
                        number(node, "end")));
            case "Concat" -> {
                if (shapes.containsKey(in.get(0))) {
                    shapes.put(
                            out,
                            in.stream()
                                    .flatMapToLong(i -> LongStream.of(Objects.requireNonNull(shapes.get(i))))
                                    .toArray());
                } else {
                    Tensor[] parts = in.stream().map(this::value).toArray(Tensor[]::new);
                    values.put(out, torch.cat(new TensorVector(parts), number(node, "axis")));
                }
            }
            default -> values.put(out, compute(node, value(in.get(0)), in));
        }
    }

    private Tensor compute(OnnxNode node, Tensor x, List<String> in) {
        return switch (node.operator()) {
            case "Identity" -> x;
            case "Relu" -> x.relu();
            case "Clip" -> torch.max(torch.min(x, value(in.get(2))), value(in.get(1)));
            case "Add" -> x.add(value(in.get(1)));
            case "Div" -> x.div(value(in.get(1)));
            case "Max" -> torch.max(x, value(in.get(1)));
            case "ReduceL2" ->
                x.square()
                        .sum(numbers(node, "axes"), number(node, "keepdims") == 1, new ScalarTypeOptional())
                        .sqrt();
            case "GlobalAveragePool" -> torch.adaptive_avg_pool2d(x, 1, 1);
            case "Flatten" -> x.flatten(1, -1);
            case "MaxPool" ->
                torch.max_pool2d(
                        x,
                        numbers(node, "kernel_shape"),
                        numbers(node, "strides"),
                        Arrays.copyOf(numbers(node, "pads"), 2),
                        new long[] {1, 1},
                        number(node, "ceil_mode") == 1);
            case "BatchNormalization" -> {
                float eps = ((OnnxAttribute.OfFloat) attribute(node, "epsilon")).value();
                yield torch.batch_norm(
                        x, optional(in, 1), optional(in, 2), optional(in, 3), optional(in, 4), false, 0, eps, false);
            }
            case "Resize" -> {
                boolean corners =
                        attribute(node, "coordinate_transformation_mode").equals(OnnxAttribute.of("align_corners"));
                long[] size = Objects.requireNonNull(shapes.get(in.get(3)));
                yield torch.upsample_bilinear2d(x, new long[] {size[2], size[3]}, corners);
            }
            case "Conv" -> conv(node, x, in);
            default -> throw new AssertionError(node);
        };
    }

    private Tensor conv(OnnxNode node, Tensor x, List<String> in) {
        long[] stride = numbers(node, "strides");
        long[] dilation = numbers(node, "dilations");
        long[] kernel = numbers(node, "kernel_shape");
        long[] pads = new long[4];
        if (node.attributes().containsKey("pads")) {
            pads = numbers(node, "pads");
        } else {
            for (int d = 0; d < 2; d++) {
                long side = x.size(2 + d);
                long all =
                        ((side + stride[d] - 1) / stride[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1 - side;
                pads[d] = Math.max(0, all) / 2;
                pads[2 + d] = Math.max(0, all) - pads[d];
            }
        }
        Tensor padded = torch.constant_pad_nd(x, new long[] {pads[1], pads[3], pads[0], pads[2]}, new Scalar(0.0));
        return torch.conv2d(
                padded,
                value(in.get(1)),
                in.size() > 2 ? optional(in, 2) : new TensorOptional(),
                stride,
                new long[2],
                dilation,
                number(node, "group"));
    }

    private TensorOptional optional(List<String> in, int i) {
        return new TensorOptional(value(in.get(i)));
    }

    private static OnnxAttribute attribute(OnnxNode node, String name) {
        return Objects.requireNonNull(node.attributes().get(name), name);
    }

    private static long number(OnnxNode node, String name) {
        return ((OnnxAttribute.OfInt) attribute(node, name)).value();
    }

    private static long[] numbers(OnnxNode node, String name) {
        return ((OnnxAttribute.OfInts) attribute(node, name)).toArray();
    }
}
