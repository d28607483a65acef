package dev.wsss.systems.carb;

import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.TrainingStep;
import dev.wsss.models.maskclip.LabelGate;
import dev.wsss.models.maskclip.MaskClip;
import dev.wsss.models.segment.PixelClassifier;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A training step of CARB: the student's logits of the images against the teacher's labels of the images and of a patch, by
 * {@link CarbLoss}.
 *
 * <pre>{@code
 * LossStep<Batch> step = CarbTraining.builder()
 *         .setNetwork(student)
 *         .setLoss(loss)
 *         .optTeacher(maskClip)
 *         .optLocalViews(LocalViewSampler.of(512, 256, 1, 2))
 *         .build();
 * }</pre>
 *
 * <p>The teacher runs only for what it is needed for: of the images, unless {@linkplain Builder#optMasks masks} come with the
 * batch (single path), and of the patch, unless there is none. It runs before the student, whose graph then has the memory.
 *
 * <p>A batch without a pixel that counts is {@linkplain TrainingStep#leaveOut left out}, and neither student nor loss see it:
 * all labels are void, or, after the warm-up, only images without tags have labels, where the sound gate gives the student none
 * to compare. Whether there is one is asked of the device once a step.
 *
 * <p>Loss, network and teacher stay their owners'. What the loss remembers is this step's state. Reports {@code reliable},
 * {@code noisy}, the same of the patch, {@code lambda}, and in [0, 1] {@code labelled}, the part of pixels with a label, {@code
 * trusted}, the part of those that are reliable, and {@code agreement}, with the teacher, ungated.
 */
public final class CarbTraining implements LossStep<Batch> {
    private final PixelClassifier network;
    private final CarbLoss loss;
    private final CarbCompat compat;
    private final @Nullable MaskClip teacher;
    private final @Nullable LocalViewSampler localViews;
    private final @Nullable Channel<LabelMap, Tensor> masks;
    private final Normalize normalize;
    private final @Nullable OtherStatistics statistics;

    private CarbTraining(Builder b, PixelClassifier network, CarbLoss loss) {
        this.network = network;
        this.loss = loss;
        compat = b.compat;
        teacher = b.teacher;
        LocalViewSampler views = b.localViews;
        localViews = views == null
                ? null
                : new LocalViewSampler(
                        views.height(),
                        views.width(),
                        views.minScale(),
                        views.maxScale(),
                        compat.paddedViews() ? 1 : views.multiple(),
                        compat.exclusiveOffsets());
        masks = b.masks;
        normalize = b.normalize;
        statistics = compat.imageNetStatistics() ? null : new OtherStatistics(normalize, Normalize.CLIP);
    }

    /** Starts a step. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public Tensor loss(Batch batch, TrainingStep step) {
        Tensor images = batch.images();
        int height = (int) images.size(2);
        int width = (int) images.size(3);
        Tensor tags = batch.tags();
        LocalView view =
                localViews == null ? null : localViews.sample(height, width, new SplittableRandom(step.seed()));
        Tensor global;
        Tensor local = null;
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor seen = needsTeacher() ? seen(images, step) : images;
            Tensor shown = compat.labelledPadding() ? null : shown(batch, height, width);
            Tensor given = masks == null ? labels(seen, tags, height, width) : batch.get(masks);
            global = scope.keep(visible(given, shown));
            if (view != null) {
                Tensor patch = labels(view.image(seen), tags, view.height(), view.width());
                local = scope.keep(visible(
                        patch,
                        shown == null
                                ? null
                                : shown.narrow(1, view.top(), view.height()).narrow(2, view.left(), view.width())));
            }
        }
        if (!counts(global, tags) && (local == null || !counts(local, tags))) {
            return step.leaveOut("no pixel of the batch has a label that counts");
        }
        Tensor logits = network.forward(images);
        CarbLoss.Terms terms = view == null || local == null
                ? loss.apply(logits, tags, global)
                : loss.apply(logits, tags, global, local, view);
        report(terms, step, global);
        return terms.total();
    }

    /** Whether the loss would find a reliable or a noisy pixel among these labels. */
    private boolean counts(Tensor labels, Tensor tags) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor labelled = labels.ne(new Scalar(LabelMap.IGNORE));
            if (!loss.isWarmUp() && compat.gate() == LabelGate.MINUS_INFINITY) {
                Tensor tagged = tags.sum(1).ne(new Scalar(0.0)).view(-1, 1, 1);
                labelled = labelled.logical_and(tagged);
            }
            return Tensors.item(labelled.any()) != 0;
        }
    }

    private boolean needsTeacher() {
        return teacher != null && (masks == null || localViews != null);
    }

    /** The images with the statistics of the teacher. */
    private Tensor seen(Tensor images, TrainingStep step) {
        return statistics == null ? images : statistics.apply(images, step.device());
    }

    private Tensor labels(Tensor images, Tensor tags, int height, int width) {
        if (teacher == null) {
            throw new IllegalStateException("labels are asked of a teacher, and there is none");
        }
        Tensor typed = compat.doubleTags() ? tags.to(ScalarType.Double) : tags;
        return teacher.labels(images, typed, height, width, compat.gate());
    }

    private static Tensor visible(Tensor labels, @Nullable Tensor shown) {
        return shown == null ? labels : labels.masked_fill(shown.logical_not(), new Scalar(LabelMap.IGNORE));
    }

    /** Where the views show their images, bool {@code [N][H][W]}; null if they do everywhere. */
    private static @Nullable Tensor shown(Batch batch, int height, int width) {
        Tensor shown = null;
        for (int i = 0; i < batch.size(); i++) {
            ViewGeometry.Box box = batch.view().geometry(i).content();
            int top = first(box.top());
            int left = first(box.left());
            int bottom = Math.min(height, first(box.bottom()));
            int right = Math.min(width, first(box.right()));
            if (top == 0 && left == 0 && bottom == height && right == width) {
                continue;
            }
            if (shown == null) {
                shown = batch.tags().new_ones(batch.size(), height, width).to(ScalarType.Bool);
            }
            Tensor image = shown.select(0, i);
            image.zero_();
            image.narrow(0, top, Math.max(0, bottom - top))
                    .narrow(1, left, Math.max(0, right - left))
                    .fill_(new Scalar(1));
        }
        return shown;
    }

    /** The first pixel whose middle is not before a place. */
    private static int first(double place) {
        return Math.max(0, (int) Math.ceil(place - 0.5));
    }

    private static void report(CarbLoss.Terms terms, TrainingStep step, Tensor labels) {
        CarbLoss.ViewTerms global = terms.global();
        step.report("reliable", global.reliable().detach());
        step.report("noisy", global.noisy().detach());
        step.report("lambda", terms.lambda());
        CarbLoss.ViewTerms local = terms.local();
        if (local != null) {
            step.report("local reliable", local.reliable().detach());
            step.report("local noisy", local.noisy().detach());
        }
        Tensor labelled = labels.ne(new Scalar(LabelMap.IGNORE)).sum();
        Tensor most = labelled.clamp_min(new Scalar(1));
        step.report("labelled", labelled.div(new Scalar((double) labels.numel())));
        step.report("trusted", global.reliablePixels().div(most));
        step.report("agreement", terms.agreeing().div(most));
    }

    @Override
    public Map<String, HostArray> stateDict() {
        return loss.stateDict();
    }

    @Override
    public void load(Map<String, HostArray> state) {
        loss.load(state);
    }

    @Override
    public Description description() {
        Description.Builder d = Description.of("CarbTraining").put("loss", loss).put("normalize", normalize);
        if (needsTeacher() && teacher != null) {
            d.put("teacher", teacher);
        }
        if (localViews != null) {
            d.put("localViews", localViews);
        }
        return d.put("masks", masks == null ? "none" : masks.name())
                .put("compat", compat)
                .build();
    }

    /** Settings: network and loss are required, and a teacher where labels are wanted of one. */
    public static final class Builder {
        private @Nullable PixelClassifier network;
        private @Nullable CarbLoss loss;
        private CarbCompat compat = CarbCompat.sound();
        private @Nullable MaskClip teacher;
        private @Nullable LocalViewSampler localViews;
        private @Nullable Channel<LabelMap, Tensor> masks;
        private Normalize normalize = Normalize.IMAGENET_LEVELS;

        private Builder() {}

        /** The student, such as a {@link dev.wsss.models.deeplab.TextDeepLab}; of as many classes as there are tags. */
        public <N extends Network & PixelClassifier> Builder setNetwork(N network) {
            this.network = network;
            return this;
        }

        /** The loss, with the same {@link CarbCompat} as here. */
        public Builder setLoss(CarbLoss loss) {
            this.loss = loss;
            return this;
        }

        /** What labels images and patches, on the student's device. */
        public Builder optTeacher(MaskClip teacher) {
            this.teacher = teacher;
            return this;
        }

        /** The patches; none unless set. What {@link #optCompat} says of offsets and sides comes before what the sampler has. */
        public Builder optLocalViews(LocalViewSampler localViews) {
            this.localViews = localViews;
            return this;
        }

        /** The channel of the batch that has labels of the images, in place of the teacher's: the single path. */
        public Builder optMasks(Channel<LabelMap, Tensor> masks) {
            this.masks = masks;
            return this;
        }

        /** How the batch's images are normalized; {@link Normalize#IMAGENET_LEVELS} unless set. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** Which accidents of the published code to repeat; none unless set. */
        public Builder optCompat(CarbCompat compat) {
            this.compat = compat;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if network or loss are not set, or a teacher is not that is needed
         */
        public CarbTraining build() {
            if (network == null || loss == null) {
                throw new IllegalStateException((network == null ? "setNetwork" : "setLoss") + " is required");
            }
            if (teacher == null && (masks == null || localViews != null)) {
                throw new IllegalStateException("optTeacher is required "
                        + (masks == null ? "without masks" : "for patches, whose labels are not in the masks"));
            }
            return new CarbTraining(this, network, loss);
        }
    }
}
