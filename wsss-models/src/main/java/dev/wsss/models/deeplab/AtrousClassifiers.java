package dev.wsss.models.deeplab;

import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The head of {@link DeepLabV2}: the sum of dilated 3x3 convolutions to class logits. Keys {@code c0, c1, ...}. */
public final class AtrousClassifiers extends Layer {
    private static final double INIT_STD = 0.01;

    private final List<Conv2d> convs = new ArrayList<>();

    /**
     * A head.
     *
     * @param in channels of the map
     * @param classes number of pixel classes
     * @param rates dilation of each convolution
     */
    public AtrousClassifiers(int in, int classes, int... rates) {
        if (rates.length == 0 || Arrays.stream(rates).anyMatch(r -> r < 1)) {
            throw new IllegalArgumentException(
                    "rates must be at least one number, each at least 1, got " + Arrays.toString(rates));
        }
        for (int i = 0; i < rates.length; i++) {
            Conv2d conv = Conv2d.builder(in, classes, 3)
                    .optPadding(rates[i])
                    .optDilation(rates[i])
                    .build();
            Init.redraw(conv, INIT_STD);
            convs.add(child("c" + i, conv));
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor sum = convs.get(0).forward(x);
            for (Conv2d conv : convs.subList(1, convs.size())) {
                sum.add_(conv.forward(x));
            }
            return scope.keep(sum);
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        return graph.sum(convs, x);
    }
}
