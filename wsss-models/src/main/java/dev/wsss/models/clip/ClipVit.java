package dev.wsss.models.clip;

import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.LayerNorm;
import dev.wsss.core.nn.MultiHeadAttention.Projection;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.vit.PatchGrid;
import dev.wsss.models.vit.PositionResize;
import dev.wsss.models.vit.Taps;
import dev.wsss.models.vit.Trace;
import dev.wsss.models.vit.Transformer;
import dev.wsss.models.vit.TransformerBlock;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * CLIP's vision transformer, with OpenAI's key names less {@code visual.}.
 *
 * <pre>{@code
 * Tensor vectors = vit.embed(images);                                       // [N][E]
 * Tensor places = vit.dense(images).features();                             // [N][E][rows][columns]
 *
 * Trace trace = vit.trace(images, Taps.of(Tap.ATTENTION).and(Tap.INPUT, -1));
 * Tensor mean = vit.project(trace.tokens()).narrow(1, 1, patches).mean(1);  // FMA-WSSS: patches, not the class
 * }</pre>
 *
 * <p>An image becomes {@code 1 + rows * columns} tokens: the class token, then its patches row by row.
 */
public final class ClipVit extends Network implements ImageTower {
    private final ClipConfig.Vit config;
    private final int embedding;
    private final PositionResize positions;
    private final boolean pad;
    private final PatchGrid trained;

    private final Conv2d patches;
    private final Tensor classToken;
    private final Tensor table;
    private final LayerNorm before;
    private final Transformer transformer;
    private final LayerNorm after;
    private final Tensor projection;

    /** A tower that starts as OpenAI's trainings did, drawn from libtorch's generator. */
    public ClipVit(ClipConfig.Vit config, int embedding, ClipSettings settings) {
        this.config = config;
        this.embedding = embedding;
        positions = settings.positions();
        pad = settings.pad();
        int width = config.width();
        int side = config.resolution() / config.patch();
        trained = new PatchGrid(side, side);
        double scale = 1 / Math.sqrt(width);
        classToken = parameter("class_embedding", Init.normal(scale, width));
        table = parameter("positional_embedding", Init.normal(scale, 1L + trained.patches(), width));
        projection = parameter("proj", Init.normal(scale, width, embedding));
        patches = child(
                "conv1",
                Conv2d.builder(3, width, config.patch())
                        .optStride(config.patch())
                        .optBias(false)
                        .build());
        before = child("ln_pre", new LayerNorm(width, settings.imageEps()));
        transformer = child("transformer", new Transformer("resblocks", config.layers(), i -> TransformerBlock.builder()
                .setWidth(width)
                .setHeads(config.heads())
                .optEps(settings.imageEps())
                .optActivation(settings.imageActivation())
                .build()));
        after = child("ln_post", new LayerNorm(width, settings.imageEps()));
    }

    @Override
    public ClipConfig.Vit config() {
        return config;
    }

    @Override
    public int embedding() {
        return embedding;
    }

    /** The blocks. */
    public Transformer transformer() {
        return transformer;
    }

    /** The matrix from the last block's normalized tokens to the space of the texts, {@code [width][embedding]}. */
    public Tensor projection() {
        return projection;
    }

    /**
     * The patches of an image.
     *
     * @throws IllegalArgumentException if it is smaller than a patch, or no multiple of it and not to be padded
     */
    public PatchGrid grid(long height, long width) {
        return pad ? PatchGrid.padded(height, width, config.patch()) : PatchGrid.of(height, width, config.patch());
    }

    /**
     * The position table for a grid, as {@link ClipSettings#positions} resizes it.
     *
     * @return {@code [1 + patches][width]}, class token first; belongs to the current scope or to this network
     */
    public Tensor positions(PatchGrid grid) {
        return positions.resize(table, trained, grid);
    }

    /**
     * What the first block takes: patches, class token and positions, normalized.
     *
     * @return {@code [N][1 + patches][width]}
     */
    public Tensor input(Tensor images) {
        requireImages(images);
        PatchGrid grid = grid(images.size(2), images.size(3));
        try (Scope scope = Scope.open()) {
            Tensor tokens = patches.forward(padded(images, grid)).flatten(2, 3).transpose(1, 2);
            Tensor first = classToken.expand(images.size(0), 1, config.width());
            Tensor all = torch.cat(new TensorVector(first.to(tokens.scalar_type()), tokens), 1);
            return scope.keep(before.forward(all.add(positions(grid))));
        }
    }

    /** The tokens after the last block, {@code [N][1 + patches][width]}. */
    public Tensor tokens(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(transformer.forward(input(images)));
        }
    }

    /** As {@link #tokens}, with a look into some blocks. */
    public Trace trace(Tensor images, Taps taps) {
        // taps keep their tensors beyond a scope of ours, which would not know them
        return transformer.trace(input(images), null, taps);
    }

    /** The normalization after the last block, of {@code [...][width]}. */
    public Tensor normalized(Tensor tokens) {
        return after.forward(tokens);
    }

    /**
     * Tokens after the last block in the space of the texts.
     *
     * @param tokens {@code [...][width]}
     * @return {@code [...][embedding]}, not normalized
     */
    public Tensor project(Tensor tokens) {
        try (Scope scope = Scope.open()) {
            return scope.keep(after.forward(tokens).matmul(projection));
        }
    }

    /** The class token's embedding, as OpenAI. */
    @Override
    public Tensor embed(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(project(tokens(images).select(1, 0)));
        }
    }

    /**
     * The last block's {@link TransformerBlock#valuePath} of each patch, residual and perceptron included, normalized and
     * projected. Keys are the block's {@link TransformerBlock#projection} of that kind. Its attention is not computed.
     */
    @Override
    public DenseEmbedding dense(Tensor images, boolean keys) {
        requireImages(images);
        PatchGrid grid = grid(images.size(2), images.size(3));
        try (Scope scope = Scope.open()) {
            int last = config.layers() - 1;
            Tensor x = transformer.forward(input(images), null, 0, last).narrow(1, 1, grid.patches());
            TransformerBlock block = transformer.blocks().get(last);
            Tensor features = grid.map(project(block.valuePath(x)));
            return keys
                    ? new DenseEmbedding(grid, scope.keep(features), scope.keep(block.projection(x, Projection.KEY)))
                    : new DenseEmbedding(grid, scope.keep(features), null);
        }
    }

    /** Images with zeros below and on the right, so that their patches are the grid. */
    private Tensor padded(Tensor images, PatchGrid grid) {
        long below = (long) grid.rows() * config.patch() - images.size(2);
        long right = (long) grid.columns() * config.patch() - images.size(3);
        return below == 0 && right == 0
                ? images
                : torch.constant_pad_nd(images, new long[] {0, right, 0, below}, new Scalar(0.0));
    }

    private static void requireImages(Tensor images) {
        if (images.dim() != 4 || images.size(1) != 3) {
            throw new IllegalArgumentException("expected images of shape [N, 3, H, W], got "
                    + Arrays.toString(images.sizes().vec().get()));
        }
    }

    @Override
    protected Map<String, Object> settings() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("positions", positions);
        all.put("pad", pad);
        return all;
    }
}
