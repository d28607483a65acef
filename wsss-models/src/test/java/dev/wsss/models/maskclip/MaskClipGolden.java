package dev.wsss.models.maskclip;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.Outputs;
import dev.wsss.models.clip.AttentionPool;
import dev.wsss.models.clip.ClipConfig;
import dev.wsss.models.clip.ClipSettings;
import dev.wsss.models.clip.ClipVit;
import dev.wsss.models.clip.DenseEmbedding;
import dev.wsss.models.vit.PositionResize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** {@code maskclip.head} and {@code carb.gating}. */
public final class MaskClipGolden {
    private static final String VISUAL = "visual.";
    private static final String POOL = "visual.attnpool.";

    private MaskClipGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of("maskclip.head", MaskClipGolden::head, "carb.gating", MaskClipGolden::gating);
    }

    private static ClipVit vit(GoldenCase golden) {
        JsonObject config = golden.config();
        ClipSettings settings = ClipSettings.MASKCLIP;
        if (config.get("layernorm_eps").getAsDouble() != settings.imageEps()
                || !config.get("activation").getAsString().equals("gelu_erf")
                || !config.get("pos_embed_interpolation").getAsString().equals("bicubic")) {
            throw new IllegalArgumentException("MaskCLIP's settings are not those of " + config);
        }
        ClipVit vit = new ClipVit(
                new ClipConfig.Vit(
                        config.get("input_resolution").getAsInt(),
                        config.get("patch_size").getAsInt(),
                        config.get("width").getAsInt(),
                        config.get("layers").getAsInt(),
                        config.get("heads").getAsInt()),
                config.get("output_dim").getAsInt(),
                settings);
        vit.load(weights(golden, VISUAL));
        return vit;
    }

    private static Map<String, HostArray> weights(GoldenCase golden, String prefix) {
        Map<String, HostArray> weights = new LinkedHashMap<>();
        golden.filledWeights().forEach((key, value) -> weights.put(key.substring(prefix.length()), value));
        return weights;
    }

    private static Map<String, HostArray> head(GoldenCase golden) {
        JsonObject config = golden.config();
        DenseScoring scoring = new DenseScoring(
                config.get("pd_thresh").getAsDouble(),
                config.get("ks_thresh").getAsDouble(),
                KeyAffinity.ORIGINAL,
                config.get("logit_temperature_in_refinement").getAsDouble(),
                false);
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad();
                TextClassifier classifier =
                        new TextClassifier(golden.in("text_embeddings"), TextClassifier.Score.COSINE)) {
            if (!config.get("kind").getAsString().equals("vit")) {
                return resNet(golden, scoring, classifier);
            }
            try (ClipVit vit = vit(golden)) {
                Tensor image = Tensors.of(golden.in("image"));
                Outputs out = new Outputs(golden);
                DenseEmbedding dense = vit.dense(image, true);
                outputs(golden, scoring, classifier, dense.features(), dense.keys())
                        .forEach(out::put);
                // the same by the way that users take
                try (MaskClip maskClip = MaskClip.builder()
                        .setTower(vit)
                        .setTextEmbeddings(golden.in("text_embeddings"))
                        .optDenoise(scoring.denoise())
                        .optSmooth(scoring.smooth())
                        .optOriginal(true)
                        .build()) {
                    return out.put("refined", maskClip.scores(image)).toMap();
                }
            }
        }
    }

    private static Map<String, HostArray> resNet(GoldenCase golden, DenseScoring scoring, TextClassifier classifier) {
        JsonObject config = golden.config();
        Tensor map = Tensors.of(golden.in("feature"));
        try (AttentionPool pool = new AttentionPool(
                1,
                config.get("in_channels").getAsInt(),
                config.get("attn_pool_heads").getAsInt(),
                config.get("embed_dim").getAsInt(),
                PositionResize.NONE)) {
            pool.loadPartial(weights(golden, POOL), List.of("positional_embedding"), List.of());
            return config.get("attn_pooling").getAsBoolean()
                    ? outputs(golden, scoring, classifier, pool.attended(map), null)
                    : outputs(golden, scoring, classifier, pool.values(map), pool.keys(map));
        }
    }

    private static Map<String, HostArray> outputs(
            GoldenCase golden,
            DenseScoring scoring,
            TextClassifier classifier,
            Tensor features,
            @Nullable Tensor keys) {
        Outputs out = new Outputs(golden);
        Tensor logits = classifier.forward(features);
        out.put("feature", features).put("logits", logits);
        if (keys != null) {
            out.put("key", keys);
        }
        return out.put("refined", scoring.refine(logits, keys)).toMap();
    }

    private static Map<String, HostArray> gating(GoldenCase golden) {
        JsonObject config = golden.config();
        JsonArray size = config.getAsJsonArray("mask_size");
        int height = size.get(0).getAsInt();
        int width = size.get(1).getAsInt();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad();
                TextClassifier classifier =
                        new TextClassifier(golden.in("text_embeddings"), TextClassifier.Score.COSINE)) {
            Tensor tags = Tensors.of(golden.in("img_label"));
            if (config.get("label_dtype").getAsString().equals("float64")) {
                tags = tags.to(ScalarType.Double);
            }
            Outputs out = new Outputs(golden);
            if (config.get("input").getAsString().equals("feature")) {
                Tensor value = Tensors.of(golden.in("feature"));
                Tensor proj = Tensors.of(
                        Objects.requireNonNull(weights(golden, VISUAL).get("proj")));
                Tensor features = value.permute(0, 2, 3, 1).matmul(proj).permute(0, 3, 1, 2);
                Tensor scores = classifier.forward(features);
                out.put("gated_logits", LabelGate.ZERO.apply(scores, tags).to(ScalarType.Float));
                Tensor typed = scores.to(tags.scalar_type());
                return mask(out, LabelGate.ZERO.labels(Ops.bilinear(typed, height, width, false), tags));
            }
            try (ClipVit vit = vit(golden);
                    MaskClip maskClip = MaskClip.builder()
                            .setTower(vit)
                            .setTextEmbeddings(golden.in("text_embeddings"))
                            .optSqueezePadding(true)
                            .build()) {
                Tensor image = Tensors.of(golden.in("image"));
                out.put("gated_logits", LabelGate.ZERO.apply(maskClip.scores(image), tags));
                return mask(out, maskClip.labels(image, tags, height, width, LabelGate.ZERO));
            }
        }
    }

    private static Map<String, HostArray> mask(Outputs out, Tensor labels) {
        return out.put("mask", labels.unsqueeze(1).to(ScalarType.Int)).toMap();
    }
}
