package dev.wsss.systems.ppc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.GoldenWeights;
import dev.wsss.models.Outputs;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.resnet.ResNet38;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** {@code seam.pcm}, {@code seam.head}, {@code net.seam}, {@code net.ppc}, {@code net.eps_ppc}. */
public final class SeamGolden {
    private SeamGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "seam.pcm", SeamGolden::correlation,
                "seam.head", SeamGolden::head,
                "net.seam", SeamGolden::network,
                "net.ppc", SeamGolden::network,
                "net.eps_ppc", SeamGolden::network);
    }

    private static Map<String, HostArray> correlation(GoldenCase golden) {
        JsonObject config = golden.config();
        HostArray weight = golden.param("f9.weight");
        try (Conv2d f9 = Conv2d.same((int) weight.shape()[1], (int) weight.shape()[0], 1, 1, 1);
                Scope scope = Scope.open()) {
            f9.load(Map.of("weight", weight));
            Tensor scores = Tensors.of(golden.in("cam"));
            Tensor feature = Tensors.of(golden.in("feature")).requires_grad_(true);
            if (!config.get("cam_resized_to_feature_grid").getAsBoolean()) {
                assertThat(new long[] {scores.size(2), scores.size(3)})
                        .containsExactly(feature.size(2), feature.size(3));
            }
            Tensor refined = PixelCorrelation.correlate(
                    scores,
                    f9.forward(feature),
                    config.get("eps").getAsDouble(),
                    config.get("align_corners").getAsBoolean());
            assertThat(config.get("loss").getAsString()).isEqualTo("sum(cam_rv*probe)");
            Tensor loss = refined.mul(Tensors.of(golden.in("probe"))).sum();
            loss.backward();
            return new Outputs(golden)
                    .put("cam_rv", refined)
                    .put("loss", loss)
                    .putGradients(Map.of("feature", feature, "f9.weight", f9.weight()))
                    .toMap();
        }
    }

    private static Map<String, HostArray> head(GoldenCase golden) {
        JsonObject config = golden.config();
        Map<String, HostArray> weights = new LinkedHashMap<>();
        golden.tensors().forEach((name, array) -> {
            if (name.startsWith("param.")) {
                weights.put(name.substring("param.".length()), array);
            }
        });
        SeamHead.Builder builder = preset(config.get("variant").getAsString())
                .setTags(channels(weights, "fc8", 0) - 1)
                .setChannels(
                        1, 1, channels(weights, "f8_3", 1), channels(weights, "f8_4", 1), channels(weights, "fc8", 1))
                .optEmbedding(channels(weights, "f8_3", 0), channels(weights, "f8_4", 0), channels(weights, "f9", 0))
                .optBackgroundLast(config.get("bg_index").getAsInt() != 0)
                .optDropout(config.get("dropout").getAsDouble());
        for (String key : new String[] {"fc_proj", "proj_fc"}) {
            if (weights.containsKey(key + ".weight")) {
                builder.optProjection(key, channels(weights, key, 0));
            }
        }
        try (SeamHead head = builder.build();
                Scope scope = Scope.open()) {
            head.load(weights);
            assertThat(head.backgroundIndex()).isEqualTo(config.get("bg_index").getAsInt());
            Tensor conv4 = Tensors.of(golden.in("conv4")).requires_grad_(true);
            Tensor conv5 = Tensors.of(golden.in("conv5")).requires_grad_(true);
            Tensor conv6 = Tensors.of(golden.in("conv6")).requires_grad_(true);
            FeaturePyramid features = FeaturePyramid.of(new int[] {2, 4, 8, 8, 8}, conv4, conv4, conv4, conv5, conv6);
            Map<String, Tensor> maps = named(head.forward(Tensors.of(golden.in("x")), features));
            Tensor loss = loss(config.get("loss").getAsString(), maps);
            loss.backward();
            assertThat(conv4.grad().defined()).isFalse();
            assertThat(conv5.grad().defined()).isFalse();
            Outputs out = new Outputs(golden)
                    .put("loss", loss)
                    .putGradients(Map.of("conv6", conv6))
                    .putGradients(head.parameters());
            maps.forEach(out::put);
            return out.toMap();
        }
    }

    private static int channels(Map<String, HostArray> weights, String layer, int dim) {
        HostArray weight = Objects.requireNonNull(weights.get(layer + ".weight"), layer);
        return (int) weight.shape()[dim];
    }

    private static SeamHead.Builder preset(String variant) {
        return switch (variant) {
            case "seam" -> SeamHead.seam();
            case "ppc" -> SeamHead.ppc();
            case "eps_ppc" -> SeamHead.eps();
            default -> throw new IllegalArgumentException("unknown variant " + variant);
        };
    }

    private static Map<String, Tensor> named(SeamMaps maps) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        named.put("cam", maps.cam());
        named.put("cam_rv", maps.refined());
        named.put("cam_rv_down", maps.refinedOnGrid());
        Tensor projection = maps.projection();
        if (projection != null) {
            named.put("f_proj", projection);
        }
        named.put("pred", maps.logits());
        named.put("pred_rv", maps.refinedLogits());
        return named;
    }

    /** Such as {@code sum over cam+cam_rv of sum(out^2)/200}. */
    private static Tensor loss(String text, Map<String, Tensor> maps) {
        assertThat(text).matches("sum over [a-z_+]+ of sum\\(out\\^2\\)/[0-9.]+");
        String names = text.substring("sum over ".length(), text.indexOf(" of "));
        Tensor total = Tensors.of(new float[1]).squeeze();
        for (String name : names.split("\\+")) {
            Tensor map = Objects.requireNonNull(maps.get(name), name);
            total = total.add(map.square().sum());
        }
        return total.div(new Scalar(Double.parseDouble(text.substring(text.lastIndexOf('/') + 1))));
    }

    private static Map<String, HostArray> network(GoldenCase golden) {
        JsonObject config = golden.config();
        int channels = (int) Objects.requireNonNull(golden.weightShapes().get("fc8.weight"))[0];
        ResNet38 backbone = ResNet38.builder().build();
        SeamHead head = preset(config.get("arch").getAsString())
                .setChannels(backbone.channels())
                .setTags(channels - 1)
                .optBackgroundLast(config.get("bg_index").getAsInt() != 0)
                .build();
        try (SeamNetwork net = new SeamNetwork(backbone, head);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(net, golden, SeamCheckpoints.SEAM);
            net.train(false);
            assertThat(head.backgroundIndex()).isEqualTo(config.get("bg_index").getAsInt());
            Outputs out = new Outputs(golden);
            named(net.forward(Tensors.of(golden.in("x")))).forEach(out::put);
            return out.toMap();
        }
    }
}
