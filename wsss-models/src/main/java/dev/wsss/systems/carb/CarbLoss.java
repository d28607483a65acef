package dev.wsss.systems.carb;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * CARB's loss: cross-entropy with a teacher's labels that trusts pixels on which student and teacher agree, and weighs the
 * others so that they do not outweigh those.
 *
 * <p>With logits {@code Z} in the size of the labels {@code M} and {@code gate} as {@link Builder#optCompat} says, the
 * student's labels are {@code Y = argmax gate(Z)}. A labelled pixel is reliable where {@code M = Y} and noisy elsewhere. Each
 * view's loss is {@code l_R + lambda l_V}, where each term is the mean of {@code -log softmax(Z)[M]} over its own region of
 * all images; the softmax is over all classes, ungated. The total is that of the whole image plus that of a patch, whose
 * logits are the {@linkplain LocalView#crop crop} of {@code Z} and whose {@code Y} is the crop of {@code Y}.
 *
 * <p>The weight is {@code lambda = coefficient * mean(l_R) / mean(l_V)} over the last steps of the whole images, this one
 * included, without gradient, and serves the patch as well; {@link Builder#optMinLambda} bounds it from below. For the first
 * steps, the warm-up, all labelled pixels count as reliable.
 *
 * <p>A region without pixels adds 0. A step in which either region of the whole images is empty, or a loss not finite, leaves
 * the queues of losses alone; while they are empty {@code lambda} is the coefficient, so that all pixels count as in the
 * warm-up. Nothing here waits for the device.
 *
 * <p>The count of steps and the queues are state: {@link #stateDict} and {@link #load}. Not thread-safe.
 *
 * @see <a href="https://arxiv.org/abs/2312.13646">Kim et al., Weakly Supervised Semantic Segmentation for Driving Scenes</a>
 */
public final class CarbLoss implements Described, AutoCloseable {
    private static final String STEPS = "steps";
    private static final String RELIABLE = "reliable";
    private static final String NOISY = "noisy";
    private static final long NO_REDUCTION = 0;

    private final long warmUp;
    private final boolean adaptive;
    private final double coefficient;
    private final double globalWeight;
    private final double localWeight;
    private final boolean alignCorners;
    private final CarbCompat compat;
    private final int queueSize;
    private final double minLambda;

    private long steps;
    private Tensor reliableQueue;
    private Tensor noisyQueue;

    private CarbLoss(Builder b) {
        warmUp = b.warmUp;
        adaptive = b.adaptive;
        coefficient = b.coefficient;
        globalWeight = b.globalWeight;
        localWeight = b.localWeight;
        alignCorners = b.alignCorners;
        compat = b.compat;
        queueSize = b.queueSize;
        minLambda = b.minLambda;
        reliableQueue = Scope.own(Tensors.zeros(DType.F32, ComputeDevice.CPU, queueSize));
        noisyQueue = Scope.own(Tensors.zeros(DType.F32, ComputeDevice.CPU, queueSize));
    }

    /** Starts a loss: 16000 steps of warm-up, adaptive over 5 steps, as published for Cityscapes; all else sound. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The terms of one view, scalars of the current scope with gradient.
     *
     * @param reliable mean over the reliable pixels, in the warm-up over all labelled ones
     * @param noisy mean over the noisy pixels, in the warm-up 0
     * @param reliablePixels how many there are, int64 without gradient
     * @param noisyPixels how many there are, int64 without gradient
     * @param total {@code reliable + lambda * noisy}
     */
    public record ViewTerms(Tensor reliable, Tensor noisy, Tensor reliablePixels, Tensor noisyPixels, Tensor total) {}

    /**
     * The losses of a step, in the current scope.
     *
     * @param global of the whole images
     * @param local of the patch; null without one
     * @param lambda weight of noisy pixels, without gradient; 0 in the warm-up
     * @param agreeing number of pixels whose largest ungated logit is the teacher's label, int64 without gradient
     * @param total the loss
     */
    public record Terms(ViewTerms global, @Nullable ViewTerms local, Tensor lambda, Tensor agreeing, Tensor total) {}

    /** Number of calls of {@link #apply} so far. */
    public long steps() {
        return steps;
    }

    /** Whether the next call still warms up. */
    public boolean isWarmUp() {
        return steps < warmUp;
    }

    /** The last losses of reliable pixels, the slot of step {@code t} (from 1) is {@code t mod size}; 0 where none. A copy. */
    public float[] reliableQueue() {
        return Tensors.toFloats(reliableQueue);
    }

    /** As {@link #reliableQueue} of noisy pixels. */
    public float[] noisyQueue() {
        return Tensors.toFloats(noisyQueue);
    }

    /**
     * Computes, with whole images alone.
     *
     * @param logits as below
     * @param tags as below
     * @param global as below
     * @throws IllegalArgumentException as below
     */
    public Terms apply(Tensor logits, Tensor tags, Tensor global) {
        return compute(logits, tags, global, null);
    }

    /**
     * Computes.
     *
     * @param logits {@code [N][C][h][w]}, of any size; they are resized bilinearly to that of {@code global}
     * @param tags {@code [N][C]}, 1 for the classes in the image and 0 for the others, floating point
     * @param global labels of the images, int64 {@code [N][H][W]}; {@link LabelMap#IGNORE} takes no part
     * @param local labels of the patch, int64 {@code [N][height][width]}
     * @param view where the patch lies
     * @throws IllegalArgumentException if shapes or types do not go together; the step does not count then
     */
    public Terms apply(Tensor logits, Tensor tags, Tensor global, Tensor local, LocalView view) {
        return compute(logits, tags, global, new Patch(local, view));
    }

    private record Patch(Tensor labels, LocalView view) {}

    private Terms compute(Tensor logits, Tensor tags, Tensor global, @Nullable Patch patch) {
        require(logits, tags, global, patch);
        long step = ++steps;
        Tensor precise = Tensors.dtype(logits).bytes() < 4 ? logits.to(ScalarType.Float) : logits;
        Tensor full = Ops.bilinear(precise, global.size(1), global.size(2), alignCorners);
        Tensor logP = full.log_softmax(1);
        boolean warm = step <= warmUp;
        Tensor labels = warm ? null : studentLabels(full, tags);
        Regions whole = Regions.of(logP, global, labels);
        Tensor lambda = warm ? whole.noisy.detach() : lambda(step, whole);
        ViewTerms globalTerms = whole.weighted(lambda);
        ViewTerms localTerms = null;
        Tensor total = globalTerms.total().mul(new Scalar(globalWeight));
        if (patch != null) {
            LocalView v = patch.view;
            Tensor student = labels == null
                    ? null
                    : labels.narrow(1, v.top(), v.height()).narrow(2, v.left(), v.width());
            localTerms = Regions.of(v.crop(logP), patch.labels, student).weighted(lambda);
            total = total.add(localTerms.total().mul(new Scalar(localWeight)));
        }
        Tensor agreeing =
                full.detach().argmax(new LongOptional(1), false).eq(global).sum();
        return new Terms(globalTerms, localTerms, lambda, agreeing, total);
    }

    private Tensor studentLabels(Tensor logits, Tensor tags) {
        return compat.gate().labels(logits, compat.doubleTags() ? tags.to(ScalarType.Double) : tags);
    }

    /** Writes this step's losses into the queues, if they are of use, and takes the ratio of the queues' means. */
    private Tensor lambda(long step, Regions whole) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor constant = torch.full(new long[0], new Scalar(coefficient), whole.reliable.options());
            if (!adaptive) {
                return scope.keep(constant);
            }
            moveQueues(device(whole.reliable));
            Tensor reliable = whole.reliable.detach();
            Tensor noisy = whole.noisy.detach();
            Tensor sound = whole.reliablePixels
                    .gt(new Scalar(0))
                    .logical_and(whole.noisyPixels.gt(new Scalar(0)))
                    .logical_and(reliable.isfinite())
                    .logical_and(noisy.isfinite());
            put(reliableQueue, step, reliable, sound);
            put(noisyQueue, step, noisy, sound);
            Tensor below = noisyQueue.mean(new ScalarTypeOptional());
            Tensor ratio =
                    reliableQueue.mean(new ScalarTypeOptional()).div(below).mul(new Scalar(coefficient));
            Tensor weight = ratio.where(below.gt(new Scalar(0.0)), constant);
            return scope.keep(minLambda > 0 ? weight.clamp_min(new Scalar(minLambda)) : weight);
        }
    }

    private static void put(Tensor queue, long step, Tensor value, Tensor sound) {
        Tensor slot = queue.narrow(0, step % queue.size(0), 1);
        slot.copy_(value.where(sound, slot));
    }

    private void moveQueues(ComputeDevice device) {
        Tensor reliable = Tensors.to(reliableQueue, device);
        if (reliable != reliableQueue) {
            setQueues(reliable, Tensors.to(noisyQueue, device));
        }
    }

    private void setQueues(Tensor reliable, Tensor noisy) {
        close();
        reliableQueue = Scope.own(reliable);
        noisyQueue = Scope.own(noisy);
    }

    private static ComputeDevice device(Tensor t) {
        return t.is_cuda() ? new ComputeDevice(t.device().index()) : ComputeDevice.CPU;
    }

    /** Losses and sizes of the two regions of a view. */
    private record Regions(Tensor reliable, Tensor noisy, Tensor reliablePixels, Tensor noisyPixels) {
        /**
         * Splits.
         *
         * @param logP log-probabilities {@code [N][C][H][W]}
         * @param labels the teacher's
         * @param student the student's; null if all labelled pixels are reliable
         */
        static Regions of(Tensor logP, Tensor labels, @Nullable Tensor student) {
            Tensor pixels = torch.nll_loss_nd(logP, labels, new TensorOptional(), NO_REDUCTION, LabelMap.IGNORE);
            Tensor labelled = labels.ne(new Scalar(LabelMap.IGNORE));
            if (student == null) {
                Tensor all = labelled.sum();
                Tensor none = all.mul(new Scalar(0));
                return new Regions(mean(pixels, labelled, all), none.to(logP.scalar_type()), all, none);
            }
            Tensor reliable = labels.eq(student).logical_and(labelled);
            // of an image without tags the student has no labels either
            Tensor noisy =
                    labels.ne(student).logical_and(labelled).logical_and(student.ne(new Scalar(LabelMap.IGNORE)));
            Tensor reliablePixels = reliable.sum();
            Tensor noisyPixels = noisy.sum();
            return new Regions(
                    mean(pixels, reliable, reliablePixels),
                    mean(pixels, noisy, noisyPixels),
                    reliablePixels,
                    noisyPixels);
        }

        private static Tensor mean(Tensor pixels, Tensor members, Tensor count) {
            // not a product: what is not finite outside of the region stays there
            Tensor inside = pixels.where(members, new Scalar(0.0));
            return inside.sum().div(count.clamp_min(new Scalar(1)));
        }

        ViewTerms weighted(Tensor lambda) {
            return new ViewTerms(reliable, noisy, reliablePixels, noisyPixels, reliable.add(noisy.mul(lambda)));
        }
    }

    private static void require(Tensor logits, Tensor tags, Tensor global, @Nullable Patch patch) {
        Select.requireMaps("logits", logits);
        long n = logits.size(0);
        Select.requireShape("tags", tags, n, logits.size(1));
        requireLabels("global", global, n);
        if (patch != null) {
            LocalView v = patch.view;
            requireLabels("local", patch.labels, n);
            Select.requireShape("local", patch.labels, n, v.height(), v.width());
            if (v.top() + v.height() > global.size(1) || v.left() + v.width() > global.size(2)) {
                throw new IllegalArgumentException(
                        v + " must lie within the labels, got labels of " + global.size(1) + "x" + global.size(2));
            }
        }
    }

    private static void requireLabels(String name, Tensor labels, long n) {
        if (labels.dim() != 3 || labels.size(0) != n || Tensors.dtype(labels) != DType.I64) {
            throw new IllegalArgumentException(name + " must be int64 labels [" + n + "][H][W], got "
                    + Tensors.dtype(labels) + " " + Arrays.toString(Tensors.shape(labels)));
        }
    }

    /** The count of steps and the queues, on the host. */
    public Map<String, HostArray> stateDict() {
        Map<String, HostArray> state = new LinkedHashMap<>();
        state.put(STEPS, HostArray.ofLongs(new long[] {steps}, 1));
        state.put(RELIABLE, Tensors.toHost(reliableQueue));
        state.put(NOISY, Tensors.toHost(noisyQueue));
        return state;
    }

    /**
     * Continues from {@link #stateDict()}, but for what {@link CarbCompat#restartedWarmUp} and {@link
     * CarbCompat#forgottenQueues} say.
     *
     * @throws InvalidDataException naming what is missing, unexpected, of another shape, negative or not finite; nothing is
     *     changed then
     */
    public void load(Map<String, HostArray> state) {
        if (!state.keySet().equals(stateDict().keySet())) {
            throw new InvalidDataException(
                    "the state of CARB's loss must be " + stateDict().keySet() + ", got " + state.keySet());
        }
        long[] count = require(state, STEPS, DType.I64, 1).toLongs();
        if (count[0] < 0) {
            throw new InvalidDataException(STEPS + " must be 0 or more, got " + count[0]);
        }
        float[] reliable = losses(state, RELIABLE);
        float[] noisy = losses(state, NOISY);
        steps = compat.restartedWarmUp() ? 0 : count[0];
        boolean forget = compat.forgottenQueues();
        try (Scope scope = Scope.open()) {
            setQueues(
                    Tensors.of(forget ? new float[queueSize] : reliable, queueSize),
                    Tensors.of(forget ? new float[queueSize] : noisy, queueSize));
        }
    }

    private float[] losses(Map<String, HostArray> state, String name) {
        float[] values = require(state, name, DType.F32, queueSize).toFloats();
        for (float v : values) {
            if (!(v >= 0 && v < Float.POSITIVE_INFINITY)) {
                throw new InvalidDataException("losses of '" + name + "' must be finite and 0 or more, got " + v);
            }
        }
        return values;
    }

    private static HostArray require(Map<String, HostArray> state, String name, DType type, int size) {
        HostArray array = state.get(name);
        if (array == null || array.dtype() != type || !Arrays.equals(array.shape(), new long[] {size})) {
            throw new InvalidDataException(
                    "'" + name + "' of CARB's loss must be " + type + " [" + size + "], got " + array);
        }
        return array;
    }

    @Override
    public Description description() {
        Description.Builder description = Description.of("CarbLoss")
                .put("warmUp", warmUp)
                .put("adaptive", adaptive)
                .put("queueSize", queueSize)
                .put("coefficient", coefficient)
                .put("globalWeight", globalWeight)
                .put("localWeight", localWeight)
                .put("alignCorners", alignCorners)
                .put("compat", compat);
        if (minLambda > 0) {
            description.put("minLambda", minLambda);
        }
        return description.build();
    }

    /** Frees the queues. */
    @Override
    public void close() {
        reliableQueue.close();
        noisyQueue.close();
    }

    /** Settings of a loss; all have defaults. */
    public static final class Builder {
        private long warmUp = 16_000;
        private boolean adaptive = true;
        private int queueSize = 5;
        private double coefficient = 1;
        private double globalWeight = 1;
        private double localWeight = 1;
        private boolean alignCorners;
        private double minLambda;
        private CarbCompat compat = CarbCompat.sound();

        private Builder() {}

        /**
         * Steps in which all pixels count alike; {@link Long#MAX_VALUE} for a plain cross-entropy. 16000 unless set. Noisy
         * pixels teach little once it is over, so it is to last until the student has learnt what the teacher knows: about
         * half of the published training.
         */
        public Builder optWarmUp(long steps) {
            if (steps < 0) {
                throw new IllegalArgumentException("warm-up must be 0 steps or more, got " + steps);
            }
            warmUp = steps;
            return this;
        }

        /** Whether the weight follows the losses; otherwise it is the coefficient. True unless set. */
        public Builder optAdaptive(boolean adaptive) {
            this.adaptive = adaptive;
            return this;
        }

        /**
         * The smallest adaptive weight; 0, for none, unless set, as published. A student that fits the reliable pixels well
         * gives the noisy ones, among them all of its own mistakes, next to no weight, and so stays what the warm-up has
         * made of it: in short trainings the weight fell to about 0.01. A bound keeps some weight on them; what that gains has
         * not been measured.
         */
        public Builder optMinLambda(double weight) {
            minLambda = notNegative("smallest weight", weight);
            return this;
        }

        /**
         * How many steps the losses are averaged over; 5 unless set. More steady the weight where a batch has few images, and
         * let it follow later.
         */
        public Builder optQueueSize(int steps) {
            if (steps < 1) {
                throw new IllegalArgumentException("queue size must be at least 1, got " + steps);
            }
            queueSize = steps;
            return this;
        }

        /** Factor of the adaptive weight, or the constant one, for which the published code suggests 0.03; 1 unless set. */
        public Builder optCoefficient(double coefficient) {
            this.coefficient = notNegative("coefficient", coefficient);
            return this;
        }

        /** Factors of the losses of whole images and patches; 1 and 1 unless set. */
        public Builder optWeights(double global, double local) {
            globalWeight = notNegative("global weight", global);
            localWeight = notNegative("local weight", local);
            return this;
        }

        /** Whether logits are resized with corners aligned; off unless set. */
        public Builder optAlignCorners(boolean on) {
            alignCorners = on;
            return this;
        }

        /** Which accidents of the published code to repeat; none unless set. */
        public Builder optCompat(CarbCompat compat) {
            this.compat = compat;
            return this;
        }

        private static double notNegative(String name, double value) {
            if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(name + " must be finite and 0 or more, got " + value);
            }
            return value;
        }

        /** Builds. To be closed. */
        public CarbLoss build() {
            return new CarbLoss(this);
        }
    }
}
