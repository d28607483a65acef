package dev.wsss.core.pipeline;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One step of a run that makes a product of each sample, and the handle by which the products are asked for. {@link Stages}
 * makes the usual ones, which describe themselves by what they are made of.
 *
 * <p>The description is how a later run knows whether the products on disk are still what the stage would make. A stage of
 * code of one's own says by {@link Builder#optConfig} what its products depend on: parts that describe themselves, and
 * settings.
 *
 * @param <P> the product
 */
public final class Stage<P> implements Described {
    /** As many workers as keep all processors busy, or one where a GPU computes. */
    static final int PROCESSORS = 0;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");

    private final String name;
    private final List<Consumer<Description.Builder>> config;
    private final List<Stage<?>> inputs;
    private final int workers;
    private final ProductCodec<P> codec;
    private final StageFunction<P> function;

    private Stage(Builder<P> b, String name, StageFunction<P> function) {
        this.name = name;
        this.config = List.copyOf(b.config);
        this.workers = b.workers;
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

    /**
     * What the products depend on now, beside the sample and the products of other stages: a network's weights are those
     * that it has at present, since a stage may be built before its network is trained.
     */
    @Override
    public Description description() {
        Description.Builder all = Description.of("Stage");
        config.forEach(c -> c.accept(all));
        return all.build();
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

    /** Threads that run this stage, each on a sample of its own. */
    int workers(ComputeDevice device) {
        if (workers != PROCESSORS) {
            return workers;
        }
        return device.isCuda() ? 1 : Math.max(1, Runtime.getRuntime().availableProcessors() / Torch.threads());
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
        private final List<Consumer<Description.Builder>> config = new ArrayList<>();
        private int workers = 1;
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

        /**
         * Adds something that the products depend on.
         *
         * @param value a part that {@linkplain Described describes itself}, a number, text, truth value, enum, record, or a
         *     list, array, map or optional of such
         */
        public Builder<P> optConfig(String key, Object value) {
            config.add(d -> d.put(key, value));
            return this;
        }

        /** Adds each component of a record of settings, a nested record's as {@code outer.inner}. */
        public Builder<P> optConfig(Record settings) {
            config.add(d -> d.putAll(settings));
            return this;
        }

        /**
         * Sets how many samples are worked on at a time; 1 unless set, which is right for networks, whose operations have
         * threads of their own. The products are the same for any number.
         */
        public Builder<P> optWorkers(int workers) {
            if (workers < 1) {
                throw new IllegalArgumentException("workers must be at least 1, got " + workers);
            }
            this.workers = workers;
            return this;
        }

        /**
         * As many workers as there are processors for, with {@linkplain Torch#setThreads as many threads as it is told} each; one in all where a
         * GPU computes. Right for a CRF and other arithmetic.
         */
        public Builder<P> optWorkerPerProcessor() {
            workers = PROCESSORS;
            return this;
        }

        /**
         * Builds the stage.
         *
         * @throws IllegalStateException if it has no name or no function, or nothing says what its products depend on: no
         *     {@link #optConfig}, or one of a part that does not describe itself, such as a lambda expression
         * @throws IllegalArgumentException if a value is nothing that can be described, or a key stands twice
         */
        public Stage<P> build() {
            String n = name;
            StageFunction<P> f = function;
            if (n == null || f == null) {
                throw new IllegalStateException((n == null ? "setName" : "setFunction") + " is required");
            }
            if (config.isEmpty()) {
                throw new IllegalStateException("stage '" + n + "' does not say what its products depend on: call"
                        + " optConfig with the parts and settings of its function");
            }
            Stage<P> stage = new Stage<>(this, n, f);
            stage.description().requireStated("stage '" + n + "'");
            return stage;
        }
    }
}
