package dev.wsss.models.resnet;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Res2Net's bottleneck: the channels between the two 1x1 convolutions are split into {@code scale} parts x<sub>i</sub>, and all
 * but the last go through a 3x3 convolution K<sub>i</sub> each. In the first block of a group, which may stride, the parts stay
 * apart, and the last one is averaged 3x3:
 *
 * <pre>
 * first:  y_i = K_i(x_i),            y_s = average(x_s)
 * others: y_i = K_i(x_i + y_(i-1)),  y_s = x_s           with y_0 = 0
 * </pre>
 *
 * <p>The y are joined, and what follows is as in {@link ResidualBlock}.
 */
final class Res2NetBlock extends Layer {
    private final ConvNorm enter;
    private final List<ConvNorm> convs = new ArrayList<>();
    private final ConvNorm leave;
    private final @Nullable ConvNorm shortcut;
    private final int width;
    private final int stride;
    private final boolean first;

    /**
     * A block.
     *
     * @param width channels of a part
     * @param out channels that come out
     * @param first whether it begins a group
     */
    Res2NetBlock(
            int in,
            int width,
            int scale,
            int out,
            int stride,
            int dilation,
            boolean first,
            IntFunction<BatchNorm2d> norms) {
        this.width = width;
        this.stride = stride;
        this.first = first;
        enter = child(unit("conv1", "bn1", Conv2d.same(in, width * scale, 1, 1, 1), norms, true));
        for (int i = 0; i < scale - 1; i++) {
            convs.add(
                    child(unit("convs." + i, "bns." + i, Conv2d.same(width, width, 3, stride, dilation), norms, true)));
        }
        leave = child(unit("conv3", "bn3", Conv2d.same(width * scale, out, 1, 1, 1), norms, false));
        shortcut = stride == 1 && in == out
                ? null
                : child(unit("downsample.0", "downsample.1", Conv2d.same(in, out, 1, stride, 1), norms, false));
    }

    private static ConvNorm unit(
            String convKey, String normKey, Conv2d conv, IntFunction<BatchNorm2d> norms, boolean relu) {
        Init.kaimingNormalFanOut(conv);
        return new ConvNorm(
                convKey, conv, normKey, norms.apply((int) conv.weight().size(0)), relu);
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("first", first);
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor split = enter.forward(x);
            TensorVector parts = new TensorVector();
            Tensor before = null;
            for (int i = 0; i < convs.size(); i++) {
                Tensor part = part(split, i);
                before = convs.get(i).forward(before == null || first ? part : before.add(part));
                parts.push_back(before);
            }
            Tensor last = part(split, convs.size());
            parts.push_back(first ? average(last) : last);
            Tensor y = leave.forward(torch.cat(parts, 1));
            y.add_(shortcut == null ? x : shortcut.forward(x));
            y.relu_();
            return scope.keep(y);
        }
    }

    private Tensor part(Tensor split, int i) {
        return split.narrow(1, (long) i * width, width);
    }

    /** The border's zeros count, as everywhere in PyTorch unless told otherwise. */
    private Tensor average(Tensor x) {
        return torch.avg_pool2d(
                x, new long[] {3, 3}, new long[] {stride, stride}, new long[] {1, 1}, false, true, new LongOptional());
    }
}
