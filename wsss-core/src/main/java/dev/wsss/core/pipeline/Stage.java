package dev.wsss.core.pipeline;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One step of a pipeline, and the handle by which its products are asked for. {@link Stages} makes the usual ones.
 *
 * <p>The configuration is how a later run knows whether the products on disk are still what the stage would make: put
 * into it whatever changes them, such as scales, thresholds and the hash of the weights.
 *
 * @param <P> the product
 */
public final class Stage<P> {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");

    private final String name;
    private final SortedMap<String, String> config;
    private final List<Stage<?>> inputs;
    private final ProductCodec<P> codec;
    private final StageFunction<P> function;

    private Stage(Builder<P> b, String name, StageFunction<P> function) {
        this.name = name;
        this.config = Collections.unmodifiableSortedMap(new TreeMap<>(b.config));
        this.inputs = List.copyOf(b.inputs);
        this.codec = b.codec;
        this.function = function;
    }

    /** Starts a stage whose products have files of this form. */
    public static <P> Builder<P> builder(ProductCodec<P> codec) {
        return new Builder<>(codec);
    }

    /** The name, also of the stage's folder. */
    public String name() {
        return name;
    }

    /** The configuration, unmodifiable. */
    public SortedMap<String, String> config() {
        return config;
    }

    /** The earlier stages whose products this one uses. */
    public List<Stage<?>> inputs() {
        return inputs;
    }

    /** How products are written and read. */
    public ProductCodec<P> codec() {
        return codec;
    }

    StageFunction<P> function() {
        return function;
    }

    @Override
    public String toString() {
        return "Stage[" + name + "]";
    }

    /**
     * Builds a stage: {@link #setName} and {@link #setFunction} are required.
     *
     * @param <P> the product
     */
    public static final class Builder<P> {
        private final ProductCodec<P> codec;
        private final SortedMap<String, String> config = new TreeMap<>();
        private final List<Stage<?>> inputs = new ArrayList<>();
        private @Nullable String name;
        private @Nullable StageFunction<P> function;

        private Builder(ProductCodec<P> codec) {
            this.codec = Objects.requireNonNull(codec, "codec");
        }

        /**
         * Names the stage and its folder.
         *
         * @throws IllegalArgumentException unless it is 1 to 64 letters, digits, {@code _} and {@code -}
         */
        public Builder<P> setName(String name) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("stage name '" + name
                        + "' is not allowed; expected 1 to 64 letters, digits, '_' and '-', beginning with a letter"
                        + " or digit");
            }
            this.name = name;
            return this;
        }

        /** As {@link #setName}, for a stage that has a name already. */
        public Builder<P> optName(String name) {
            return setName(name);
        }

        /** Sets what the stage does. */
        public Builder<P> setFunction(StageFunction<P> function) {
            this.function = Objects.requireNonNull(function, "function");
            return this;
        }

        /** Adds earlier stages whose products the function asks for. */
        public Builder<P> optInputs(Stage<?>... stages) {
            inputs.addAll(List.of(stages));
            return this;
        }

        /** Adds one entry of configuration. */
        public Builder<P> optConfig(String key, Object value) {
            ConfigText.put(config, key, value);
            return this;
        }

        /** Adds entries of configuration. */
        public Builder<P> optConfig(Map<String, ?> entries) {
            entries.forEach(this::optConfig);
            return this;
        }

        /**
         * Adds each component of a configuration record, a nested record's as {@code outer.inner}.
         *
         * @throws IllegalArgumentException if a component is neither a number, text, truth value, enum, record, nor a
         *     list, array, map or optional of such: its text could not tell one value from another
         */
        public Builder<P> optConfig(Record config) {
            ConfigText.putComponents(this.config, "", config);
            return this;
        }

        /**
         * Builds the stage.
         *
         * @throws IllegalStateException if it has no name or no function
         */
        public Stage<P> build() {
            String n = name;
            StageFunction<P> f = function;
            if (n == null || f == null) {
                throw new IllegalStateException("a stage needs a " + (n == null ? "name" : "function"));
            }
            return new Stage<>(this, n, f);
        }
    }
}
