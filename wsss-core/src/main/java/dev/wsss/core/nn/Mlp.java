package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The two-layer perceptron of a transformer's block: linear, activation, dropout, linear, dropout. Keys {@code fc1.*} and
 * {@code fc2.*} unless set otherwise.
 *
 * <pre>{@code
 * Mlp mlp = Mlp.builder().setIn(768).setHidden(3072).build();                          // timm's, Hugging Face's
 * Mlp clip = Mlp.builder().setIn(768).setHidden(3072).optKeys("c_fc", "c_proj").optActivation(new QuickGelu()).build();
 * }</pre>
 */
public final class Mlp extends Layer {
    private final Linear first;
    private final Layer activation;
    private final Linear second;
    private final Dropout dropout;

    private Mlp(Builder b) {
        first = child(b.firstKey, new Linear(b.in, b.hidden));
        activation = child(b.activation == null ? Gelu.exact() : b.activation);
        second = child(b.secondKey, new Linear(b.hidden, b.out == 0 ? b.in : b.out));
        dropout = child(Dropout.elements(b.dropout));
    }

    /** Starts a perceptron: exact {@link Gelu}, no dropout, as many channels out as in unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /** {@code [...][in]} to {@code [...][out]}. */
    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor hidden = dropout.forward(activation.forward(first.forward(x)));
            return scope.keep(dropout.forward(second.forward(hidden)));
        }
    }

    /** Settings of a perceptron. */
    public static final class Builder {
        private int in;
        private int hidden;
        private int out;
        private @Nullable Layer activation;
        private double dropout;
        private String firstKey = "fc1";
        private String secondKey = "fc2";

        private Builder() {}

        /** Channels that come in. */
        public Builder setIn(int channels) {
            in = channels;
            return this;
        }

        /** Channels between the two layers. */
        public Builder setHidden(int channels) {
            hidden = channels;
            return this;
        }

        /** Channels that come out; those that come in by default. */
        public Builder optOut(int channels) {
            if (channels < 1) {
                throw new IllegalArgumentException("out must be at least 1, got " + channels);
            }
            out = channels;
            return this;
        }

        /** What is between the layers, such as {@link QuickGelu}; exact {@link Gelu} by default. */
        public Builder optActivation(Layer activation) {
            this.activation = activation;
            return this;
        }

        /** Probability with which elements drop after each layer; 0 by default. */
        public Builder optDropout(double p) {
            dropout = p;
            return this;
        }

        /** Keys of the layers; {@code fc1} and {@code fc2} by default. */
        public Builder optKeys(String first, String second) {
            firstKey = first;
            secondKey = second;
            return this;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if the channels are not set
         */
        public Mlp build() {
            if (in < 1) {
                throw new IllegalStateException("setIn is required, at least 1, got " + in);
            }
            if (hidden < 1) {
                throw new IllegalStateException("setHidden is required, at least 1, got " + hidden);
            }
            return new Mlp(this);
        }
    }
}
