package dev.wsss.core.train;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.WsssException;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.input.InputCheck;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.NativeException;
import dev.wsss.core.runtime.NativeMemory;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One call of {@link Trainer#fit()}: what changes while it trains. */
final class TrainingRun<B extends AutoCloseable> {
    /** So many steps in a row that cannot be taken are no accident any more. */
    static final int MOST_SKIPPED = 20;

    private static final Logger log = LoggerFactory.getLogger(TrainingRun.class);
    private static final String NETWORK = "network.";
    private static final String OPTIMIZER = "optimizer.";
    private static final String EMA = "ema.";
    private static final String LOSS = "loss.";

    private final Trainer<B> t;
    private final Network network;
    private final ComputeDevice device;
    private final ScalarWindow window;
    private final TrainingStep context;
    private final List<TrainingPoint> points = new ArrayList<>();
    private final long startNanos = System.nanoTime();
    private SortedMap<String, String> settings = java.util.Collections.emptySortedMap();
    private @Nullable Path checkpoint;
    private String message = "";
    private double secondsBefore;
    private long resumedAt;
    private long skipped;
    private int skippedInRow;
    /** Batches of the present step that have something to learn. */
    private int taken;
    /** Why a step had nothing to learn, last; null if each had. */
    private @Nullable String nothingToLearn;

    private long images;
    private long imagesAtPoint;
    private long nanosAtPoint = startNanos;

    TrainingRun(Trainer<B> trainer) {
        t = trainer;
        network = t.network;
        device = network.device();
        window = new ScalarWindow(device, t.logEvery, t.accumulate);
        context = new TrainingStep(window, network, device, t.steps, t.accumulate);
    }

    TrainingHistory fit() {
        CheckpointStore store = t.store;
        InputCheck inputs = store != null && store.newestStep() >= t.steps ? null : t.data.check();
        if (inputs != null) {
            inputs.requireAtMost(t.maxLeftOut, t.name);
        }
        if (store != null) {
            // before a step changes the weights that it begins with
            settings = t.description().under("");
        }
        try (window) {
            network.train(true);
            if (t.emaDecay > 0 && t.ema == null) {
                t.ema = Ema.of(network, t.emaDecay);
            }
            context.teacher(t.ema);
            t.optimizer.zeroGrad();
            long first = store == null ? 0 : resume(store);
            t.listeners.forEach(l -> l.onStart(first, t.steps));
            if (t.progress != null) {
                t.progress.reset(t.name, t.steps);
                t.progress.start(first);
            }
            train(first);
            if (t.progress != null) {
                t.progress.end();
            }
            Ema ema = t.ema;
            if (t.emaIsResult && ema != null) {
                network.load(ema.stateDict());
            }
            network.pinWeights();
            TrainingHistory history = new TrainingHistory(
                    points,
                    t.steps,
                    first,
                    skipped,
                    images,
                    seconds(),
                    images / Math.max(sinceNanos(startNanos), 1e-9),
                    NativeMemory.now().peakResidentBytes(),
                    checkpoint);
            t.listeners.forEach(l -> l.onEnd(history));
            return history;
        }
    }

    private void train(long first) {
        try (BatchLoader<B> batches =
                new BatchLoader<>(t.data, t.seed, first * t.accumulate, t.steps * t.accumulate, t.threads)) {
            for (long step = first; step < t.steps; step++) {
                try (Scope scope = Scope.open()) {
                    step(step, batches);
                } catch (NativeException e) {
                    throw new NativeException("training step " + step + ": " + e.getMessage(), e);
                }
                after(step);
            }
        }
    }

    private void step(long step, BatchLoader<B> batches) {
        if (!network.isTraining()) {
            network.train(true);
        }
        taken = 0;
        for (int micro = 0; micro < t.accumulate; micro++) {
            B batch = batches.next();
            try (Scope scope = Scope.open()) {
                long number = step * t.accumulate + micro;
                long stepSeed = BatchSource.mix(t.seed, number);
                // A fresh seed for each step and not one stream of numbers: nothing to save, the same on every
                // device, and nobody else's draws between steps matter.
                Torch.seed(stepSeed);
                context.moveTo(step, (int) (number / t.data.batchesPerEpoch()), micro, stepSeed);
                window.moveTo(step, micro);
                images += t.data.images(batch);
                Torch.run(() -> backward(batch));
            } finally {
                BatchLoader.close(batch);
            }
        }
        Torch.run(() -> update(step));
    }

    private void backward(B batch) {
        Tensor value;
        if (t.autocast) {
            try (Torch.Mode bf16 = Torch.autocastBf16(device)) {
                value = t.loss.loss(batch, context);
            }
        } else {
            value = t.loss.loss(batch, context);
        }
        if (context.leftOut() != null) {
            return;
        }
        taken++;
        if (value.numel() != 1 || !(value.requires_grad() || context.wentBackward())) {
            throw new IllegalStateException(
                    "the loss must be a scalar with a gradient, or have sent its parts backward;" + " got "
                            + value.numel() + " elements, requires_grad " + value.requires_grad());
        }
        window.put(ScalarWindow.LOSS, value);
        if (value.requires_grad()) {
            context.backward(value);
        }
    }

    /** Takes the step, unless its gradient is not finite: this waits for the device, once a step. */
    private void update(long step) {
        if (taken == 0) {
            leaveOut(step);
            return;
        }
        Tensor norm = t.optimizer.gradientNorm();
        double length = Tensors.item(norm);
        if (!Double.isFinite(length)) {
            refuse(step, length);
            return;
        }
        skippedInRow = 0;
        if (t.maxGradientNorm > 0) {
            window.put("gradient_norm", norm);
            t.optimizer.scaleGradients(norm, t.maxGradientNorm);
        }
        window.commit();
        t.optimizer.step(t.schedule, step);
        t.optimizer.zeroGrad();
        if (t.ema != null) {
            t.ema.update(t.emaDecay(step));
        }
    }

    private void refuse(long step, double norm) {
        String what = "the gradient's norm in training step " + step + " is " + norm;
        if (t.onNonFinite == OnNonFinite.STOP) {
            t.optimizer.zeroGrad();
            window.commit();
            window.drain(); // says more, where the loss is not finite either
            throw new WsssException(what + "; the loss is finite. Lower the learning rate, clip the gradient, or train"
                    + " without bfloat16; OnNonFinite.SKIP leaves such steps out");
        }
        requireFinite(network.buffers(), what + ", and the forward pass has left it in the network: ");
        skip(what, ". Lower the learning rate, clip the gradient, or train without bfloat16");
    }

    /** Counts a step without anything to learn: not even a gradient of 0, which decay and momentum would go on. */
    private void leaveOut(long step) {
        String why = String.valueOf(context.leftOut());
        nothingToLearn = why;
        skip("training step " + step + " has nothing to learn: " + why, ". Check what the batches hold");
    }

    private void skip(String what, String advice) {
        window.forget();
        t.optimizer.zeroGrad();
        skipped++;
        skippedInRow++;
        log.warn("{}; the step is left out, {} so far", what, skipped);
        if (skippedInRow == MOST_SKIPPED) {
            throw new WsssException(what + ", and so it was in the " + (MOST_SKIPPED - 1) + " steps before" + advice);
        }
    }

    private static void requireFinite(Map<String, Tensor> tensors, String message) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            tensors.forEach((name, tensor) -> {
                if (tensor.is_floating_point() && Tensors.item(tensor.isfinite().all()) == 0) {
                    throw new WsssException(message + "'" + name + "' holds NaN or infinity");
                }
            });
        }
    }

    private void after(long step) {
        long done = step + 1;
        InputCheck.requireAtMost(t.maxLeftOut, t.data.samples(), t.data.failures(), t.name);
        t.listeners.forEach(l -> l.onStep(done));
        long epochBefore = step * t.accumulate / t.data.batchesPerEpoch();
        long epochNow = done * t.accumulate / t.data.batchesPerEpoch();
        for (long epoch = epochBefore; epoch < epochNow; epoch++) {
            int finished = (int) epoch;
            t.listeners.forEach(l -> l.onEpoch(finished, done));
        }
        if (done % t.logEvery == 0 || done == t.steps) {
            point(step);
        }
        if (done == t.steps && skipped == done && nothingToLearn != null) {
            throw new WsssException(
                    "none of the " + done + " training steps was taken, the last as it had nothing to learn: "
                            + nothingToLearn + ". Check what the batches hold");
        }
        if (done == t.steps) {
            t.finish.run();
        }
        CheckpointStore store = t.store;
        if (done == t.steps || store != null && done % t.checkpointEvery == 0) {
            // a batch of one in a normalization of one position, say, whose variance is 0 / 0
            requireFinite(network.state(), "training step " + step + " has left the network broken: ");
        }
        if (store != null && (done % t.checkpointEvery == 0 || done == t.steps)) {
            save(store, done);
        }
        if (t.progress != null) {
            t.progress.update(done, message);
        }
    }

    private void point(long step) {
        window.drain();
        Map<String, Double> means = window.means();
        Double mean = means.remove(ScalarWindow.LOSS);
        if (mean == null) {
            return; // all steps since the last point were left out
        }
        long now = System.nanoTime();
        double speed = (images - imagesAtPoint) / Math.max((now - nanosAtPoint) / 1e9, 1e-9);
        imagesAtPoint = images;
        nanosAtPoint = now;
        TrainingPoint point = new TrainingPoint(
                step + 1,
                (int) (((step + 1) * t.accumulate - 1) / t.data.batchesPerEpoch()),
                mean,
                means,
                t.optimizer.rates(t.schedule, step),
                skipped,
                speed,
                seconds(),
                NativeMemory.now().residentBytes());
        points.add(point);
        double imagesPerStep = (double) images / (step + 1 - resumedAt);
        message = String.format(
                Locale.ROOT,
                "loss %.4g, %.1f images/s, %s%s left",
                mean,
                speed,
                skipped == 0 ? "" : skipped + " steps left out, ",
                duration((t.steps - step - 1) * imagesPerStep / speed));
        t.listeners.forEach(l -> l.onPoint(point));
    }

    private void save(CheckpointStore store, long done) {
        window.drain();
        Map<String, HostArray> tensors = new LinkedHashMap<>();
        put(tensors, NETWORK, network.liveState());
        put(tensors, OPTIMIZER, t.optimizer.liveState());
        put(tensors, LOSS, t.loss.stateDict());
        Ema ema = t.ema;
        if (ema != null) {
            put(tensors, EMA, ema.liveState());
        }
        Path file = store.save(
                new CheckpointStore.State(done, seconds(), skipped, settings, window.sums(), points), tensors);
        checkpoint = file;
        t.listeners.forEach(l -> l.onCheckpoint(done, file));
    }

    private long resume(CheckpointStore store) {
        try (CheckpointStore.Checkpoint found = store.newest()) {
            if (found == null) {
                return 0;
            }
            CheckpointStore.State state = found.state();
            requireSame(found.file(), state.settings());
            if (state.step() > t.steps) {
                throw new InvalidDataException(found.file() + " is of step " + state.step() + ", beyond the " + t.steps
                        + " steps of this run");
            }
            load(found);
            window.sums().putAll(state.window());
            points.addAll(state.points());
            secondsBefore = state.seconds();
            skipped = state.skipped();
            checkpoint = found.file();
            resumedAt = state.step();
            return state.step();
        }
    }

    private void load(CheckpointStore.Checkpoint found) {
        try {
            Map<String, HostArray> weights = part(found, NETWORK);
            // the largest part last: what does not fit elsewhere leaves the weights as they are
            network.requireFit(TensorSpec.of(weights), LoadPolicy.STRICT);
            t.optimizer.load(part(found, OPTIMIZER));
            t.loss.load(part(found, LOSS));
            if (t.ema != null) {
                t.ema.load(part(found, EMA));
            }
            network.load(weights);
        } catch (InvalidDataException e) {
            throw new InvalidDataException(found.file() + ": " + e.getMessage(), e);
        }
    }

    private void requireSame(Path file, Map<String, String> theirs) {
        List<String> differences = Trainer.differences(theirs, settings);
        if (!differences.isEmpty()) {
            throw new InvalidDataException(file + " is a checkpoint of another run: " + String.join(", ", differences)
                    + "; use the same settings, or another folder to begin anew");
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

    private double seconds() {
        return secondsBefore + sinceNanos(startNanos);
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
}
