package dev.wsss.models.dino;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;

/** Checkpoints of self-supervised transformers and of the heads on them. */
public final class DinoCheckpoints implements CheckpointFamilies {
    private static final String CLASS = "cls_token";
    private static final String POSITIONS = "pos_embed";
    private static final String PATCHES = "patch_embed.proj.weight";
    private static final String ATTENTION = "blocks.0.attn.qkv.weight";

    /** DINO's, the backbone alone, as {@code dino_*_pretrain.pth} has it, for {@link DinoVit}. */
    public static final CheckpointFamily DINO = CheckpointFamily.of(
            "dino", "DINO's vision transformer", KeyMap::identity, CLASS, POSITIONS, PATCHES, ATTENTION);

    /** DINOv2's, with or without registers, as {@code dinov2_*_pretrain.pth} has it, for {@link DinoVit}. */
    public static final CheckpointFamily DINO_V2 = CheckpointFamily.of(
            "dinov2",
            "DINOv2's vision transformer",
            KeyMap::identity,
            CLASS,
            POSITIONS,
            PATCHES,
            ATTENTION,
            "mask_token",
            "blocks.0.ls1.gamma");

    /**
     * CAUSE's head, for {@link CauseHead}: the dict {@code decoder} of {@code CAUSE_*.pt} and the tensor {@code codebook} beside
     * it, which {@link CauseHead#load} takes together.
     */
    public static final CheckpointFamily CAUSE = CheckpointFamily.of(
            "cause",
            "CAUSE's segmentation head",
            () -> KeyMap.builder()
                    .rename("codebook", "codebook")
                    .prefix("head_ema.", "")
                    .build(),
            "head_ema.query_pos",
            "head_ema.tr.f1.weight");

    /** STEGO's head, for {@link StegoHead}. */
    public static final CheckpointFamily STEGO = CheckpointFamily.of(
            "stego", "STEGO's segmentation head", KeyMap::identity, "cluster1.0.weight", "cluster2.0.weight");

    @Override
    public List<CheckpointFamily> families() {
        return List.of(DINO, DINO_V2, CAUSE, STEGO);
    }
}
