package dev.wsss.models.dino;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.GoldenWeights;
import dev.wsss.models.Outputs;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.dino.DinoConfig.Version;
import dev.wsss.models.vit.PatchGrid;
import dev.wsss.models.vit.PositionResize;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;

/** {@code uss.*}. */
public final class DinoGolden {
    private DinoGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "uss.dino", DinoGolden::dino,
                "uss.dinov2", DinoGolden::dinoV2,
                "uss.dinov2_pos", DinoGolden::positions,
                "uss.stego", DinoGolden::stego,
                "uss.cause", DinoGolden::cause,
                "uss.inference", DinoGolden::inference);
    }

    private static Map<String, HostArray> dino(GoldenCase golden) {
        try (DinoVit vit = vit(golden);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(vit, golden, DinoCheckpoints.DINO);
            vit.train(false);
            Tensor images = Tensors.of(golden.in("image"));
            return new Outputs(golden)
                    .put("tokens_all", vit.tokens(images))
                    .put("cls", vit.embed(images))
                    .put("feature", vit.forward(images))
                    .toMap();
        }
    }

    private static Map<String, HostArray> dinoV2(GoldenCase golden) {
        try (DinoVit vit = vit(golden);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(vit, golden, DinoCheckpoints.DINO_V2);
            vit.train(false);
            Tensor images = Tensors.of(golden.in("image"));
            return new Outputs(golden)
                    .put("tokens", vit.tokens(images))
                    .put("feature", vit.forward(images))
                    .toMap();
        }
    }

    /** The transformer of a case that has the keys of {@code uss.dino} or {@code uss.dinov2}. */
    static DinoVit vit(GoldenCase golden) {
        JsonObject config = golden.config();
        boolean second = config.has("init_values");
        return new DinoVit(new DinoConfig(
                second ? Version.DINO_V2 : Version.DINO,
                config.get("pretrain_img_size").getAsInt(),
                config.get("patch_size").getAsInt(),
                config.get("embed_dim").getAsInt(),
                config.get("depth").getAsInt(),
                config.get("num_heads").getAsInt(),
                second && config.get("ffn_layer").getAsString().startsWith("swiglu"),
                config.has("num_register_tokens")
                        ? config.get("num_register_tokens").getAsInt()
                        : 0));
    }

    private static Map<String, HostArray> positions(GoldenCase golden) {
        JsonObject config = golden.config();
        int table = config.get("table_grid").getAsInt();
        try (Scope scope = Scope.open()) {
            Tensor resized = PositionResize.BICUBIC_OFFSET.resize(
                    Tensors.of(golden.in("pos_embed")).select(0, 0),
                    new PatchGrid(table, table),
                    PatchGrid.of(
                            config.get("image_height").getAsInt(),
                            config.get("image_width").getAsInt(),
                            config.get("patch_size").getAsInt()));
            return new Outputs(golden).put("pos_embed", resized.unsqueeze(0)).toMap();
        }
    }

    private static Map<String, HostArray> stego(GoldenCase golden) {
        JsonObject config = golden.config();
        try (DinoVit vit = vit(golden);
                StegoHead head = new StegoHead(
                        config.get("embed_dim").getAsInt(),
                        config.get("stego_dim").getAsInt());
                Scope scope = Scope.open()) {
            load(vit, golden, DinoCheckpoints.DINO, key -> !key.startsWith("cluster"));
            load(head, golden, DinoCheckpoints.STEGO, key -> key.startsWith("cluster"));
            UnsupervisedFeatures features = UnsupervisedFeatures.builder()
                    .setBackbone(vit)
                    .optHead(head)
                    .optScales(1)
                    .optFlip(false)
                    .build();
            return new Outputs(golden)
                    .put("feature", features.features(Tensors.of(golden.in("image"))))
                    .toMap();
        }
    }

    private static Map<String, HostArray> cause(GoldenCase golden) {
        try (CauseHead head = head(golden, "dim");
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            load(head, golden, DinoCheckpoints.CAUSE, key -> true);
            head.train(false);
            int[] grid = Outputs.ints(golden, "grid");
            Tensor tokens = Tensors.of(golden.in("feat"));
            return new Outputs(golden)
                    .put("code_index", head.codes(tokens))
                    .put("pe", head.positions(tokens.size(1)))
                    .put("feature", head.forward(new PatchGrid(grid[0], grid[1]).map(tokens)))
                    .toMap();
        }
    }

    private static CauseHead head(GoldenCase golden, String channels) {
        JsonObject config = golden.config();
        return CauseHead.builder()
                .setChannels(config.get(channels).getAsInt())
                .optCodes(config.get("codebook_size").getAsInt())
                .optHidden(config.get("hidden_dim").getAsInt())
                .optPositions(config.get("num_queries").getAsInt())
                .optOut(config.get("reduced_dim").getAsInt())
                .build();
    }

    private static Map<String, HostArray> inference(GoldenCase golden) {
        double[] scales = golden.config().getAsJsonArray("scales").asList().stream()
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
        try (DinoVit vit = vit(golden);
                CauseHead head = head(golden, "embed_dim");
                Scope scope = Scope.open()) {
            load(vit, golden, DinoCheckpoints.DINO_V2, key -> !key.startsWith("head_ema."));
            load(head, golden, DinoCheckpoints.CAUSE, key -> key.startsWith("head_ema."));
            UnsupervisedFeatures features = UnsupervisedFeatures.builder()
                    .setBackbone(vit)
                    .optHead(head)
                    .optScales(scales)
                    .optFlip(golden.config().get("hflip").getAsBoolean())
                    .build();
            Tensor image = Tensors.of(golden.in("image")).unsqueeze(0);
            return new Outputs(golden)
                    .put("feature", features.features(image).squeeze(0))
                    .toMap();
        }
    }

    /** Loads the keys of one part of a case, and the codebook where the part has one. */
    private static void load(Network network, GoldenCase golden, CheckpointFamily family, Predicate<String> ours) {
        Map<String, HostArray> theirs = golden.filledWeights();
        theirs.keySet().removeIf(ours.negate());
        assertThat(CheckpointFamily.guess(theirs.keySet()).map(CheckpointFamily.Guess::family))
                .contains(family);
        if (family == DinoCheckpoints.CAUSE) {
            theirs.put("codebook", golden.in("codebook"));
        }
        assertThat(Weights.load(network, theirs, family.keyMap(), LoadPolicy.STRICT)
                        .isExact())
                .isTrue();
    }
}
