package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Attention of several heads (Vaswani et al., NeurIPS 2017): {@code softmax(q k^T / sqrt d + mask) v} in each head of width
 * {@code d}, and a linear map of all heads together.
 *
 * <pre>{@code
 * MultiHeadAttention attention = MultiHeadAttention.builder()
 *         .setWidth(768)
 *         .setHeads(12)
 *         .optKeys(MultiHeadAttention.Keys.TIMM)
 *         .build();
 * Tensor y = attention.forward(x);                                  // [N][L][768], by libtorch's fused kernel
 *
 * MultiHeadAttention.Heads heads = attention.heads(x, x, x);                           // its steps, one by one
 * Tensor maps = attention.maps(heads.query(), heads.key(), null);   // [N][12][L][L]; maps.mean(1) averages the heads
 * Tensor same = attention.join(maps.matmul(heads.value()));         // y
 *
 * Tensor mask = attention.alone(x, MultiHeadAttention.Projection.VALUE);               // MaskCLIP: the value path alone
 * Tensor self = attention.maps(heads.value(), heads.value(), null); // CLIP Surgery: values attend to values
 * Tensor surgery = attention.join(self.matmul(heads.value()));
 * }</pre>
 *
 * <p>The fused kernel and the steps differ in rounding only, some 1e-6 of the values in float32.
 *
 * <p>A mask is broadcast to {@code [N][heads][L][S]}. A boolean one is true where a query may see a key; one of numbers is
 * added before the softmax, and may be learnt, such as a bias of relative positions.
 */
public final class MultiHeadAttention extends Layer {
    private final int width;
    private final int inner;
    private final int heads;
    private final double dropout;
    private final Keys keys;
    /** The matrices and biases of query, key and value: one for all three, or one each. */
    private final List<Tensor> weights = new ArrayList<>();

    private final List<Tensor> biases = new ArrayList<>();
    private final Linear out;

    private MultiHeadAttention(Builder b) {
        width = b.width;
        heads = b.heads;
        inner = b.inner == 0 ? b.width : b.inner;
        dropout = b.dropout;
        keys = b.keys;
        int parts = 3 / keys.weights().size();
        for (int i = 0; i < keys.weights().size(); i++) {
            // Xavier's uniform distribution and zeros, as PyTorch's own
            double bound = Math.sqrt(6.0 / (width + (double) parts * inner));
            weights.add(parameter(keys.weights().get(i), Init.uniform(bound, (long) parts * inner, width)));
            if (b.bias) {
                biases.add(parameter(keys.biases().get(i), Init.zeros((long) parts * inner)));
            }
        }
        out = child(keys.out(), new Linear(inner, width));
    }

    /** Starts an attention: {@link Keys#TORCH}, with bias, no dropout, heads that share the width unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The names of the projections in checkpoints.
     *
     * @param weights of one matrix {@code [3 * inner][width]} for query, key and value, in this order, or of one each
     * @param biases likewise
     * @param out of the linear map of all heads, without {@code .weight}
     */
    public record Keys(List<String> weights, List<String> biases, String out) {
        /** PyTorch's own, and CLIP's: {@code in_proj_weight, in_proj_bias, out_proj}. */
        public static final Keys TORCH = fused("in_proj_weight", "in_proj_bias", "out_proj");

        /** timm's and Segment Anything's image encoder: {@code qkv, proj}. */
        public static final Keys TIMM = fused("qkv.weight", "qkv.bias", "proj");

        /** Hugging Face's CLIP, and Segment Anything's decoder: {@code q_proj, k_proj, v_proj, out_proj}. */
        public static final Keys SEPARATE = separate("q_proj", "k_proj", "v_proj", "out_proj");

        /** Names that there are one or three of. */
        public Keys {
            weights = List.copyOf(weights);
            biases = List.copyOf(biases);
            if ((weights.size() != 1 && weights.size() != 3) || biases.size() != weights.size()) {
                throw new IllegalArgumentException(
                        "expected one or three weights and as many biases, got " + weights + " and " + biases);
            }
        }

