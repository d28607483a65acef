package dev.wsss.core.train;

import dev.wsss.core.runtime.ComputeDevice;
import org.bytedeco.pytorch.Tensor;

/** One call of a {@link LossStep}: where training is, and where the terms of the loss go. Valid during the call. */
public final class TrainingStep {
    private final ScalarWindow window;
    private final ComputeDevice device;
    private final long totalSteps;
    private long number;
    private int epoch;
    private int microStep;
    private long seed;

    TrainingStep(ScalarWindow window, ComputeDevice device, long totalSteps) {
        this.window = window;
        this.device = device;
        this.totalSteps = totalSteps;
    }

    void moveTo(long number, int epoch, int microStep, long seed) {
        this.number = number;
        this.epoch = epoch;
        this.microStep = microStep;
        this.seed = seed;
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
