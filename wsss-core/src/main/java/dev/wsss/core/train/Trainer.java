package dev.wsss.core.train;

import ai.djl.util.Progress;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.WsssException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.NativeException;
import dev.wsss.core.runtime.NativeMemory;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Torch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Trains a network:
 *
 * <pre>{@code
 * try (Sgd sgd = Sgd.builder().setGroups(ParameterGroups.all(network, 5e-4)).setRate(0.01).build();
 *         Trainer<VocBatch> trainer = Trainer.<VocBatch>builder()
 *                 .setNetwork(network)
 *                 .setData(batches)
 *                 .setLoss((batch, step) -> Losses.crossEntropy(network.forward(batch.images()), batch.labels()))
 *                 .setOptimizer(sgd)
 *                 .optSchedule(Schedule.polyHoldingLast(0.9, 20_000))
 *                 .optSteps(20_000)
 *                 .optCheckpoint(Path.of("out/checkpoints"), 1_000, 2)
 *                 .build()) {
 *     TrainingHistory history = trainer.fit();
 * }
 * }</pre>
 *
 * <p>With {@link Builder#optCheckpoint} a second run of the same program goes on from the newest checkpoint in the folder
 * and ends with the weights, bit for bit, that it would have had without the interruption. Checkpoints of another network
 * or of other settings are refused; the message names the setting.
 *
 * <p>The network, the optimiser and the data stay the caller's; {@link #close()} frees the moving average. Not
 * thread-safe.
 *
 * @param <B> a batch
 */
public final class Trainer<B extends AutoCloseable> implements AutoCloseable {
    private static final String NETWORK = "network.";
    private static final String OPTIMIZER = "optimizer.";
    private static final String EMA = "ema.";
    private static final String LOSS = "loss.";

    private final Network network;
    private final LossStep<B> loss;
    private final BatchSource<B> data;
    private final Optimizer optimizer;
    private final Schedule schedule;
    private final long steps;
    private final int accumulate;
    private final boolean autocast;
    private final double maxGradientNorm;
    private final List<TrainingListener> listeners;
    private final @Nullable CheckpointStore store;
    private final long checkpointEvery;
    private final int logEvery;
    private final long seed;
    private final int threads;
    private final @Nullable Progress progress;
    private final String name;
    private final double emaDecay;
    private @Nullable Ema ema;

    private Trainer(Builder<B> b, Network network, LossStep<B> loss, BatchSource<B> data, Optimizer optimizer) {
        this.network = network;
        this.loss = loss;
        this.data = data;
        this.optimizer = optimizer;
        schedule = b.schedule;
        accumulate = b.accumulate;
        steps = b.steps > 0 ? b.steps : Math.max(1, (long) b.epochs * data.batchesPerEpoch() / b.accumulate);
        autocast = b.autocast;
        maxGradientNorm = b.maxGradientNorm;
        listeners = List.copyOf(b.listeners);
        store = b.checkpoints == null ? null : new CheckpointStore(b.checkpoints, b.keep);
        checkpointEvery = b.checkpointEvery;
        logEvery = b.logEvery;
        seed = b.seed;
        threads = b.threads;
        progress = b.progress;
        name = b.name;
        emaDecay = b.emaDecay;
    }

    /** Starts a trainer of batches of type {@code B}. */
    public static <B extends AutoCloseable> Builder<B> builder() {
        return new Builder<>();
    }

    /** Number of updates of a whole run. */
    public long steps() {
        return steps;
    }

    /**
     * Trains to the last step, from the newest checkpoint where there is one.
     *
     * @throws InvalidDataException if that checkpoint is damaged and no older one is whole, or is not of this run; or if
     *     a batch is refused
     * @throws WsssException if the loss is not finite (found at the next log point), or a batch cannot be loaded
     */
    public TrainingHistory fit() {
        return new Run().fit();
    }

    /**
     * Puts the moving average in the network's place until the result is closed, to evaluate or save it.
     *
     * @throws IllegalStateException without {@link Builder#optEma}, before {@link #fit()}, or if it is there already
     */
    public Torch.Mode withEma() {
        if (ema == null) {
            throw new IllegalStateException("there is no moving average: set optEma, and train first");
        }
        return ema.swap();
    }

    /** Frees the moving average. */
    @Override
    public void close() {
        if (ema != null) {
            ema.close();
            ema = null;
        }
    }

    /** Everything that must be equal for a checkpoint to continue this run, by name. */
    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("network", network.getClass().getName());
        settings.put("seed", Long.toString(seed));
        settings.put("accumulate", Integer.toString(accumulate));
        settings.put("autocastBf16", Boolean.toString(autocast));
        settings.put("gradientClip", Double.toString(maxGradientNorm));
        settings.put("ema", Double.toString(emaDecay));
        settings.put("batchesPerEpoch", Integer.toString(data.batchesPerEpoch()));
        settings.putAll(optimizer.settings());
        // a schedule is a function, so it is known by its values
        for (long at = 1; at <= 1 << 20; at *= 4) {
            Map<String, Double> rates = optimizer.rates(schedule, at - 1);
            settings.put("schedule's rates in step " + (at - 1), rates.toString());
        }
        return settings;
    }

    /** One call of {@link Trainer#fit()}. */
    private final class Run {
        private final ComputeDevice device = network.device();
        private final ScalarWindow window = new ScalarWindow(device, logEvery, accumulate);
        private final TrainingStep context = new TrainingStep(window, device, steps);
        private final List<TrainingPoint> points = new ArrayList<>();
        private final long startNanos = System.nanoTime();
        private @Nullable Path checkpoint;
        private String message = "";
        private double secondsBefore;
        private long resumedAt;
        private long images;
        private long imagesAtPoint;
        private long nanosAtPoint = startNanos;

        TrainingHistory fit() {
            try (window) {
                network.train(true);
                if (emaDecay > 0 && ema == null) {
                    ema = Ema.of(network, emaDecay);
                }
                optimizer.zeroGrad();
                long first = store == null ? 0 : resume(store);
                listeners.forEach(l -> l.onStart(first, steps));
                if (progress != null) {
                    progress.reset(name, steps);
                    progress.start(first);
                }
                train(first);
                if (progress != null) {
                    progress.end();
                }
                TrainingHistory history = new TrainingHistory(
                        points,
                        steps,
                        first,
                        images,
                        seconds(),
                        images / Math.max(sinceNanos(startNanos), 1e-9),
                        NativeMemory.now().peakResidentBytes(),
                        checkpoint);
                listeners.forEach(l -> l.onEnd(history));
                return history;
            }
        }

        private void train(long first) {
            try (Prefetcher<B> batches =
                    new Prefetcher<>(data, seed, first * accumulate, steps * accumulate, threads)) {
                for (long step = first; step < steps; step++) {
                    try (Scope scope = Scope.open()) {
                        step(step, batches);
                    } catch (NativeException e) {
                        throw new NativeException("training step " + step + ": " + e.getMessage(), e);
                    }
                    after(step);
                }
            }
        }

        private void step(long step, Prefetcher<B> batches) {
            if (!network.isTraining()) {
                network.train(true);
            }
            Scalar share = new Scalar(1.0 / accumulate);
            for (int micro = 0; micro < accumulate; micro++) {
                B batch = batches.take();
                try (Scope scope = Scope.open()) {
                    long number = step * accumulate + micro;
                    long stepSeed = BatchSource.mix(seed, number);
                    // A fresh seed for each step and not one stream of numbers: nothing to save, the same on every
                    // device, and nobody else's draws between steps matter.
                    Torch.seed(stepSeed);
                    context.moveTo(step, (int) (number / data.batchesPerEpoch()), micro, stepSeed);
                    window.moveTo(step, micro);
                    images += data.images(batch);
                    Torch.run(() -> backward(batch, share));
                } finally {
                    Prefetcher.close(batch);
                }
            }
            Torch.run(() -> {
                if (maxGradientNorm > 0) {
                    window.put("gradient_norm", optimizer.clipGradients(maxGradientNorm));
                }
                optimizer.step(schedule, step);
                optimizer.zeroGrad();
                if (ema != null) {
                    ema.update();
                }
            });
        }

        private void backward(B batch, Scalar share) {
            Tensor value;
            if (autocast) {
                try (Torch.Mode bf16 = Torch.autocastBf16(device)) {
                    value = loss.loss(batch, context);
                }
            } else {
                value = loss.loss(batch, context);
            }
            if (value.numel() != 1 || !value.requires_grad()) {
                throw new IllegalStateException("the loss must be a scalar with a gradient, got " + value.numel()
                        + " elements, requires_grad " + value.requires_grad());
            }
            window.put(ScalarWindow.LOSS, value);
            (accumulate == 1 ? value : value.mul(share)).backward();
        }

        private void after(long step) {
            long done = step + 1;
            listeners.forEach(l -> l.onStep(done));
            long epochBefore = step * accumulate / data.batchesPerEpoch();
            long epochNow = done * accumulate / data.batchesPerEpoch();
            for (long epoch = epochBefore; epoch < epochNow; epoch++) {
                int finished = (int) epoch;
                listeners.forEach(l -> l.onEpoch(finished, done));
            }
            if (done % logEvery == 0 || done == steps) {
                point(step);
            }
            if (store != null && (done % checkpointEvery == 0 || done == steps)) {
                save(store, done);
            }
            if (progress != null) {
                progress.update(done, message);
            }
        }

        private void point(long step) {
            window.drain();
            Map<String, Double> means = window.means();
            double mean = Objects.requireNonNull(means.remove(ScalarWindow.LOSS), "every step has a loss");
            long now = System.nanoTime();
            double speed = (images - imagesAtPoint) / Math.max((now - nanosAtPoint) / 1e9, 1e-9);
            imagesAtPoint = images;
            nanosAtPoint = now;
            TrainingPoint point = new TrainingPoint(
                    step + 1,
                    (int) (((step + 1) * accumulate - 1) / data.batchesPerEpoch()),
                    mean,
                    means,
                    optimizer.rates(schedule, step),
                    speed,
                    seconds(),
                    NativeMemory.now().residentBytes());
            points.add(point);
            double imagesPerStep = (double) images / (step + 1 - resumedAt);
            message = String.format(
                    Locale.ROOT,
                    "loss %.4g, %.1f images/s, %s left",
                    mean,
                    speed,
                    duration((steps - step - 1) * imagesPerStep / speed));
            listeners.forEach(l -> l.onPoint(point));
        }

        private void save(CheckpointStore store, long done) {
            window.drain();
            Map<String, HostArray> tensors = new LinkedHashMap<>();
            put(tensors, NETWORK, network.stateDict());
            put(tensors, OPTIMIZER, optimizer.stateDict());
            put(tensors, LOSS, loss.stateDict());
            if (ema != null) {
                put(tensors, EMA, ema.stateDict());
            }
            Path file =
                    store.save(new CheckpointStore.State(done, seconds(), settings(), window.sums(), points), tensors);
            checkpoint = file;
            listeners.forEach(l -> l.onCheckpoint(done, file));
        }

        private long resume(CheckpointStore store) {
            CheckpointStore.Checkpoint found = store.newest();
            if (found == null) {
                return 0;
            }
            CheckpointStore.State state = found.state();
            compare(found.file(), state.settings());
            if (state.step() > steps) {
                throw new InvalidDataException(
                        found.file() + " is of step " + state.step() + ", beyond the " + steps + " steps of this run");
            }
            try {
                network.load(part(found, NETWORK));
                optimizer.load(part(found, OPTIMIZER));
                loss.load(part(found, LOSS));
                if (ema != null) {
                    ema.load(part(found, EMA));
                }
            } catch (InvalidDataException e) {
                throw new InvalidDataException(found.file() + ": " + e.getMessage(), e);
            }
            window.sums().putAll(state.window());
            points.addAll(state.points());
            secondsBefore = state.seconds();
            checkpoint = found.file();
            resumedAt = state.step();
            return state.step();
        }

        private void compare(Path file, Map<String, String> theirs) {
            Map<String, String> ours = settings();
            TreeSet<String> keys = new TreeSet<>(ours.keySet());
            keys.addAll(theirs.keySet());
            for (String key : keys) {
                if (!Objects.equals(ours.get(key), theirs.get(key))) {
                    throw new InvalidDataException(file + " is a checkpoint of another run: " + key + " is "
                            + theirs.get(key) + " there and " + ours.get(key)
                            + " here; use the same setting, or another folder to begin anew");
                }
            }
        }

        private double seconds() {
            return secondsBefore + sinceNanos(startNanos);
        }
    }

    private static void put(Map<String, HostArray> all, String prefix, Map<String, HostArray> part) {
        part.forEach((name, array) -> all.put(prefix + name, array));
    }

    private static Map<String, HostArray> part(CheckpointStore.Checkpoint checkpoint, String prefix) {
        Map<String, HostArray> part = new LinkedHashMap<>();
        checkpoint.tensors().forEach((name, array) -> {
            if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), array);
            }
        });
        return part;
    }

    private static double sinceNanos(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    private static String duration(double seconds) {
        long s = Math.round(seconds);
        return s < 90
                ? s + " s"
                : s < 5400 ? Math.round(s / 60.0) + " min" : String.format(Locale.ROOT, "%.1f h", s / 3600.0);
    }

    /**
     * Settings of a trainer.
     *
     * @param <B> a batch
     */
    public static final class Builder<B extends AutoCloseable> {
        private @Nullable Network network;
        private @Nullable LossStep<B> loss;
        private @Nullable BatchSource<B> data;
        private @Nullable Optimizer optimizer;
        private Schedule schedule = Schedule.constant();
        private long steps;
        private int epochs;
        private int accumulate = 1;
        private boolean autocast;
        private double emaDecay;
        private double maxGradientNorm;
        private final List<TrainingListener> listeners = new ArrayList<>();
        private @Nullable Path checkpoints;
        private long checkpointEvery = 1;
        private int keep = 1;
        private int logEvery = 20;
        private long seed;
        private int threads = 2;
        private @Nullable Progress progress;
        private String name = "training";

        private Builder() {}

        /** The network to train, on the device and in the type to train in. */
        public Builder<B> setNetwork(Network network) {
            this.network = network;
            return this;
        }

        /** Forward pass and loss. */
        public Builder<B> setLoss(LossStep<B> loss) {
            this.loss = loss;
            return this;
        }

        /** The batches. */
        public Builder<B> setData(BatchSource<B> data) {
            this.data = data;
            return this;
        }

        /** The optimiser, over parameter groups of the network. */
        public Builder<B> setOptimizer(Optimizer optimizer) {
            this.optimizer = optimizer;
            return this;
        }

        /** The schedule of learning rates; constant unless set. */
        public Builder<B> optSchedule(Schedule schedule) {
            this.schedule = schedule;
            return this;
        }

        /** Number of updates. This or {@link #optEpochs} is needed. */
        public Builder<B> optSteps(long steps) {
            this.steps = positive("steps", steps);
            epochs = 0;
            return this;
        }

        /** Number of epochs; an incomplete last update is left out. */
        public Builder<B> optEpochs(int epochs) {
            this.epochs = (int) positive("epochs", epochs);
            steps = 0;
            return this;
        }

        /** Averages the gradients of so many batches into one update; 1 unless set. */
        public Builder<B> optAccumulate(int batches) {
            accumulate = (int) positive("accumulated batches", batches);
            return this;
        }

        /** Computes convolutions and matrix products of the forward pass in bfloat16. */
        public Builder<B> optAutocastBf16(boolean on) {
            autocast = on;
            return this;
        }

        /** Keeps an {@linkplain Ema exponential moving average}; see {@link Trainer#withEma()}. */
        public Builder<B> optEma(double decay) {
            if (!(decay > 0 && decay < 1)) {
                throw new IllegalArgumentException("decay must be in (0, 1), got " + decay);
            }
            emaDecay = decay;
            return this;
        }

        /** Scales gradients whose common Euclidean norm is larger; the norm is reported as {@code gradient_norm}. */
        public Builder<B> optGradientClip(double maxNorm) {
            if (!(maxNorm > 0) || Double.isInfinite(maxNorm)) {
                throw new IllegalArgumentException("maximum gradient norm must be above 0, got " + maxNorm);
            }
            maxGradientNorm = maxNorm;
            return this;
        }

        /** Adds listeners. */
        public Builder<B> optListeners(TrainingListener... more) {
            listeners.addAll(List.of(more));
            return this;
        }

        /**
         * Writes checkpoints, and goes on from the newest in the folder.
         *
         * @param folder of this run alone
         * @param everySteps updates between checkpoints; there is one after the last step in any case
         * @param keep how many of the newest to keep; with 2 or more a damaged one costs the steps since the one before
         */
        public Builder<B> optCheckpoint(Path folder, long everySteps, int keep) {
            checkpoints = folder;
            checkpointEvery = positive("steps between checkpoints", everySteps);
            this.keep = (int) positive("checkpoints to keep", keep);
            return this;
        }

        /** Updates between log points, where losses are read from the device; 20 unless set. */
        public Builder<B> optLogEvery(int steps) {
            logEvery = (int) positive("steps between log points", steps);
            return this;
        }

        /** The seed of batches, augmentation and dropout; 0 unless set. */
        public Builder<B> optSeed(long seed) {
            this.seed = seed;
            return this;
        }

        /** What progress calls this run; "training" unless set. */
        public Builder<B> optName(String name) {
            this.name = name;
            return this;
        }

        /** Shows steps, loss, throughput and remaining time. */
        public Builder<B> optProgress(Progress progress) {
            this.progress = progress;
            return this;
        }

        /** Threads that load batches; 2 unless set. The result does not depend on it. */
        public Builder<B> optThreads(int threads) {
            this.threads = (int) positive("threads", threads);
            return this;
        }

        private static long positive(String name, long value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + value);
            }
            return value;
        }

        /**
         * Builds.
         *
         * @throws IllegalArgumentException if something required is not set, or the optimiser trains a tensor that is
         *     not the network's
         */
        public Trainer<B> build() {
            if (network == null || loss == null || data == null || optimizer == null) {
                throw new IllegalArgumentException("setNetwork, setLoss, setData and setOptimizer are required");
            }
            if (steps == 0 && epochs == 0) {
                throw new IllegalArgumentException("optSteps or optEpochs is needed");
            }
            positive("batches in an epoch", data.batchesPerEpoch());
            Map<String, Tensor> parameters = network.parameters();
            optimizer.groups().forEach(group -> group.parameters().forEach((name, p) -> {
                if (parameters.get(name) != p) {
                    throw new IllegalArgumentException("the optimiser's parameter '" + name + "' of group '"
                            + group.name() + "' is not this network's");
                }
            }));
            return new Trainer<>(this, network, loss, data, optimizer);
        }
    }
}
