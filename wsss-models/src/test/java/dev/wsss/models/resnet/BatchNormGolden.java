package dev.wsss.models.resnet;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.Outputs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** {@code norm.bn_frozen}: gradients and running statistics with normalization frozen and not. */
public final class BatchNormGolden {
    private BatchNormGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of("norm.bn_frozen", BatchNormGolden::frozen);
    }

    private static final class Net extends Layer {
        private final List<Layer> layers = new ArrayList<>();

        Net(JsonObject config) {
            IntFunction<BatchNorm2d> norms = c -> new BatchNorm2d(
                    c,
                    config.get("bn_momentum").getAsDouble(),
                    config.get("bn_eps").getAsDouble());
            JsonObject first = config.getAsJsonObject("conv1");
            int in = first.get("out_ch").getAsInt();
            Conv2d conv = Conv2d.builder(
                            first.get("in_ch").getAsInt(),
                            in,
                            first.get("kernel").getAsInt())
                    .optStride(first.get("stride").getAsInt())
                    .optPadding(first.get("padding").getAsInt())
                    .optBias(false)
                    .build();
            layers.add(child("conv1", new ConvNorm("conv", conv, "bn", norms.apply(in), true)));
            for (JsonElement element : config.getAsJsonArray("blocks")) {
                JsonObject block = element.getAsJsonObject();
                int out = block.get("out_ch").getAsInt();
                layers.add(child(
                        "block" + layers.size(),
                        ResidualBlock.caffe(
                                in,
                                out / ResidualBlock.EXPANSION,
                                block.get("stride").getAsInt(),
                                block.get("dilation").getAsInt(),
                                block.get("downsample").getAsBoolean(),
                                norms)));
                in = out;
            }
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = x;
            for (Layer layer : layers) {
                y = layer.forward(y);
            }
            return y;
        }
    }

    private static Map<String, HostArray> frozen(GoldenCase golden) {
        try (Net net = new Net(golden.config());
                Scope scope = Scope.open()) {
            Map<String, HostArray> weights = new LinkedHashMap<>();
            golden.tensors().forEach((key, value) -> {
                if (key.startsWith("param.")) {
                    weights.put(key.substring("param.".length()), value);
                }
            });
            net.load(weights);
            if (golden.config().get("frozen").getAsBoolean()) {
                net.freezeBatchNorm(false);
            }
            Tensor image = Tensors.of(golden.in("image"));
            image.set_requires_grad(true);
            Tensor y = net.forward(image);
            Tensor loss = y.mul(Tensors.of(golden.in("weight"))).mean().mul(new Scalar(100.0));
            loss.backward();
            Outputs out = new Outputs(golden)
                    .put("y", y)
                    .put("loss", loss)
                    .putGradients(net.parameters())
                    .putGradients(Map.of("image", image));
            net.buffers().forEach((name, t) -> out.put("after." + name, t));
            return out.toMap();
        }
    }
}
