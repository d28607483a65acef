package dev.wsss.models.vit;

import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.LayerNorm;
import dev.wsss.core.nn.LayerScale;
import dev.wsss.core.nn.Mlp;
import dev.wsss.core.nn.MultiHeadAttention;
import dev.wsss.core.nn.MultiHeadAttention.Projection;
import dev.wsss.core.nn.SwiGlu;
import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A block of a transformer that normalizes first: {@code y = x + attention(norm1(x))}, then {@code y + mlp(norm2(y))}. With
 * {@linkplain Builder#optLayerScale factors for each channel} both branches are multiplied by theirs before they are added.
 *
 * <pre>{@code
 * Tensor y = block.forward(x);                         // the fused kernel
 *
 * Tensor normalized = block.normalized(x);             // the same in steps: opened after its first normalization,
 * Tensor same = block.forward(x, normalized, null);    // where Grad-CAM of CLIP takes gradients
 *
 * TransformerBlock.Attended attended = block.attend(x, normalized, null);
 * Tensor maps = attended.maps().mean(1);               // [N][L][L]
 *
 * Tensor dense = block.valuePath(x);                   // MaskCLIP: each token attends to itself alone
 * }</pre>
 */
public final class TransformerBlock extends Layer {
    private final LayerNorm norm1;
    private final MultiHeadAttention attention;
    private final LayerNorm norm2;
    private final Layer mlp;
    /** Factors of the two branches; null without. */
    private final @Nullable LayerScale scale1;

    private final @Nullable LayerScale scale2;

    private TransformerBlock(Builder b) {
        Keys keys = b.keys;
        norm1 = child(keys.norm1, new LayerNorm(b.width, b.eps));
        attention = child(
                keys.attention,
                MultiHeadAttention.builder()
                        .setWidth(b.width)
                        .setHeads(b.heads)
                        .optKeys(keys.projections)
                        .build());
        scale1 = b.scaled ? child(keys.scale1, new LayerScale(b.width, b.scale)) : null;
        norm2 = child(keys.norm2, new LayerNorm(b.width, b.eps));
        mlp = child(keys.mlp, b.gated ? gated(b) : plain(b));
        scale2 = b.scaled ? child(keys.scale2, new LayerScale(b.width, b.scale)) : null;
    }

    private static Layer plain(Builder b) {
        return Mlp.builder()
                .setIn(b.width)
                .setHidden(b.hidden == 0 ? 4 * b.width : b.hidden)
                .optKeys(b.keys.first, b.keys.second)
                .optActivation(b.activation.layer())
                .build();
    }

    private static Layer gated(Builder b) {
        return new SwiGlu(b.width, b.hidden == 0 ? SwiGlu.hiddenOf(4 * b.width) : b.hidden);
    }

    /** Starts a block: exact GELU, epsilon 1e-5, four times the width inside, CLIP's keys unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The names of a block's parts in checkpoints.
     *
     * @param norm1 before the attention
     * @param attention what the projections' names follow
     * @param projections of the attention
     * @param norm2 before the perceptron
     * @param mlp what the layers' names follow
     * @param first layer of the perceptron
     * @param second layer of the perceptron
     * @param scale1 factors of the attention, if it has some
     * @param scale2 factors of the perceptron, if it has some
     */
    public record Keys(
            String norm1,
            String attention,
            MultiHeadAttention.Keys projections,
            String norm2,
            String mlp,
            String first,
            String second,
            String scale1,
            String scale2) {
        /** OpenAI's CLIP. */
        public static final Keys CLIP = new Keys(
                "ln_1", "attn", MultiHeadAttention.Keys.TORCH, "ln_2", "mlp", "c_fc", "c_proj", "ls_1", "ls_2");

        /** timm, DINO and DINOv2. */
        public static final Keys TIMM =
                new Keys("norm1", "attn", MultiHeadAttention.Keys.TIMM, "norm2", "mlp", "fc1", "fc2", "ls1", "ls2");
    }

    /** The attention. */
    public MultiHeadAttention attention() {
        return attention;
    }

    /** {@code [N][L][width]} to the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        return forward(x, null);
    }

    /**
     * As {@link #forward(Tensor)}, where not every token sees all others.
     *
     * @param mask as {@link MultiHeadAttention#forward(Tensor, Tensor, Tensor, Tensor)} takes it, or null for none
     */
    public Tensor forward(Tensor x, @Nullable Tensor mask) {
        try (Scope scope = Scope.open()) {
            return scope.keep(forward(x, normalized(x), mask));
        }
    }

    /** The first step, {@code norm1(x)}. */
    public Tensor normalized(Tensor x) {
        return norm1.forward(x);
    }

    /**
     * All steps after the first.
     *
     * @param x the block's input, {@code [N][L][width]}
     * @param normalized {@link #normalized} of it
     */
    public Tensor forward(Tensor x, Tensor normalized, @Nullable Tensor mask) {
        try (Scope scope = Scope.open()) {
            return scope.keep(finish(x, attention.forward(normalized, normalized, normalized, mask)));
        }
    }

    /**
     * A block's output with what its attention did, both of one scope.
     *
     * @param output {@code [N][L][width]}
     * @param heads query, key and value of each head
     * @param maps {@code [N][heads][L][L]}, each row sums to 1
     */
    public record Attended(Tensor output, MultiHeadAttention.Heads heads, Tensor maps) {}

    /** As {@link #forward(Tensor, Tensor, Tensor)} by way of the attention maps, which take {@code heads * L * L} numbers. */
    public Attended attend(Tensor x, Tensor normalized, @Nullable Tensor mask) {
        try (Scope scope = Scope.open()) {
            MultiHeadAttention.Heads h = attention.heads(normalized, normalized, normalized);
            Tensor maps = attention.maps(h.query(), h.key(), mask);
            Tensor y = finish(x, attention.join(maps.matmul(h.value())));
            scope.keep(h.query());
            scope.keep(h.key());
            scope.keep(h.value());
            return new Attended(scope.keep(y), h, scope.keep(maps));
        }
    }

    /**
     * The block with the identity in place of the attention maps (MaskCLIP, ECCV 2022): {@code v = x + Wo(Wv norm1(x))},
     * then {@code v + mlp(norm2(v))}. Every token is on its own.
     */
    public Tensor valuePath(Tensor x) {
        try (Scope scope = Scope.open()) {
            return scope.keep(finish(x, attention.alone(normalized(x), Projection.VALUE)));
        }
    }

    /**
     * One projection of the normalized tokens, and the attention's last map: what MaskCLIP calls the query, key or value of
     * a block.
     *
     * @return {@code [N][L][width]}
     */
    public Tensor projection(Tensor x, Projection projection) {
        try (Scope scope = Scope.open()) {
            return scope.keep(attention.alone(normalized(x), projection));
        }
    }

    private Tensor finish(Tensor x, Tensor attended) {
        // in place: the gradient of a linear map does not need its output
        Tensor y = scaled(attended, scale1).add_(x);
        return scaled(mlp.forward(norm2.forward(y)), scale2).add_(y);
    }

    private static Tensor scaled(Tensor branch, @Nullable LayerScale scale) {
        return scale == null ? branch : scale.forward(branch);
    }

    /** Settings of a block. */
    public static final class Builder {
        private int width;
        private int heads;
        private int hidden;
        private double eps = LayerNorm.EPS;
        private boolean gated;
        private boolean scaled;
        private double scale;
        private Activation activation = Activation.GELU;
        private Keys keys = Keys.CLIP;

        private Builder() {}

        /** Channels of a token. */
        public Builder setWidth(int channels) {
            width = channels;
            return this;
        }

        /** Number of heads, which divides the width. */
        public Builder setHeads(int count) {
            heads = count;
            return this;
        }

        /** Channels inside the perceptron; four times the width by default, two thirds of that if it is gated. */
        public Builder optHidden(int channels) {
            if (channels < 1) {
                throw new IllegalArgumentException("hidden must be at least 1, got " + channels);
            }
            hidden = channels;
            return this;
        }

        /** What is added to variances; {@link LayerNorm#EPS} by default. */
        public Builder optEps(double eps) {
            this.eps = eps;
            return this;
        }

        /** What is between the perceptron's layers; {@link Activation#GELU} by default. */
        public Builder optActivation(Activation activation) {
            this.activation = activation;
            return this;
        }

        /**
         * Whether a {@link SwiGlu}, under its own names, stands in the place of the perceptron, as in DINOv2's ViT-g; off by
         * default. It has no use for an activation.
         */
        public Builder optGated(boolean gated) {
            this.gated = gated;
            return this;
        }

        /** Factors for each channel of both branches ({@link LayerScale}) that start from this value; none by default. */
        public Builder optLayerScale(double initial) {
            scaled = true;
            scale = initial;
            return this;
        }

        /** Names of the parts in checkpoints; {@link Keys#CLIP} by default. */
        public Builder optKeys(Keys keys) {
            this.keys = keys;
            return this;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if width or heads are not set
         * @throws IllegalArgumentException if the heads do not divide the width
         */
        public TransformerBlock build() {
            if (width < 1) {
                throw new IllegalStateException("setWidth is required, at least 1, got " + width);
            }
            if (heads < 1) {
                throw new IllegalStateException("setHeads is required, at least 1, got " + heads);
            }
            return new TransformerBlock(this);
        }
    }
}
