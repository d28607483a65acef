package dev.wsss.models.dino;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.LayerNorm;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.dino.DinoConfig.Version;
import dev.wsss.models.vit.PatchGrid;
import dev.wsss.models.vit.PositionResize;
import dev.wsss.models.vit.Taps;
import dev.wsss.models.vit.Trace;
import dev.wsss.models.vit.Transformer;
import dev.wsss.models.vit.TransformerBlock;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The vision transformer of DINO (Caron et al., ICCV 2021) and DINOv2 (Oquab et al., TMLR 2024), with the official key names.
 *
 * <pre>{@code
 * try (DinoVit vit = DinoVit.load(Path.of("dinov2_vitb14_pretrain.pth"));
 *         Scope scope = Scope.open();
 *         Torch.Mode noGrad = Torch.noGrad()) {
 *     Tensor images = Tensors.of(Normalize.IMAGENET.apply(photo), 1, 3, photo.height(), photo.width());
 *     Tensor map = vit.forward(images);                             // [1][768][H / 14][W / 14]
 *     Tensor image = vit.embed(images);                             // [1][768], the class token
 *     Tensor maps = vit.trace(images, Taps.of(Tap.ATTENTION_HEADS, -1)).get(Tap.ATTENTION_HEADS, -1);
 * }
 * }</pre>
 *
 * <p>An image becomes {@code 1 + registers + rows * columns} tokens: the class token, the registers, then its patches row by
 * row. Images are normalized by ImageNet's statistics; their sides are multiples of the patch.
 */
public final class DinoVit extends Backbone {
    private static final double EPS = 1e-6;

    /** What the factors of the branches start from in DINOv2. */
    private static final double SCALE = 1e-5;

    private static final double STD = 0.02;

    private final DinoConfig config;
    private final PositionResize positions;
    private final PatchGrid trained;

    private final Tensor classToken;
    private final Tensor table;
    private final @Nullable Tensor registers;
    private final Conv2d patches;
    private final Transformer transformer;
    private final LayerNorm norm;

    /** A network that resizes its position table as the released one of its shape does. */
    public DinoVit(DinoConfig config) {
        this(config, config.positions());
    }

    /** A network with weights drawn from libtorch's generator. */
    public DinoVit(DinoConfig config, PositionResize positions) {
        this.config = config;
        this.positions = positions;
        int width = config.width();
        boolean second = config.version() == Version.DINO_V2;
        trained = new PatchGrid(config.grid(), config.grid());
        classToken = parameter("cls_token", Init.normal(STD, 1, 1, width));
        table = parameter("pos_embed", Init.normal(STD, 1, 1L + trained.patches(), width));
        registers = config.registers() > 0
                ? parameter("register_tokens", Init.normal(STD, 1, config.registers(), width))
                : null;
        if (second) {
            // stands for masked patches in DINOv2's own training; here it keeps checkpoints whole
            parameter("mask_token", Init.zeros(1, width));
        }
        patches = child(
                "patch_embed.proj",
                Conv2d.builder(3, width, config.patch())
                        .optStride(config.patch())
                        .build());
        transformer = child(new Transformer("blocks", config.layers(), i -> block(second)));
        norm = child("norm", new LayerNorm(width, EPS));
    }

    private TransformerBlock block(boolean scaled) {
        TransformerBlock.Builder block = TransformerBlock.builder()
                .setWidth(config.width())
                .setHeads(config.heads())
                .optEps(EPS)
                .optGated(config.gated())
                .optKeys(TransformerBlock.Keys.TIMM);
        return (scaled ? block.optLayerScale(SCALE) : block).build();
    }

