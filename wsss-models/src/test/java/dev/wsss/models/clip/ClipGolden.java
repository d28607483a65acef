package dev.wsss.models.clip;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.MultiHeadAttention.Projection;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.GoldenWeights;
import dev.wsss.models.Outputs;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.vit.Activation;
import dev.wsss.models.vit.PatchGrid;
import dev.wsss.models.vit.PositionResize;
import dev.wsss.models.vit.Tap;
import dev.wsss.models.vit.Taps;
import dev.wsss.models.vit.Trace;
import dev.wsss.models.vit.TransformerBlock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** {@code clip.*}. */
public final class ClipGolden {
    private ClipGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "clip.tokenizer", ClipGolden::tokenizer,
                "clip.visual", ClipGolden::visual,
                "clip.text", ClipGolden::text,
                "clip.zeroshot", ClipGolden::zeroShot);
    }

    private static Map<String, HostArray> tokenizer(GoldenCase golden) {
        JsonObject config = golden.config();
        ClipTokenizer tokenizer = ClipTokenizer.openAi()
                .withTooLong(
                        config.get("truncate").getAsBoolean()
                                ? ClipTokenizer.TooLong.TRUNCATE
                                : ClipTokenizer.TooLong.REFUSE);
        List<String> texts = strings(golden, "texts");
        List<int[]> raw = texts.stream().map(tokenizer::encode).toList();
        try (Scope scope = Scope.open()) {
            return new Outputs(golden)
                    .put("ids", int32(tokenizer.tokens(texts, config.get("context_length").getAsInt())))
                    .put("raw_ids", int32(raw.stream().flatMapToInt(Arrays::stream)))
                    .put("raw_length", int32(raw.stream().mapToInt(ids -> ids.length)))
                    .toMap();
        }
    }

    private static Tensor int32(IntStream values) {
        long[] all = values.asLongStream().toArray();
        return int32(Tensors.of(all, all.length));
    }

    private static Tensor int32(Tensor numbers) {
        return numbers.to(torch.ScalarType.Int);
    }

    private static List<String> strings(GoldenCase golden, String key) {
        return golden.config().getAsJsonArray(key).asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    private static Map<String, HostArray> visual(GoldenCase golden) {
        return golden.config().get("variant").getAsString().equals("openai_resnet") ? resNet(golden) : vit(golden);
    }

    private static Map<String, HostArray> vit(GoldenCase golden) {
        try (ClipVit vit = tower(golden);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(vit, golden, ClipCheckpoints.OPENAI_CLIP_IMAGE);
            vit.train(false);
            Tensor images = Tensors.of(golden.in("image"));
            Outputs out = new Outputs(golden);
            Trace trace = vit.trace(
                    images,
                    Taps.of(Tap.ATTENTION).and(Tap.NORMALIZED, -1).and(Tap.INPUT, -1));
            Tensor tokens = trace.tokens();
            PatchGrid grid = vit.grid(images.size(2), images.size(3));
            out.put("pos_embed", vit.positions(grid));
            switch (golden.config().get("variant").getAsString()) {
                case "openai" -> {
                    assertSame(vit.tokens(images), tokens);
                    out.put("tokens", tokens)
                            .put("token_embeddings", vit.project(tokens))
                            .put("image_embedding", vit.embed(images));
                }
                case "fma" -> {
                    Tensor embeddings = vit.project(tokens);
                    Tensor patches = embeddings.narrow(1, 1, grid.patches());
                    out.put("cls_embedding", embeddings.select(1, 0))
                            .put("patch_embeddings", patches)
                            .put("image_embedding", patches.mean(new long[] {1}, false, new ScalarTypeOptional()))
                            .put("attention", stack(trace.all(Tap.ATTENTION)))
                            .put("last_ln1", trace.get(Tap.NORMALIZED, -1));
                }
                case "clip_es" -> {
                    List<Tensor> maps = trace.all(Tap.ATTENTION);
                    out.put("tokens_before_last", trace.get(Tap.INPUT, -1))
                            .put("attention", stack(maps.subList(0, maps.size() - 1)));
                }
                case "maskclip" -> maskClip(vit, images, trace, out);
                default -> throw new IllegalArgumentException(golden.file() + " is of an unknown variant");
            }
            return out.toMap();
        }
    }

    /** Tokens by the fused kernel and by the maps differ in rounding alone. */
    private static void assertSame(Tensor fused, Tensor byMaps) {
        assertThat(Tensors.item(fused.sub(byMaps).abs().max())).isLessThan(1e-5);
    }

    private static void maskClip(ClipVit vit, Tensor images, Trace trace, Outputs out) {
        PatchGrid grid = vit.grid(images.size(2), images.size(3));
        Tensor before = trace.get(Tap.INPUT, -1).narrow(1, 1, grid.patches());
        TransformerBlock last = vit.transformer().blocks().get(vit.config().layers() - 1);
        Tensor values = vit.normalized(last.valuePath(before));
        out.put("feature", grid.map(vit.normalized(trace.tokens()).narrow(1, 1, grid.patches())))
                .put("q", last.projection(before, Projection.QUERY))
                .put("k", last.projection(before, Projection.KEY))
                .put("v", grid.map(values));
        DenseEmbedding dense = vit.dense(images, true);
        assertSame(dense.features(), grid.map(values.matmul(vit.projection())));
        assertSame(dense.keys(), last.projection(before, Projection.KEY));
    }

    private static Tensor stack(List<Tensor> maps) {
        return torch.stack(new TensorVector(maps.toArray(Tensor[]::new)), 0);
    }

    private static Map<String, HostArray> resNet(GoldenCase golden) {
        JsonObject config = golden.config();
        ClipConfig.ResNet shape = new ClipConfig.ResNet(
                config.get("input_resolution").getAsInt(),
                config.get("width").getAsInt(),
                Arrays.stream(Outputs.ints(golden, "layers")).boxed().toList(),
                config.get("heads").getAsInt());
        try (ClipResNet net = new ClipResNet(shape, config.get("output_dim").getAsInt(), ClipSettings.DEFAULT);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(net, golden, ClipCheckpoints.OPENAI_CLIP_IMAGE);
            net.train(false);
            Tensor images = Tensors.of(golden.in("image"));
            FeaturePyramid maps = net.features(images);
            return new Outputs(golden)
                    .put("stem", maps.maps().get(0))
                    .put("layer4", maps.last())
                    .put("image_embedding", net.embed(images))
                    .toMap();
        }
    }

    /** The vision transformer of a case that has the keys of {@code clip.visual}. */
    public static ClipVit tower(GoldenCase golden) {
        JsonObject config = golden.config();
        ClipConfig.Vit shape = new ClipConfig.Vit(
                config.get("input_resolution").getAsInt(),
                config.get("patch_size").getAsInt(),
                config.get("width").getAsInt(),
                config.get("layers").getAsInt(),
                config.get("heads").getAsInt());
        PositionResize positions =
                switch (config.get("pos_embed_interpolation").getAsString()) {
                    case "none" -> PositionResize.NONE;
                    case "bilinear" -> PositionResize.BILINEAR;
                    case "bicubic" -> PositionResize.BICUBIC_BY_COUNT;
                    case "bilinear_fp16_rounded" -> PositionResize.BILINEAR_FP16;
                    default -> throw new IllegalArgumentException(golden.file() + " resizes in an unknown way");
                };
        Activation activation = config.get("activation").getAsString().equals("quick_gelu")
                ? Activation.QUICK_GELU
                : Activation.GELU;
        double eps = config.get("layernorm_eps").getAsDouble();
        boolean pad = config.get("variant").getAsString().equals("maskclip");
        return new ClipVit(
                shape,
                config.get("output_dim").getAsInt(),
                new ClipSettings(activation, activation, eps, positions, pad));
    }

    private static Map<String, HostArray> text(GoldenCase golden) {
        JsonObject config = golden.config();
        ClipConfig.Text shape = new ClipConfig.Text(
                config.get("context_length").getAsInt(),
                config.get("vocab_size").getAsInt(),
                config.get("width").getAsInt(),
                config.get("layers").getAsInt(),
                config.get("heads").getAsInt());
        try (TextTower tower = new TextTower(shape, config.get("embed_dim").getAsInt(), ClipSettings.DEFAULT);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(tower, golden, ClipCheckpoints.OPENAI_CLIP_TEXT);
            Tensor tokens = Tensors.of(golden.in("tokens")).to(torch.ScalarType.Long);
            assertThat(Tensors.toLongs(ClipTokenizer.openAi().tokens(strings(golden, "texts"), shape.context())))
                    .containsExactly(Tensors.toLongs(tokens));
            return new Outputs(golden)
                    .put("ln_final", tower.hidden(tower.lookup(tokens)))
                    .put("eot_index", int32(tower.ends(tokens)))
                    .put("text_embedding", tower.embed(tokens))
                    .toMap();
        }
    }

    private static Map<String, HostArray> zeroShot(GoldenCase golden) {
        try (Scope scope = Scope.open()) {
            return new Outputs(golden)
                    .put("class_embeddings", Clip.ensemble(Tensors.of(golden.in("template_embeddings"))))
                    .toMap();
        }
    }
}
