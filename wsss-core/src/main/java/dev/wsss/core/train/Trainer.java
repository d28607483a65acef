package dev.wsss.core.train;

import ai.djl.util.Progress;
import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.WsssException;
import dev.wsss.core.input.InputCheck;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Torch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Trains a network:
 *
 * <pre>{@code
 * try (Sgd sgd = Sgd.builder().setGroups(ParameterGroups.all(network, 5e-4)).setLearningRate(0.01).build();
 *         Trainer<Batch> trainer = Trainer.<Batch>builder()
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
 * and ends with the weights, bit for bit, that it would have had without the interruption. Checkpoints of another {@linkplain
 * #description() description} (other data, initial weights, settings) are refused; the message names what differs. More
 * steps than before are fine.
 *
 * <p>The norm of the gradient is looked at in each step, before the weights change: no weight is ever NaN, in the network as
 * in checkpoints. {@link Builder#optOnNonFinite} says what happens then.
 *
 * <p>The network, the optimizer and the data stay the caller's; {@link #close()} frees the moving average. Not
 * thread-safe.
 *
 * @param <B> a batch
 */
public final class Trainer<B extends AutoCloseable> implements Described, AutoCloseable {
    private static final String STEPS = "steps";
    private static final String SCHEDULE = "schedule.";

    final Network network;
    final LossStep<B> loss;
    final BatchSource<B> data;
    final Optimizer optimizer;
    final Schedule schedule;
    final long steps;
    final int accumulate;
    final boolean autocast;
    final double maxGradientNorm;
    final List<TrainingListener> listeners;
    final @Nullable CheckpointStore store;
    final long checkpointEvery;
    final int logEvery;
    final long seed;
    final int threads;
    final @Nullable Progress progress;
    final String name;
    final double emaDecay;
    final boolean emaIsResult;
    final double lastEmaDecay;
    final OnNonFinite onNonFinite;
    final Runnable finish;
    final double maxLeftOut;

    @Nullable
    Ema ema;

    /** Kept: once it has trained, the network has other weights than those that it started from. */
    private @Nullable Description description;

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
        checkpointEvery = b.checkpointEvery > 0 ? b.checkpointEvery : Math.max(100, steps / 20);
        logEvery = b.logEvery;
        seed = b.seed;
        threads = b.threads;
        progress = b.progress;
        name = b.name;
        emaDecay = b.emaDecay;
        emaIsResult = b.emaIsResult;
        lastEmaDecay = b.lastEmaDecay;
        onNonFinite = b.onNonFinite;
        finish = b.finish;
        maxLeftOut = b.maxLeftOut;
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
     * @throws InvalidDataException if that checkpoint is damaged and no older one is whole, or is not of this run; if too
     *     many samples are {@linkplain Builder#optMaxLeftOut left out}; or if a batch is refused
     * @throws WsssException if a gradient or the loss is not finite, no batch holds anything to learn, or one cannot be loaded
     */
    public TrainingHistory fit() {
        return new TrainingRun<>(this).fit();
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

    /**
     * What the trained network depends on: network and the weights it starts from, data, loss, optimizer, schedule, seed. A
     * checkpoint of another description is not gone on from. Reads all tags and a little of each image, where the data are
     * images.
     */
    @Override
    public Description description() {
        if (description == null) {
            description = describe();
        }
        return description;
    }

    /** The network. */
    public Network network() {
        return network;
    }

    /**
     * What keeps a training from going on where another left off, one text each: nothing but more steps does not, unless the
     * schedule of learning rates runs to the last of them.
     *
     * @param there a {@link #description()} as it was kept, text by key
     * @param here the other
     */
    public static List<String> differences(Map<String, String> there, Map<String, String> here) {
        Map<String, String> theirs = new TreeMap<>(there);
        Map<String, String> ours = new TreeMap<>(here);
        String before = theirs.remove(STEPS);
        String now = ours.remove(STEPS);
        if (!Objects.equals(before, now) && !rates(theirs).equals(rates(ours))) {
            theirs.keySet().removeIf(key -> key.startsWith(SCHEDULE));
            ours.keySet().removeIf(key -> key.startsWith(SCHEDULE));
            List<String> differences = new ArrayList<>(Description.differences(theirs, ours));
            differences.add(STEPS + " are '" + before + "' there and '" + now
                    + "' here, and the learning rates go by how many there are");
            return List.copyOf(differences);
        }
        return Description.differences(theirs, ours);
    }

    private static Map<String, String> rates(Map<String, String> description) {
        Map<String, String> rates = new TreeMap<>(description);
        rates.keySet().removeIf(key -> !key.startsWith(SCHEDULE));
        return rates;
    }

    /** The batches. */
    public BatchSource<B> data() {
        return data;
    }

    /** Updates that the newest checkpoint has behind it, by the file's name; 0 if there is none. */
    public long savedStep() {
        return store == null ? 0 : store.newestStep();
    }

    /** The moving average's decay after an update, counted from 0. */
    double emaDecay(long step) {
        return lastEmaDecay + (emaDecay - lastEmaDecay) * (1 + StrictMath.cos(Math.PI * step / steps)) / 2;
    }

    private Description describe() {
        Description.Builder d = Description.of("Training")
                .put("network", network.start())
                .put("data", data)
                .put("loss", loss)
                .put("optimizer", optimizer)
                .put(STEPS, steps)
                .put("batchesPerEpoch", data.batchesPerEpoch())
                .put("accumulate", accumulate)
                .put("seed", seed)
                .put("autocastBf16", autocast)
                .put("gradientClip", maxGradientNorm)
                .put("ema", emaDecay);
        if (emaIsResult) {
            d.put("emaIsResult", true);
        }
        if (lastEmaDecay != emaDecay) {
            d.put("lastEma", lastEmaDecay);
        }
        // a schedule is a function, so it is known by its values
        for (long at = 1; at <= 1 << 20; at *= 4) {
            d.put(SCHEDULE + (at - 1), optimizer.rates(schedule, at - 1));
        }
        return d.build();
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
        private Runnable finish = () -> {};
        private double maxLeftOut = InputCheck.MAX_LEFT_OUT;
        private double emaDecay;
        private boolean emaIsResult;
        private double lastEmaDecay;
        private double maxGradientNorm;
        private final List<TrainingListener> listeners = new ArrayList<>();
        private @Nullable Path checkpoints;
        private long checkpointEvery;
        private int keep = 1;
        private int logEvery = 20;
        private long seed;
        private int threads = 2;
        private @Nullable Progress progress;
        private String name = "training";
        private OnNonFinite onNonFinite = OnNonFinite.STOP;

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

        /** The optimizer, over parameter groups of the network. */
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
            lastEmaDecay = decay;
            return this;
        }

        /**
         * As {@link #optEma(double)} with a decay that goes over the run, by half a cosine, from one value to another: the
         * teacher's momentum of DINO, from 0.996 to 1.
         *
         * @param first in (0, 1)
         * @param last in (0, 1], which the step after the last would have
         */
        public Builder<B> optEma(double first, double last) {
            if (!(last > 0 && last <= 1)) {
                throw new IllegalArgumentException("last decay must be in (0, 1], got " + last);
            }
            optEma(first);
            lastEmaDecay = last;
            return this;
        }

        /**
         * Whether {@link Trainer#fit} leaves the moving average in the network when it has ended, in place of the weights that it
         * trained; not unless set. Checkpoints have both, and more steps go on from the trained ones.
         */
        public Builder<B> optEmaIsResult(boolean on) {
            emaIsResult = on;
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

        /** What happens when a gradient is NaN or infinite; {@link OnNonFinite#STOP} unless set. */
        public Builder<B> optOnNonFinite(OnNonFinite what) {
            onNonFinite = what;
            return this;
        }

        /**
         * Runs something when the last update is done, before its checkpoint is written: statistics that belong to the
         * trained network, such as the mean displacement of IRN. It may change the network's buffers.
         */
        public Builder<B> optFinish(Runnable finish) {
            this.finish = finish;
            return this;
        }

        /**
         * The share of samples that may be left out, as they lack something or cannot be read; one in twenty unless set. More
         * of them end the training: before its first step as far as the data {@linkplain BatchSource#check() can tell}, else
         * when they are met.
         *
         * @param share in [0, 1]; 1 to train on whatever there is
         */
        public Builder<B> optMaxLeftOut(double share) {
            maxLeftOut = InputCheck.requireShare(share);
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

        /**
         * Writes checkpoints, and goes on from the newest in the folder: twenty in a whole training but none within a hundred
         * steps, and keeps the newest; or as often and as many as {@link #optCheckpoint} says, where it was called.
         *
         * @param folder of this run alone
         */
        public Builder<B> optCheckpointFolder(Path folder) {
            checkpoints = folder;
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
         * @throws IllegalStateException if something required is not set
         * @throws IllegalArgumentException if the optimizer trains a tensor that is not the network's
         */
        public Trainer<B> build() {
            if (network == null || loss == null || data == null || optimizer == null) {
                String missing = network == null
                        ? "setNetwork"
                        : loss == null ? "setLoss" : data == null ? "setData" : "setOptimizer";
                throw new IllegalStateException(missing + " is required");
            }
            if (steps == 0 && epochs == 0) {
                throw new IllegalStateException("optSteps or optEpochs is required");
            }
            if (emaIsResult && emaDecay == 0) {
                throw new IllegalStateException("optEmaIsResult needs optEma");
            }
            positive("batches in an epoch", data.batchesPerEpoch());
            Map<String, Tensor> parameters = network.parameters();
            optimizer.groups().forEach(group -> group.parameters().forEach((name, p) -> {
                if (parameters.get(name) != p) {
                    throw new IllegalArgumentException("the optimizer's parameter '" + name + "' of group '"
                            + group.name() + "' is not this network's");
                }
            }));
            return new Trainer<>(this, network, loss, data, optimizer);
        }
    }
}
