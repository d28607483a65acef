package dev.wsss.models.clip;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.models.checkpoint.CheckpointShapes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The shape of a CLIP.
 *
 * @param image the tower of images
 * @param text the tower of texts
 * @param embedding channels of the space that both map to
 */
public record ClipConfig(Image image, Text text, int embedding) {
    /** Channels of a head in every released tower, by which heads are told from a checkpoint. */
    private static final String POOL_POSITIONS = "visual.attnpool.positional_embedding";

    private static final String EXPECTED = "a CLIP of OpenAI's or Hugging Face's";

    private static final int HEAD = 64;

    private static final int CONTEXT = 77;
    private static final int VOCABULARY = 49408;

    /** OpenAI's RN50. */
    public static final ClipConfig RN50 = resNet(1024, 224, 64, 512, 3, 4, 6, 3);

    /** OpenAI's RN101. */
    public static final ClipConfig RN101 = resNet(512, 224, 64, 512, 3, 4, 23, 3);

    /** OpenAI's RN50x4. */
    public static final ClipConfig RN50X4 = resNet(640, 288, 80, 640, 4, 6, 10, 6);

    /** OpenAI's RN50x16. */
    public static final ClipConfig RN50X16 = resNet(768, 384, 96, 768, 6, 8, 18, 8);

    /** OpenAI's RN50x64. */
    public static final ClipConfig RN50X64 = resNet(1024, 448, 128, 1024, 3, 15, 36, 10);

    /** OpenAI's ViT-B/32. */
    public static final ClipConfig VIT_B_32 = vit(512, 224, 32, 768, 12, 512);

    /** OpenAI's ViT-B/16. */
    public static final ClipConfig VIT_B_16 = vit(512, 224, 16, 768, 12, 512);

    /** OpenAI's ViT-L/14. */
    public static final ClipConfig VIT_L_14 = vit(768, 224, 14, 1024, 24, 768);

    /** OpenAI's ViT-L/14@336px. */
    public static final ClipConfig VIT_L_14_336 = vit(768, 336, 14, 1024, 24, 768);

    private static final Map<String, ClipConfig> RELEASED = released();

    private static Map<String, ClipConfig> released() {
        Map<String, ClipConfig> all = new LinkedHashMap<>();
        all.put("RN50", RN50);
        all.put("RN101", RN101);
        all.put("RN50x4", RN50X4);
        all.put("RN50x16", RN50X16);
        all.put("RN50x64", RN50X64);
        all.put("ViT-B/32", VIT_B_32);
        all.put("ViT-B/16", VIT_B_16);
        all.put("ViT-L/14", VIT_L_14);
        all.put("ViT-L/14@336px", VIT_L_14_336);
        return all;
    }

    public ClipConfig {
        atLeastOne("embedding", embedding);
    }

    /** The tower of images. */
    public sealed interface Image permits Vit, ResNet {
        /** Side of the square images that it was trained with, in pixels. */
        int resolution();

        /** Pixels of an image, in each direction, for one place of its dense embedding. */
        int stride();
    }

    /**
     * A vision transformer.
     *
     * @param resolution side of the images that it was trained with, a multiple of the patch
     * @param patch side of a patch in pixels
     * @param width channels of a token
     * @param layers number of blocks
     * @param heads of each block's attention, which divide the width
     */
    public record Vit(int resolution, int patch, int width, int layers, int heads) implements Image {
        public Vit {
            atLeastOne("patch", patch);
            atLeastOne("width", width);
            atLeastOne("layers", layers);
            requireHeads(heads, width);
            if (resolution < patch || resolution % patch != 0) {
                throw new IllegalArgumentException(
                        "resolution must be a multiple of the patch of " + patch + ", got " + resolution);
            }
        }

        @Override
        public int stride() {
            return patch;
        }
    }

    /**
     * The modified ResNet: three convolutions before the blocks, antialiased strides, attention pooling.
     *
     * @param resolution side of the images that it was trained with, a multiple of 32
     * @param width channels after the stem, even
     * @param blocks of each of the four groups
     * @param heads of the attention pooling, which divide {@code 32 * width}
     */
    public record ResNet(int resolution, int width, List<Integer> blocks, int heads) implements Image {
        private static final int STRIDE = 32;

        public ResNet {
            blocks = List.copyOf(blocks);
            atLeastOne("width", width);
            requireHeads(heads, STRIDE * width);
            if (width % 2 != 0) {
                throw new IllegalArgumentException("width must be even, got " + width);
            }
            if (blocks.size() != 4 || blocks.stream().anyMatch(b -> b < 1)) {
                throw new IllegalArgumentException("blocks must be four numbers of at least 1, got " + blocks);
            }
            if (resolution < STRIDE || resolution % STRIDE != 0) {
                throw new IllegalArgumentException(
                        "resolution must be a multiple of " + STRIDE + ", got " + resolution);
            }
        }

        @Override
        public int stride() {
            return STRIDE;
        }

        /** Channels of the last map, {@code 32 * width}. */
        public int outChannels() {
            return STRIDE * width;
        }
    }

    /**
     * A causal transformer.
     *
     * @param context most tokens of a text, start and end included
     * @param vocabulary number of tokens that there are
     * @param width channels of a token
     * @param layers number of blocks
     * @param heads of each block's attention, which divide the width
     */
    public record Text(int context, int vocabulary, int width, int layers, int heads) {
        public Text {
            if (context < 2) {
                throw new IllegalArgumentException("context must hold start and end, at least 2, got " + context);
            }
            atLeastOne("vocabulary", vocabulary);
            atLeastOne("width", width);
            atLeastOne("layers", layers);
            requireHeads(heads, width);
        }
    }

