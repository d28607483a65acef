package dev.wsss.core.pipeline;

import ai.djl.util.Progress;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RunManifest;
import dev.wsss.api.WsssException;
import dev.wsss.core.input.InputCheck;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A folder in which a run keeps what it makes: products of {@link Stage}s, one for each sample, and networks that it trained.
 * What is there is made only once, and used only while everything that it depends on is what it was:
 *
 * <pre>{@code
 * RunFolder run = RunFolder.builder().setFolder(Path.of("out")).setData(train).optSeed(1).build();
 * run.train("classifier", trainer);              // or goes on from its checkpoint, or loads what it left
 * Stage<ScoreMaps> cam = Stages.cam(generator).build();
 * Stage<LabelMap> pseudo = Stages.label(rule, cam).optName("pseudo").build();
 * run.make(pseudo);                              // and cam, on which it depends
 * ProductStore<LabelMap> labels = run.store(pseudo);
 * }</pre>
 *
 * <p>Stages and trainings describe themselves: settings, weights, data, and the products and networks that they start from. A
 * product or checkpoint of another description is refused by an exception that names each difference, or made again with
 * {@link Builder#optRemake}. A run that was killed is resumed by running it again; the products are the same, byte for byte,
 * whatever the number of threads, shards and interruptions.
 *
 * <p>A sample that cannot be read, or that a stage throws a {@link WsssException} for, is listed in the result and the
 * manifest, and the others go on, unless there are none. Any other exception ends the run, with the sample's id in the message, and so do a {@link
 * dev.wsss.api.GroundTruthAccessException}, a {@link dev.wsss.api.DeviceUnavailableException}, and the same native error on
 * {@link Builder#optNativeErrors so many} samples.
 *
 * <p>To share the work of stages among processes, give each the same run with its {@link Builder#optShard shard}, and when all
 * have ended call {@link #merge} once. A shard does not train: a network learns from all images.
 *
 * <p>Not safe for use from several threads. Several processes may use a folder: each training is one process's at a time.
 */
public final class RunFolder {
    private static final int NATIVE_ERRORS = 10;
    private static final String TOTAL = "total";

    private final long start = System.nanoTime();

    final Dataset data;
    final Path folder;
    final long seed;
    final ComputeDevice device;
    final boolean remake;
    final boolean overwrite;
    final double maxLeftOut;
    final int shard;
    final int shards;
    final int readers;
    final int writers;
    final int inFlight;
    final int nativeErrors;
    final @Nullable Progress progress;
    final List<RunListener> listeners;
    final @Nullable Path tensorBoard;
    /** Products that this run has made or checked: they are not hashed again. */
    final VerifiedProducts verified = new VerifiedProducts();

    private final SortedMap<String, String> config;
    private final Set<Stage<?>> made = new LinkedHashSet<>();
    private final Map<String, TrainingHistory> histories = new LinkedHashMap<>();
    private final Map<String, RunManifest.Training> trainings = new LinkedHashMap<>();
    private final SortedMap<String, Double> seconds = new TreeMap<>();
    private @Nullable RunManifest manifest;

    private RunFolder(Builder b, Dataset data, Path folder) {
        this.data = data.tagsOnly();
        this.folder = folder;
        config = new TreeMap<>(b.config.build().entries());
        seed = b.seed;
        device = b.device;
        remake = b.remake;
        overwrite = b.overwrite;
        maxLeftOut = b.maxLeftOut;
        shard = b.shard;
        shards = b.shards;
        readers = b.readers;
        writers = b.writers;
        inFlight = b.inFlight;
        nativeErrors = b.nativeErrors;
        progress = b.progress;
        listeners = List.copyOf(b.listeners);
        tensorBoard = b.tensorBoard;
    }

    /** Starts a run. */
    public static Builder builder() {
        return new Builder();
    }

    /** The samples, a tags-only view. */
    public Dataset data() {
        return data;
    }

    /** The folder. */
    public Path folder() {
        return folder;
    }

    /** The run's seed. */
    public long seed() {
        return seed;
    }

    /** What computes. */
    public ComputeDevice device() {
        return device;
    }

    /**
     * Makes the products of these stages that are missing, and of the stages that they depend on.
     *
     * @throws InvalidDataException if a stage's folder holds products of another description and {@link Builder#optRemake} is
     *     not set, the message says what differs; or if a stage has no product for any sample, the message says why
     * @throws WsssException if a stage threw something unexpected, a product cannot be written, or the thread was
     *     interrupted; what was made is kept
     */
    public RunResult make(Stage<?>... stages) {
        List<Stage<?>> all = closure(List.of(stages));
        StageRun run = new StageRun(this, all);
        RunResult result = run.run();
        made.addAll(all);
        result.seconds().forEach((what, s) -> {
            if (!what.equals(TOTAL)) {
                seconds.merge(what, s, Double::sum);
            }
        });
        run.products().ifPresent(products -> write(products));
        listeners.forEach(l -> l.onMade(result));
        requireSome(result);
        return result;
    }

    /** Nothing can be built on nothing; whoever tells a run from its end must not take this one for a success. */
    private void requireSome(RunResult result) {
        for (RunResult.StageSummary stage : result.stages()) {
            if (stage.made() + stage.reused() == 0 && result.samples() > 0) {
                throw new InvalidDataException("stage '" + stage.name() + "' has no product for any of the "
                        + result.samples() + " samples; of '"
                        + result.failures().get(0).id() + "': "
                        + result.failures().get(0).reason());
            }
        }
    }

    /** Whether what a stage has made is to be thrown away: not what it made in this run. */
    boolean overwrites(Stage<?> stage) {
        return overwrite && !made.contains(stage);
    }

    /** The stages and all that they depend on, each after what it depends on. */
    private static List<Stage<?>> closure(List<Stage<?>> stages) {
        Map<String, Stage<?>> all = new LinkedHashMap<>();
        stages.forEach(stage -> collect(stage, all));
        return List.copyOf(all.values());
    }

    private static void collect(Stage<?> stage, Map<String, Stage<?>> all) {
        stage.inputs().forEach(input -> collect(input, all));
        Stage<?> before = all.putIfAbsent(stage.name().toLowerCase(java.util.Locale.ROOT), stage);
        if (before != null && before != stage) {
            throw new IllegalArgumentException("there are two stages named '" + stage.name() + "'");
        }
    }

    /**
     * Refuses what lies in the place of a stage's folder and is none: whoever makes it after days of training would be told
     * only then.
     *
     * @throws InvalidDataException naming the file or folder
     */
    public void requireFree(Collection<String> stages) {
        for (String stage : stages) {
            StageFolder.requireOwn(folder.resolve(stage));
        }
    }

    /**
     * The products of a stage that this run has {@linkplain #make made}.
     *
     * @throws IllegalStateException if it has not
     */
    public <P> ProductStore<P> store(Stage<P> stage) {
        if (!made.contains(stage)) {
            throw new IllegalStateException(
                    "stage '" + stage.name() + "' has not been made in this run: call make first");
        }
        return ProductStore.open(folder.resolve(stage.name()), stage.codec());
    }

    /**
     * Trains a network to the end, from where a run before was interrupted, and leaves it in evaluation; or loads what a run
     * before has trained to the end.
     *
     * @param name of the training, also of its folder below {@code checkpoints}
     * @param trainer with network, data, loss, optimizer and steps; seed, checkpoints, name and progress are this run's
     * @throws IllegalStateException if the loss or the data do not say what they are made of
     * @throws InvalidDataException if there are checkpoints of another description and {@link Builder#optRemake} is not set
     * @throws IllegalArgumentException if this run is a shard, and the training has not ended
     * @throws WsssException if another process trains it, or as {@link Trainer#fit}
     */
    public <B extends AutoCloseable> TrainingHistory train(String name, Trainer.Builder<B> trainer) {
        Training<B> training = new Training<>(this, name);
        TrainingHistory history = training.run(trainer);
        histories.put(name, history);
        trainings.put(name, training.product());
        seconds.put("train " + name, history.seconds());
        if (manifest != null) {
            write(manifest.stages(), manifest.failures());
        }
        listeners.forEach(l -> l.onTrained(name, history));
        SortedMap<String, String> leftOut = new TreeMap<>(training.leftOut());
        if (!leftOut.isEmpty()) {
            listeners.forEach(l -> l.onLeftOut(name, Collections.unmodifiableSortedMap(leftOut)));
        }
        return history;
    }

    /** The trainings of this run by name, in order. */
    public Map<String, TrainingHistory> trainings() {
        return Collections.unmodifiableMap(histories);
    }

    /**
     * Seconds by what they were spent on so far: a training, with those of runs before it was interrupted; a stage, reading
     * and writing, summed over threads; and {@code total}, by the clock, since this run was built.
     */
    public SortedMap<String, Double> seconds() {
        SortedMap<String, Double> all = new TreeMap<>(seconds);
        all.put(TOTAL, (System.nanoTime() - start) / 1e9);
        return Collections.unmodifiableSortedMap(all);
    }

    /** Whether there is a {@link #manifest()}. */
    public boolean hasManifest() {
        return manifest != null;
    }

    /**
     * What this run has made of what, as it stands in the folder; of all stages so far.
     *
     * @throws IllegalStateException before the first stage was made, or of a shard
     */
    public RunManifest manifest() {
        if (manifest == null) {
            throw new IllegalStateException(
                    shards > 1 ? "a shard has no manifest; merge writes it" : "no stage was made in this run yet");
        }
        return manifest;
    }

    /**
     * Checks, after all shards have made these stages, that each sample has its products or a listed failure, and writes the
     * manifest. Every product's hash is computed.
     *
     * @throws WsssException if a shard is still running, or products are missing or damaged; the message says how many
     */
    public RunManifest merge(Stage<?>... stages) {
        List<Stage<?>> all = closure(List.of(stages));
        StageRun run = new StageRun(this, all);
        StageRun.Products products = run.merge();
        made.addAll(all);
        return write(products);
    }

    private RunManifest write(StageRun.Products products) {
        Map<String, RunManifest.StageProducts> stages = new LinkedHashMap<>();
        Set<RunManifest.Failure> failures = new LinkedHashSet<>();
        if (manifest != null) {
            manifest.stages().forEach(s -> stages.put(s.stage(), s));
            // failures of a stage that was made again are told again
            Set<String> again = new LinkedHashSet<>();
            products.stages().forEach(s -> again.add(s.stage()));
            manifest.failures().stream().filter(f -> !again.contains(f.stage())).forEach(failures::add);
        }
        products.stages().forEach(s -> stages.put(s.stage(), s));
        failures.addAll(products.failures());
        return write(List.copyOf(stages.values()), List.copyOf(failures));
    }

    private RunManifest write(List<RunManifest.StageProducts> stages, List<RunManifest.Failure> failures) {
        RunManifest now = new RunManifest(
                RunManifest.Input.of(data),
                config,
                Versions.current(),
                seed,
                device.toString(),
                stages,
                List.copyOf(trainings.values()),
                failures);
        now.write(folder, seconds());
        manifest = now;
        return now;
    }

    @Override
    public String toString() {
        return "RunFolder[" + folder + ", " + data.name() + ", seed " + seed + ", " + device + "]";
    }

    /** Settings of a run: folder and data are required. */
    public static final class Builder {
        private @Nullable Dataset data;
        private @Nullable Path folder;
        private final Description.Builder config = Description.of("Run");
        private long seed;
        private ComputeDevice device = ComputeDevice.CPU;
        private boolean remake;
        private boolean overwrite;
        private double maxLeftOut = InputCheck.MAX_LEFT_OUT;
        private int shard;
        private int shards = 1;
        private int readers = 2;
        private int writers = 1;
        private int inFlight;
        private int nativeErrors = NATIVE_ERRORS;
        private @Nullable Progress progress;
        private final List<RunListener> listeners = new ArrayList<>();
        private @Nullable Path tensorBoard;

        private Builder() {}

        /** Sets the samples. The run sees a {@linkplain Dataset#tagsOnly() tags-only view} of them. */
        public Builder setData(Dataset data) {
            this.data = data;
            return this;
        }

        /** Sets the folder, which is made if it is missing. */
        public Builder setFolder(Path folder) {
            this.folder = folder;
            return this;
        }

        /** Adds an entry to the manifest's configuration, which has no influence on the run. */
        public Builder optConfig(String key, Object value) {
            config.put(key, value);
            return this;
        }

        /** Sets the seed that each training's, stage's and sample's own is made of; 0 if not set. */
        public Builder optSeed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Sets what computes, for the manifest and for how many workers a stage has; the CPU if not set. */
        public Builder optDevice(ComputeDevice device) {
            this.device = device;
            return this;
        }

        /**
         * Whether products and networks of another description are thrown away and made again; otherwise, and by default,
         * they are refused.
         */
        public Builder optRemake(boolean remake) {
            this.remake = remake;
            return this;
        }

        /**
         * Whether products and networks are made again though nothing has changed: each once in this run, with all that it
         * depends on.
         */
        public Builder optOverwrite(boolean overwrite) {
            this.overwrite = overwrite;
            return this;
        }

        /**
         * The share of images that a training may leave out, {@link Trainer.Builder#optMaxLeftOut}; one in twenty if not set.
         */
        public Builder optMaxLeftOut(double share) {
            maxLeftOut = InputCheck.requireShare(share);
            return this;
        }

        /**
         * Makes only the {@code i}-th of {@code n} disjoint parts of each stage's products.
         *
         * @throws IllegalArgumentException unless {@code 0 <= i < n}
         */
        public Builder optShard(int i, int n) {
            if (n < 1 || i < 0 || i >= n) {
                throw new IllegalArgumentException("shard " + i + " of " + n + " does not exist; expected 0 <= i < n");
            }
            shard = i;
            shards = n;
            return this;
        }

        /** Sets the number of threads that decode images and check products; 2 if not set. */
        public Builder optReaders(int readers) {
            this.readers = requirePositive("readers", readers);
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
            inFlight = requirePositive("inFlight", samples);
            return this;
        }

        /**
         * Sets on how many samples a stage may fail with the same native error, such as want of memory, before the run stops
         * in place of failing on all others too; 10 if not set.
         */
        public Builder optNativeErrors(int samples) {
            nativeErrors = requirePositive("nativeErrors", samples);
            return this;
        }

        /** Reports each finished sample and training step. */
        public Builder optProgress(Progress progress) {
            this.progress = progress;
            return this;
        }

        /** Adds a listener. */
        public Builder optListener(RunListener listener) {
            listeners.add(listener);
            return this;
        }

        /**
         * Writes losses and rates of each training for TensorBoard too.
         *
         * @param folder of event files, of each training in a folder of its name
         */
        public Builder optTensorBoard(Path folder) {
            tensorBoard = folder;
            return this;
        }

        private static int requirePositive(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + value);
            }
            return value;
        }

        /**
         * Builds the run, and makes its folder.
         *
         * @throws IllegalStateException if data or folder are missing
         * @throws IllegalArgumentException if the folder cannot be written, or a shard is to overwrite what all shards make
         * @throws InvalidDataException if an id cannot be a file name
         */
        public RunFolder build() {
            Dataset d = data;
            Path f = folder;
            if (d == null || f == null) {
                throw new IllegalStateException((d == null ? "setData" : "setFolder") + " is required");
            }
            if (overwrite && shards > 1) {
                throw new IllegalArgumentException("shard " + shard + "/" + shards
                        + " is to overwrite: it would throw away what the others made; expected one without the other");
            }
            // a training would take days to find out
            SampleIds.of(d);
            try {
                Files.createDirectories(f);
                Files.delete(Files.createTempFile(f, ".writable", null));
            } catch (IOException e) {
                throw new IllegalArgumentException(
                        "output folder " + f + " cannot be written (" + e + "); expected a folder that can", e);
            }
            return new RunFolder(this, d, f);
        }
    }
}
