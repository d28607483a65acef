package dev.wsss.models.deeplab;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Dropout;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Atrous spatial pyramid pooling with batch normalization (DeepLab v3): dilated convolutions beside each other, and a
 * branch of the image's mean, joined by a 1x1 convolution.
 */
final class Aspp extends Layer {
    /**
     * What it is made of.
     *
     * @param rates dilation of each branch's 3x3 convolution; 0 is a 1x1 convolution
     * @param imagePooling whether there is a branch of the image's mean
     * @param alignCorners how that branch is spread to the map's size
     */
    record Config(int in, int out, int[] rates, boolean imagePooling, boolean alignCorners, double dropout) {
        Config {
            requireRates(rates);
        }
    }

    /** @throws IllegalArgumentException unless there is a rate, and none is negative */
    static void requireRates(int[] rates) {
        if (rates.length == 0 || Arrays.stream(rates).anyMatch(r -> r < 0)) {
            throw new IllegalArgumentException(
                    "ASPP rates must be at least one number, none negative, got " + Arrays.toString(rates));
        }
    }

    /** The convolution of a branch: 3x3 of this dilation, 1x1 for 0. */
    static Conv2d convolution(int in, int out, int rate) {
        return rate == 0 ? Conv2d.same(in, out, 1, 1, 1) : Conv2d.same(in, out, 3, 1, rate);
    }

    private final List<ConvNorm> branches = new ArrayList<>();
    private final @Nullable ConvNorm pooled;
    private final ConvNorm join;
    private final Dropout dropout;
    private final boolean alignCorners;

    Aspp(Config c, Form form, IntFunction<BatchNorm2d> norms) {
        for (int i = 0; i < c.rates.length; i++) {
            Conv2d conv = convolution(c.in, c.out, c.rates[i]);
            branches.add(child(form.asppBranch(i + 1).unit(conv, norms)));
        }
        pooled = c.imagePooling
                ? child(form.asppPool(c.rates.length + 1).unit(Conv2d.same(c.in, c.out, 1, 1, 1), norms))
                : null;
        int joined = c.out * (c.rates.length + (c.imagePooling ? 1 : 0));
        Conv2d conv = Conv2d.builder(joined, c.out, 1)
                .optBias(form.biasWithoutPooling() && !c.imagePooling)
                .build();
        join = child(form.asppJoin().unit(conv, norms));
        dropout = Dropout.elements(c.dropout);
        child(dropout);
        alignCorners = c.alignCorners;
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("alignCorners", alignCorners);
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            List<Tensor> parts = new ArrayList<>();
            branches.forEach(branch -> parts.add(branch.forward(x)));
            if (pooled != null) {
                Tensor mean = pooled.forward(torch.adaptive_avg_pool2d(x, 1, 1));
                parts.add(Ops.bilinear(mean, x.size(2), x.size(3), alignCorners));
            }
            return scope.keep(dropout.forward(join.forward(Ops.concat(parts.toArray(Tensor[]::new)))));
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        List<String> parts = new ArrayList<>();
        branches.forEach(branch -> parts.add(branch.onnx(graph, x)));
        if (pooled != null) {
            parts.add(graph.bilinearLike(pooled.onnx(graph, graph.globalAverage(x)), x, alignCorners));
        }
        return join.onnx(graph, graph.concat(parts));
    }
}