        /** One matrix for query, key and value. */
        public static Keys fused(String weight, String bias, String out) {
            return new Keys(List.of(weight), List.of(bias), out);
        }

        /** A linear map each for query, key and value; names without {@code .weight}. */
        public static Keys separate(String query, String key, String value, String out) {
            return new Keys(
                    List.of(query + ".weight", key + ".weight", value + ".weight"),
                    List.of(query + ".bias", key + ".bias", value + ".bias"),
                    out);
        }
    }

    /** What an input is mapped to. */
    public enum Projection {
        QUERY,
        KEY,
        VALUE
    }

    /** Query {@code [N][heads][L][d]}, key and value {@code [N][heads][S][d]}, of one scope. */
    public record Heads(Tensor query, Tensor key, Tensor value) {}

    /** Number of heads. */
    public int heads() {
        return heads;
    }

    /** Self-attention of {@code [N][L][width]}, of the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        return forward(x, x, x, null);
    }

    /**
     * Attention of a query to keys.
     *
     * @param query {@code [N][L][width]}
     * @param key {@code [N][S][width]}
     * @param value {@code [N][S][width]}
     * @param mask which keys are seen, or null for all of them. A query that sees none has no defined result
     * @return {@code [N][L][width]}
     */
    public Tensor forward(Tensor query, Tensor key, Tensor value, @Nullable Tensor mask) {
        try (Scope scope = Scope.open()) {
            Heads h = heads(query, key, value);
            Tensor seen = torch.scaled_dot_product_attention(
                    h.query,
                    h.key,
                    h.value,
                    mask == null ? new TensorOptional() : new TensorOptional(mask),
                    isTraining() ? dropout : 0,
                    false,
                    new DoubleOptional(),
                    false);
            return scope.keep(join(seen));
        }
    }

    /** The projections of query {@code [N][L][width]}, key and value {@code [N][S][width]} to heads. */
    public Heads heads(Tensor query, Tensor key, Tensor value) {
        try (Scope scope = Scope.open()) {
            Tensor[] projected = query == key && key == value
                    ? together(query)
                    : new Tensor[] {project(query, 0), project(key, 1), project(value, 2)};
            for (int i = 0; i < projected.length; i++) {
                Tensor p = projected[i];
                projected[i] = scope.keep(
                        p.view(p.size(0), p.size(1), heads, inner / heads).transpose(1, 2));
            }
            return new Heads(projected[0], projected[1], projected[2]);
        }
    }

    /** All three of one input, by one product where the matrix is one. */
    private Tensor[] together(Tensor x) {
        if (weights.size() == 3) {
            return new Tensor[] {project(x, 0), project(x, 1), project(x, 2)};
        }
        Tensor all = torch.linear(x, weights.get(0), bias(0));
        Tensor[] parts = new Tensor[3];
        for (int i = 0; i < 3; i++) {
            parts[i] = all.narrow(2, (long) i * inner, inner);
        }
        return parts;
    }

    private Tensor project(Tensor x, int part) {
        if (weights.size() == 3) {
            return torch.linear(x, weights.get(part), bias(part));
        }
        long from = (long) part * inner;
        Tensor weight = weights.get(0).narrow(0, from, inner);
        TensorOptional bias = biases.isEmpty()
                ? new TensorOptional()
                : new TensorOptional(biases.get(0).narrow(0, from, inner));
        return torch.linear(x, weight, bias);
    }

    private TensorOptional bias(int part) {
        return biases.isEmpty() ? new TensorOptional() : new TensorOptional(biases.get(part));
    }

