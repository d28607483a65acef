package dev.wsss.models.clip;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.checkpoint.Layout;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checkpoints of CLIP. */
public final class ClipCheckpoints implements CheckpointFamilies {
    private static final String PATCHES = "visual.conv1.weight";
    private static final String MASKCLIP_PATCHES = "clip.patch_embed.projection.weight";
    private static final String MASKCLIP_STEM = "clip.stem.0.weight";
    private static final String TOKENS = "token_embedding.weight";
    private static final String TEXT_PROJECTION = "text_projection";

    /** OpenAI's, for {@link Clip}: of the released archives, or of {@code model.state_dict()}. */
    public static final CheckpointFamily OPENAI_CLIP = CheckpointFamily.of(
            "openai-clip",
            "OpenAI's CLIP",
            () -> others(CheckpointFamily.batches(KeyMap.builder()).prefix("", ""))
                    .build(),
            PATCHES,
            TOKENS,
            TEXT_PROJECTION,
            "logit_scale");

    /** The image tower of {@link #OPENAI_CLIP}, for {@link ClipVit} and {@link ClipResNet}; the rest is dropped. */
    public static final CheckpointFamily OPENAI_CLIP_IMAGE = CheckpointFamily.of(
            "openai-clip-image",
            "the image tower of OpenAI's CLIP",
            () -> {
                KeyMap.Builder map = CheckpointFamily.batches(KeyMap.builder()).prefix("visual.", "");
                List.of("transformer.*", TOKENS, "positional_embedding", "ln_final.*", TEXT_PROJECTION, "logit_scale")
                        .forEach(map::dropTheirs);
                return others(map).build();
            },
            PATCHES);

    /** The text tower of {@link #OPENAI_CLIP}, for {@link TextTower}; the rest is dropped. */
    public static final CheckpointFamily OPENAI_CLIP_TEXT = CheckpointFamily.of(
            "openai-clip-text",
            "the text tower of OpenAI's CLIP",
            () -> others(KeyMap.builder().prefix("", "").dropTheirs("visual.*").dropTheirs("logit_scale"))
                    .build(),
            TOKENS,
            TEXT_PROJECTION);

    /** Hugging Face's {@code CLIPModel} of a vision transformer, for {@link Clip}. */
    public static final CheckpointFamily HF_CLIP = CheckpointFamily.of(
            "hf-clip",
            "Hugging Face's CLIPModel",
            ClipCheckpoints::huggingFace,
            "vision_model.embeddings.patch_embedding.weight",
            "text_model.embeddings.token_embedding.weight",
            "text_projection.weight");

    /**
     * MaskCLIP's and CARB's {@code ViT*_clip_weights.pth}, for {@link ClipVit}: the image tower under MMSegmentation's names
     * below {@code clip}, the projection as a linear layer {@code proj}. Their {@code *_clip_backbone.pth} has no projection.
     */
    public static final CheckpointFamily MASKCLIP_VIT = CheckpointFamily.of(
            "maskclip-vit",
            "MaskCLIP's converted vision transformer of CLIP",
            ClipCheckpoints::maskClipVit,
            "clip.cls_token",
            "clip.pos_embed",
            MASKCLIP_PATCHES,
            "proj.weight");

    /**
     * MaskCLIP's {@code RN*_clip_weights.pth}, for {@link ClipResNet}: the image tower under MMSegmentation's names below
     * {@code clip}, and the projections of the attention pooling beside it, whose position table it does not have.
     */
    public static final CheckpointFamily MASKCLIP_RESNET = CheckpointFamily.of(
            "maskclip-resnet",
            "MaskCLIP's converted ResNet of CLIP",
            ClipCheckpoints::maskClipResNet,
            MASKCLIP_STEM,
            "q_proj.weight",
            "c_proj.weight");

    private static KeyMap maskClipVit() {
        String from = "clip.layers.{0}.";
        String to = "transformer.resblocks.{0}.";
        return KeyMap.builder()
                .rename("proj.weight", "proj", Layout.of("o i -> i o"))
                .rename("clip.cls_token", "class_embedding", Layout.of("1 1 d -> d"))
                .rename("clip.pos_embed", "positional_embedding", Layout.of("1 n d -> n d"))
                .rename(MASKCLIP_PATCHES, "conv1.weight")
                .rename("clip.ln0.{*}", "ln_pre.{*}")
                .rename("clip.ln1.{*}", "ln_post.{*}")
                .rename(from + "ln1.{*}", to + "ln_1.{*}")
                .rename(from + "ln2.{*}", to + "ln_2.{*}")
                .rename(from + "attn.attn.{*}", to + "attn.{*}")
                .rename(from + "ffn.layers.0.0.{*}", to + "mlp.c_fc.{*}")
                .rename(from + "ffn.layers.1.{*}", to + "mlp.c_proj.{*}")
                .build();
    }

    private static KeyMap maskClipResNet() {
        KeyMap.Builder map = CheckpointFamily.batches(KeyMap.builder());
        for (int i = 0; i < 3; i++) {
            map.rename("clip.stem." + 3 * i + ".weight", "conv" + (i + 1) + ".weight")
                    .rename("clip.stem." + (3 * i + 1) + ".{*}", "bn" + (i + 1) + ".{*}");
        }
        for (int g = 1; g <= 4; g++) {
            String block = "layer" + g + ".{0}.";
            // theirs begins with a pooling that has no weights
            map.rename("clip." + block + "downsample.1.{*}", block + "downsample.0.{*}")
                    .rename("clip." + block + "downsample.2.{*}", block + "downsample.1.{*}")
                    .prefix("clip.layer" + g + ".", "layer" + g + ".");
        }
        List.of("q_proj.", "k_proj.", "v_proj.", "c_proj.").forEach(p -> map.prefix(p, "attnpool." + p));
        return map.build();
    }

