package dev.wsss.models.dino;

import dev.wsss.core.nn.Gelu;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Linear;
import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * DINO's projection head (Caron et al., ICCV 2021): a perceptron with exact GELU, its output divided by its length, then a map
 * without bias whose rows have the lengths {@code last_layer.weight_g}, 1 each. Only used in training. Keys {@code mlp.0.*},
 * {@code mlp.2.*} and so on, {@code last_layer.weight_g} and {@code last_layer.weight_v}.
 *
 * <pre>{@code
 * DinoHead head = DinoHead.builder().setIn(384).setOut(65536).build();
 * Tensor logits = head.forward(vit.embed(images));                  // [N][65536], each in [-1, 1]
 * }</pre>
 */
public final class DinoHead extends Layer {
    private static final double EPS = 1e-12;
    private static final double STD = 0.02;

    private final List<Linear> layers = new ArrayList<>();
    private final Gelu gelu;
    private final Tensor lengths;
    private final Tensor directions;

    private DinoHead(Builder b) {
        for (int i = 0; i < b.layers; i++) {
            int in = i == 0 ? b.in : b.hidden;
            Linear layer = child("mlp." + 2 * i, new Linear(in, i == b.layers - 1 ? b.bottleneck : b.hidden));
            layers.add(layer);
        }
        gelu = child(Gelu.exact());
        // the released training keeps it at 1: a length that is learnt lets the loss fall without anything being told
        // apart
        lengths = buffer("last_layer.weight_g", Init.ones(b.out, 1));
        directions = parameter("last_layer.weight_v", Init.normal(STD, b.out, b.bottleneck));
    }

    /** Starts a head: three layers, 2048 channels inside, a bottleneck of 256 unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /** {@code [...][in]} to {@code [...][out]}: cosines, as long as the rows' lengths are 1. */
    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor y = x;
            for (int i = 0; i < layers.size(); i++) {
                y = layers.get(i).forward(i == 0 ? y : gelu.forward(y));
            }
            Tensor rows = unit(directions).mul(lengths);
            return scope.keep(unit(y).matmul(rows.t()));
        }
    }

    private static Tensor unit(Tensor x) {
        Tensor length = x.norm(new ScalarOptional(new Scalar(2.0)), new long[] {-1}, true);
        return x.div(length.clamp_min(new Scalar(EPS)));
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("layers", layers.size());
    }

    /** Settings of a head. */
    public static final class Builder {
        private int in;
        private int out;
        private int layers = 3;
        private int hidden = 2048;
        private int bottleneck = 256;

        private Builder() {}

        /** Channels of a token. Required. */
        public Builder setIn(int channels) {
            in = channels;
            return this;
        }

        /** Outputs; 65536 in DINO. Required. */
        public Builder setOut(int outputs) {
            out = outputs;
            return this;
        }

        /** Layers of the perceptron; 3 unless set. */
        public Builder optLayers(int count) {
            layers = positive("layers", count);
            return this;
        }

        /** Channels between layers; 2048 unless set. */
        public Builder optHidden(int channels) {
            hidden = positive("hidden", channels);
            return this;
        }

        /** Channels of the vector of length 1; 256 unless set. */
        public Builder optBottleneck(int channels) {
            bottleneck = positive("bottleneck", channels);
            return this;
        }

        private static int positive(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + value);
            }
            return value;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if channels or outputs are not set
         */
        public DinoHead build() {
            if (in < 1) {
                throw new IllegalStateException("setIn is required, at least 1, got " + in);
            }
            if (out < 1) {
                throw new IllegalStateException("setOut is required, at least 1, got " + out);
            }
            return new DinoHead(this);
        }
    }
}