    /**
     * Attention maps {@code softmax(a b^T / sqrt d + mask)}, without dropout.
     *
     * @param a {@code [N][heads][L][d]}, usually the query
     * @param b {@code [N][heads][S][d]}, usually the key
     * @param mask which keys are seen, or null for all of them
     * @return {@code [N][heads][L][S]}; each row sums to 1
     */
    public Tensor maps(Tensor a, Tensor b, @Nullable Tensor mask) {
        try (Scope scope = Scope.open()) {
            // scaled before the product, which then cannot overflow in half precision where its result does not
            Tensor scores = a.mul(new Scalar(Math.sqrt((double) heads / inner))).matmul(b.transpose(2, 3));
            if (mask != null) {
                boolean choice = mask.scalar_type().intern() == torch.ScalarType.Bool;
                scores = choice
                        ? scores.masked_fill(mask.logical_not(), new Scalar(Double.NEGATIVE_INFINITY))
                        : scores.add(mask);
            }
            return scope.keep(scores.softmax(3));
        }
    }

    /** The last step: what each head has seen, {@code [N][heads][L][d]}, to {@code [N][L][width]}. */
    public Tensor join(Tensor seen) {
        try (Scope scope = Scope.open()) {
            return scope.keep(out.forward(seen.transpose(1, 2).flatten(2, 3)));
        }
    }

    /**
     * One projection and the last step, nothing between: what {@link #join} makes of query, key or value, without the work
     * of the others.
     *
     * @param x {@code [N][L][width]}
     * @return {@code [N][L][width]}
     */
    public Tensor alone(Tensor x, Projection projection) {
        try (Scope scope = Scope.open()) {
            return scope.keep(out.forward(project(x, projection.ordinal())));
        }
    }

    /** A boolean mask {@code [length][length]} with which no element sees a later one, on the device of {@code like}. */
    public static Tensor causal(long length, Tensor like) {
        try (Scope scope = Scope.open()) {
            Tensor all = torch.ones(new long[] {length, length}, like.options());
            return scope.keep(all.tril(0).to(torch.ScalarType.Bool));
        }
    }

    @Override
    protected Map<String, Object> settings() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("heads", heads);
        all.put("dropout", dropout);
        all.put("bias", !biases.isEmpty());
        all.put("keys", keys);
        return all;
    }

    /** Settings of an attention. */
    public static final class Builder {
        private int width;
        private int heads;
        private int inner;
        private boolean bias = true;
        private double dropout;
        private Keys keys = Keys.TORCH;

        private Builder() {}

        /** Channels of input and output. */
        public Builder setWidth(int channels) {
            width = channels;
            return this;
        }

        /** Number of heads. */
        public Builder setHeads(int count) {
            heads = count;
            return this;
        }

        /** Channels of all heads together; the width by default. Segment Anything's decoder halves it. */
        public Builder optInner(int channels) {
            if (channels < 1) {
                throw new IllegalArgumentException("inner must be at least 1, got " + channels);
            }
            inner = channels;
            return this;
        }

        /** Whether query, key and value have biases; on by default. */
        public Builder optBias(boolean bias) {
            this.bias = bias;
            return this;
        }

        /** Probability with which elements of the attention maps drop while it trains; 0 by default. */
        public Builder optDropout(double p) {
            if (!(p >= 0 && p < 1)) {
                throw new IllegalArgumentException("dropout probability must be in [0, 1), got " + p);
            }
            dropout = p;
            return this;
        }

        /** Names of the projections in checkpoints; {@link Keys#TORCH} by default. */
        public Builder optKeys(Keys keys) {
            this.keys = keys;
            return this;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if width or heads are not set
         * @throws IllegalArgumentException if the heads do not divide the inner width
         */
        public MultiHeadAttention build() {
            if (width < 1) {
                throw new IllegalStateException("setWidth is required, at least 1, got " + width);
            }
            if (heads < 1) {
                throw new IllegalStateException("setHeads is required, at least 1, got " + heads);
            }
            int all = inner == 0 ? width : inner;
            if (all % heads != 0) {
                throw new IllegalArgumentException("heads must divide the inner width, got " + heads + " for " + all);
            }
            return new MultiHeadAttention(this);
        }
    }
}
