package dev.wsss.systems.carb;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** {@code carb.loss}. */
public final class CarbGolden {
    private CarbGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of("carb.loss", CarbGolden::loss);
    }

    private static Map<String, HostArray> loss(GoldenCase golden) {
        JsonObject config = golden.config();
        Map<String, HostArray> out = new LinkedHashMap<>();
        // one each for the gradient of the whole, of the images and of the patch
        try (CarbLoss whole = build(config, 1, 1);
                CarbLoss global = build(config, 1, 0);
                CarbLoss local = build(config, 0, 1)) {
            int steps = config.get("steps").getAsInt();
            for (int k = 0; k < steps; k++) {
                Step step = new Step(golden, k);
                try (Scope scope = Scope.open()) {
                    step.put(out, step.run(whole, "grad.logits", out), whole);
                    step.run(global, "grad_global.logits", out);
                    step.run(local, "grad_local.logits", out);
                }
            }
        }
        return out;
    }

    private static CarbLoss build(JsonObject config, double globalWeight, double localWeight) {
        CarbLoss loss = CarbLoss.builder()
                .optWarmUp(config.get("warmup_iter").getAsLong())
                .optAdaptive(config.get("adaptive").getAsBoolean())
                .optQueueSize(config.get("queue_size").getAsInt())
                .optCoefficient(config.get("coeff").getAsDouble())
                .optWeights(globalWeight, localWeight)
                .optAlignCorners(config.get("align_corners").getAsBoolean())
                .optCompat(new CarbCompat(true, false, false, false, false, false, false, false))
                .build();
        Map<String, HostArray> state = new LinkedHashMap<>(loss.stateDict());
        long first = config.getAsJsonArray("iter").get(0).getAsLong();
        state.put("steps", HostArray.ofLongs(new long[] {first - 1}, 1));
        loss.load(state);
        return loss;
    }

    private record Step(GoldenCase golden, int number) {
        private String name(String key) {
            return "step" + number + "." + key;
        }

        private Tensor in(String key) {
            return Tensors.of(golden.in(name(key)));
        }

        private Tensor labels(String key) {
            return in(key).squeeze(1).to(ScalarType.Long);
        }

        CarbLoss.Terms run(CarbLoss loss, String gradient, Map<String, HostArray> out) {
            JsonObject config = golden.config();
            JsonArray offset =
                    config.getAsJsonArray("patch_offsets").get(number).getAsJsonArray();
            JsonArray size = config.getAsJsonArray("patch_size");
            int height = size.get(0).getAsInt();
            int width = size.get(1).getAsInt();
            LocalView view =
                    new LocalView(offset.get(0).getAsInt(), offset.get(1).getAsInt(), height, width, height, width);
            Tensor logits = in("logits").requires_grad_(true);
            CarbLoss.Terms terms = loss.apply(
                    logits, Tensors.of(golden.in("img_label")), labels("mask_global"), labels("mask_local"), view);
            terms.total().backward();
            out.put(name(gradient), Tensors.toHost(logits.grad()));
            return terms;
        }

        void put(Map<String, HostArray> out, CarbLoss.Terms terms, CarbLoss loss) {
            CarbLoss.ViewTerms global = terms.global();
            CarbLoss.ViewTerms local = Objects.requireNonNull(terms.local());
            put(out, "loss", terms.total());
            // of all pixels, those without a label included
            put(
                    out,
                    "acc_seg",
                    terms.agreeing()
                            .mul(new Scalar(100.0 / labels("mask_global").numel())));
            if (golden.has("out." + name("loss_global"))) {
                put(out, "loss_global", global.total());
                put(out, "loss_local", local.total());
                return;
            }
            put(out, "loss_reliable_global", global.reliable());
            put(out, "loss_noisy_global", global.noisy());
            put(out, "loss_reliable_local", local.reliable());
            put(out, "loss_noisy_local", local.noisy());
            put(out, "lambda", terms.lambda());
            if (golden.config().get("adaptive").getAsBoolean()) {
                out.put(name("queue_reliable"), HostArray.ofFloats(loss.reliableQueue(), loss.reliableQueue().length));
                out.put(name("queue_noisy"), HostArray.ofFloats(loss.noisyQueue(), loss.noisyQueue().length));
            }
        }

        private void put(Map<String, HostArray> out, String key, Tensor value) {
            out.put(name(key), Tensors.toHost(value));
        }
    }
}
