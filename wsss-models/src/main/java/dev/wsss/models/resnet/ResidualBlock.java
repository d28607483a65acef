package dev.wsss.models.resnet;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** relu(path(x) + shortcut(x)); the shortcut is the identity where the shape stays. */
final class ResidualBlock extends Layer {
    /** How many times a bottleneck's output is wider than its inside. */
    static final int EXPANSION = 4;

    private final List<ConvNorm> path = new ArrayList<>();
    private final @Nullable ConvNorm shortcut;

    private ResidualBlock(Keys keys, List<Conv2d> convs, @Nullable Conv2d projection, IntFunction<BatchNorm2d> norms) {
        for (int i = 0; i < convs.size(); i++) {
            boolean last = i == convs.size() - 1;
            path.add(child(unit(keys.path.get(i), convs.get(i), norms, !last)));
        }
        shortcut = projection == null ? null : child(unit(keys.projection, projection, norms, false));
    }

    /** Two 3x3 convolutions; stride and {@code firstDilation} are the first one's. {@code width} channels come out. */
    static ResidualBlock basic(
            int in, int width, int stride, int firstDilation, int dilation, IntFunction<BatchNorm2d> norms) {
        List<Conv2d> convs =
                List.of(Conv2d.same(in, width, 3, stride, firstDilation), Conv2d.same(width, width, 3, 1, dilation));
        return new ResidualBlock(Keys.TORCHVISION, convs, projection(in, width, stride), norms);
    }

    /** 1x1, 3x3, 1x1 with the stride on the 3x3, as torchvision. {@code 4 * width} channels come out. */
    static ResidualBlock bottleneck(int in, int width, int stride, int dilation, IntFunction<BatchNorm2d> norms) {
        int out = width * EXPANSION;
        List<Conv2d> convs = List.of(
                Conv2d.same(in, width, 1, 1, 1),
                Conv2d.same(width, width, 3, stride, dilation),
                Conv2d.same(width, out, 1, 1, 1));
        return new ResidualBlock(Keys.TORCHVISION, convs, projection(in, out, stride), norms);
    }

    /** 1x1, 3x3, 1x1 with the stride on the first 1x1, as the Caffe models. {@code 4 * width} channels come out. */
    static ResidualBlock caffe(
            int in, int width, int stride, int dilation, boolean projects, IntFunction<BatchNorm2d> norms) {
        int out = width * EXPANSION;
        List<Conv2d> convs = List.of(
                Conv2d.same(in, width, 1, stride, 1),
                Conv2d.same(width, width, 3, 1, dilation),
                Conv2d.same(width, out, 1, 1, 1));
        return new ResidualBlock(Keys.CAFFE, convs, projects ? Conv2d.same(in, out, 1, stride, 1) : null, norms);
    }

    private static @Nullable Conv2d projection(int in, int out, int stride) {
        return stride == 1 && in == out ? null : Conv2d.same(in, out, 1, stride, 1);
    }

    private static ConvNorm unit(Key key, Conv2d conv, IntFunction<BatchNorm2d> norms, boolean relu) {
        Init.kaimingNormalFanOut(conv);
        return new ConvNorm(
                key.conv, conv, key.norm, norms.apply((int) conv.weight().size(0)), relu);
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor y = x;
            for (ConvNorm unit : path) {
                y = unit.forward(y);
            }
            y.add_(shortcut == null ? x : shortcut.forward(x));
            y.relu_();
            return scope.keep(y);
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        String y = x;
        for (ConvNorm unit : path) {
            y = unit.onnx(graph, y);
        }
        return graph.relu(graph.add(y, shortcut == null ? x : shortcut.onnx(graph, x)));
    }

    private record Key(String conv, String norm) {}

    private record Keys(List<Key> path, Key projection) {
        static final Keys TORCHVISION = new Keys(
                List.of(new Key("conv1", "bn1"), new Key("conv2", "bn2"), new Key("conv3", "bn3")),
                new Key("downsample.0", "downsample.1"));
        static final Keys CAFFE = new Keys(
                List.of(
                        new Key("reduce.conv", "reduce.bn"),
                        new Key("conv3x3.conv", "conv3x3.bn"),
                        new Key("increase.conv", "increase.bn")),
                new Key("shortcut.conv", "shortcut.bn"));
    }
}
