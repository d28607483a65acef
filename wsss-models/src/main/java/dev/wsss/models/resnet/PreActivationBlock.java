package dev.wsss.models.resnet;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Dropout;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * path(a) + shortcut with a = relu(norm(x)): normalization comes first, and the sum is not rectified. The shortcut is x
 * itself where the shape stays, otherwise a projection of a.
 */
final class PreActivationBlock extends Network {
    private static final List<String> NAMES = List.of("branch2a", "branch2b1", "branch2b2");

    private final List<BatchNorm2d> norms = new ArrayList<>();
    private final List<Conv2d> convs = new ArrayList<>();
    private final Dropout dropout;
    private final @Nullable Conv2d projection;

    private PreActivationBlock(
            List<Conv2d> path, @Nullable Conv2d projection, double dropout, IntFunction<BatchNorm2d> norms) {
        for (int i = 0; i < path.size(); i++) {
            Conv2d conv = path.get(i);
            int in = (int) conv.weight().size(1);
            this.norms.add(child("bn_" + NAMES.get(i), norms.apply(in)));
            convs.add(child("conv_" + NAMES.get(i), initial(conv)));
        }
        this.dropout = child(Dropout.channels(dropout));
        this.projection = projection == null ? null : child("conv_branch1", initial(projection));
    }

    /** Two 3x3 convolutions; {@code stride} and {@code firstDilation} are the first one's. */
    static PreActivationBlock plain(
            int in, int mid, int out, int stride, int firstDilation, int dilation, IntFunction<BatchNorm2d> norms) {
        List<Conv2d> path =
                List.of(Conv2d.same(in, mid, 3, stride, firstDilation), Conv2d.same(mid, out, 3, 1, dilation));
        boolean projects = in != out || stride != 1;
        return new PreActivationBlock(path, projects ? Conv2d.same(in, out, 1, stride, 1) : null, 0, norms);
    }

    /** 1x1, 3x3, 1x1 over a quarter and a half of the channels that come out; whole channels drop before the last two. */
    static PreActivationBlock bottleneck(
            int in, int out, int dilation, double dropout, IntFunction<BatchNorm2d> norms) {
        List<Conv2d> path = List.of(
                Conv2d.same(in, out / 4, 1, 1, 1),
                Conv2d.same(out / 4, out / 2, 3, 1, dilation),
                Conv2d.same(out / 2, out, 1, 1, 1));
        return new PreActivationBlock(path, Conv2d.same(in, out, 1, 1, 1), dropout, norms);
    }

    private static Conv2d initial(Conv2d conv) {
        Init.kaimingNormalFanOut(conv);
        return conv;
    }

    /** relu(norm(x)), the block's first step, which is also what heads look at. */
    Tensor activated(Tensor x) {
        return rectified(norms.get(0).forward(x));
    }

    /** In place: the gradient of the normalization that comes before needs its input, not its output. */
    static Tensor rectified(Tensor normed) {
        normed.relu_();
        return normed;
    }

    /** The rest of the block. */
    Tensor forward(Tensor x, Tensor activated) {
        try (Scope scope = Scope.open()) {
            Tensor y = convs.get(0).forward(activated);
            for (int i = 1; i < convs.size(); i++) {
                y = convs.get(i).forward(dropout.forward(rectified(norms.get(i).forwardOver(y))));
            }
            y.add_(projection == null ? x : projection.forward(activated));
            return scope.keep(y);
        }
    }

    /** As {@link #activated(Tensor)}, in an ONNX graph. */
    String onnxActivated(OnnxGraph graph, String x) {
        return graph.relu(norms.get(0).onnx(graph, x));
    }

    /** As {@link #forward(Tensor, Tensor)}, in an ONNX graph. */
    String onnx(OnnxGraph graph, String x, String activated) {
        String y = convs.get(0).onnx(graph, activated);
        for (int i = 1; i < convs.size(); i++) {
            y = convs.get(i).onnx(graph, graph.relu(norms.get(i).onnx(graph, y)));
        }
        return graph.add(y, projection == null ? x : projection.onnx(graph, activated));
    }
}
