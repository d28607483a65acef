package dev.wsss.models.deeplab;

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

/**
 * The sum of dilated convolutions, each with its normalization and rectifier: DeepLab v2's head with features in place of
 * logits ("ASPPHeadV2"). Keys {@code aspp_modules.0.conv.weight, aspp_modules.0.bn.weight, ...}.
 */
final class AsppSum extends Layer {
    private final List<ConvNorm> branches = new ArrayList<>();

    /** @param rates as {@link Aspp.Config}'s */
    AsppSum(int in, int out, int[] rates, IntFunction<BatchNorm2d> norms) {
        Aspp.requireRates(rates);
        for (int i = 0; i < rates.length; i++) {
            Conv2d conv = Aspp.convolution(in, out, rates[i]);
            Init.kaimingNormalFanOut(conv);
            branches.add(child("aspp_modules." + i, new ConvNorm("conv", conv, "bn", norms.apply(out), true)));
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            // not in place: a rectifier's gradient needs its output
            Tensor sum = branches.get(0).forward(x);
            for (ConvNorm branch : branches.subList(1, branches.size())) {
                sum = sum.add(branch.forward(x));
            }
            return scope.keep(sum);
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        return graph.sum(branches, x);
    }
}
