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
        return family.orElseThrow(
                () -> new InvalidDataException("no whole CLIP: expected OpenAI's keys, such as " + PATCHES
                        + ", " + TOKENS + " and logit_scale, or Hugging Face's, such as"
                        + " vision_model.embeddings.patch_embedding.weight, got "
                        + keys.stream().limit(3).toList() + " and " + Math.max(0, keys.size() - 3) + " more"));
    }

    @Override
    public List<CheckpointFamily> families() {
        return List.of(OPENAI_CLIP, OPENAI_CLIP_IMAGE, OPENAI_CLIP_TEXT, HF_CLIP);
    }
}
