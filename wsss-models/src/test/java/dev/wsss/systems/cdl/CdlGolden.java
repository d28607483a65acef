package dev.wsss.systems.cdl;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.LoadReport;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.Outputs;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.resnet.CaffeResNet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** {@code cdl.*}. */
public final class CdlGolden {
    private CdlGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "cdl.net_b", golden -> network(golden, CdlVariant.BASE),
                "cdl.net_e", golden -> network(golden, CdlVariant.EXTENDED),
                "cdl.loss_b", golden -> loss(golden, CdlVariant.BASE),
                "cdl.loss_e", golden -> loss(golden, CdlVariant.EXTENDED));
    }

    private static Map<String, HostArray> network(GoldenCase golden, CdlVariant variant) {
        JsonObject config = golden.config();
        try (CdlNetwork net = CdlNetwork.builder()
                        .setBackbone(CaffeResNet.builder()
                                .optBlocks(Outputs.ints(golden, "n_blocks"))
                                .build())
                        .setClasses(config.get("n_classes").getAsInt())
                        .setVariant(variant)
                        .optRates(Outputs.ints(golden, "atrous_rates"))
                        .optTestScales(config.getAsJsonArray("msc_scales").asList().stream()
                                .mapToDouble(e -> e.getAsDouble())
                                .toArray())
                        .optTemperature(config.get("eval_divisor").getAsDouble())
                        .build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            load(net, golden);
            net.train(false);
            Tensor image = Tensors.of(golden.in("image"));
            // the third expert answers, and only ever sees the strong view
            Tensor answered = variant.hasStrongView() ? Tensors.of(golden.in("image_strong")) : image;
            ExpertMaps maps =
                    net.atOwnSize(variant.hasStrongView() ? torch.cat(new TensorVector(image, answered), 0) : image);
            Outputs out = new Outputs(golden)
                    .put("logits", net.forward(answered))
                    .put("z1", maps.first())
                    .put("z2", maps.second())
                    .put("phi", maps.features())
                    .put("affinity", PairAffinity.of(maps.features(), variant));
            Tensor third = maps.third();
            if (third != null) {
                out.put("z3", third);
            }
            return out.toMap();
        }
    }

    /** Loads strictly, as a user would load a file: it has each part of the affinity head under two names. */
    private static void load(CdlNetwork net, GoldenCase golden) {
        Map<String, HostArray> file = new LinkedHashMap<>(golden.filledWeights());
        golden.filledWeights().forEach((key, value) -> {
            for (int i = 0; i < 4; i++) {
                String part = "affinity_3rd.aff_module." + i + ".";
                if (key.contains(part)) {
                    file.put(key.replace(part, "affinity_3rd.aff_conv_" + (i + 2) + "."), value);
                }
            }
        });
        assertThat(CheckpointFamily.guess(file.keySet()).map(CheckpointFamily.Guess::family))
                .contains(CdlCheckpoints.CDL);
        LoadReport report = Weights.load(net, file, CdlCheckpoints.CDL.keyMap(), LoadPolicy.STRICT);
        assertThat(report.isExact()).isTrue();
    }

    private static Map<String, HostArray> loss(GoldenCase golden, CdlVariant variant) {
        JsonObject config = golden.config();
        long iterations = config.get("iter_max").getAsLong();
        boolean balanced = config.get("imagenet_init").getAsBoolean();
        DualExpertLoss loss = DualExpertLoss.builder()
                .setVariant(variant)
                .setStart(config.get("start_ratio").getAsDouble() * iterations)
                .optCorrection(new LabelCorrection(
                        config.get("main_th").getAsDouble(),
                        config.get("aux_th").getAsDouble(),
                        0.9,
                        0.5))
                .optBalanced(balanced)
                .optWarmUp(balanced ? 100 : 0)
                .optWeights(
                        config.get("loss_weight_1st").getAsDouble(),
                        config.get("loss_weight_2nd").getAsDouble(),
                        config.get("loss_weight_3rd").getAsDouble())
                .optAffinityWeight(config.get("aff_loss_weight").getAsDouble())
                .optCompat(CdlCompat.original())
                .build();
        Map<String, HostArray> out = new LinkedHashMap<>();
        float[] all = new float[(int) iterations];
        for (long t = 1; t <= iterations; t++) {
            if (golden.has("in.z1.s0") || golden.has("in.z1.t" + t + ".s0")) {
                try (Scope scope = Scope.open()) {
                    all[(int) t - 1] = new Iteration(golden, loss, t).run(out);
                }
            }
        }
        if (golden.has("out.loss_per_iteration")) {
            out.put("loss_per_iteration", HostArray.ofFloats(all, all.length));
        }
        return out;
    }

    private record Iteration(GoldenCase golden, DualExpertLoss loss, long t) {
        private String in(String name) {
            return golden.config().get("same_inputs").getAsBoolean() ? name : name + ".t" + t;
        }

        private @Nullable Tensor leaf(String name, int size) {
            String key = in(name) + ".s" + size;
            return golden.has("in." + key) ? Tensors.of(golden.in(key)).requires_grad_(true) : null;
        }

        private Tensor required(String name, int size) {
            Tensor leaf = leaf(name, size);
            if (leaf == null) {
                throw new IllegalArgumentException(golden.file() + " has no " + in(name));
            }
            return leaf;
        }

        float run(Map<String, HostArray> out) {
            int count = golden.config().getAsJsonArray("base_output_sizes").size();
            List<ExpertMaps> sizes = new ArrayList<>();
            for (int s = 0; s < count; s++) {
                sizes.add(new ExpertMaps(required("z1", s), required("z2", s), leaf("z3", s), required("phi", s)));
            }
            Tensor labels = Tensors.of(golden.in(in("label"))).to(ScalarType.Long);
            DualExpertLoss.Terms terms = loss.apply(ExpertMaps.withTogether(sizes), labels, null, t);
            double share = 1.0 / golden.config().get("iter_size").getAsDouble();
            terms.total().mul(new Scalar(share)).backward();
            if (golden.has("out.loss.t" + t)) {
                out.put("loss.t" + t, Tensors.toHost(terms.total()));
            }
            for (int s = 0; s < count; s++) {
                ExpertMaps maps = sizes.get(s);
                gradient(out, "z1", s, maps.first());
                gradient(out, "z2", s, maps.second());
                gradient(out, "z3", s, maps.third());
                gradient(out, "phi", s, maps.features());
            }
            for (int e = 0; e <= count; e++) {
                labels(out, "label.t" + t + ".e" + e, terms.labels().get(e));
                labels(out, "reliable.t" + t + ".e" + e, terms.reliableLabels().get(e));
            }
            return (float) Tensors.item(terms.total());
        }

        private void gradient(Map<String, HostArray> out, String name, int size, @Nullable Tensor leaf) {
            String key = "grad." + name + ".t" + t + ".s" + size;
            if (leaf != null && golden.has("out." + key)) {
                out.put(key, Tensors.toHost(leaf.grad()));
            }
        }

        private void labels(Map<String, HostArray> out, String key, Tensor labels) {
            if (golden.has("out." + key)) {
                out.put(key, Tensors.toHost(labels.to(ScalarType.Byte)));
            }
        }
    }
}