    /** Numbers that OpenAI's archives hold beside the weights, and masks that follow from the context's length. */
    private static KeyMap.Builder others(KeyMap.Builder map) {
        return map.dropTheirs("input_resolution")
                .dropTheirs("context_length")
                .dropTheirs("vocab_size")
                .dropTheirs("*attn_mask");
    }

    private static KeyMap huggingFace() {
        Layout transposed = Layout.of("o i -> i o");
        KeyMap.Builder map = KeyMap.builder()
                .rename("vision_model.embeddings.class_embedding", "visual.class_embedding")
                .rename("vision_model.embeddings.patch_embedding.weight", PATCHES)
                .rename("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding")
                // the code base's own spelling
                .rename("vision_model.pre_layrnorm.{*}", "visual.ln_pre.{*}")
                .rename("vision_model.post_layernorm.{*}", "visual.ln_post.{*}")
                .rename("visual_projection.weight", "visual.proj", transposed)
                .rename("text_model.embeddings.token_embedding.weight", TOKENS)
                .rename("text_model.embeddings.position_embedding.weight", "positional_embedding")
                .rename("text_model.final_layer_norm.{*}", "ln_final.{*}")
                .rename("text_projection.weight", TEXT_PROJECTION, transposed)
                .rename("logit_scale", "logit_scale")
                .dropTheirs("*.embeddings.position_ids");
        blocks(map, "vision_model", "visual.transformer");
        blocks(map, "text_model", "transformer");
        return map.build();
    }

    private static void blocks(KeyMap.Builder map, String theirs, String ours) {
        String from = theirs + ".encoder.layers.{0}.";
        String to = ours + ".resblocks.{0}.";
        for (String part : List.of("weight", "bias")) {
            List<String> projections = List.of("q_proj.", "k_proj.", "v_proj.").stream()
                    .map(p -> from + "self_attn." + p + part)
                    .toList();
            map.join(0, projections, to + "attn.in_proj_" + part);
        }
        map.rename(from + "self_attn.out_proj.{*}", to + "attn.out_proj.{*}")
                .rename(from + "layer_norm1.{*}", to + "ln_1.{*}")
                .rename(from + "layer_norm2.{*}", to + "ln_2.{*}")
                .rename(from + "mlp.fc1.{*}", to + "mlp.c_fc.{*}")
                .rename(from + "mlp.fc2.{*}", to + "mlp.c_proj.{*}");
    }

    /**
     * The family of a whole CLIP.
     *
     * @throws InvalidDataException if the keys are none's
     */
    static CheckpointFamily whole(Set<String> keys) {
        Optional<CheckpointFamily> family = CheckpointFamily.guess(keys)
                .map(CheckpointFamily.Guess::family)
                .filter(List.of(OPENAI_CLIP, HF_CLIP)::contains);
        if (family.isEmpty() && (keys.contains(MASKCLIP_PATCHES) || keys.contains(MASKCLIP_STEM))) {
            throw new InvalidDataException(
                    "MaskCLIP's converted image tower, which has no text tower; expected a whole CLIP,"
                            + " such as the ViT-B-16.pt that it was made of. ImageTower.load reads it");
        }
        return family.orElseThrow(
                () -> new InvalidDataException("no whole CLIP: expected OpenAI's keys, such as " + PATCHES
                        + ", " + TOKENS + " and logit_scale, or Hugging Face's, such as"
                        + " vision_model.embeddings.patch_embedding.weight, got "
                        + keys.stream().limit(3).toList() + " and " + Math.max(0, keys.size() - 3) + " more"));
    }

    /**
     * The family of an image tower.
     *
     * @throws InvalidDataException if the keys are none's
     */
    static CheckpointFamily image(Set<String> keys) {
        if (keys.contains("backbone.patch_embed.projection.weight") || keys.contains("backbone.stem.0.weight")) {
            throw new InvalidDataException(
                    "a backbone without CLIP's projections, such as MaskCLIP's *_clip_backbone.pth;"
                            + " expected *_clip_weights.pth, which has them");
        }
        Optional<CheckpointFamily> family = CheckpointFamily.guess(keys).map(CheckpointFamily.Guess::family);
        return family.filter(f -> f == OPENAI_CLIP || f == OPENAI_CLIP_IMAGE)
                .map(f -> OPENAI_CLIP_IMAGE)
                .or(() -> family.filter(List.of(MASKCLIP_VIT, MASKCLIP_RESNET)::contains))
                .orElseThrow(() -> new InvalidDataException("no image tower of CLIP: expected OpenAI's keys, such as "
                        + PATCHES + ", or MaskCLIP's, such as " + MASKCLIP_PATCHES + " and proj.weight, or "
                        + MASKCLIP_STEM + " and q_proj.weight; got "
                        + keys.stream().limit(3).toList() + " and " + Math.max(0, keys.size() - 3) + " more"));
    }

    @Override
    public List<CheckpointFamily> families() {
        return List.of(OPENAI_CLIP, OPENAI_CLIP_IMAGE, OPENAI_CLIP_TEXT, HF_CLIP, MASKCLIP_VIT, MASKCLIP_RESNET);
    }
}