    private static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, got " + value);
        }
    }

    private static void requireHeads(int heads, int width) {
        if (heads < 1 || width % heads != 0) {
            throw new IllegalArgumentException("heads must divide the width of " + width + ", got " + heads);
        }
    }

    private static ClipConfig vit(int embedding, int resolution, int patch, int width, int layers, int textWidth) {
        return new ClipConfig(new Vit(resolution, patch, width, layers, width / HEAD), text(textWidth), embedding);
    }

    private static ClipConfig resNet(int embedding, int resolution, int width, int textWidth, Integer... blocks) {
        int heads = ResNet.STRIDE * width / HEAD;
        return new ClipConfig(new ResNet(resolution, width, List.of(blocks), heads), text(textWidth), embedding);
    }

    private static Text text(int width) {
        return new Text(CONTEXT, VOCABULARY, width, 12, width / HEAD);
    }

    /** The names of the released models, such as {@code ViT-B/16}. */
    public static List<String> names() {
        return List.copyOf(RELEASED.keySet());
    }

    /**
     * A released model's shape.
     *
     * @throws IllegalArgumentException if there is none of that name; the message lists them
     */
    public static ClipConfig byName(String name) {
        ClipConfig config = RELEASED.get(name);
        if (config == null) {
            throw new IllegalArgumentException("no CLIP is named '" + name + "'; there are " + names());
        }
        return config;
    }

    /** The released model of this shape, such as {@code ViT-B/16}. */
    public Optional<String> name() {
        return RELEASED.entrySet().stream()
                .filter(e -> e.getValue().equals(this))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /**
     * The shape of a checkpoint with OpenAI's keys. Heads do not show in it and are taken to have 64 channels, as in every
     * released model.
     *
     * @param checkpoint types and shapes by key, images and texts
     * @throws InvalidDataException naming a key that is missing or of an impossible shape, or a width that is no multiple
     *     of 64
     */
    public static ClipConfig of(Map<String, TensorSpec> checkpoint) {
        CheckpointShapes shapes = new CheckpointShapes(checkpoint, EXPECTED);
        Text text = new Text(
                shapes.side("positional_embedding", 2, 0),
                shapes.side("token_embedding.weight", 2, 0),
                shapes.side("ln_final.weight", 1, 0),
                shapes.count("transformer.resblocks.", ".ln_1.weight"),
                heads("ln_final.weight", shapes.side("ln_final.weight", 1, 0)));
        int embedding = shapes.side("text_projection", 2, 1);
        return new ClipConfig(shapes.has("visual.proj") ? vit(shapes) : resNet(shapes), text, embedding);
    }

    /**
     * The shape of an image tower and its embedding, from a checkpoint with OpenAI's keys less {@code visual.}. MaskCLIP's
     * ResNets have no position table, from which the resolution shows; it is that of the released network of these shapes,
     * or 224.
     *
     * @throws InvalidDataException as {@link #of}
     */
    static Tower tower(Map<String, TensorSpec> checkpoint) {
        Map<String, TensorSpec> visual = new LinkedHashMap<>();
        checkpoint.forEach((key, spec) -> visual.put("visual." + key, spec));
        CheckpointShapes shapes = new CheckpointShapes(visual, EXPECTED);
        if (shapes.has("visual.proj")) {
            return new Tower(vit(shapes), shapes.side("visual.proj", 2, 1));
        }
        int embedding = shapes.side("visual.attnpool.c_proj.weight", 2, 0);
        if (shapes.has(POOL_POSITIONS)) {
            return new Tower(resNet(shapes), embedding);
        }
        ResNet unsized = resNet(shapes, 7);
        return RELEASED.values().stream()
                .filter(c -> c.embedding() == embedding
                        && c.image() instanceof ResNet r
                        && r.width() == unsized.width()
                        && r.blocks().equals(unsized.blocks()))
                .findFirst()
                .map(c -> new Tower(c.image(), embedding))
                .orElse(new Tower(unsized, embedding));
    }

    /**
     * An image tower.
     *
     * @param embedding channels of the space that it maps to
     */
    record Tower(Image image, int embedding) {}

    private static Vit vit(CheckpointShapes shapes) {
        int width = shapes.side("visual.conv1.weight", 4, 0);
        int patch = shapes.side("visual.conv1.weight", 4, 2);
        int grid = shapes.grid("visual.positional_embedding", 2, 1);
        int layers = shapes.count("visual.transformer.resblocks.", ".ln_1.weight");
        return new Vit(grid * patch, patch, width, layers, heads("visual.conv1.weight", width));
    }

    private static ResNet resNet(CheckpointShapes shapes) {
        return resNet(shapes, shapes.grid(POOL_POSITIONS, 2, 1));
    }

    private static ResNet resNet(CheckpointShapes shapes, int grid) {
        int width = shapes.side("visual.layer1.0.conv1.weight", 4, 0);
        List<Integer> blocks = IntStream.rangeClosed(1, 4)
                .mapToObj(g -> shapes.count("visual.layer" + g + ".", ".conv1.weight"))
                .toList();
        int pooled = shapes.side("visual.attnpool.q_proj.weight", 2, 0);
        return new ResNet(grid * ResNet.STRIDE, width, blocks, heads("visual.attnpool.q_proj.weight", pooled));
    }

    private static int heads(String key, int width) {
        if (width % HEAD != 0) {
            throw new InvalidDataException(
                    key + " has a width of " + width + ", from which the number of heads cannot be"
                            + " told, expected a multiple of " + HEAD + "; give the configuration");
        }
        return width / HEAD;
    }
}
