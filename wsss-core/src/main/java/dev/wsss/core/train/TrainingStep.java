package dev.wsss.core.train;

import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Tensors;
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
    private @Nullable String leftOut;
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

    /** Why this call has nothing to learn; null if it has. */
    @Nullable
    String leftOut() {
        return leftOut;
    }

    void moveTo(long number, int epoch, int microStep, long seed) {
        this.number = number;
        this.epoch = epoch;
        this.microStep = microStep;
        this.seed = seed;
        wentBackward = false;
        leftOut = null;
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
     * Says that the batch holds nothing to learn, such as labels that are all void. It then adds neither to the gradient nor
     * to the mean loss. An update of which all batches are left out is left out as a whole: weights, their decay, momentum
     * and moving average stay as they are, and so do buffers if the network was not called. It is counted ({@link
     * TrainingPoint#skipped()}) and logged; {@value TrainingRun#MOST_SKIPPED} in a row end the training, and so does its end
     * if no update was taken.
     *
     * @param why for log and message
     * @return what {@link LossStep#loss} is to return: 0 without a gradient, in the current scope
     * @throws IllegalStateException if a part of this batch has gone {@link #backward} already
     */
    public Tensor leaveOut(String why) {
        if (wentBackward) {
            throw new IllegalStateException("a part of the loss went backward before the batch was left out: " + why);
        }
        leftOut = why;
        return Tensors.zeros(DType.F32, device, 1);
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
