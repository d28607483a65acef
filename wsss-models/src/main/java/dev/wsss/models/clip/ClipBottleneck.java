package dev.wsss.models.clip;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.Scope;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A bottleneck that strides by average pooling, before its last convolution and before its shortcut's. */
final class ClipBottleneck extends Layer {
    static final int EXPANSION = 4;

    private final int stride;
    private final ConvNorm first;
    private final ConvNorm second;
    private final ConvNorm third;
    private final @Nullable ConvNorm shortcut;

    ClipBottleneck(int in, int inner, int stride) {
        this.stride = stride;
        int out = inner * EXPANSION;
        first = child(brick("conv1", Conv2d.same(in, inner, 1, 1, 1), "bn1", true));
        second = child(brick("conv2", Conv2d.same(inner, inner, 3, 1, 1), "bn2", true));
        third = child(brick("conv3", Conv2d.same(inner, out, 1, 1, 1), "bn3", false));
        shortcut = stride > 1 || in != out
                ? child(brick("downsample.0", Conv2d.same(in, out, 1, 1, 1), "downsample.1", false))
                : null;
    }

    private static ConvNorm brick(String convKey, Conv2d conv, String normKey, boolean relu) {
        return new ConvNorm(
                convKey, conv, normKey, new BatchNorm2d((int) conv.weight().size(0)), relu);
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor y = third.forward(ClipResNet.averagePool(second.forward(first.forward(x)), stride));
            Tensor around = shortcut == null ? x : shortcut.forward(ClipResNet.averagePool(x, stride));
            return scope.keep(y.add_(around).relu_());
        }
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("stride", stride);
    }
}
