package dev.wsss.systems.cdl;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * CDL's loss: experts that learn from one noisy label map by different losses, and after a while from what they make of it.
 *
 * <p>At each size the labels are resized by Pillow's nearest. Until the {@linkplain Builder#setStart start} all experts learn
 * from them by cross-entropy and affinities by {@link PairAffinity#loss}. After it {@link LabelCorrection} corrects them at each
 * size and in each iteration anew; the first and the third expert go on by cross-entropy, the second goes on by Dice, and
 * affinities learn from the labels of credible experts alone. The loss is the weighted sum of the terms over all sizes:
 * {@code sum_size w1 CE(z1) + w2 L2(z2) + w3 CE(z3) + wA LA}.
 *
 * <p>Dice, with {@code s} the probabilities and {@code t} the labels, one-hot over {@code C} classes, is {@code 1 - 1/C sum_c 2
 * sum(s_c t_c) / (sum(s_c + t_c) + 1e-7)} with sums over the labelled pixels of the batch; a class that is not in the batch
 * adds nothing to the sum and has no gradient. A {@linkplain Builder#optBalanced balanced} cross-entropy is half the mean over
 * pixels of background (class 0) and half the mean over those of other classes.
 *
 * <p>Every mean is over the batch. So accumulated batches have the gradient of the large one where they have as many pixels, and
 * pairs, of each kind; Dice, which is no mean, is of its own batch.
 *
 * @see <a href="https://doi.org/10.1007/s11263-023-01796-9">Zhang et al., Credible Dual-Expert Learning for Weakly Supervised
 *     Semantic Segmentation</a>
 */
public final class DualExpertLoss implements Described {
    private static final long NO_REDUCTION = 0;
    private static final double DICE_EPS = 1e-7;

    private final CdlVariant variant;
    private final double start;
    private final LabelCorrection correction;
    private final boolean balanced;
    private final long warmUp;
    private final double[] weights;
    private final double affinityWeight;
    private final CdlCompat compat;

    private DualExpertLoss(Builder b, CdlVariant variant, double start) {
        this.variant = variant;
        this.start = start;
        correction = b.correction;
        balanced = b.balanced;
        warmUp = b.warmUp;
        weights = b.weights.clone();
        affinityWeight = b.affinityWeight;
        compat = b.compat;
    }

    /** Starts a loss. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The losses of a batch, each the unweighted sum over sizes, scalars of the current scope.
     *
     * @param first of the first expert
     * @param second of the second expert
     * @param third of the third; null in {@link CdlVariant#BASE}
     * @param affinity of the affinities
     * @param corrected the part of pixels of all sizes whose label is not the given one, in [0, 1], without gradient
     * @param reliable the part of pixels of all sizes on whose class an expert is credible, in [0, 1], without gradient; 0
     *     until the start
     * @param labels what experts learnt from, one map for each size
     * @param reliableLabels what affinities learnt from, one map for each size
     * @param total the loss
     */
    public record Terms(
            Tensor first,
            Tensor second,
            @Nullable Tensor third,
            Tensor affinity,
            Tensor corrected,
            Tensor reliable,
            List<Tensor> labels,
            List<Tensor> reliableLabels,
            Tensor total) {}

    /** Whether labels are corrected in an iteration, counted from 1. */
    public boolean corrects(long iteration) {
        return iteration > start;
    }

    private boolean usesDice(long iteration) {
        return compat.earlyDice() ? iteration >= start : iteration > start;
    }

    /**
     * Computes.
     *
     * @param sizes what the network says: {@link ExpertMaps#withTogether}
     * @param labels int64 {@code [N][H][W]} on the maps' device; {@link LabelMap#IGNORE} takes no part, until a credible
     *     expert gives it a label
     * @param padding bool {@code [N][H][W]}, true where there is no image; never gets a label, unless {@link
     *     CdlCompat#labelledPadding}. Null for nowhere
     * @param iteration counted from 1
     * @throws IllegalArgumentException if shapes or types do not go together, there are no sizes, a third expert is there
     *     and not wanted, or there are more classes than {@link CdlCompat#fixedClasses} bears
     */
    public Terms apply(List<ExpertMaps> sizes, Tensor labels, @Nullable Tensor padding, long iteration) {
        require(sizes, labels, padding);
        List<Tensor> firsts = new ArrayList<>();
        List<Tensor> seconds = new ArrayList<>();
        List<Tensor> thirds = new ArrayList<>();
        List<Tensor> affinities = new ArrayList<>();
        List<Tensor> changed = new ArrayList<>();
        List<Tensor> reliable = new ArrayList<>();
        long pixels = 0;
        List<Tensor> learnt = new ArrayList<>();
        List<Tensor> trusted = new ArrayList<>();
        for (ExpertMaps maps : sizes) {
            int h = (int) maps.first().size(2);
            int w = (int) maps.first().size(3);
            Tensor given = LabelTensors.resize(labels, Resize.PIL_NEAREST, h, w);
            Tensor plain = PairAffinity.of(maps.plainFeatures(), variant);
            LabelCorrection.Corrected now = new LabelCorrection.Corrected(given, given);
            if (corrects(iteration)) {
                Tensor closed = padding == null || compat.labelledPadding()
                        ? null
                        : LabelTensors.resize(padding, Resize.PIL_NEAREST, h, w);
                now = correction.apply(maps.first(), maps.second(), plain.detach(), given, closed);
                reliable.add(now.reliable().ne(new Scalar(LabelMap.IGNORE)).sum());
            }
            changed.add(now.labels().ne(given).sum());
            pixels += given.numel();
            firsts.add(crossEntropy(maps.first(), now.labels()));
            seconds.add(
                    usesDice(iteration)
                            ? dice(maps.second(), now.labels())
                            : crossEntropy(maps.second(), now.labels()));
            Tensor strong = maps.third();
            if (strong != null) {
                thirds.add(crossEntropy(strong, now.labels()));
            }
            affinities.add(affinityLoss(maps, plain, now.reliable()));
            learnt.add(now.labels());
            trusted.add(now.reliable());
        }
        Tensor first = sum(firsts);
        Tensor second = sum(seconds);
        Tensor third = thirds.isEmpty() ? null : sum(thirds);
        Tensor affinity = sum(affinities);
        Tensor corrected = sum(changed).div(new Scalar((double) pixels));
        Tensor credible = reliable.isEmpty()
                ? corrected.mul(new Scalar(0.0))
                : sum(reliable).div(new Scalar((double) pixels));
        Tensor total = first.mul(new Scalar(weights[0]))
                .add(second.mul(new Scalar(weights[1])))
                .add(affinity.mul(new Scalar(affinityWeight)));
        if (third != null) {
            total = total.add(third.mul(new Scalar(weights[2])));
        }
        if (iteration < warmUp) {
            total = total.mul(new Scalar((iteration + 1.0) / warmUp));
        }
        return new Terms(
                first, second, third, affinity, corrected, credible, List.copyOf(learnt), List.copyOf(trusted), total);
    }

    private static Tensor sum(List<Tensor> terms) {
        Tensor sum = terms.get(0);
        for (Tensor term : terms.subList(1, terms.size())) {
            sum = sum.add(term);
        }
        return sum;
    }

    private Tensor affinityLoss(ExpertMaps maps, Tensor plain, Tensor labels) {
        Tensor affinity = plain;
        if (maps.third() != null) {
            affinity =
                    plain.add(PairAffinity.of(maps.strongFeatures(), variant)).mul(new Scalar(0.5));
        }
        return PairAffinity.loss(affinity, labels, variant.negativeWeight());
    }

    private Tensor crossEntropy(Tensor logits, Tensor labels) {
        Tensor pixels = torch.nll_loss_nd(
                precise(logits).log_softmax(1), labels, new TensorOptional(), NO_REDUCTION, LabelMap.IGNORE);
        Tensor labelled = labels.ne(new Scalar(LabelMap.IGNORE));
        if (!balanced) {
            return mean(pixels, labelled);
        }
        Tensor background = labels.eq(new Scalar(0));
        return mean(pixels, background)
                .add(mean(pixels, labelled.logical_and(background.logical_not())))
                .mul(new Scalar(0.5));
    }

    private Tensor mean(Tensor pixels, Tensor members) {
        Tensor count = members.sum();
        return pixels.where(members, new Scalar(0.0))
                .sum()
                .div(compat.nanWithoutPixels() ? count : count.clamp_min(new Scalar(1)));
    }

    private Tensor dice(Tensor logits, Tensor labels) {
        Tensor labelled = labels.ne(new Scalar(LabelMap.IGNORE)).unsqueeze(1);
        Tensor known = labels.masked_fill(labels.eq(new Scalar(LabelMap.IGNORE)), new Scalar(0));
        Tensor s = precise(logits).softmax(1);
        Tensor t = torch.zeros_like(s.detach())
                .scatter(1, known.unsqueeze(1), new Scalar(1.0))
                .mul(labelled.to(s.scalar_type()));
        Tensor counted = compat.diceOverIgnored() ? s : s.where(labelled, new Scalar(0.0));
        long[] pixels = {0, 2, 3};
        Tensor both = s.mul(t).sum(pixels);
        Tensor either = counted.add(t).sum(pixels).add(new Scalar(DICE_EPS));
        return both.div(either).sum().mul(new Scalar(-2.0 / logits.size(1))).add(new Scalar(1.0));
    }

    private static Tensor precise(Tensor logits) {
        return Tensors.dtype(logits).bytes() < 4 ? logits.to(ScalarType.Float) : logits;
    }

    private void require(List<ExpertMaps> sizes, Tensor labels, @Nullable Tensor padding) {
        if (sizes.isEmpty()) {
            throw new IllegalArgumentException("expected the maps of at least one size, got none");
        }
        Tensor logits = sizes.get(0).first();
        long n = logits.size(0);
        long classes = logits.size(1);
        if (compat.fixedClasses() && classes > CdlCompat.FIXED_CLASSES) {
            throw new IllegalArgumentException("CdlCompat.fixedClasses bears at most " + CdlCompat.FIXED_CLASSES
                    + " classes, as the published code does; got " + classes);
        }
        for (ExpertMaps maps : sizes) {
            if (maps.first().size(0) != n || maps.first().size(1) != classes) {
                throw new IllegalArgumentException("logits of all sizes must be [" + n + "][" + classes
                        + "][h][w], got " + Arrays.toString(Tensors.shape(maps.first())));
            }
            if ((maps.third() == null) == variant.hasStrongView()) {
                throw new IllegalArgumentException(variant + " has " + (variant.hasStrongView() ? "a" : "no")
                        + " third expert, the maps have " + (variant.hasStrongView() ? "none" : "one"));
            }
        }
        if (labels.dim() != 3 || labels.size(0) != n || Tensors.dtype(labels) != DType.I64) {
            throw new IllegalArgumentException("labels must be int64 [" + n + "][H][W], got " + Tensors.dtype(labels)
                    + " " + Arrays.toString(Tensors.shape(labels)));
        }
        if (padding != null) {
            Select.requireShape("padding", padding, Tensors.shape(labels));
        }
    }

    @Override
    public Description description() {
        return Description.of("DualExpertLoss")
                .put("variant", variant)
                .put("start", start)
                .put("correction", correction)
                .put("balanced", balanced)
                .put("warmUp", warmUp)
                .put("weights", weights)
                .put("affinityWeight", affinityWeight)
                .put("compat", compat)
                .build();
    }

    /** Settings of a loss: variant and start are required. */
    public static final class Builder {
        private @Nullable CdlVariant variant;
        private double start = Double.NaN;
        private LabelCorrection correction = LabelCorrection.PUBLISHED;
        private boolean balanced;
        private long warmUp;
        private double[] weights = {0.2, 0.2, 0.2};
        private double affinityWeight = 0.4;
        private CdlCompat compat = CdlCompat.sound();

        private Builder() {}

        /** Which network the maps are of. */
        public Builder setVariant(CdlVariant variant) {
            this.variant = variant;
            return this;
        }

        /**
         * The last iteration that learns from the labels as they are given; as published a tenth of all. {@link
         * Double#POSITIVE_INFINITY} never corrects.
         */
        public Builder setStart(double iteration) {
            if (!(iteration >= 0)) {
                throw new IllegalArgumentException("start must be 0 iterations or more, got " + iteration);
            }
            start = iteration;
            return this;
        }

        /** When experts are credible; {@link LabelCorrection#PUBLISHED} unless set. */
        public Builder optCorrection(LabelCorrection correction) {
            this.correction = correction;
            return this;
        }

        /** Whether background and other classes count alike; off unless set. As published on from ImageNet weights. */
        public Builder optBalanced(boolean on) {
            balanced = on;
            return this;
        }

        /**
         * Iterations over which the loss grows linearly to its value: that of iteration {@code t} is scaled by {@code (t + 1) /
         * warmUp}; 0, for none, unless set. As published 100 from ImageNet weights.
         */
        public Builder optWarmUp(long iterations) {
            if (iterations < 0) {
                throw new IllegalArgumentException("warm-up must be 0 iterations or more, got " + iterations);
            }
            warmUp = iterations;
            return this;
        }

        /** Weights of the experts' terms; 0.2 each unless set. */
        public Builder optWeights(double first, double second, double third) {
            weights = new double[] {weight("first", first), weight("second", second), weight("third", third)};
            return this;
        }

        /** Weight of the affinities' term; 0.4 unless set. */
        public Builder optAffinityWeight(double weight) {
            affinityWeight = weight("affinity", weight);
            return this;
        }

        /** Which accidents of the published code to repeat; none unless set. */
        public Builder optCompat(CdlCompat compat) {
            this.compat = compat;
            return this;
        }

        private static double weight(String name, double weight) {
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("weight '" + name + "' must be finite and 0 or more, got " + weight);
            }
            return weight;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if variant or start are not set
         */
        public DualExpertLoss build() {
            CdlVariant v = variant;
            if (v == null || Double.isNaN(start)) {
                throw new IllegalStateException((v == null ? "setVariant" : "setStart") + " is required");
            }
            return new DualExpertLoss(this, v, start);
        }
    }
}
