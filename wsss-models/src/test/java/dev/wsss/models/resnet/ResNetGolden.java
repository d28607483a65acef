package dev.wsss.models.resnet;

import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.GoldenWeights;
import dev.wsss.models.Outputs;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.Map;

/** {@code net.resnet}, {@code net.resnet38}, and the backbones of other cases. */
public final class ResNetGolden {
    private ResNetGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of("net.resnet", ResNetGolden::resnet, "net.resnet38", ResNetGolden::resnet38);
    }

    private static Map<String, HostArray> resnet38(GoldenCase golden) {
        try (ResNet38 net = ResNet38.builder().build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(net, golden, ResNetCheckpoints.RESNET38);
            net.train(false);
            FeaturePyramid f = net.features(Tensors.of(golden.in("x")));
            return new Outputs(golden)
                    .put("conv3", f.maps().get(1))
                    .put("conv4", f.maps().get(2))
                    .put("conv5", f.maps().get(3))
                    .put("conv6", f.last())
                    .toMap();
        }
    }

    private static Map<String, HostArray> resnet(GoldenCase golden) {
        JsonObject config = golden.config();
        try (ResNet net = backbone(golden, config.get("depth").getAsInt(), "").build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(net, golden, family(config));
            net.train(!config.get("mode").getAsString().equals("eval"));
            FeaturePyramid f = net.features(Tensors.of(golden.in("image")));
            return new Outputs(golden)
                    .put("c1", f.maps().get(0))
                    .put("c2", f.maps().get(1))
                    .put("c3", f.maps().get(2))
                    .put("c4", f.maps().get(3))
                    .put("c5", f.last())
                    .toMap();
        }
    }

    private static CheckpointFamily family(JsonObject config) {
        return switch (stem(config.get("stem").getAsString())) {
            case CONV7 -> ResNetCheckpoints.TORCHVISION_RESNET;
            case DEEP_128 -> ResNetCheckpoints.ENCODING_RESNET;
            case DEEP_64 -> ResNetCheckpoints.MMSEG_RESNET;
        };
    }

    /** The ResNet of a configuration whose keys have a prefix, such as {@code backbone_}. */
    public static ResNet.Builder backbone(GoldenCase golden, int depth, String prefix) {
        JsonObject config = golden.config();
        int[] dilations = Outputs.ints(golden, prefix + "dilations");
        if (config.has("variant") && config.get("variant").getAsString().startsWith("dhr") && depth < 50) {
            dilations = new int[] {1, 1, 1, 1}; // DHR's basic block takes a dilation and does not use it
        }
        ResNet.Builder builder = ResNet.builder()
                .setDepth(depth)
                .optLayerStrides(Outputs.ints(golden, prefix + "layer_strides"))
                .optDilations(dilations)
                .optFirstBlockDilations(Outputs.ints(golden, prefix + "first_block_dilations"))
                .optBatchNormEps(config.get("bn_eps").getAsDouble());
        if (config.has(prefix + "stem")) {
            builder.optStem(stem(config.get(prefix + "stem").getAsString()));
        }
        if (config.has(prefix + "bn_momentum")) {
            builder.optBatchNormMomentum(config.get(prefix + "bn_momentum").getAsDouble());
        }
        return builder;
    }

    private static ResNet.Stem stem(String name) {
        return switch (name) {
            case "7x7" -> ResNet.Stem.CONV7;
            case "3x3x3_128" -> ResNet.Stem.DEEP_128;
            case "3x3x3_32_32_64" -> ResNet.Stem.DEEP_64;
            default -> throw new IllegalArgumentException("unknown stem " + name);
        };
    }
}
