package dev.wsss.models.dino;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.models.checkpoint.CheckpointShapes;
import dev.wsss.models.vit.PositionResize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The shape of a vision transformer of DINO or DINOv2.
 *
 * @param version whose training it is of
 * @param resolution side of the square images that its position table was learnt for, a multiple of the patch
 * @param patch side of a patch
 * @param width channels of a token
 * @param layers number of blocks
 * @param heads heads of an attention, which divide the width
 * @param gated whether its perceptrons are gated ({@link dev.wsss.core.nn.SwiGlu})
 * @param registers tokens beside class and patches (Darcet et al., ICLR 2024)
 */
public record DinoConfig(
        Version version, int resolution, int patch, int width, int layers, int heads, boolean gated, int registers) {
    /** What differs between the two trainings beside the sizes. */
    public enum Version {
        /** DINO (Caron et al., ICCV 2021). */
        DINO,
        /** DINOv2 (Oquab et al., TMLR 2024): factors for each channel of a branch, and a token that stands for masked patches. */
        DINO_V2
    }

    private static final String EXPECTED = "DINO's or DINOv2's vision transformer";

    /** Channels of a head in every released network, by which heads are told from a checkpoint. */
    private static final int HEAD = 64;

    /** DINO's ViT-S/16. */
    public static final DinoConfig DINO_S16 = dino(16, 384);

    /** DINO's ViT-S/8. */
    public static final DinoConfig DINO_S8 = dino(8, 384);

    /** DINO's ViT-B/16. */
    public static final DinoConfig DINO_B16 = dino(16, 768);

    /** DINO's ViT-B/8, that of STEGO. */
    public static final DinoConfig DINO_B8 = dino(8, 768);

    /** DINOv2's ViT-S/14. */
    public static final DinoConfig DINO_V2_S14 = dinoV2(384, 12, false);

    /** DINOv2's ViT-B/14. */
    public static final DinoConfig DINO_V2_B14 = dinoV2(768, 12, false);

    /** DINOv2's ViT-L/14. */
    public static final DinoConfig DINO_V2_L14 = dinoV2(1024, 24, false);

    /** DINOv2's ViT-g/14, that of DHR. */
    public static final DinoConfig DINO_V2_G14 = dinoV2(1536, 40, true);

    private static final Map<String, DinoConfig> RELEASED = released();

    private static Map<String, DinoConfig> released() {
        Map<String, DinoConfig> all = new LinkedHashMap<>();
        all.put("dino-s16", DINO_S16);
        all.put("dino-s8", DINO_S8);
        all.put("dino-b16", DINO_B16);
        all.put("dino-b8", DINO_B8);
        Map<String, DinoConfig> second = new LinkedHashMap<>();
        second.put("dinov2-s14", DINO_V2_S14);
        second.put("dinov2-b14", DINO_V2_B14);
        second.put("dinov2-l14", DINO_V2_L14);
        second.put("dinov2-g14", DINO_V2_G14);
        second.forEach((name, config) -> {
            all.put(name, config);
            all.put(name + "-reg", config.withRegisters(4));
        });
        return all;
    }

    private static DinoConfig dino(int patch, int width) {
        return new DinoConfig(Version.DINO, 224, patch, width, 12, width / HEAD, false, 0);
    }

    private static DinoConfig dinoV2(int width, int layers, boolean gated) {
        return new DinoConfig(Version.DINO_V2, 518, 14, width, layers, width / HEAD, gated, 0);
    }

    /** A shape of numbers that are possible. */
    public DinoConfig {
        if (patch < 1 || resolution < patch || resolution % patch != 0) {
            throw new IllegalArgumentException(
                    "resolution must be a multiple of the patch, got " + resolution + " for a patch of " + patch);
        }
        if (layers < 1 || registers < 0) {
            throw new IllegalArgumentException("expected at least one layer and no negative number of registers, got "
                    + layers + " and " + registers);
        }
        if (width < 1 || heads < 1 || width % heads != 0) {
            throw new IllegalArgumentException("heads must divide the width, got " + heads + " for " + width);
        }
    }

    /** The same with another number of registers. */
    public DinoConfig withRegisters(int count) {
        return new DinoConfig(version, resolution, patch, width, layers, heads, gated, count);
    }

    /** Side of the grid that the position table was learnt for. */
    public int grid() {
        return resolution / patch;
    }

    /**
     * How the released networks of this shape resize their position table: by the offset factors of DINO, or, with registers,
     * antialiased.
     */
    public PositionResize positions() {
        return registers > 0 ? PositionResize.BICUBIC_ANTIALIAS : PositionResize.BICUBIC_OFFSET;
    }

    /** Names of the released shapes, such as {@code dinov2-b14-reg}. */
    public static List<String> names() {
        return List.copyOf(RELEASED.keySet());
    }

    /**
     * A released shape.
     *
     * @throws IllegalArgumentException if there is none of that name; the message lists them
     */
    public static DinoConfig byName(String name) {
        DinoConfig config = RELEASED.get(name);
        if (config == null) {
            throw new IllegalArgumentException("no DINO is named '" + name + "'; there are " + names());
        }
        return config;
    }

    /**
     * The shape of a checkpoint. Heads do not show in it and are taken to have 64 channels, as in every released network.
     *
     * @param checkpoint types and shapes by key
     * @throws InvalidDataException naming a key that is missing or of an impossible shape, or a width that is no multiple of
     *     64
     */
    public static DinoConfig of(Map<String, TensorSpec> checkpoint) {
        CheckpointShapes shapes = new CheckpointShapes(checkpoint, EXPECTED);
        String patches = "patch_embed.proj.weight";
        int patch = shapes.side(patches, 4, 2);
        int width = shapes.side(patches, 4, 0);
        if (width % HEAD != 0) {
            throw new InvalidDataException(patches + " has a width of " + width
                    + ", from which the number of heads cannot be told, expected a multiple of " + HEAD
                    + "; give the configuration");
        }
        return new DinoConfig(
                shapes.has("mask_token") ? Version.DINO_V2 : Version.DINO,
                shapes.grid("pos_embed", 3, 1) * patch,
                patch,
                width,
                shapes.count("blocks.", ".norm1.weight"),
                width / HEAD,
                shapes.has("blocks.0.mlp.w12.weight"),
                shapes.has("register_tokens") ? shapes.side("register_tokens", 3, 1) : 0);
    }
}