    /**
     * A checkpoint in any format that {@link Checkpoint} reads. Its shape is told from the checkpoint.
     *
     * @return the network in float32 on the CPU, in evaluation mode
     * @throws InvalidDataException naming the file, if it cannot be read or holds no such network
     */
    public static DinoVit load(Path file) {
        DinoConfig config;
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            Map<String, TensorSpec> theirs = new LinkedHashMap<>();
            checkpoint.info().forEach(i -> theirs.put(i.name(), TensorSpec.of(i.dtype(), i.shape())));
            config = DinoConfig.of(Weights.unwrapped(theirs));
        } catch (InvalidDataException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(file.toString()) ? e : new InvalidDataException(file + ": " + message, e);
        }
        return load(file, config);
    }

    /**
     * As {@link #load(Path)}, for a checkpoint whose number of heads cannot be told from it.
     *
     * @throws InvalidDataException naming the file, if it cannot be read or does not fit
     */
    public static DinoVit load(Path file, DinoConfig config) {
        DinoVit vit = Init.loaded(
                () -> new DinoVit(config),
                n -> Weights.load(
                        n, file, config.version() == Version.DINO_V2 ? DinoCheckpoints.DINO_V2 : DinoCheckpoints.DINO));
        vit.train(false);
        return vit;
    }

    /** Its shape. */
    public DinoConfig config() {
        return config;
    }

    /** The blocks. */
    public Transformer transformer() {
        return transformer;
    }

    /**
     * The patches of an image.
     *
     * @throws IllegalArgumentException if a side is less than a patch or no multiple of it
     */
    public PatchGrid grid(long height, long width) {
        return PatchGrid.of(height, width, config.patch());
    }

    /**
     * The position table for a grid.
     *
     * @return {@code [1 + patches][width]}, class token first; belongs to the current scope or to this network
     */
    public Tensor positions(PatchGrid grid) {
        return positions.resize(table.select(0, 0), trained, grid);
    }

    /**
     * What the first block takes: class token and patches with their positions, and the registers between them.
     *
     * @return {@code [N][1 + registers + patches][width]}
     */
    public Tensor input(Tensor images) {
        requireImages(images);
        PatchGrid grid = grid(images.size(2), images.size(3));
        long n = images.size(0);
        try (Scope scope = Scope.open()) {
            Tensor places = positions(grid);
            Tensor tokens =
                    patches.forward(images).flatten(2, 3).transpose(1, 2).add(places.narrow(0, 1, grid.patches()));
            Tensor first = classToken.add(places.narrow(0, 0, 1)).expand(n, 1, config.width());
            TensorVector all = new TensorVector();
            all.push_back(first);
            if (registers != null) {
                all.push_back(registers.expand(n, config.registers(), config.width()));
            }
            all.push_back(tokens);
            return scope.keep(torch.cat(all, 1));
        }
    }

    /** The normalized tokens after the last block, {@code [N][1 + registers + patches][width]}. */
    public Tensor tokens(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(norm.forward(transformer.forward(input(images))));
        }
    }

    /** The tokens after the last block before they are {@link #normalized}, with a look into some blocks. */
    public Trace trace(Tensor images, Taps taps) {
        // taps keep their tensors beyond a scope of ours, which would not know them
        return transformer.trace(input(images), null, taps);
    }

    /** The normalization after the last block, of {@code [...][width]}. */
    public Tensor normalized(Tensor tokens) {
        return norm.forward(tokens);
    }

    /** Whole images as vectors, their class tokens: {@code [N][width]}. */
    public Tensor embed(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(tokens(images).select(1, 0));
        }
    }

    /**
     * Tokens of images as a map, class token and registers left out; a view.
     *
     * @param tokens {@code [N][1 + registers + patches][D]}
     * @return {@code [N][D][rows][columns]}
     * @throws IllegalArgumentException if they are not of this grid
     */
    public Tensor map(Tensor tokens, PatchGrid grid) {
        try (Scope scope = Scope.open()) {
            long others = 1L + config.registers();
            return scope.keep(grid.map(tokens.narrow(1, others, tokens.size(1) - others)));
        }
    }

    /** One map, of the normalized patches. */
    @Override
    public FeaturePyramid features(Tensor images) {
        requireImages(images);
        PatchGrid grid = grid(images.size(2), images.size(3));
        try (Scope scope = Scope.open()) {
            return FeaturePyramid.of(strides(), scope.keep(map(tokens(images), grid)));
        }
    }

    @Override
    public int[] channels() {
        return new int[] {config.width()};
    }

    @Override
    public int[] strides() {
        return new int[] {config.patch()};
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("positions", positions);
    }
}
