package dev.wsss.models.clip;

import dev.wsss.core.nn.Embedding;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.LayerNorm;
import dev.wsss.core.nn.MultiHeadAttention;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.vit.Transformer;
import dev.wsss.models.vit.TransformerBlock;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * The part of CLIP that reads texts, with OpenAI's key names: a transformer in which no token sees a later one. A text's
 * vector is that of its end token.
 *
 * <pre>{@code
 * Tensor vectors = text.embed(tokens);                                   // [N][E]
 *
 * Tensor learnt = text.lookup(tokens);                                   // prompt learning: change vectors of tokens
 * Tensor same = text.project(text.hidden(learnt), text.ends(tokens));
 * }</pre>
 */
public final class TextTower extends Network {
    private final ClipConfig.Text config;
    private final int embedding;
    private final Tensor positions;
    private final Tensor projection;
    private final Transformer transformer;
    private final Embedding tokens;
    private final LayerNorm last;

    /** A tower that starts as OpenAI's trainings did, drawn from libtorch's generator. */
    public TextTower(ClipConfig.Text config, int embedding, ClipSettings settings) {
        this.config = config;
        this.embedding = embedding;
        int width = config.width();
        positions = parameter("positional_embedding", Init.normal(0.01, config.context(), width));
        projection = parameter("text_projection", Init.normal(1 / Math.sqrt(width), width, embedding));
        transformer = child("transformer", new Transformer("resblocks", config.layers(), i -> TransformerBlock.builder()
                .setWidth(width)
                .setHeads(config.heads())
                .optActivation(settings.textActivation())
                .build()));
        tokens = child("token_embedding", new Embedding(config.vocabulary(), width));
        last = child("ln_final", new LayerNorm(width));
    }

    /** Its shape. */
    public ClipConfig.Text config() {
        return config;
    }

    /** Channels of the space that it maps to. */
    public int embedding() {
        return embedding;
    }

    /** The vectors of int64 tokens {@code [N][L]}, as {@code [N][L][width]}; before positions. */
    public Tensor lookup(Tensor tokens) {
        return this.tokens.forward(tokens);
    }

    /**
     * Vectors of tokens through all blocks and the last normalization.
     *
     * @param vectors {@code [N][L][width]} with {@code L <= context}, before positions
     * @return {@code [N][L][width]}
     * @throws IllegalArgumentException if there are more tokens than the context holds
     */
    public Tensor hidden(Tensor vectors) {
        long length = vectors.size(1);
        if (length > config.context()) {
            throw new IllegalArgumentException("a text has at most " + config.context() + " tokens, got " + length);
        }
        try (Scope scope = Scope.open()) {
            Tensor x = vectors.add(positions.narrow(0, 0, length));
            return scope.keep(last.forward(transformer.forward(x, MultiHeadAttention.causal(length, positions))));
        }
    }

    /** Where each text ends: the first place of its greatest token, of int64 {@code [N][L]}, as int64 {@code [N]}. */
    public Tensor ends(Tensor tokens) {
        return tokens.argmax(new LongOptional(1), false);
    }

    /**
     * Texts in the space of the images.
     *
     * @param hidden {@code [N][L][width]} of {@link #hidden}
     * @param ends int64 {@code [N]}, where each text ends
     * @return {@code [N][embedding]}, not normalized
     */
    public Tensor project(Tensor hidden, Tensor ends) {
        try (Scope scope = Scope.open()) {
            Tensor index = ends.view(-1, 1, 1).expand(hidden.size(0), 1, hidden.size(2));
            return scope.keep(hidden.gather(1, index).select(1, 0).matmul(projection));
        }
    }

    /**
     * Texts as vectors. What follows the longest text's end is seen by no one and not computed.
     *
     * @param tokens int64 {@code [N][L]} of {@link ClipTokenizer}, on this network's device
     * @return {@code [N][embedding]}, not normalized
     * @throws IllegalArgumentException if the tokens are not a matrix, or more than the context holds
     */
    public Tensor embed(Tensor tokens) {
        if (tokens.dim() != 2) {
            throw new IllegalArgumentException("expected tokens of shape [N, L], got "
                    + Arrays.toString(tokens.sizes().vec().get()));
        }
        try (Scope scope = Scope.open()) {
            Tensor ends = ends(tokens);
            long length = Arrays.stream(Tensors.toLongs(ends)).max().orElse(0) + 1;
            return scope.keep(project(hidden(lookup(tokens.narrow(1, 0, length))), ends));
        }
    }
}
