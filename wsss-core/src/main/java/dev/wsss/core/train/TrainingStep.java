package dev.wsss.core.train;

import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** One call of a {@link LossStep}: where training is, and where the terms of the loss go. Valid during the call. */
public final class TrainingStep {
    private final ScalarWindow window;
    private final Network network;
    private final ComputeDevice device;
    private final long totalSteps;
    private final int accumulate;
    private @Nullable Ema teacher;
    private boolean wentBackward;
    private long number;
    private int epoch;
    private int microStep;
    private long seed;

    TrainingStep(ScalarWindow window, Network network, ComputeDevice device, long totalSteps, int accumulate) {
        this.window = window;
        this.network = network;
        this.device = device;
        this.totalSteps = totalSteps;
        this.accumulate = accumulate;
    }

    void teacher(@Nullable Ema ema) {
        teacher = ema;
    }

    boolean wentBackward() {
        return wentBackward;
    }

    void moveTo(long number, int epoch, int microStep, long seed) {
        this.number = number;
        this.epoch = epoch;
        this.microStep = microStep;
        this.seed = seed;
        wentBackward = false;
    }

    /** Number of updates before this one, from 0. */
    public long number() {
        return number;
    }

    /** Number of updates of the whole run. */
    public long totalSteps() {
        return totalSteps;
    }

    /** The epoch of this batch, from 0. */
    public int epoch() {
        return epoch;
    }

    /** Which of the batches that are accumulated into one update this is, from 0. */
    public int microStep() {
        return microStep;
    }

    /** A seed for this call alone, the same when the step is repeated after a resume. libtorch is seeded with it. */
    public long seed() {
        return seed;
    }

    /** The network's device. */
    public ComputeDevice device() {
        return device;
    }

    /**
     * Adds the gradient of a part of the loss now, and frees its graph: several large parts one after the other need the
     * memory of one. The parts and what {@link LossStep#loss} returns add up.
     *
     * @param part a scalar tensor with a gradient
     * @throws IllegalArgumentException if it is none
     */
    public void backward(Tensor part) {
        if (part.numel() != 1 || !part.requires_grad()) {
            throw new IllegalArgumentException("a part of the loss must be a scalar with a gradient, got "
                    + part.numel() + " elements, requires_grad " + part.requires_grad());
        }
        try (Torch.Mode full = Torch.withoutAutocast(device)) {
            (accumulate == 1 ? part : part.mul(new Scalar(1.0 / accumulate))).backward();
        }
        wentBackward = true;
    }

    /**
     * Computes with the {@linkplain Ema moving average} of the network in its place, in evaluation mode and without
     * gradients: what a mean teacher says. The student's graph may be under construction meanwhile.
     *
     * @param forward calls the network; what it returns belongs to the current scope
     * @throws IllegalStateException if the trainer was built without {@link Trainer.Builder#optEma}
     */
    public <T> T teacher(Supplier<T> forward) {
        if (teacher == null) {
            throw new IllegalStateException("there is no teacher: Trainer.builder().optEma gives one");
        }
        boolean training = network.isTraining();
        try (Torch.Mode average = teacher.swap();
                Torch.Mode noGrad = Torch.noGrad()) {
            network.train(false);
            return forward.get();
        } finally {
            network.train(training);
        }
    }

    /**
     * Reports a term of the loss or any other figure; listeners and history get its mean between log points. The value
     * is not read now, so this does not wait for the device.
     *
     * @param value a scalar tensor
     */
    public void report(String name, Tensor value) {
        if (value.numel() != 1) {
            throw new IllegalArgumentException("'" + name + "' must be a scalar, got " + value.numel() + " elements");
        }
        window.put(name, value);
    }

    /** As {@link #report(String, Tensor)} for a figure that is on the host. */
    public void report(String name, double value) {
        window.put(name, value);
    }
}
