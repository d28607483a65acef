package dev.wsss.core.pipeline;

import ai.djl.util.Progress;
import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RunManifest;
import dev.wsss.api.WsssException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Stages over the samples of a dataset, with their products on disk. Whatever is there and valid is not made again, so a
 * run that was killed is resumed by running it again; the products are the same, byte for byte, whatever the number of
 * threads, shards and interruptions.
 *
 * <p>A sample that cannot be read, or that a stage throws a {@link WsssException} for, is listed in the result and the
 * manifest, and the others go on. Any other exception ends the run, with the sample's id in the message, and so does a
 * {@link dev.wsss.api.GroundTruthAccessException} or {@link dev.wsss.api.DeviceUnavailableException}.
 *
 * <p>To share the work among processes, give each the same pipeline with its {@link Builder#optShard shard}, and when all
 * have ended call {@link #merge()} once.
 */
public final class Pipeline {
    final Dataset data;
    final Path out;
    final List<Stage<?>> stages;
    final SortedMap<String, String> config;
    final long seed;
    final String device;
    final boolean overwrite;
    final int shard;
    final int shards;
    final int readers;
    final int workers;
    final int writers;
    final int inFlight;
    final @Nullable Progress progress;

    private Pipeline(Builder b, Dataset data, Path out) {
        this.data = data.tagsOnly();
        this.out = out;
        this.stages = List.copyOf(b.stages);
        this.config = new TreeMap<>(b.config);
        this.seed = b.seed;
        this.device = b.device;
        this.overwrite = b.overwrite;
        this.shard = b.shard;
        this.shards = b.shards;
        this.readers = b.readers;
        this.workers = b.workers;
        this.writers = b.writers;
        this.inFlight = b.inFlight > 0 ? b.inFlight : b.readers + b.workers + b.writers + 1;
        this.progress = b.progress;
    }

    /** Starts a pipeline. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Makes the products that are missing.
     *
     * @throws IllegalArgumentException if the output folder cannot be written
     * @throws InvalidDataException if an id cannot be a file name, or a stage's folder holds products of another
     *     configuration and {@link Builder#optOverwrite} is not set; the message says what differs
     * @throws WsssException if a stage threw something unexpected, a product cannot be written, or the thread was
     *     interrupted; what was made is kept
     */
    public PipelineResult run() {
        return new PipelineRun(this).run();
    }

    /**
     * Checks, after all shards have run, that each sample has its products or a listed failure, and writes the manifest.
     * Every product's hash is computed.
     *
     * @throws WsssException if a shard is still running, or products are missing or damaged; the message says how many
     */
    public RunManifest merge() {
        return new PipelineRun(this).merge();
    }

    /**
     * The products of a stage that has run.
     *
     * @throws InvalidDataException if it has not
     */
    public <P> ProductStore<P> store(Stage<P> stage) {
        return ProductStore.open(out.resolve(stage.name()), stage.codec());
    }

    /** Builds a pipeline: data, an output folder and at least one stage are required. */
    public static final class Builder {
        private @Nullable Dataset data;
        private @Nullable Path out;
        private final List<Stage<?>> stages = new ArrayList<>();
        private final SortedMap<String, String> config = new TreeMap<>();
        private long seed;
        private String device = "not stated";
        private boolean overwrite;
        private int shard;
        private int shards = 1;
        private int readers = 2;
        private int workers = 1;
        private int writers = 1;
        private int inFlight;
        private @Nullable Progress progress;

        private Builder() {}

        /** Sets the samples. The pipeline sees a {@linkplain Dataset#tagsOnly() tags-only view} of them. */
        public Builder setData(Dataset data) {
            this.data = Objects.requireNonNull(data, "data");
            return this;
        }

        /** Sets the output folder, which is made if it is missing. */
        public Builder setOut(Path out) {
            this.out = Objects.requireNonNull(out, "out");
            return this;
        }

        /**
         * Adds a stage, after those whose products it uses.
         *
         * @throws IllegalArgumentException if a stage of that name, or not each of its inputs, was added before
         */
        public Builder stage(Stage<?> stage) {
            for (Stage<?> s : stages) {
                if (s.name().equalsIgnoreCase(stage.name())) {
                    throw new IllegalArgumentException("stage name '" + stage.name() + "' stands twice");
                }
            }
            for (Stage<?> input : stage.inputs()) {
                if (!stages.contains(input)) {
                    throw new IllegalArgumentException("stage '" + stage.name() + "' uses stage '" + input.name()
                            + "', which was not added before it");
                }
            }
            stages.add(stage);
            return this;
        }

        /** Adds an entry to the manifest's configuration, which has no influence on the run. */
        public Builder optConfig(String key, Object value) {
            ConfigText.put(config, key, value);
            return this;
        }

        /** Sets the seed that each stage's and sample's own is made of; 0 if not set. */
        public Builder optSeed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Sets the name of what computes, for the manifest. */
        public Builder optDevice(String device) {
            this.device = Objects.requireNonNull(device, "device");
            return this;
        }

        /**
         * Whether a stage's folder with products of another configuration is emptied; otherwise, and by default, it is an
         * error.
         */
        public Builder optOverwrite(boolean overwrite) {
            this.overwrite = overwrite;
            return this;
        }

        /**
         * Runs only the {@code i}-th of {@code n} disjoint parts of the samples.
         *
         * @throws IllegalArgumentException unless {@code 0 <= i < n}
         */
        public Builder optShard(int i, int n) {
            if (n < 1 || i < 0 || i >= n) {
                throw new IllegalArgumentException("shard " + i + " of " + n + " does not exist; expected 0 <= i < n");
            }
            this.shard = i;
            this.shards = n;
            return this;
        }

        /** Sets the number of threads that decode images and check products; 2 if not set. */
        public Builder optReaders(int readers) {
            this.readers = requirePositive("readers", readers);
            return this;
        }

        /**
         * Sets the number of threads that run stages; 1 if not set, which is right for networks, whose operators have
         * threads of their own.
         */
        public Builder optWorkers(int workers) {
            this.workers = requirePositive("workers", workers);
            return this;
        }

        /** Sets the number of threads that write products; 1 if not set. */
        public Builder optWriters(int writers) {
            this.writers = requirePositive("writers", writers);
            return this;
        }

        /**
         * Sets how many samples may be in memory at a time, from decoding to having been written; one more than there are
         * threads if not set.
         */
        public Builder optInFlight(int samples) {
            this.inFlight = requirePositive("inFlight", samples);
            return this;
        }

        /** Reports each finished sample. */
        public Builder optProgress(Progress progress) {
            this.progress = Objects.requireNonNull(progress, "progress");
            return this;
        }

        private static int requirePositive(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + value);
            }
            return value;
        }

        /**
         * Builds the pipeline.
         *
         * @throws IllegalStateException if data, output folder or stages are missing
         */
        public Pipeline build() {
            Dataset d = data;
            Path o = out;
            if (d == null || o == null || stages.isEmpty()) {
                throw new IllegalStateException("a pipeline needs "
                        + (d == null ? "data" : o == null ? "an output folder" : "at least one stage"));
            }
            return new Pipeline(this, d, o);
        }

        /** Builds the pipeline and runs it. */
        public PipelineResult run() {
            return build().run();
        }
    }
}
