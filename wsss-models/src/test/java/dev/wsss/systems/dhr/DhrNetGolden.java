package dev.wsss.systems.dhr;

import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.GoldenWeights;
import dev.wsss.models.Outputs;
import dev.wsss.models.deeplab.DeepLabCheckpoints;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** {@code dhr.apply_ms}. */
public final class DhrNetGolden {
    private DhrNetGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of("dhr.apply_ms", DhrNetGolden::looked);
    }

    private static Map<String, HostArray> looked(GoldenCase golden) {
        JsonObject config = golden.config();
        int classes = config.get("num_seg_classes").getAsInt();
        DhrInference inference = new DhrInference(
                config.getAsJsonArray("scales").asList().stream()
                        .map(e -> e.getAsDouble())
                        .toList(),
                config.get("hflip").getAsBoolean());
        boolean tagged = config.has("num_cls_classes");
        try (Layer net = tagged
                        ? DhrNetwork.builder()
                                .setBackbone(DhrNetwork.resNet(50))
                                .setClasses(classes)
                                .setTags(config.get("num_cls_classes").getAsInt())
                                .build()
                        : DeepLabV3Plus.builder()
                                .setBackbone(DhrNetwork.resNet(50))
                                .setClasses(classes)
                                .optAsppRates(0, 12, 24, 36)
                                .build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(net, golden, DeepLabCheckpoints.DHR_DEEPLAB);
            net.train(false);
            Tensor image = Tensors.of(golden.in("image"));
            Outputs out = new Outputs(golden).put("pred_mask", inference.probabilities(net::forward, image));
            if (net instanceof DhrNetwork dhr) {
                DhrInference.Cams cams = inference.cams(dhr, image);
                out.put("pred_cam", cams.maps()).put("pred_class", cams.tags());
            }
            return out.toMap();
        }
    }
}
