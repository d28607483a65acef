package dev.wsss.core.nn;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.OnnxAttribute;
import dev.wsss.core.io.OnnxNode;
import dev.wsss.core.io.OnnxValue;
import dev.wsss.core.io.OnnxWriter;
import dev.wsss.core.runtime.Tensors;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * An ONNX graph that a network writes itself into, in its inference form ({@link Layer#onnx}). Values are known by names;
 * each method adds nodes of opset 17 and gives the name of the result. Weights bear the names that they have in
 * checkpoints.
 */
public final class OnnxGraph {
    private final Network root;
    private final OnnxWriter.Builder writer;
    private final Map<Tensor, String> names = new IdentityHashMap<>();
    private final Set<String> initializers = new HashSet<>();
    private int nodes;

    /**
     * A graph for one network.
     *
     * @param root whose state has all weights that layers will ask for
     * @param writer to which inputs, outputs and nodes are added
     * @throws IllegalArgumentException if the network does not compute in float32
     */
    public OnnxGraph(Network root, OnnxWriter.Builder writer) {
        this.root = root;
        this.writer = writer;
        root.state().forEach((name, tensor) -> {
            if (tensor.is_floating_point() && Tensors.dtype(tensor) != DType.F32) {
                throw new IllegalArgumentException(
                        "'" + name + "' is of " + Tensors.dtype(tensor) + ", expected a network of float32");
            }
            names.put(tensor, name);
        });
    }

    /** The network's image input {@code [n][3][h][w]}; -1 for a size that is open. */
    public String input(String name, long n, long h, long w) {
        writer.addInput(OnnxValue.of(
                name, DType.F32, dimension(n, "n"), OnnxValue.Dimension.of(3), dimension(h, "h"), dimension(w, "w")));
        return name;
    }

    private static OnnxValue.Dimension dimension(long size, String symbol) {
        return size < 0 ? OnnxValue.Dimension.open(symbol) : OnnxValue.Dimension.of(size);
    }

    /** Gives a value a name as an output of the graph, of so many dimensions, all of them open. */
    public void output(String name, String value, int dimensions) {
        writer.addNode(OnnxNode.of("Identity", List.of(value), List.of(name), Map.of()));
        OnnxValue.Dimension[] shape = new OnnxValue.Dimension[dimensions];
        for (int i = 0; i < dimensions; i++) {
            shape[i] = OnnxValue.Dimension.open(i == 0 ? "n" : name + "_" + i);
        }
        writer.addOutput(OnnxValue.of(name, DType.F32, shape));
    }

    /** A weight of the network as a constant of the graph. */
    public String weight(Tensor tensor) {
        return weight(tensor, Tensors.shape(tensor));
    }

    /** The same in another shape of as many elements, the same one wherever it is used. */
    public String weight(Tensor tensor, long... shape) {
        String name = names.get(tensor);
        if (name == null) {
            throw new IllegalArgumentException(
                    "the tensor is none of " + root.getClass().getSimpleName());
        }
        if (initializers.add(name)) {
            writer.addInitializer(name, Tensors.toHost(tensor).reshape(shape));
        }
        return name;
    }

    private String constant(HostArray value) {
        String name = "constant_" + initializers.size();
        initializers.add(name);
        writer.addInitializer(name, value);
        return name;
    }

    /** A node of one result. */
    public String node(String operator, List<String> inputs, Map<String, OnnxAttribute> attributes) {
        String result = operator + "_" + nodes++;
        writer.addNode(OnnxNode.of(operator, inputs, List.of(result), attributes));
        return result;
    }

    /** max(x, 0). */
    public String relu(String x) {
        return node("Relu", List.of(x), Map.of());
    }

    /** min(max(x, 0), 6). */
    public String relu6(String x) {
        return node(
                "Clip",
                List.of(x, constant(HostArray.ofFloats(new float[] {0})), constant(HostArray.ofFloats(new float[] {6
                }))),
                Map.of());
    }

    /** The sum of two values. */
    public String add(String a, String b) {
        return node("Add", List.of(a, b), Map.of());
    }

    /** Values one after the other along the channels. */
    public String concat(List<String> parts) {
        return node("Concat", parts, Map.of("axis", OnnxAttribute.of(1)));
    }

    /** A value over the length that it has along the channels, or over {@code least} where it is shorter. */
    public String unit(String x, float least) {
        String length =
                node("ReduceL2", List.of(x), Map.of("axes", OnnxAttribute.ofInts(1), "keepdims", OnnxAttribute.of(1)));
        String bounded = node("Max", List.of(length, constant(HostArray.ofFloats(new float[] {least}))), Map.of());
        return node("Div", List.of(x, bounded), Map.of());
    }

    /** What layers, at least one, make of the same value, added up. */
    public String sum(List<? extends Layer> layers, String x) {
        String sum = layers.get(0).onnx(this, x);
        for (Layer layer : layers.subList(1, layers.size())) {
            sum = add(sum, layer.onnx(this, x));
        }
        return sum;
    }

    /** The mean over height and width, {@code [N][C][1][1]}. */
    public String globalAverage(String x) {
        return node("GlobalAveragePool", List.of(x), Map.of());
    }

    /** {@code [N][C][1][1]} to {@code [N][C]}. */
    public String flatten(String x) {
        return node("Flatten", List.of(x), Map.of("axis", OnnxAttribute.of(1)));
    }

    /** As {@link Ops#maxPool}. */
    public String maxPool(String x, int kernel, int stride, int padding, boolean ceilMode) {
        return node(
                "MaxPool",
                List.of(x),
                Map.of(
                        "kernel_shape", OnnxAttribute.ofInts(kernel, kernel),
                        "strides", OnnxAttribute.ofInts(stride, stride),
                        "pads", OnnxAttribute.ofInts(padding, padding, padding, padding),
                        "ceil_mode", OnnxAttribute.of(ceilMode ? 1 : 0)));
    }

    /** As {@link Ops#bilinear}, to the height and width that another value has. */
    public String bilinearLike(String x, String like, boolean alignCorners) {
        String channels = dimensions(x, 0, 2);
        String size = dimensions(like, 2, 4);
        String sizes = node("Concat", List.of(channels, size), Map.of("axis", OnnxAttribute.of(0)));
        return node(
                "Resize",
                List.of(x, "", "", sizes),
                Map.of(
                        "mode", OnnxAttribute.of("linear"),
                        "coordinate_transformation_mode",
                                OnnxAttribute.of(alignCorners ? "align_corners" : "half_pixel")));
    }

    private String dimensions(String x, int start, int end) {
        return node("Shape", List.of(x), Map.of("start", OnnxAttribute.of(start), "end", OnnxAttribute.of(end)));
    }
}
