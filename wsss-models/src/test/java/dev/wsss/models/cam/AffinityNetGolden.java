package dev.wsss.models.cam;

import dev.wsss.core.affinity.AffinityHead;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.PairRule;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.GoldenWeights;
import dev.wsss.models.Outputs;
import dev.wsss.models.resnet.ResNet38;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** {@code net.aff}. */
public final class AffinityNetGolden {
    private AffinityNetGolden() {}

    public static Map<String, HostArray> affinities(GoldenCase golden) {
        int radius = golden.config().get("radius").getAsInt();
        try (AffinityNet net = AffinityNet.builder()
                        .setBackbone(ResNet38.builder().build())
                        .optFlatKeys(true)
                        .optRadius(radius)
                        .build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(net, golden, AffinityNetCheckpoints.AFFINITY_NET);
            net.train(false);
            Tensor features = net.features(Tensors.of(golden.in("x")));
            int h = (int) features.size(2);
            int w = (int) features.size(3);
            PairGeometry geometry =
                    PairGeometry.of(PairRule.HALF_DISC, PairGeometry.smallGridRadius(radius, h, w), h, w);
            return new Outputs(golden)
                    .put("aff", AffinityHead.affinity(features, geometry))
                    .toMap();
        }
    }
}
